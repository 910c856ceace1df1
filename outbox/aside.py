"""Notifications that are put aside, person by person: counted, let in together with everything to come, or dropped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.core import events, limits
from fediverse_ai.core.context import context_of
from outbox import conversations
from outbox.cursors import Cursor
from outbox.models import Notification, Post, Visibility
from outbox.shelves import LetIn

# What they said; of likes and boosts the post is the reader's own.
_SAID = ("mention", "quote", "post")


@dataclass(frozen=True, slots=True)
class Waiting:
    """What one person did that is put aside: how much, since when and until when, and the newest thing they said."""

    from_id: int
    count: int
    newest_id: int
    first_ms: int
    newest_ms: int
    post_id: int | None


async def of_reader(
    session: AsyncSession, reader_id: int, at: Cursor, *, from_ids: Sequence[int] | None = None
) -> list[Waiting]:
    """Who waits, whoever did something last first; a cursor is the id of their newest notification."""
    newest = func.max(Notification.id)
    said = func.max(case((col(Notification.kind).in_(_SAID), Notification.post_id)))
    times = (func.min(Notification.created_ms), func.max(Notification.created_ms))
    columns: tuple[Any, ...] = (Notification.from_id, func.count(), newest, *times, said)
    query = (
        select(*columns)
        .where(Notification.actor_id == reader_id, col(Notification.aside), col(Notification.from_id).is_not(None))
        .group_by(col(Notification.from_id))
    )
    if from_ids is not None:
        query = query.where(col(Notification.from_id).in_(from_ids))
    if at.max_id is not None:
        query = query.having(newest < at.max_id)
    if at.above is not None:
        query = query.having(newest > at.above)
    ordered = query.order_by(newest.asc() if at.forward else newest.desc()).limit(at.limit)
    rows = [Waiting(*row) for row in await session.execute(ordered)]
    return rows[::-1] if at.forward else rows


async def counted(session: AsyncSession, reader_id: int) -> tuple[int, int]:
    """(people, notifications) that wait."""
    query = select(func.count(func.distinct(Notification.from_id)), func.count()).where(
        Notification.actor_id == reader_id, col(Notification.aside)
    )
    people, causes = (await session.exec(query)).one()
    return people, causes


async def let_in(session: AsyncSession, reader: Actor, from_id: int) -> bool:
    """What this person did joins what is told, their direct posts the threads, and so does what they will do.

    False when nothing of theirs waits.
    """
    theirs = _of(reader, from_id)
    newest = (await session.exec(select(func.max(Notification.id)).where(*theirs))).one()
    if newest is None:
        return False
    threads = await _threads(session, theirs)
    known = select(LetIn.id).where(LetIn.actor_id == reader.id, LetIn.from_id == from_id)
    if (await session.exec(known)).first() is None:
        session.add(LetIn(id=context_of(session).ids.new(), actor_id=reader.id, from_id=from_id))
    await session.exec(update(Notification).where(*theirs).values(aside=False))
    await session.flush()
    author = await queries.by_id(session, from_id)
    if author is not None:
        for post in threads:
            await conversations.note(session, post, author, [reader])
    events.publish_after(session, [f"user:{reader.id}"], "merged", newest)
    return True


async def drop(session: AsyncSession, reader: Actor, from_id: int) -> bool:
    """What this person did is forgotten; what they do next is put aside anew. False when nothing of theirs waits."""
    gone = await session.exec(delete(Notification).where(*_of(reader, from_id)))
    return bool(gone.rowcount)


def _of(reader: Actor, from_id: int) -> tuple[Any, ...]:
    return Notification.actor_id == reader.id, Notification.from_id == from_id, col(Notification.aside)


async def _threads(session: AsyncSession, theirs: tuple[Any, ...]) -> list[Post]:
    """The newest direct post of each thread among these, at most so many threads."""
    newest = (
        select(func.max(Post.id))
        .join(Notification, col(Notification.post_id) == col(Post.id))
        .where(*theirs, Notification.kind == "mention", Post.visibility == Visibility.DIRECT)
        .group_by(func.coalesce(Post.context_uri, Post.uri))
        .order_by(func.max(Post.id).desc())
        .limit(limits.ASIDE_THREADS)
    )
    ids = list(await session.exec(newest))
    return list(await session.exec(select(Post).where(col(Post.id).in_(ids)).order_by(col(Post.id))))
