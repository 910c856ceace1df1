"""What a local actor wants to know: one row per cause, however often the cause arrives."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import events
from fediverse_ai.core.context import context_of
from outbox import told
from outbox.belongings import ConversationMute
from outbox.models import Notification, Post
from outbox.told import Word
from outbox.unwanted import is_unwanted


async def tell(
    session: AsyncSession,
    actor: Actor,
    kind: str,
    cause: str,
    *,
    from_id: int | None = None,
    post_id: int | None = None,
) -> None:
    """Add a notification for a local actor, unless the same cause was told, its source is muted, or the actor wants
    none of it (outbox/told.py); what is put aside nobody is told of yet.
    """
    if not actor.local or from_id == actor.id:
        return
    seen = select(Notification.id).where(
        Notification.actor_id == actor.id, Notification.kind == kind, Notification.cause == cause
    )
    if (await session.exec(seen)).first() is not None:
        return
    if from_id is not None and await is_unwanted(session, actor.id, from_id, told=True):
        return
    if kind in _OF_A_CONVERSATION and post_id is not None and await _is_muted(session, actor, post_id):
        return
    word = await told.word(session, actor, kind, from_id, post_id)
    if word is Word.DROP:
        return
    context = context_of(session)
    row = Notification(
        id=context.ids.new(),
        actor_id=actor.id,
        kind=kind,
        from_id=from_id,
        post_id=post_id,
        cause=cause,
        aside=word is Word.ASIDE,
        created_ms=context.clock.now_ms(),
    )
    session.add(row)
    await session.flush()
    if not row.aside:
        events.publish_after(session, [f"user:{actor.id}"], "notification", row.id)


# What is said in a conversation; what becomes of one's own posts is told all the same.
_OF_A_CONVERSATION = frozenset({"mention", "like", "boost", "quote"})


async def _is_muted(session: AsyncSession, actor: Actor, post_id: int) -> bool:
    """Does the actor want to hear no more of this post's conversation?"""
    post = await session.get(Post, post_id)
    if post is None:
        return False
    query = select(ConversationMute.id).where(
        ConversationMute.actor_id == actor.id, ConversationMute.context_uri == (post.context_uri or post.uri)
    )
    return (await session.exec(query)).first() is not None
