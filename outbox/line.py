"""Get a post made: its place in the line before a generator, fairly between people; and the line's lanes."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import jobs
from fediverse_ai.core.context import context_of
from generation.pipeline import Pipeline
from outbox import quotas, turns
from outbox.models import Post
from outbox.prepare import judge_waiting, prepare
from outbox.turns import Turn


async def line_up(session: AsyncSession, post: Post, once: str, *, bounded: bool = True) -> None:
    """Enqueue the job that prepares a post; one that wants pictures takes its place before their generator, one of
    words alone only passes the gate.

    `once` is the job's own id. Raises Unprocessable for a generator that there is not, TooMany for more pictures than
    the author's role may have made in a day or have waiting at a time, unless not `bounded`.
    """
    if post.request is None:
        await jobs.enqueue(session, judge_waiting, [post.id], once=once, soon=True)
        return
    pipeline = context_of(session).part(Pipeline)
    name = str(post.request.get("generator") or pipeline.default)
    engine = pipeline.engine(name)
    pictures = int(post.request["image"].get("count") or 1)
    if bounded:
        await quotas.require(session, post.author_id, "queued")
    await turns.take(session, post.author_id, name, pictures, bounded=bounded)
    number = await turns.next_number(session, post.author_id, name)
    turn = Turn(
        post_id=post.id,
        author_id=post.author_id,
        generator=name,
        lane=f"{name}/{number % engine.at_once}",
        number=number,
        pictures=pictures,
        created_ms=context_of(session).clock.now_ms(),
    )
    session.add(await session.merge(turn))
    await session.flush()
    await _enqueue(session, turn, once)


async def line_up_again(session: AsyncSession, post_id: int) -> None:
    """A waiting post whose job is gone gets one again, in the place that it had."""
    turn = await session.get(Turn, post_id)
    if turn is None:
        post = await session.get(Post, post_id)
        wants_pictures = post is not None and post.request is not None
        await jobs.enqueue(session, prepare if wants_pictures else judge_waiting, [post_id])
    else:
        await _enqueue(session, turn, None)


async def _enqueue(session: AsyncSession, turn: Turn, once: str | None) -> None:
    soon = once is not None
    await jobs.enqueue(session, prepare, [turn.post_id], once=once, soon=soon, key=turn.lane, priority=1 + turn.number)
