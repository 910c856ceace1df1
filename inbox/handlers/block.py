"""Blocked by somebody elsewhere, and no longer."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, queries
from actors.models import Block
from fediverse_ai.activitypub import document
from inbox import tombstones
from inbox.incoming import Incoming, Outcome
from outbox import block


async def blocked(session: AsyncSession, received: Incoming) -> Outcome:
    """The sender blocks one of ours: follows end, nothing of ours goes there, nobody here is told."""
    target = await queries.by_uri(session, received.object.uri) if received.object.uri else None
    if target is None or not target.local or target.kind == "Application":
        return Outcome.IGNORED
    if await tombstones.has_stone(session, received.activity.id, received.sender.uri):
        return Outcome.IGNORED
    await block.settle(session, received.sender, target, received.activity.id)
    return Outcome.DONE


async def unblocked(session: AsyncSession, received: Incoming) -> Outcome:
    """By the id of the Block, else by the pair it names; always the sender's own (AUT-11)."""
    value = received.activity.document.get("object")
    inner = value if isinstance(value, dict) else {}
    uri = received.object.uri
    if inner and document.id_of(inner.get("actor")) not in (None, received.sender.uri):
        return Outcome.DROPPED
    query = select(Block).where(Block.blocker_id == received.sender.id, Block.uri == uri)
    found = (await session.exec(query)).first() if uri else None
    superseded = found is None and await tombstones.is_superseded(session, uri, received.sender.uri)
    if found is None and not superseded and (target_uri := document.id_of(inner.get("object"))):
        target = await queries.by_uri(session, target_uri)
        found = await blocks.block_of(session, received.sender.id, target.id) if target else None
    if uri is not None:
        await tombstones.set_stone(session, uri, received.sender.uri, for_ever=found is not None)
    if found is None:
        return Outcome.IGNORED
    await blocks.remove(session, found.blocker_id, found.blocked_id)
    return Outcome.DONE
