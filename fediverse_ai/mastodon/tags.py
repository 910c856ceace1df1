"""Hashtags: looked at, followed, and shown on one's profile."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, entities, parameters, people
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import tag_follows
from outbox.cursors import fetch
from outbox.models import Post, PostState, PostTag
from outbox.shelves import FeaturedTag, TagFollow
from outbox.visibility import OPEN

DAY_MS = 86_400_000
HISTORY_DAYS = 7


async def entities_of(
    session: AsyncSession, context: Context, names: Sequence[str], followed: set[str] | None
) -> list[Json]:
    """Tag for each name, with what was public of the last seven days; `followed` says whether the reader follows it."""
    today = context.clock.now_ms() // DAY_MS
    since = (today - HISTORY_DAYS + 1) * DAY_MS
    query = (
        select(PostTag.name, Post.published_ms, Post.author_id)
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(col(PostTag.name).in_(names), Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
        .where(col(Post.published_ms) >= since)
        .order_by(col(Post.id).desc())
        .limit(limits.TAG_HISTORY_POSTS)
    )
    uses: dict[tuple[str, int], list[int]] = {}
    for name, published_ms, author_id in await session.exec(query):
        uses.setdefault((name, (published_ms or 0) // DAY_MS), []).append(author_id)
    found = []
    for name in names:
        days = range(today, today - HISTORY_DAYS, -1)
        history = [
            {
                "day": str(number * DAY_MS // 1000),
                "uses": str(len(authors := uses.get((name, number), []))),
                "accounts": str(len(set(authors))),
            }
            for number in days
        ]
        body = entities.tag(context.config, name) | {"id": name, "history": history}
        found.append(body | ({"following": name in followed} if followed is not None else {}))
    return found


def _name(request: Request, field: str = "name") -> str:
    name = hashtags.name_of(request.path_params[field])
    if name is None:
        raise Missing(NOT_FOUND)
    return name


async def followed_by(session: AsyncSession, reader: Actor, names: Sequence[str]) -> set[str]:
    return await tag_follows.followed_of(session, reader.id, names)


async def show(request: Request) -> Response:
    """GET /api/v1/tags/{name}"""
    context, name = context_of(request), _name(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        followed = await followed_by(session, reader, [name]) if reader is not None else None
        return answers.answer((await entities_of(session, context, [name], followed))[0])


async def follow(request: Request) -> Response:
    """POST /api/v1/tags/{name}/follow"""
    context, name = context_of(request), _name(request)
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        await tag_follows.follow(session, reader.id, name)
        return answers.answer((await entities_of(session, context, [name], {name}))[0])


async def unfollow(request: Request) -> Response:
    """POST /api/v1/tags/{name}/unfollow"""
    context, name = context_of(request), _name(request)
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        await tag_follows.unfollow(session, reader.id, name)
        return answers.answer((await entities_of(session, context, [name], set()))[0])


async def followed(request: Request) -> Response:
    """GET /api/v1/followed_tags"""
    context, at = context_of(request), answers.cursor(request, 100, 200)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        query = select(TagFollow.id, TagFollow.name).where(TagFollow.actor_id == reader.id)
        rows: list[Any] = await fetch(session, query, col(TagFollow.id), at)
        names = [name for _, name in rows]
        body = await entities_of(session, context, names, set(names))
    return answers.page(request, body, [key for key, _ in rows], at)


async def _featured(session: AsyncSession, context: Context, owner: Actor) -> list[Json]:
    """FeaturedTag for each that this person chose; the count is a string, as documented."""
    rows = list(await session.exec(select(FeaturedTag).where(FeaturedTag.actor_id == owner.id).order_by("id")))
    used = (
        select(PostTag.name, func.count(), func.max(Post.published_ms))
        .join(Post, col(Post.id) == col(PostTag.post_id))
        .where(Post.author_id == owner.id, col(PostTag.name).in_([row.name for row in rows]))
        .where(Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN))
        .group_by(col(PostTag.name))
    )
    counts = {name: (count, last) for name, count, last in await session.exec(used)}
    return [
        {
            "id": str(row.id),
            "name": row.name,
            "url": f"{owner.page_url}/tagged/{row.name}" if owner.local else owner.page_url,
            "statuses_count": str(counts.get(row.name, (0, None))[0]),
            "last_status_at": answers.day(last) if (last := counts.get(row.name, (0, None))[1]) else None,
        }
        for row in rows
    ]


async def featured(request: Request) -> Response:
    """GET /api/v1/featured_tags"""
    context = context_of(request)
    async with context.database.read() as session:
        return answers.answer(await _featured(session, context, await people.myself(session, request)))


async def featured_of(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/featured_tags"""
    context = context_of(request)
    async with context.database.read() as session:
        return answers.answer(
            await _featured(session, context, await people.account(session, answers.path_id(request)))
        )


async def feature(request: Request) -> Response:
    """POST /api/v1/featured_tags: name"""
    context, asked = context_of(request), await parameters.read(request)
    name = hashtags.name_of(asked.text("name") or "")
    if name is None:
        raise Unprocessable("Validation failed: Name is not a valid hashtag")
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        have = {one["name"] for one in await _featured(session, context, reader)}
        if name not in have:
            if len(have) >= limits.FEATURED_TAGS:
                raise Unprocessable(f"At most {limits.FEATURED_TAGS} hashtags can be featured.")
            session.add(FeaturedTag(id=context.ids.new(), actor_id=reader.id, name=name))
            await session.flush()
        found = await _featured(session, context, reader)
    return answers.answer(next(one for one in found if one["name"] == name))


async def unfeature(request: Request) -> Response:
    """DELETE /api/v1/featured_tags/{id}"""
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        row = await session.get(FeaturedTag, answers.path_id(request))
        if row is None or row.actor_id != reader.id:
            raise Missing(NOT_FOUND)
        await session.delete(row)
    return answers.answer({})


async def suggested(request: Request) -> Response:
    """GET /api/v1/featured_tags/suggestions: the hashtags that the reader used most"""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        used = (
            select(PostTag.name)
            .join(Post, col(Post.id) == col(PostTag.post_id))
            .where(Post.author_id == reader.id, Post.state == PostState.PUBLISHED)
            .group_by(col(PostTag.name))
            .order_by(func.count().desc(), col(PostTag.name))
            .limit(limits.FEATURED_TAGS)
        )
        names = list(await session.exec(used))
        return answers.answer(await entities_of(session, context, names, await followed_by(session, reader, names)))


ROUTES = [
    ApiDoor("/api/v1/tags/{name}", show, needs="anyone"),
    ApiDoor("/api/v1/tags/{name}/follow", follow, needs="write:follows", methods=["POST"]),
    ApiDoor("/api/v1/tags/{name}/unfollow", unfollow, needs="write:follows", methods=["POST"]),
    ApiDoor("/api/v1/followed_tags", followed, needs="read:follows"),
    ApiDoor("/api/v1/featured_tags", featured, needs="read:accounts"),
    ApiDoor("/api/v1/featured_tags", feature, needs="write:accounts", methods=["POST"]),
    ApiDoor("/api/v1/featured_tags/suggestions", suggested, needs="read:accounts"),
    ApiDoor("/api/v1/featured_tags/{id}", unfeature, needs="write:accounts", methods=["DELETE"]),
    ApiDoor("/api/v1/accounts/{id}/featured_tags", featured_of, needs="anyone"),
]
