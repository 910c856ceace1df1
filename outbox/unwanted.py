"""What one of our people does not want to see: the muted, and servers they silenced; as conditions for lists."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Mute
from fediverse_ai.core.context import context_of
from outbox.shelves import SilencedHost


def unwanted_by(reader_id: int, actor_column: Any, now_ms: int) -> Any:
    """A condition: the actor with this id is muted by the reader, or of a server that the reader silenced."""
    muted = exists(
        select(Mute.id).where(
            Mute.muter_id == reader_id,
            Mute.muted_id == actor_column,
            or_(col(Mute.expires_ms).is_(None), col(Mute.expires_ms) > now_ms),
        )
    )
    silenced = exists(
        select(SilencedHost.id)
        .join(Actor, col(Actor.host) == col(SilencedHost.host))
        .where(SilencedHost.actor_id == reader_id, Actor.id == actor_column)
    )
    return or_(muted, silenced)


async def is_unwanted(session: AsyncSession, reader_id: int, actor_id: int, *, told: bool = False) -> bool:
    """Is this actor unwanted by the reader now? `told`: for notifications, which a mute may leave on."""
    now = context_of(session).clock.now_ms()
    if told:
        loud = select(Mute.id).where(
            Mute.muter_id == reader_id, Mute.muted_id == actor_id, col(Mute.notifications).is_(False)
        )
        if (await session.exec(loud)).first() is not None:
            return False
    found = select(Actor.id).where(Actor.id == actor_id, unwanted_by(reader_id, col(Actor.id), now))
    return (await session.exec(found)).first() is not None
