"""Pin posts to the top of a profile: the featured collection, and the Add and Remove that tell followers of it."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _
from outbox import activities
from outbox.models import Post, PostState, PostTag
from outbox.send import send
from outbox.visibility import OPEN


async def pinned(session: AsyncSession, actor_id: int) -> list[Post]:
    """The pinned posts that everybody may see, the latest pin first."""
    query = select(Post).where(Post.author_id == actor_id, col(Post.pinned_ms).is_not(None))
    shown = query.where(Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
    return list(await session.exec(shown.order_by(col(Post.pinned_ms).desc(), col(Post.id).desc())))


async def pin(session: AsyncSession, actor: Actor, post: Post) -> None:
    """Pin a post of the actor's own. Raises Missing for another's, Unprocessable for a private one or a sixth."""
    if post.author_id != actor.id or post.state != PostState.PUBLISHED:
        raise Missing("There is no such post of yours.")
    if post.visibility not in OPEN:
        raise Unprocessable("Only public posts can be pinned.")
    if post.pinned_ms is not None:
        return
    if len(await pinned(session, actor.id)) >= limits.PINS:
        raise Unprocessable(_("At most %(most)d posts can be pinned.") % {"most": limits.PINS})
    post.pinned_ms = context_of(session).clock.now_ms()
    session.add(post)
    await _tell(session, actor, post, added=True)


async def unpin(session: AsyncSession, actor: Actor, post: Post) -> None:
    """Take a pin away; nothing happens where there is none."""
    if post.author_id != actor.id or post.pinned_ms is None:
        return
    post.pinned_ms = None
    session.add(post)
    await _tell(session, actor, post, added=False)


async def _tell(session: AsyncSession, actor: Actor, post: Post, *, added: bool) -> None:
    make = activities.add if added else activities.remove
    body = make(context_of(session), actor, post, featured_uri(actor))
    await session.flush()
    await send(session, actor, body, await queries.follower_inboxes(session, actor.id), object_uri=post.uri)


def featured_uri(actor: Actor) -> str:
    """Where the pins of a local actor are listed."""
    return actor.featured_uri or f"{actor.uri}/collections/featured"


async def tags_used(session: AsyncSession, actor_id: int) -> list[tuple[str, int]]:
    """(hashtag, how often) of an author's open posts, the most used first, without the tags of the AI label."""
    config = context_of(session).config
    number = func.count()
    query = (
        select(PostTag.name, number)
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(Post.author_id == actor_id, Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
        .where(col(PostTag.name).not_in([name.lower() for name in config.labels.hashtags]))
        .group_by(col(PostTag.name))
        .order_by(number.desc(), col(PostTag.name))
        .limit(limits.FEATURED_TAGS)
    )
    return list(await session.exec(query))
