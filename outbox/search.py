"""Finding people, posts and hashtags by words; of posts one's own, and those whose authors want to be found."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import and_, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Follow, FollowState
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.vocabulary import PUBLIC
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from outbox.dial import unwelcome
from outbox.models import Post, PostState, PostTag, Searchable, Visibility
from outbox.visibility import OPEN, seen_by


def granted_by(body: Mapping[str, Any], owner: Actor) -> Searchable | None:
    """What a Note's `searchableBy` says; None where it says nothing, so that its author's word counts."""
    if "searchableBy" not in body:
        return None
    said = document.audience(body, "searchableBy")
    if PUBLIC in said:
        return Searchable.ANYONE
    return Searchable.FOLLOWERS if owner.followers_uri in said else Searchable.NOBODY


def like(words: str) -> str:
    """A pattern for LIKE … ESCAPE '!' that finds these words and nothing else."""
    for special in ("!", "%", "_"):
        words = words.replace(special, f"!{special}")
    return words


async def people(
    session: AsyncSession, reader: Actor | None, words: str, limit: int, offset: int = 0, *, following: bool = False
) -> list[int]:
    """Ids of living people by name or handle: first whom the reader follows, then those of this server.

    Names by their beginning or the beginning of a word in them; `name@host` by both beginnings.
    """
    name, _, host = words.strip().lstrip("@").lower().partition("@")
    if not name:
        return []
    start, shown = f"{like(name)}%", func.lower(col(Actor.name))
    if host:
        found: Any = and_(
            col(Actor.username_lower).like(start, escape="!"), col(Actor.host).like(f"{like(host)}%", escape="!")
        )
    else:
        found = or_(
            col(Actor.username_lower).like(start, escape="!"),
            shown.like(start, escape="!"),
            shown.like(f"% {start}", escape="!"),
        )
    query = select(Actor.id).where(
        found, col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None), Actor.kind != "Application"
    )
    if reader is None:
        query = query.where(col(Actor.discoverable).is_(True), col(Actor.severity).is_(None))
        ordered = query.order_by(col(Actor.local).desc(), col(Actor.id))
    else:
        mine: Any = (
            select(Follow.id)
            .where(
                Follow.follower_id == reader.id,
                Follow.followed_id == Actor.id,
                Follow.state == FollowState.ACCEPTED,
            )
            .exists()
        )
        query = query.where(mine) if following else query
        ordered = query.order_by(mine.desc(), col(Actor.local).desc(), col(Actor.id))
    return list(await session.exec(ordered.limit(limit).offset(offset)))


async def posts(
    session: AsyncSession, reader: Actor, words: str, limit: int, offset: int = 0, *, author_id: int | None = None
) -> list[Post]:
    """Posts that hold all of these words, newest first: the reader's own, and public ones that may be searched: what
    the post says itself counts (`searchableBy`, FEP-268d), else what its author does (`indexable`). Looked through are
    the newest SEARCH_POSTS of each of the two."""
    wanted = [word for word in words.lower().split() if word][: limits.SEARCH_WORDS]
    if not wanted:
        return []
    shown = (Post.state == PostState.PUBLISHED, Post.visibility == Visibility.PUBLIC)
    following: Any = select(Follow.id).where(
        Follow.follower_id == reader.id, Follow.followed_id == Post.author_id, Follow.state == FollowState.ACCEPTED
    )
    let = or_(
        col(Post.searchable) == Searchable.ANYONE,
        and_(col(Post.searchable).is_(None), col(Actor.indexable).is_(True)),
        and_(col(Post.searchable) == Searchable.FOLLOWERS, following.exists()),
    )
    consented: Any = select(Post.id).join(Actor, col(Actor.id) == col(Post.author_id)).where(*shown, let)
    own: Any = select(Post.id).where(Post.author_id == reader.id, Post.state == PostState.PUBLISHED)
    newest = [
        select(part.order_by(col(Post.id).desc()).limit(limits.SEARCH_POSTS).subquery().c.id)
        for part in (consented, own)
    ]
    query = select(Post).where(or_(*(col(Post.id).in_(part) for part in newest)), seen_by(reader.id))
    now = context_of(session).clock.now_ms()
    query = query.where(~unwelcome(reader.id, now))
    for word in wanted:
        pattern = f"%{like(word)}%"
        query = query.where(
            or_(
                func.lower(col(Post.content)).like(pattern, escape="!"),
                func.lower(func.coalesce(col(Post.summary), "")).like(pattern, escape="!"),
            )
        )
    if author_id is not None:
        query = query.where(Post.author_id == author_id)
    return list(await session.exec(query.order_by(col(Post.id).desc()).limit(limit).offset(offset)))


async def tags(session: AsyncSession, words: str, limit: int, offset: int = 0) -> list[str]:
    """Hashtags that begin with this, the most used first."""
    start = words.strip().removeprefix("#").lower()
    if not start or " " in start:
        return []
    query = (
        select(PostTag.name)
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(col(PostTag.name).like(f"{like(start)}%", escape="!"), Post.state == PostState.PUBLISHED)
        .where(col(Post.visibility).in_(OPEN))
        .group_by(col(PostTag.name))
        .order_by(func.count().desc(), col(PostTag.name))
        .limit(limit)
        .offset(offset)
    )
    return list(await session.exec(query))
