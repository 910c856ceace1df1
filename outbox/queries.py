"""Reads only: posts for pages and collections, always through the one rule of visibility."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actor_queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from outbox import restraints
from outbox.belongings import Lineage
from outbox.dial import unwelcome
from outbox.models import Activity, Attachment, Post, PostState, PostTag, Reaction, ReactionKind
from outbox.visibility import OPEN, may_see, seen_by

UNFINISHED = (
    PostState.DRAFT,
    PostState.WAITING,
    PostState.PICK,
    PostState.SCHEDULED,
    PostState.HELD,
    PostState.REFUSED,
    PostState.FAILED,
)


@dataclass(frozen=True, slots=True)
class PostView:
    """A post with what a page needs beside it."""

    post: Post
    author: Actor
    attachments: list[Attachment] = field(default_factory=list)
    liked: bool = False
    boosted: bool = False


async def by_uri(session: AsyncSession, uri: str) -> Post | None:
    return (await session.exec(select(Post).where(Post.uri == uri))).first()


async def views(session: AsyncSession, posts: Sequence[Post], reader_id: int | None) -> list[PostView]:
    """Authors, pictures and the reader's own reactions for a page of posts: three queries, whatever its length."""
    ids = [post.id for post in posts]
    if not ids:
        return []
    authors = await actor_queries.by_ids(session, (post.author_id for post in posts))
    pictures: dict[int, list[Attachment]] = {}
    query = select(Attachment).where(col(Attachment.post_id).in_(ids)).order_by(col(Attachment.position))
    for attachment in await session.exec(query):
        pictures.setdefault(attachment.post_id, []).append(attachment)
    mine: set[tuple[int, str]] = set()
    if reader_id is not None:
        own = select(Reaction.post_id, Reaction.kind).where(
            Reaction.actor_id == reader_id, col(Reaction.post_id).in_(ids)
        )
        mine = {(post_id, kind) for post_id, kind in await session.exec(own)}
    return [
        PostView(
            post,
            authors[post.author_id],
            pictures.get(post.id, []),
            (post.id, ReactionKind.LIKE) in mine,
            (post.id, ReactionKind.BOOST) in mine,
        )
        for post in posts
        if post.author_id in authors
    ]


async def _page(session: AsyncSession, query: Any, before: int | None, limit: int) -> list[Post]:
    if before is not None:
        query = query.where(col(Post.id) < before)
    return list(await session.exec(query.order_by(col(Post.id).desc()).limit(limit)))


def _welcome(session: AsyncSession, reader_id: int | None) -> list[Any]:
    """What a reader does not want to see stays out of the lists of this server too."""
    return [] if reader_id is None else [~unwelcome(reader_id, context_of(session).clock.now_ms())]


async def gallery(
    session: AsyncSession, reader_id: int | None, before: int | None = None, limit: int = 24
) -> list[PostView]:
    """Public and quiet posts of this server, newest first, without replies."""
    query = select(Post).where(
        col(Post.local).is_(True),
        col(Post.visibility).in_(OPEN),
        col(Post.in_reply_to_uri).is_(None),
        ~restraints.off_gallery(),
        seen_by(reader_id),
        *_welcome(session, reader_id),
    )
    return await views(session, await _page(session, query, before, limit), reader_id)


async def tagged(
    session: AsyncSession, reader_id: int | None, name: str, before: int | None = None, limit: int = 24
) -> list[PostView]:
    """Posts of this server with a hashtag, newest first."""
    query = (
        select(Post)
        .join(PostTag, col(PostTag.post_id) == col(Post.id))
        .where(PostTag.name == name.lower(), col(Post.local).is_(True), seen_by(reader_id))
        .where(*_welcome(session, reader_id))
    )
    return await views(session, await _page(session, query, before, limit), reader_id)


async def profile(
    session: AsyncSession, reader_id: int | None, actor_id: int, before: int | None = None, limit: int = 24
) -> list[PostView]:
    """What this reader may see of one author, newest first."""
    query = select(Post).where(Post.author_id == actor_id, seen_by(reader_id))
    return await views(session, await _page(session, query, before, limit), reader_id)


async def remixes(
    session: AsyncSession, reader_id: int | None, actor_id: int, before: int | None = None, limit: int = 24
) -> list[PostView]:
    """What one author made from another picture, as far as this reader may see it, newest first."""
    made = select(Lineage.post_id).where(col(Lineage.post_id) == col(Post.id))
    query = select(Post).where(Post.author_id == actor_id, made.exists(), seen_by(reader_id))
    return await views(session, await _page(session, query, before, limit), reader_id)


