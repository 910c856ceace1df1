"""Deleted: a post, a whole actor, or something that we never saw."""

from __future__ import annotations

from sqlmodel import col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block, Follow, Key
from fediverse_ai.core import urls
from fediverse_ai.core.context import context_of
from inbox import tombstones
from inbox.handlers import quote
from inbox.incoming import Incoming, Outcome
from outbox import queries
from outbox.models import Notification, Post, PostState, Reaction
from outbox.publish import bury


async def deleted(session: AsyncSession, received: Incoming) -> Outcome:
    """Only the owner deletes (D3; AUT-08, AUT-16); what is gone stays gone."""
    uri = received.object.uri
    if uri is None:
        return Outcome.DROPPED
    if uri == received.sender.uri:
        await bury_actor(session, received.sender)
        return Outcome.DONE
    post = await queries.by_uri(session, uri)
    if post is not None:
        if post.local or post.author_id != received.sender.id:
            return Outcome.DROPPED
        await tombstones.set_stone(session, uri, received.sender.uri, for_ever=True)
        await bury(session, post)
        return Outcome.DONE
    if await quote.stamp_deleted(session, received.sender, uri):
        return Outcome.DONE
    if not urls.same_origin(uri, received.sender.uri):
        return Outcome.DROPPED
    await tombstones.set_stone(session, uri, received.sender.uri)
    return Outcome.IGNORED


async def bury_actor(session: AsyncSession, actor: Actor) -> None:
    """Everything of a remote actor goes; the row stays as the mark that the id is burnt."""
    mine = select(Post).where(Post.author_id == actor.id, Post.state != PostState.DELETED)
    for post in list(await session.exec(mine)):
        await bury(session, post)
    await session.exec(delete(Reaction).where(col(Reaction.actor_id) == actor.id))
    await session.exec(delete(Notification).where(col(Notification.from_id) == actor.id))
    follows = or_(col(Follow.follower_id) == actor.id, col(Follow.followed_id) == actor.id)
    await session.exec(delete(Follow).where(follows))
    blocks = or_(col(Block.blocker_id) == actor.id, col(Block.blocked_id) == actor.id)
    await session.exec(delete(Block).where(blocks))
    await session.exec(delete(Key).where(col(Key.actor_id) == actor.id))
    actor.deleted_ms = context_of(session).clock.now_ms()
    actor.name, actor.summary, actor.icon_url, actor.image_url = "", "", None, None
    session.add(actor)
    await session.flush()
