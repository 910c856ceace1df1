"""The same picture brought again and again: so many that look alike within an hour, and then no more (MED-18)."""

from __future__ import annotations

from sqlmodel import col, select

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unprocessable
from generation.moderators.known import NEAR_BITS
from outbox.models import Attachment, Post


async def check(context: Context, author: Actor, post: Post, pdq: str | None) -> None:
    """Raises Unprocessable when somebody's other posts of the last hour hold NEAR_COPIES pictures that look like one
    with this hash (hex), deleted posts among them; what is too plain to have a hash is never refused."""
    if pdq is None:
        return
    since = context.clock.now_ms() - limits.NEAR_COPIES_SECONDS * 1000
    query = select(Attachment.pdq).join(Post, col(Post.id) == col(Attachment.post_id))
    query = query.where(Post.author_id == author.id, Post.id != post.id, Post.created_ms > since)
    query = query.where(col(Attachment.pdq).is_not(None)).order_by(col(Attachment.id).desc())
    async with context.database.read() as session:
        known = list(await session.exec(query.limit(limits.NEAR_COPIES_ROWS)))
    value = int(pdq, 16)
    if sum((int(other or "0", 16) ^ value).bit_count() <= NEAR_BITS for other in known) >= limits.NEAR_COPIES:
        raise Unprocessable(
            "You have posted this picture, or one that looks just like it, several times within the hour.",
            f"post {post.id}: {limits.NEAR_COPIES} near copies",
        )
