"""How far one of our people has read a timeline, the same on pages and in all their apps."""

from __future__ import annotations

from collections.abc import Collection

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import context_of
from outbox.models import Notification
from outbox.shelves import Marker

TIMELINES = ("home", "notifications")


async def of_reader(session: AsyncSession, actor_id: int, timelines: Collection[str]) -> dict[str, Marker]:
    query = select(Marker).where(Marker.actor_id == actor_id, col(Marker.timeline).in_(timelines))
    return {row.timeline: row for row in await session.exec(query)}


async def mark(session: AsyncSession, actor_id: int, timeline: str, last_read_id: int) -> Marker:
    """Everything up to this entry has been read; of notifications each row says so too."""
    context = context_of(session)
    now = context.clock.now_ms()
    row = (await of_reader(session, actor_id, [timeline])).get(timeline) or Marker(
        id=context.ids.new(), actor_id=actor_id, timeline=timeline, last_read_id=0, version=-1, updated_ms=now
    )
    row.last_read_id, row.version, row.updated_ms = last_read_id, row.version + 1, now
    session.add(row)
    if timeline == "notifications":
        seen = (
            col(Notification.actor_id) == actor_id,
            col(Notification.id) <= last_read_id,
            col(Notification.read_ms).is_(None),
            ~col(Notification.aside),
        )
        await session.exec(update(Notification).where(*seen).values(read_ms=now))
    await session.flush()
    return row
