"""What search engines are shown: of people who let themselves be found and searched, what is public."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries as actors
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.nodes import SEQUENCE_BITS
from outbox.models import Post, Visibility
from outbox.visibility import seen_by


def _findable() -> tuple[Any, ...]:
    """Conditions on Actor."""
    return (
        col(Actor.local).is_(True),
        col(Actor.discoverable).is_(True),
        col(Actor.indexable).is_(True),
        col(Actor.suspended_ms).is_(None),
        col(Actor.deleted_ms).is_(None),
    )


def _public() -> tuple[Any, ...]:
    """Conditions on Post; quiet posts stay out of search engines, whatever their author allows for the others."""
    authors = select(Actor.id).where(*_findable())
    return (
        col(Post.local).is_(True),
        Post.visibility == Visibility.PUBLIC,
        col(Post.author_id).in_(authors),
        seen_by(None),
    )


async def people(session: AsyncSession) -> list[str]:
    """Names of at most SITEMAP_URLS people, the newest first."""
    query = select(Actor.username).join(Account, col(Account.actor_id) == col(Actor.id)).where(*_findable())
    return list(await session.exec(query.order_by(col(Actor.id).desc()).limit(limits.SITEMAP_URLS)))


async def first_ms(session: AsyncSession) -> int | None:
    """When the first post came out that search engines are shown."""
    found = (await session.exec(select(Post.id).where(*_public()).order_by(col(Post.id)).limit(1))).first()
    return None if found is None else found >> SEQUENCE_BITS


async def posts(session: AsyncSession, start_ms: int, end_ms: int) -> list[tuple[str, int, int]]:
    """(author's name, post, last change) of at most SITEMAP_URLS posts of this time, the newest first."""
    query = (
        select(Post.id, Post.author_id, func.coalesce(Post.updated_ms, Post.published_ms, Post.created_ms))
        .where(*_public())
        .where(col(Post.id) >= start_ms << SEQUENCE_BITS, col(Post.id) < end_ms << SEQUENCE_BITS)
        .order_by(col(Post.id).desc())
    )
    rows = list(await session.exec(query.limit(limits.SITEMAP_URLS)))
    authors = await actors.by_ids(session, {author_id for _id, author_id, _changed in rows})
    return [(authors[author].username, post_id, changed) for post_id, author, changed in rows if author in authors]
