"""What a newcomer can look at: trends, suggestions, the directory; each by a rule that fits in a sentence."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account, Actor, Follow, FollowState
from fediverse_ai.core.context import Context
from fediverse_ai.core.nodes import SEQUENCE_BITS
from fediverse_ai.mastodon import answers, batches, parameters, people, reading, tags
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox.dial import unwelcome
from outbox.home import Entry
from outbox.models import Attachment, Post, PostState, PostTag, Visibility
from outbox.unwanted import unwanted_by
from outbox.visibility import OPEN, seen_by

WEEK_MS = 7 * 86_400_000


def _page(request: Request, default: int, most: int) -> tuple[int, int]:
    asked = parameters.query(request)
    return asked.number("limit", 1, most) or default, asked.number("offset", 0, 1_000) or 0


def _recent(context: Context, *visibilities: Visibility) -> tuple[Any, ...]:
    """Conditions on Post: published in the last seven days."""
    since = (context.clock.now_ms() - WEEK_MS) << SEQUENCE_BITS
    return (
        Post.state == PostState.PUBLISHED,
        col(Post.visibility).in_(visibilities),
        col(Post.id) >= since,
    )


async def trending_tags(request: Request) -> Response:
    """GET /api/v1/trends/tags: hashtags by how many people used them in the last seven days"""
    context = context_of(request)
    limit, offset = _page(request, 10, 20)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        authors: Any = func.count(func.distinct(col(Post.author_id)))
        query = (
            select(PostTag.name)
            .join(Post, col(Post.id) == col(PostTag.post_id))
            .where(*_recent(context, *OPEN), seen_by(None))
            .group_by(col(PostTag.name))
            .order_by(authors.desc(), col(PostTag.name))
        )
        names = list(await session.exec(query.limit(limit).offset(offset)))
        followed = await tags.followed_by(session, reader, names) if reader is not None else None
        return answers.answer(await tags.entities_of(session, context, names, followed))


async def trending_statuses(request: Request) -> Response:
    """GET /api/v1/trends/statuses: public pictures of the last seven days by likes and boosts"""
    context = context_of(request)
    limit, offset = _page(request, 20, 40)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        pictures = select(Attachment.id).where(Attachment.post_id == Post.id).exists()
        query = select(Post).where(
            *_recent(context, Visibility.PUBLIC), pictures, seen_by(reader.id if reader else None), seen_by(None)
        )
        if reader is not None:
            query = query.where(~unwelcome(reader.id, context.clock.now_ms()))
        ordered = query.order_by((col(Post.likes) + 2 * col(Post.boosts)).desc(), col(Post.id).desc())
        posts = await session.exec(ordered.limit(limit).offset(offset))
        return answers.answer(await batches.statuses(session, context, reader, [Entry(post) for post in posts]))


async def nothing(request: Request) -> Response:
    """GET /api/v1/trends/links: there are none."""
    return answers.answer([])


async def directory(request: Request) -> Response:
    """GET /api/v1/directory: people who want to be found; `order` active (by their newest post) or new; `local`"""
    context, asked = context_of(request), parameters.query(request)
    limit, offset = _page(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        query = select(Actor.id).where(
            col(Actor.discoverable).is_(True),
            col(Actor.suspended_ms).is_(None),
            col(Actor.deleted_ms).is_(None),
            col(Actor.moved_to_uri).is_(None),
            col(Actor.severity).is_(None),
            Actor.kind != "Application",
        )
        if asked.flag("local"):
            query = query.where(col(Actor.local).is_(True))
        newest: Any = (
            select(func.max(Post.id))
            .where(Post.author_id == Actor.id, Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
            .scalar_subquery()
        )
        order = col(Actor.id).desc() if asked.text("order") == "new" else func.coalesce(newest, 0).desc()
        ids = list(await session.exec(query.order_by(order, col(Actor.id)).limit(limit).offset(offset)))
        return answers.answer(await reading.listed(session, context, reader, ids))


async def _suggested(request: Request) -> list[Json]:
    """People of this server whom the reader does not follow, who posted last first."""
    context = context_of(request)
    limit, _ = _page(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        known: Any = (
            select(Follow.id)
            .where(
                Follow.follower_id == reader.id,
                Follow.followed_id == Actor.id,
                col(Follow.state).in_([FollowState.ACCEPTED, FollowState.PENDING]),
            )
            .exists()
        )
        newest: Any = select(func.max(Post.id)).where(
            Post.author_id == Actor.id, Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN)
        )
        query = (
            select(Actor.id)
            .join(Account, col(Account.actor_id) == col(Actor.id))
            .where(Actor.id != reader.id, ~known, col(Actor.discoverable).is_(True))
            .where(col(Actor.suspended_ms).is_(None), col(Actor.moved_to_uri).is_(None))
            .where(~unwanted_by(reader.id, col(Actor.id), context.clock.now_ms()))
            .order_by(func.coalesce(newest.scalar_subquery(), 0).desc())
            .limit(limit)
        )
        return await reading.listed(session, context, reader, list(await session.exec(query)))


async def suggestions(request: Request) -> Response:
    """GET /api/v2/suggestions"""
    found = await _suggested(request)
    return answers.answer([{"source": "staff", "sources": ["featured"], "account": one} for one in found])


async def old_suggestions(request: Request) -> Response:
    """GET /api/v1/suggestions: the accounts alone"""
    return answers.answer(await _suggested(request))


async def familiar(request: Request) -> Response:
    """GET /api/v1/accounts/familiar_followers?id[]=…: whom the reader follows among their followers"""
    context, ids = context_of(request), parameters.query(request).ids("id")[:20]
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        mine = select(Follow.followed_id).where(Follow.follower_id == reader.id, Follow.state == FollowState.ACCEPTED)
        body = []
        for key in ids:
            theirs = select(Follow.follower_id).where(
                Follow.followed_id == key,
                Follow.state == FollowState.ACCEPTED,
                col(Follow.follower_id).in_(mine),
            )
            shared = list(await session.exec(theirs.limit(20)))
            body.append({"id": str(key), "accounts": await reading.listed(session, context, reader, shared)})
    return answers.answer(body)


ROUTES = [
    ApiDoor("/api/v1/trends/tags", trending_tags, needs="anyone"),
    ApiDoor("/api/v1/trends", trending_tags, needs="anyone"),
    ApiDoor("/api/v1/trends/statuses", trending_statuses, needs="anyone"),
    ApiDoor("/api/v1/trends/links", nothing, needs="anyone"),
    ApiDoor("/api/v1/directory", directory, needs="anyone"),
    ApiDoor("/api/v2/suggestions", suggestions, needs="read:accounts"),
    ApiDoor("/api/v1/suggestions", old_suggestions, needs="read:accounts"),
    ApiDoor("/api/v1/accounts/familiar_followers", familiar, needs="read:follows"),
]
