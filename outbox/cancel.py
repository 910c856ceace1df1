"""Stop the making of a waiting post: nothing of it is kept but its words, and the backend is told."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.errors import Conflict, Missing
from outbox import turns
from outbox.models import Post, PostState
from outbox.states import move
from outbox.turns import Turn

STOPPED = "You stopped it."


async def cancel(session: AsyncSession, author: Actor, post_id: int) -> Post:
    """Stop it, in the line or in the middle; a picture that nobody began does not count for the day.

    Whoever makes it looks every moment whether it is still wanted (`making`). Raises Missing for a post that is not
    the author's, Conflict for one that does not wait (any more).
    """
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None or post.author_id != author.id or post.state == PostState.DELETED:
        raise Missing("This post does not exist (any more).")
    if post.state != PostState.WAITING:
        raise Conflict("This is not being made any more.")
    turn = await session.get(Turn, post_id)
    if turn is not None and turn.began_ms is None:
        await turns.give_back(session, post_id)
    move(post, PostState.FAILED)
    post.reason, post.progress = STOPPED, None
    session.add(post)
    return post
