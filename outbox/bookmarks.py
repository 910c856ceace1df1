"""Bookmarks: posts that one of our people keeps for later; nobody else is told."""

from __future__ import annotations

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing
from outbox.belongings import Bookmark
from outbox.models import Post
from outbox.visibility import may_see


async def add(session: AsyncSession, actor: Actor, post: Post) -> None:
    """Keep a post; once is enough. Raises Missing for one that the actor may not see."""
    if not await may_see(session, actor, post):
        raise Missing("There is no such post.")
    known = select(Bookmark.id).where(Bookmark.actor_id == actor.id, Bookmark.post_id == post.id)
    if (await session.exec(known)).first() is None:
        context = context_of(session)
        now = context.clock.now_ms()
        session.add(Bookmark(id=context.ids.new(), actor_id=actor.id, post_id=post.id, created_ms=now))
        await session.flush()


async def remove(session: AsyncSession, actor: Actor, post: Post) -> None:
    """Keep it no more; nothing happens where it was not kept."""
    await session.exec(delete(Bookmark).where(col(Bookmark.actor_id) == actor.id, col(Bookmark.post_id) == post.id))
