"""What a client does about people: follow, let in and turn away, block; and take it back."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, queries
from actors.models import Actor, Block, Follow, FollowState
from fediverse_ai.activitypub import document
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing
from outbox import activities, follow, named
from outbox import block as blocking
from outbox.named import Done
from outbox.send import original, record
from outbox.wish import Wish

Json = dict[str, Any]


async def followed(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    target = await named.actor_of(session, wish.object_uri)
    known = await queries.follow_of(session, actor.id, target.id)
    if known is None:
        known = await follow.ask(session, actor, target)
        return Done(await _follow_body(session, known, actor, target))
    return Done(await _follow_body(session, known, actor, target), new=False)


async def _follow_body(session: AsyncSession, found: Follow, follower: Actor, target: Actor) -> Json:
    return await original(session, found.uri) or activities.follow(found, follower, target)


async def unfollowed(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    found = await named.by_id(session, Follow, wish.object_uri)
    if found is None or found.follower_id != actor.id:
        target = await queries.by_uri(session, document.id_of(wish.object.get("object")) or "")
        found = await queries.follow_of(session, actor.id, target.id) if target is not None else None
    target = await queries.by_id(session, found.followed_id) if found is not None else None
    if found is None or target is None:
        raise Missing(named.NOTHING)
    await follow.withdraw(session, actor, target)
    return await named.done(session, actor, "Undo", found.uri)


async def _request(session: AsyncSession, actor: Actor, wish: Wish) -> tuple[Follow, Actor]:
    """The Follow of this person that is answered, by its id, else by exactly the pair that is named."""
    found = await named.by_id(session, Follow, wish.object_uri)
    if found is None:
        asker = await queries.by_uri(session, document.id_of(wish.object.get("actor")) or "")
        found = await queries.follow_of(session, asker.id, actor.id) if asker is not None else None
    follower = await queries.by_id(session, found.follower_id) if found is not None else None
    if found is None or follower is None or found.followed_id != actor.id:
        raise Missing("Nobody asked for this.")
    return found, follower


async def accepted(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    found, follower = await _request(session, actor, wish)
    new = found.state != FollowState.ACCEPTED
    if new:
        await follow.approve(session, found, follower, actor)
    sent = await named.latest(session, actor, "Accept", found.uri)
    return Done(sent or activities.accept_follow(context_of(session), found.uri, follower, actor), new)


async def rejected(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    """A request is turned away; who was let in before is sent away."""
    found, follower = await _request(session, actor, wish)
    await follow.refuse(session, found, follower, actor)
    return await named.done(session, actor, "Reject", found.uri)


async def blocked(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    target = await named.actor_of(session, wish.object_uri)
    known = await blocks.block_of(session, actor.id, target.id)
    made = known or await blocking.block(session, actor, target)
    return Done(activities.block(made.uri or "", actor, target), new=known is None)


async def unblocked(session: AsyncSession, actor: Actor, wish: Wish) -> Done:
    found = await named.by_id(session, Block, wish.object_uri)
    if found is None or found.blocker_id != actor.id:
        target = await queries.by_uri(session, document.id_of(wish.object.get("object")) or "")
        found = await blocks.block_of(session, actor.id, target.id) if target is not None else None
    target = await queries.by_id(session, found.blocked_id) if found is not None else None
    if found is None or target is None:
        raise Missing(named.NOTHING)
    await blocking.unblock(session, actor, target)
    sent = await named.latest(session, actor, "Undo", found.uri)
    if sent is None:
        # Nothing was sent, so nothing is taken back elsewhere; the person's own outbox tells of it.
        sent = activities.undo(context_of(session), actor, activities.block(found.uri or "", actor, target), [])
        await record(session, actor, sent, object_uri=found.uri)
    return Done(sent)
