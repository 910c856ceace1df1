"""Follow asked, accepted, rejected, withdrawn."""

from __future__ import annotations

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import follows, policy, queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.activitypub import document
from inbox import tombstones
from inbox.incoming import Incoming, Outcome
from outbox import follow


async def asked(session: AsyncSession, received: Incoming) -> Outcome:
    """Somebody wants to follow one of ours; a repeated Follow is accepted again."""
    target = await queries.by_uri(session, received.object.uri) if received.object.uri else None
    if target is None or not target.local or not policy.living(target):
        return Outcome.IGNORED
    if target.moved_to_uri is not None or target.kind == "Application":
        await follow.turn_away(session, received.activity.id, received.sender, target)
        return Outcome.DROPPED
    if await tombstones.has_stone(session, received.activity.id, received.sender.uri):
        return Outcome.IGNORED
    if await policy.blocked_between(session, received.sender.id, target.id):
        return Outcome.DROPPED
    await follow.granted(session, received.sender, target, received.activity.id)
    return Outcome.DONE


async def _ours(session: AsyncSession, received: Incoming, value: Any) -> tuple[Follow, Actor] | None:
    """The Follow of ours that the sender answers: by its id, else by exactly the pair it names (AUT-12)."""
    uri = document.id_of(value)
    query = select(Follow).where(Follow.followed_id == received.sender.id)
    found = (await session.exec(query.where(Follow.uri == uri))).first() if uri else None
    if found is None and isinstance(value, dict):
        actor_uri, object_uri = document.id_of(value.get("actor")), document.id_of(value.get("object"))
        follower = await queries.by_uri(session, actor_uri) if actor_uri else None
        if follower is not None and object_uri == received.sender.uri:
            found = await queries.follow_of(session, follower.id, received.sender.id)
    if found is None:
        return None
    follower = await queries.by_id(session, found.follower_id)
    return (found, follower) if follower is not None and follower.local else None


async def accepted(session: AsyncSession, received: Incoming) -> Outcome:
    found = await _ours(session, received, received.activity.document.get("object"))
    if found is None:
        return Outcome.IGNORED
    await follows.settle(session, found[0], FollowState.ACCEPTED)
    return Outcome.DONE


async def rejected(session: AsyncSession, received: Incoming) -> Outcome:
    """A pending follow fails; one that was accepted ends."""
    found = await _ours(session, received, received.activity.document.get("object"))
    if found is None:
        return Outcome.IGNORED
    await follows.remove(session, found[1].id, received.sender.id)
    return Outcome.DONE


async def unaccepted(session: AsyncSession, received: Incoming) -> Outcome:
    """The sender takes an Accept back: the follow waits again, as at Mastodon."""
    inner = received.activity.document.get("object")
    if not isinstance(inner, dict) or document.id_of(inner.get("actor")) not in (None, received.sender.uri):
        return Outcome.DROPPED
    found = await _ours(session, received, inner.get("object"))
    if found is None or found[0].state != FollowState.ACCEPTED:
        return Outcome.IGNORED
    await follows.settle(session, found[0], FollowState.PENDING)
    return Outcome.DONE


async def withdrawn(session: AsyncSession, received: Incoming) -> Outcome:
    """The sender no longer follows one of ours; unknown ones are remembered, in case the Follow comes later."""
    value = received.activity.document.get("object")
    inner = value if isinstance(value, dict) else {}
    uri = received.object.uri
    if inner and document.id_of(inner.get("actor")) not in (None, received.sender.uri):
        return Outcome.DROPPED
    query = select(Follow).where(Follow.follower_id == received.sender.id, Follow.uri == uri)
    found = (await session.exec(query)).first() if uri else None
    superseded = found is None and await tombstones.is_superseded(session, uri, received.sender.uri)
    if found is None and not superseded and (target_uri := document.id_of(inner.get("object"))):
        target = await queries.by_uri(session, target_uri)
        found = await queries.follow_of(session, received.sender.id, target.id) if target else None
    if uri is not None:
        await tombstones.set_stone(session, uri, received.sender.uri, for_ever=found is not None)
    if found is None:
        return Outcome.IGNORED
    await follow.ended(session, found)
    return Outcome.DONE