async def view(session: AsyncSession, reader: Actor | None, post_id: int) -> PostView | None:
    """One post, if this reader may see it; the author sees theirs in every state."""
    post = await session.get(Post, post_id)
    if post is None or not await may_see(session, reader, post):
        return None
    found = await views(session, [post], reader.id if reader else None)
    return found[0] if found else None


async def thread(session: AsyncSession, reader: Actor | None, post_id: int, limit: int = 100) -> list[PostView]:
    """Direct replies that this reader may see, oldest first; of limited authors those whom the reader follows."""
    query = select(Post).where(Post.in_reply_to_id == post_id, Post.state == PostState.PUBLISHED)
    posts = await session.exec(query.order_by(col(Post.id)).limit(limit))
    seen = [post for post in posts if await may_see(session, reader, post)]
    found = await views(session, seen, reader.id if reader else None)
    return [view for view in found if reader is None or await _is_asked_for(session, reader, view.author)]


async def replies_page(
    session: AsyncSession, reader: Actor | None, post_id: int, after: int | None, limit: int
) -> tuple[list[str], int | None]:
    """URIs of direct replies that this reader may see, oldest first, and the id to go on after; None at the end."""
    query = select(Post).where(Post.in_reply_to_id == post_id, Post.state == PostState.PUBLISHED)
    if reader is None:
        query = query.where(seen_by(None))
    found: list[str] = []
    # A page that lost everything would end a walk too early, and one without end would cost too much.
    for _ in range(limits.COLLECTION_LOOKS):
        later = query if after is None else query.where(col(Post.id) > after)
        rows = list(await session.exec(later.order_by(col(Post.id)).limit(limit + 1)))
        found += [post.uri for post in rows[:limit] if reader is None or await _shows(session, reader, post)]
        after = rows[limit - 1].id if len(rows) > limit else None
        if found or after is None:
            break
    return found, after


async def _shows(session: AsyncSession, reader: Actor, post: Post) -> bool:
    author = await actor_queries.by_id(session, post.author_id)
    return author is not None and await may_see(session, reader, post) and await _is_asked_for(session, reader, author)


async def _is_asked_for(session: AsyncSession, reader: Actor, author: Actor) -> bool:
    return author.severity is None or await actor_queries.is_follower(session, reader.id, author.id)


async def conversation(session: AsyncSession, context_uri: str, limit: int) -> list[str]:
    """URIs of the posts of a thread that everybody may see, oldest first."""
    query = select(Post.uri).where(Post.context_uri == context_uri, seen_by(None)).order_by(col(Post.id)).limit(limit)
    return list(await session.exec(query))


async def drafts(session: AsyncSession, author_id: int, limit: int = 50) -> list[PostView]:
    """The author's own posts that are not out, in whatever state."""
    query = select(Post).where(Post.author_id == author_id, col(Post.state).in_(UNFINISHED))
    posts = list(await session.exec(query.order_by(col(Post.id).desc()).limit(limit)))
    return await views(session, posts, author_id)


async def post_count(session: AsyncSession, actor_id: int | None = None) -> int:
    """Published public and quiet posts of one author, or of the whole server."""
    query = select(func.count()).where(
        Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN), col(Post.local).is_(True)
    )
    if actor_id is not None:
        query = query.where(Post.author_id == actor_id)
    return (await session.exec(query)).one()


async def outbox_page(session: AsyncSession, actor_id: int, before: int | None, limit: int) -> list[tuple[int, bytes]]:
    """(id, bytes) of listed activities, newest first; a Create whose post is gone is left out."""
    query = (
        select(Activity.id, Activity.body)
        .outerjoin(Post, (col(Post.activity_uri) == col(Activity.uri)))
        .where(Activity.actor_id == actor_id, col(Activity.listed).is_(True))
        .where((Activity.type != "Create") | (Post.state == PostState.PUBLISHED))
    )
    if before is not None:
        query = query.where(col(Activity.id) < before)
    return list(await session.exec(query.order_by(col(Activity.id).desc()).limit(limit)))


async def outbox_count(session: AsyncSession, actor_id: int) -> int:
    query = (
        select(func.count())
        .select_from(Activity)
        .outerjoin(Post, (col(Post.activity_uri) == col(Activity.uri)))
        .where(Activity.actor_id == actor_id, col(Activity.listed).is_(True))
        .where((Activity.type != "Create") | (Post.state == PostState.PUBLISHED))
    )
    return (await session.exec(query)).one()
