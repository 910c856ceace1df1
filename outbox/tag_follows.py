"""Hashtags that our people follow: public posts with them come home."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _
from outbox.shelves import TagFollow


async def followed_of(session: AsyncSession, actor_id: int, names: Sequence[str]) -> set[str]:
    """Those of these hashtags (lower case, without #) that somebody follows."""
    query = select(TagFollow.name).where(TagFollow.actor_id == actor_id, col(TagFollow.name).in_(names))
    return set(await session.exec(query))


async def all_of(session: AsyncSession, actor_id: int) -> list[str]:
    """What somebody follows (lower case, without #), in the order of the alphabet."""
    query = select(TagFollow.name).where(TagFollow.actor_id == actor_id).order_by(col(TagFollow.name))
    return list(await session.exec(query))


async def follow(session: AsyncSession, actor_id: int, name: str) -> None:
    """Once is enough. Raises Unprocessable beyond the bound."""
    if await followed_of(session, actor_id, [name]):
        return
    have = select(func.count()).select_from(TagFollow).where(TagFollow.actor_id == actor_id)
    if (await session.exec(have)).one() >= limits.TAG_FOLLOWS:
        raise Unprocessable(_("At most %(most)d hashtags can be followed.") % {"most": limits.TAG_FOLLOWS})
    session.add(TagFollow(id=context_of(session).ids.new(), actor_id=actor_id, name=name))
    await session.flush()


async def unfollow(session: AsyncSession, actor_id: int, name: str) -> None:
    await session.exec(delete(TagFollow).where(col(TagFollow.actor_id) == actor_id, col(TagFollow.name) == name))
