"""Block and take it back: effective here at once; the other server is told, so that it can keep its side."""

from __future__ import annotations

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, queries
from actors.models import Actor, Block
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from outbox import activities, follow, quote
from outbox.models import Notification
from outbox.send import original, send


async def settle(session: AsyncSession, blocker: Actor, blocked: Actor, uri: str) -> Block:
    """What a block means in our tables, whoever of the two is ours: no follows, nothing to notify of each other."""
    block = await blocks.add(session, blocker, blocked, uri)
    for reader, other in ((blocker, blocked), (blocked, blocker)):
        told = (col(Notification.actor_id) == reader.id, col(Notification.from_id) == other.id)
        await session.exec(delete(Notification).where(*told))
    return block


async def block(session: AsyncSession, actor: Actor, target: Actor) -> Block:
    """Our `actor` blocks `target`. Raises Unprocessable for oneself and for the server's own actor.

    A remote target hears Undo and Reject of the follows between the two, and the Block itself where the setting
    `federation.send_blocks` says so: many servers show a Block to the blocked person (FED-15).
    """
    if actor.id == target.id or (target.local and target.kind == "Application"):
        raise Unprocessable("This account cannot be blocked.")
    known = await blocks.block_of(session, actor.id, target.id)
    if known is not None:
        return known
    if not target.local:
        await follow.withdraw(session, actor, target)
        theirs = await queries.follow_of(session, target.id, actor.id)
        if theirs is not None:
            await follow.refuse(session, theirs, target, actor)
    context = context_of(session)
    await quote.revoke_all(session, actor, target)
    made = await settle(session, actor, target, activities.new_uri(context))
    if not target.local and context.config.federation.send_blocks:
        assert made.uri is not None
        body = activities.block(made.uri, actor, target)
        await send(session, actor, body, [target.inbox_url], object_uri=made.uri)
    return made


async def unblock(session: AsyncSession, actor: Actor, target: Actor) -> bool:
    """Take a block back; the Undo goes where the Block went. False when there was none."""
    known = await blocks.block_of(session, actor.id, target.id)
    if known is None:
        return False
    await blocks.remove(session, actor.id, target.id)
    sent = await original(session, known.uri) if known.uri else None
    if sent is not None:
        body = activities.undo(context_of(session), actor, sent, [target.uri])
        await send(session, actor, body, [target.inbox_url], object_uri=known.uri)
    return True
