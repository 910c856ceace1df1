"""The job that handles what was received: resolve without a transaction, then one short one for each."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import admit_signed
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import after_commit
from fediverse_ai.core.errors import FediverseError, NoRoom, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import bound, get
from fediverse_ai.core.metrics import Count
from inbox import arrivals, handlers, retire
from inbox.incoming import Incoming, Outcome
from inbox.models import Received
from inbox.resolve import resolve
from outbox import forward, hosts

log = get(__name__)

HANDLED = Count("inbox_activities", "Activities that arrived, by what became of them.",
                outcome=(*Outcome, "failed", "later"))  # fmt: skip

RETRY_SECONDS = (60.0, 300.0, 1800.0)
GONE = "the sender is gone or suspended"


@jobs.job(queue="in")
async def handle(context: Context, ids: list[int | str]) -> None:
    """Handle received activities in the order in which they came; one that fails does not stop the others."""
    async with context.database.read() as session:
        query = select(Received).where(col(Received.id).in_([int(value) for value in ids]), Received.state == "stored")
        rows = list(await session.exec(query.order_by(col(Received.id))))
        senders = await queries.by_uris(session, (row.sender_uri for row in rows))
    fp("handle.begin")
    for row in rows:
        with bound(activity=row.activity_uri):
            await _safely(context, row, senders.get(row.sender_uri))


async def _safely(context: Context, row: Received, sender: Actor | None) -> None:
    """Handle one; a poison message must not take its neighbours with it."""
    try:
        await _one(context, row, sender)
    except NoRoom:
        raise  # the whole job waits for room; the row is still a promise
    except (Unreachable, Unavailable) as error:
        await _later(context, row, error.detail)
    except FediverseError as error:
        await _settle(context, row, Outcome.DROPPED, error.detail)
    except Exception as error:  # the worker loop: whatever a handler raises ends here
        log.error("handler_failed", exc_info=error)
        await _later(context, row, repr(error))


async def resume(context: Context) -> None:
    """Received activities whose job is gone are given to one again (see outbox/sweep.py)."""
    waiting = await context.jobs.waiting(limits.SWEEP_JOBS)
    if len(waiting) >= limits.SWEEP_JOBS:
        return
    busy = {item for job in waiting if job.name == handle.name for item in job.ids}
    before = context.clock.now_ms() - int(limits.ABANDONED_SECONDS * 1000)
    async with context.database.write() as session:
        query = select(Received.id).where(Received.state == "stored", col(Received.received_ms) < before)
        rows = await session.exec(query.order_by(col(Received.id)).limit(limits.SWEEP_ROWS))
        lost = [row_id for row_id in rows if row_id not in busy]
        if lost:
            await jobs.enqueue(session, handle, lost)


async def _one(context: Context, row: Received, sender: Actor | None) -> None:
    activity = admit_signed(document.parse(row.body), row.sender_uri)
    if sender is None or not policy.living(sender):
        await _settle(context, row, Outcome.DROPPED, GONE)
        return
    if not handlers.supports(activity.type):
        await _settle(context, row, Outcome.UNSUPPORTED, activity.type)
        return
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    resolved = await resolve(context, activity, sender, budget)
    handler = handlers.find(activity.type, resolved.type)
    if handler is None:
        await _settle(context, row, Outcome.UNSUPPORTED, f"{activity.type} of {resolved.type}")
        return
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        sender = await queries.by_uri(session, row.sender_uri)
        if fresh is None or fresh.state != "stored":
            return
        if sender is None or not policy.living(sender):
            # What was handled just before this one may have been their end.
            await _mark(session, fresh, context, Outcome.DROPPED, GONE)
            return
        outcome = await handler(session, Incoming(activity, sender, resolved, row.received_ms))
        if outcome is Outcome.DONE:
            await forward.pass_on(session, activity, row.body, sender)
            await arrivals.keep(session, fresh, sender, activity.document)
            await hosts.heard_from(session, sender.inbox_url)
        await retire.used(session, sender)
        fp("handle.before_commit")
        await _mark(session, fresh, context, outcome, None)
    fp("handle.after_commit")


async def _mark(session: AsyncSession, row: Received, context: Context, outcome: str, detail: str | None) -> None:
    row.state, row.detail = outcome, detail[: limits.ERROR_CHARS] if detail else None
    row.handled_ms = context.clock.now_ms()
    session.add(row)
    kind = row.type
    after_commit(session, lambda: _count(outcome, kind))


def _count(outcome: str, kind: str) -> None:
    HANDLED.add(outcome)
    log.debug("activity_handled", outcome=outcome, type=kind)


async def _settle(context: Context, row: Received, outcome: Outcome, detail: str) -> None:
    log.info(
        "activity_refused",
        activity=row.activity_uri,
        type=row.type,
        sender=row.sender_uri,
        outcome=outcome,
        detail=detail,
    )
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        if fresh is not None and fresh.state == "stored":
            await _mark(session, fresh, context, outcome, detail)


async def _later(context: Context, row: Received, detail: str) -> None:
    """Try this one again alone, after a while, and not for ever."""
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        if fresh is None or fresh.state != "stored":
            return
        fresh.attempts += 1
        fresh.detail = detail[: limits.ERROR_CHARS]
        session.add(fresh)
        if fresh.attempts > len(RETRY_SECONDS):
            await _mark(session, fresh, context, "failed", detail)
            return
        HANDLED.add("later")
        await jobs.enqueue(session, handle, [row.id], delay=RETRY_SECONDS[fresh.attempts - 1])
