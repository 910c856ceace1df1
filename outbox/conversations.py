"""Threads of direct posts: kept for each of ours who is in them, from whatever server the posts come."""

from __future__ import annotations

from collections.abc import Iterable

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import events
from fediverse_ai.core.context import context_of
from outbox.models import Post, Visibility
from outbox.shelves import Conversation
from outbox.told import Word, takes_direct, word


async def note(session: AsyncSession, post: Post, author: Actor, named: Iterable[Actor]) -> None:
    """A published direct post joins its thread, unread for everybody but its author; others are no conversation."""
    if post.visibility != Visibility.DIRECT:
        return
    context_uri = post.context_uri or post.uri
    for actor in {one.id: one for one in (author, *named)}.values():
        if not actor.local or not await _hears(session, actor, post, author):
            continue
        known = select(Conversation).where(Conversation.actor_id == actor.id, Conversation.context_uri == context_uri)
        row = (await session.exec(known)).first()
        if row is not None and row.last_post_id >= post.id:
            continue
        if row is None:
            made = context_of(session).ids.new()
            row = Conversation(id=made, actor_id=actor.id, context_uri=context_uri, last_post_id=post.id)
        row.last_post_id, row.unread = post.id, actor.id != author.id
        session.add(row)
        await session.flush()
        events.publish_after(session, [f"user:{actor.id}"], "conversation", row.id)


async def _hears(session: AsyncSession, actor: Actor, post: Post, author: Actor) -> bool:
    """Does this post join our actor's threads now? One that is put aside does when its author is let in."""
    if not await takes_direct(session, actor, author.id):
        return False
    return actor.id == author.id or await word(session, actor, "mention", author.id, post.id) is not Word.ASIDE
