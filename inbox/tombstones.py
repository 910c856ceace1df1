"""Ids that were deleted or undone before or after we saw them: they do not come back while their stone stands."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from inbox.models import Received, Tombstone


async def set_stone(session: AsyncSession, uri: str, owner_uri: str, *, for_ever: bool = False) -> None:
    """Remember that `owner_uri` took `uri` back: for six hours if it was never seen here, else for ever.

    Nobody takes back an id of another server; among neighbours the last word counts, so that a stone set by one of
    them in advance is not in the owner's way.
    """
    if not urls.same_origin(uri, owner_uri):
        return
    context = context_of(session)
    now = context.clock.now_ms()
    until = None if for_ever else now + int(limits.TOMBSTONE_SECONDS * 1000)
    stone = await session.get(Tombstone, uri)
    if stone is None:
        stone = Tombstone(uri=uri, owner_uri=owner_uri, created_ms=now, until_ms=until)
    elif stone.until_ms is not None:
        stone.owner_uri, stone.until_ms = owner_uri, until
    session.add(stone)
    await session.flush()


async def has_stone(session: AsyncSession, uri: str, owner_uri: str) -> bool:
    """Was this id taken back by the one who now uses it?"""
    stone = await session.get(Tombstone, uri)
    if stone is None or stone.owner_uri != owner_uri:
        return False
    return stone.until_ms is None or stone.until_ms > context_of(session).clock.now_ms()


async def is_superseded(session: AsyncSession, uri: str | None, owner_uri: str) -> bool:
    """Did this id itself come from its owner? Asked where no relation stands on it: then a newer one took its place.

    An Undo that was late must not end what was begun anew since. Ids that never came may be another name of the same
    relation: some servers make up a new one for what they undo, and Epicyon gives it that of the Undo.
    """
    if uri is None:
        return False
    same = select(Received.id).where(Received.activity_uri == uri, Received.sender_uri == owner_uri)
    query = same.where(Received.type != "Undo")
    return (await session.exec(query)).first() is not None
