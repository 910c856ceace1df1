"""The row is the promise: what was promised and has no job any more gets one again."""

from __future__ import annotations

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from outbox import delivery, lanes, line
from outbox.models import Delivery, Post, PostState
from outbox.prepare import judge_waiting, prepare

Busy = set[tuple[str, int | str]]


async def resume(context: Context) -> None:
    """Posts, deliveries and lanes whose job is gone, such as after too many crashes. Doing twice changes nothing."""
    waiting = await context.jobs.waiting(limits.SWEEP_JOBS)
    if len(waiting) >= limits.SWEEP_JOBS:
        # A long queue is no sign of lost jobs, and what is lost cannot be told from it here.
        return
    busy = {(job.name, item) for job in waiting for item in job.ids}
    before = context.clock.now_ms() - int(limits.ABANDONED_SECONDS * 1000)
    async with context.database.write() as session:
        await _posts(session, before, busy)
        await _deliveries(session, before, busy)
        await _lanes(session, before, busy)


async def _posts(session: AsyncSession, before: int, busy: Busy) -> None:
    query = select(Post.id).where(Post.state == PostState.WAITING, col(Post.created_ms) < before)
    for post_id in await session.exec(query.limit(limits.SWEEP_ROWS)):
        if busy.isdisjoint({(prepare.name, post_id), (judge_waiting.name, post_id)}):
            await line.line_up_again(session, post_id)


async def _deliveries(session: AsyncSession, before: int, busy: Busy) -> None:
    """Direct deliveries that nobody carries go on in their hosts' lanes, in order with whatever came after them."""
    query = select(Delivery.id).where(Delivery.state == "pending", col(Delivery.created_ms) < before)
    rows = await session.exec(query.limit(limits.SWEEP_ROWS))
    lost = [row_id for row_id in rows if (delivery.deliver.name, row_id) not in busy]
    if lost:
        await session.exec(update(Delivery).where(col(Delivery.id).in_(lost)).values(state="lane"))


async def _lanes(session: AsyncSession, before: int, busy: Busy) -> None:
    query = select(Delivery.host).distinct().where(Delivery.state == "lane", col(Delivery.created_ms) < before)
    for host in list(await session.exec(query)):
        if (delivery.redeliver.name, host) in busy:
            continue
        state = await lanes.state_of(session, host)
        state.waking = False
        session.add(state)
        await session.flush()
        await delivery.wake(session, host, delay=limits.LANE_JOIN_SECONDS)
