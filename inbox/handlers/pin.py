"""Pinned and unpinned: others' featured collections, as a mark on those of their posts that we have."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.activitypub import document
from fediverse_ai.core.context import context_of
from inbox.incoming import Incoming, Outcome
from outbox.models import Post, PostState
from outbox.queries import by_uri


async def pinned(session: AsyncSession, received: Incoming) -> Outcome:
    return await _marked(session, received, context_of(session).clock.now_ms())


async def unpinned(session: AsyncSession, received: Incoming) -> Outcome:
    return await _marked(session, received, None)


async def _marked(session: AsyncSession, received: Incoming, when: int | None) -> Outcome:
    """Only the author's own post, and only in the collection that the author's document names (AUT-22).

    Other Adds exist (stories, conversations): they are none of ours.
    """
    target = document.id_of(received.activity.document.get("target"))
    if target is None or target != received.sender.featured_uri:
        return Outcome.IGNORED
    post: Post | None = await by_uri(session, received.object.uri) if received.object.uri else None
    if post is None or post.state != PostState.PUBLISHED or (post.pinned_ms is None) == (when is None):
        return Outcome.IGNORED
    if post.local or post.author_id != received.sender.id:
        return Outcome.DROPPED
    post.pinned_ms = when
    session.add(post)
    return Outcome.DONE
