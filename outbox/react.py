"""Like and boost, and take them back: the same rows for our people and for what arrives."""

from __future__ import annotations

from sqlalchemy import func, update
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, stops
from actors.models import Actor
from fediverse_ai.core import events
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from outbox import activities, audience, documents, notify
from outbox.models import Activity, Notification, Post, Reaction, ReactionKind
from outbox.send import original, send
from outbox.visibility import OPEN, may_see


async def reaction_of(session: AsyncSession, actor_id: int, post_id: int, kind: ReactionKind) -> Reaction | None:
    query = select(Reaction).where(Reaction.actor_id == actor_id, Reaction.post_id == post_id, Reaction.kind == kind)
    return (await session.exec(query)).first()


async def record(
    session: AsyncSession, actor: Actor, post: Post, kind: ReactionKind, uri: str, *, emoji: str | None = None
) -> bool:
    """One reaction per actor, post and kind; counts are derived, the author is told once. False if it was there."""
    if await reaction_of(session, actor.id, post.id, kind) is not None:
        return False
    context = context_of(session)
    made = Reaction(
        id=context.ids.new(),
        uri=uri,
        kind=kind,
        actor_id=actor.id,
        post_id=post.id,
        emoji=emoji,
        created_ms=context.clock.now_ms(),
    )
    session.add(made)
    await session.flush()
    await recount(session, post)
    if kind == ReactionKind.BOOST:
        events.publish_after(session, [events.POSTS], "boost", made.id)
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, kind, f"{kind}:{actor.uri}:{post.id}", from_id=actor.id, post_id=post.id)
    return True


async def erase(session: AsyncSession, actor_id: int, post: Post, kind: ReactionKind) -> bool:
    result = await session.exec(
        delete(Reaction).where(
            col(Reaction.actor_id) == actor_id, col(Reaction.post_id) == post.id, col(Reaction.kind) == kind
        )
    )
    # What was taken back is not told any more; whether it was told must not depend on which of the two came first.
    told = (col(Notification.kind) == kind, col(Notification.from_id) == actor_id, col(Notification.post_id) == post.id)
    await session.exec(delete(Notification).where(*told))
    await recount(session, post)
    return bool(result.rowcount)


async def recount(session: AsyncSession, post: Post) -> None:
    """Counters are counted, never stepped, so that nothing can make them drift (I6)."""
    counted = await session.exec(
        select(Reaction.kind, func.count()).where(Reaction.post_id == post.id).group_by(col(Reaction.kind))
    )
    counts = dict(counted.all())
    post.likes = counts.get(ReactionKind.LIKE, 0)
    post.boosts = counts.get(ReactionKind.BOOST, 0)
    session.add(post)
    if post.local and post.document is not None:
        await documents.render(session, post)
    await session.flush()


async def _target(session: AsyncSession, actor: Actor, post: Post) -> Actor:
    if not await may_see(session, actor, post):
        raise Missing("There is no such post.")
    author = await queries.by_id(session, post.author_id)
    if author is None:
        raise Missing("There is no such post.")
    return author


async def like(
    session: AsyncSession, actor: Actor, post: Post, *, emoji: str | None = None, as_react: bool = False
) -> None:
    """Like a post, with an `emoji` if one is said; sent as a Like, or `as_react` as an EmojiReact (FEP-c0e0)."""
    author = await _target(session, actor, post)
    uri = activities.new_uri(context_of(session))
    if await record(session, actor, post, ReactionKind.LIKE, uri, emoji=emoji):
        if as_react and emoji is not None:
            body = activities.emoji_react(uri, actor, post, author, emoji)
        else:
            body = activities.like(uri, actor, post, author, emoji)
        await send(session, actor, body, _inboxes(author), object_uri=post.uri)


async def boost(session: AsyncSession, actor: Actor, post: Post, *, quiet: bool = False) -> None:
    """Show a post to the actor's followers; `quiet`: not on the public pages of other servers."""
    author = await _target(session, actor, post)
    if post.visibility not in OPEN:
        raise Unprocessable("Only public posts can be boosted.")
    await stops.require_outbox(session, actor.username)
    context = context_of(session)
    uri = activities.new_uri(context)
    if await record(session, actor, post, ReactionKind.BOOST, uri):
        body = activities.announce(uri, actor, post, author, context.clock.now_ms(), quiet=quiet)
        inboxes = await queries.follower_inboxes(session, actor.id) | _inboxes(author)
        await send(session, actor, body, inboxes, object_uri=post.uri, listed=True)


async def take_back(session: AsyncSession, actor: Actor, post: Post, kind: ReactionKind) -> None:
    """Undo our actor's like or boost of this post, here and wherever it was sent."""
    reaction = await reaction_of(session, actor.id, post.id, kind)
    author = await queries.by_id(session, post.author_id)
    if reaction is None or author is None:
        return
    sent = await original(session, reaction.uri)
    await erase(session, actor.id, post, kind)
    await session.exec(update(Activity).where(col(Activity.uri) == reaction.uri).values(listed=False))
    if sent is None:
        return
    inboxes = _inboxes(author)
    if kind == ReactionKind.BOOST:
        inboxes |= await queries.follower_inboxes(session, actor.id)
    body = activities.undo(context_of(session), actor, sent, sent.get("to", []), sent.get("cc"))
    await send(session, actor, body, inboxes, object_uri=post.uri)


def _inboxes(author: Actor) -> set[str]:
    return set() if author.local else {audience.inbox_of(author, shared=False)}
