"""Whom and what one of our people wants to hear no more of: people for a while, and conversations; nobody is told."""

from __future__ import annotations

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Mute
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from outbox.belongings import ConversationMute
from outbox.models import Post


async def mute(
    session: AsyncSession, actor: Actor, target: Actor, *, seconds: int = 0, notifications: bool = True
) -> None:
    """Their posts are not shown any more, for `seconds` (0: for good). `notifications`: nor is what they do told.

    Raises Unprocessable for oneself.
    """
    if actor.id == target.id:
        raise Unprocessable("You cannot mute yourself.")
    context = context_of(session)
    now = context.clock.now_ms()
    row = (await session.exec(select(Mute).where(Mute.muter_id == actor.id, Mute.muted_id == target.id))).first()
    if row is None:
        row = Mute(id=context.ids.new(), muter_id=actor.id, muted_id=target.id, created_ms=now)
    row.notifications = notifications
    row.expires_ms = now + seconds * 1000 if seconds else None
    session.add(row)


async def unmute(session: AsyncSession, actor: Actor, target: Actor) -> None:
    await session.exec(delete(Mute).where(col(Mute.muter_id) == actor.id, col(Mute.muted_id) == target.id))


async def leave_conversation(session: AsyncSession, actor: Actor, post: Post) -> None:
    """No more notifications of this post's conversation."""
    context = context_of(session)
    conversation = post.context_uri or post.uri
    known = select(ConversationMute.id).where(
        ConversationMute.actor_id == actor.id, ConversationMute.context_uri == conversation
    )
    if (await session.exec(known)).first() is None:
        session.add(
            ConversationMute(
                id=context.ids.new(),
                actor_id=actor.id,
                context_uri=conversation,
                created_ms=context.clock.now_ms(),
            )
        )


async def rejoin_conversation(session: AsyncSession, actor: Actor, post: Post) -> None:
    mine = (
        col(ConversationMute.actor_id) == actor.id,
        col(ConversationMute.context_uri) == (post.context_uri or post.uri),
    )
    await session.exec(delete(ConversationMute).where(*mine))
