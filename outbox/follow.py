"""Follow, grant, refuse, withdraw: the verbs of relations, for our people and for what arrives."""

from __future__ import annotations

from sqlmodel import col, delete, or_
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import follows, policy, queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Forbidden, Unprocessable
from outbox import activities, notify
from outbox.models import Notification
from outbox.send import send


async def ask(session: AsyncSession, actor: Actor, target: Actor) -> Follow:
    """Our `actor` asks to follow `target`; a local target is settled here, a remote one gets a Follow."""
    if actor.id == target.id:
        raise Unprocessable("You cannot follow yourself.")
    if await policy.blocked_between(session, actor.id, target.id) or not policy.living(target):
        raise Forbidden("This account cannot be followed.")
    known = await queries.follow_of(session, actor.id, target.id)
    if known is not None and known.state == FollowState.ACCEPTED:
        return known
    uri = activities.new_uri(context_of(session))
    # Between two people of one server nothing is posted; both find the activity in their collections all the same.
    if target.local:
        follow = await granted(session, actor, target, uri)
    else:
        follow = await follows.add(session, actor, target, uri, FollowState.PENDING)
    await send(session, actor, activities.follow(follow, actor, target), [target.inbox_url], soon=True)
    return follow


async def ask_again(session: AsyncSession, follow: Follow, actor: Actor, target: Actor) -> None:
    """Ask anew for a follow of ours, because this server was restored; whoever granted it then grants it again."""
    follow.uri = activities.new_uri(context_of(session))
    session.add(follow)
    await send(session, actor, activities.follow(follow, actor, target), [target.inbox_url])


async def granted(session: AsyncSession, follower: Actor, followed: Actor, uri: str) -> Follow:
    """Somebody follows our `followed`: accept at once, or leave it pending where the account is locked.

    Who comes from a limited server always waits, as at Mastodon.
    """
    asks = followed.manually_approves or follower.severity is not None
    state = FollowState.PENDING if asks else FollowState.ACCEPTED
    follow = await follows.add(session, follower, followed, uri, state)
    if follow.state == FollowState.ACCEPTED:
        await _accept(session, follower, followed, uri)
    kind = "follow" if follow.state == FollowState.ACCEPTED else "follow_request"
    await notify.tell(session, followed, kind, f"follow:{follower.uri}", from_id=follower.id)
    return follow


async def _accept(session: AsyncSession, follower: Actor, followed: Actor, uri: str) -> None:
    body = activities.accept_follow(context_of(session), uri, follower, followed)
    await send(session, followed, body, [follower.inbox_url], object_uri=uri, soon=True)


async def approve(session: AsyncSession, follow: Follow, follower: Actor, followed: Actor) -> None:
    """The owner of a locked account lets a pending follower in."""
    await follows.settle(session, follow, FollowState.ACCEPTED)
    await _accept(session, follower, followed, follow.uri)


async def ended(session: AsyncSession, follow: Follow) -> None:
    """The follower no longer wants to: the row goes, and so does what the followed was told of it."""
    await follows.remove(session, follow.follower_id, follow.followed_id)
    told = (col(Notification.actor_id) == follow.followed_id, col(Notification.from_id) == follow.follower_id)
    kinds = col(Notification.kind).in_(["follow", "follow_request"])
    await session.exec(delete(Notification).where(*told, kinds))


async def refuse(session: AsyncSession, follow: Follow, follower: Actor, followed: Actor) -> None:
    """Turn a pending follower away, or remove one who was let in."""
    await follows.remove(session, follower.id, followed.id)
    body = activities.reject_follow(context_of(session), follow.uri, follower, followed)
    await send(session, followed, body, [follower.inbox_url], object_uri=follow.uri)


async def turn_away(session: AsyncSession, follow_uri: str, follower: Actor, followed: Actor) -> None:
    """Whoever moved takes no new followers, nor does the server itself; it is said, so that nobody waits for ever."""
    body = activities.reject_follow(context_of(session), follow_uri, follower, followed)
    await send(session, followed, body, [follower.inbox_url], object_uri=follow_uri)


async def withdraw(session: AsyncSession, actor: Actor, target: Actor) -> bool:
    """Our `actor` no longer follows `target`. False when there was nothing to undo."""
    follow = await queries.follow_of(session, actor.id, target.id)
    if follow is None:
        return False
    original = activities.follow_object(follow.uri, actor.uri, target.uri)
    await follows.remove(session, actor.id, target.id)
    body = activities.undo(context_of(session), actor, original, [target.uri])
    await send(session, actor, body, [target.inbox_url], object_uri=follow.uri)
    return True


async def begin_anew(session: AsyncSession, actor: Actor) -> None:
    """A remote id stands for somebody else now: follows in both directions end, and our followers are told (AUT-26).

    Nothing is sent: at the other server, which is another one, these follows never were.
    """
    cause = f"replaced:{actor.uri}:{actor.published_ms}"
    for person in (await queries.by_ids(session, await queries.local_followers(session, actor.id))).values():
        await notify.tell(session, person, "replaced", cause, from_id=actor.id)
    either = or_(col(Follow.follower_id) == actor.id, col(Follow.followed_id) == actor.id)
    await session.exec(delete(Follow).where(either))


async def disown(session: AsyncSession, actor: Actor, target: Actor) -> None:
    """Tell a server that believes our `actor` to follow `target` that this is not so (FEP-8fcf)."""
    context = context_of(session)
    original = activities.follow_object(activities.new_uri(context), actor.uri, target.uri)
    body = activities.undo(context, actor, original, [target.uri])
    await send(session, actor, body, [target.inbox_url])
