"""GET of timelines: home, public, hashtags; and of one's favourites and bookmarks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.mastodon import answers, batches, parameters, people
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import home
from outbox.belongings import Bookmark
from outbox.cursors import Cursor, fetch
from outbox.dial import unwelcome
from outbox.home import Entry
from outbox.models import Attachment, Post, PostState, PostTag, Reaction, ReactionKind, Visibility
from outbox.visibility import OPEN, seen_by


async def own_home(request: Request) -> Response:
    """GET /api/v1/timelines/home"""
    at = answers.cursor(request)
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        found = await home.page(session, reader, home.followed_by(reader.id), at)
        body = await batches.statuses(session, context_of(request), reader, found.entries)
    return answers.page(request, body, found.ids, at, more=found.more)


async def public(request: Request) -> Response:
    """GET /api/v1/timelines/public, `local` or `remote`, `only_media`

    Everything public that is here. The local one shows what the gallery shows: quiet posts too, which are our default.
    """
    asked = parameters.query(request)
    query = select(Post)
    if asked.flag("local"):
        query = query.where(
            col(Post.local).is_(True), Post.state == PostState.PUBLISHED, col(Post.visibility).in_(OPEN)
        )
    else:
        query = query.where(Post.state == PostState.PUBLISHED, Post.visibility == Visibility.PUBLIC)
    if asked.flag("remote"):
        query = query.where(col(Post.local).is_(False))
    if asked.flag("only_media"):
        query = query.where(_with_media())
    return await _answer(request, query.where(col(Post.in_reply_to_uri).is_(None)))


async def tag(request: Request) -> Response:
    """GET /api/v1/timelines/tag/{name}, with `any`, `all` and `none` of further hashtags"""
    asked = parameters.query(request)
    names = {_plain(request.path_params["name"]), *map(_plain, asked.words("any"))}
    query = select(Post).where(or_(Post.visibility == Visibility.PUBLIC, _local_quiet()))
    if len(names) == 1:
        query = query.join(PostTag, col(PostTag.post_id) == col(Post.id)).where(PostTag.name == names.pop())
    else:
        query = query.where(_tagged(names))
    for name in asked.words("all"):
        query = query.where(_tagged({_plain(name)}))
    for name in asked.words("none"):
        query = query.where(~_tagged({_plain(name)}))
    if asked.flag("local"):
        query = query.where(col(Post.local).is_(True))
    if asked.flag("remote"):
        query = query.where(col(Post.local).is_(False))
    if asked.flag("only_media"):
        query = query.where(_with_media())
    return await _answer(request, query)


def _plain(name: str) -> str:
    """A hashtag as it is kept; minimal-activitypub asks for `:name`, people write `#name`."""
    return name.lstrip("#:").lower()


def _local_quiet() -> Any:
    """Quiet posts of ours: found by hashtag here, as on the pages of tags."""
    return col(Post.local).is_(True) & (col(Post.visibility) == Visibility.QUIET)


def _with_media() -> Any:
    return exists(select(Attachment.id).where(Attachment.post_id == Post.id))


def _tagged(names: set[str]) -> Any:
    # Of the post alone: the query around it may have joined the same table for the tag that is looked at.
    found = select(PostTag.post_id).where(PostTag.post_id == Post.id, col(PostTag.name).in_(names))
    return exists(found.correlate(Post))


async def _answer(request: Request, query: Any) -> Response:
    at = answers.cursor(request)
    async with context_of(request).database.read() as session:
        reader = await people.reader_of(session, request)
        query = query.where(seen_by(reader.id if reader else None))
        if reader is not None:
            now = context_of(request).clock.now_ms()
            query = query.where(~unwelcome(reader.id, now))
        posts = await fetch(session, query, col(Post.id), at)
        body = await batches.statuses(session, context_of(request), reader, [Entry(post) for post in posts])
    return answers.page(request, body, [post.id for post in posts], at)


async def favourites(request: Request) -> Response:
    """GET /api/v1/favourites, newest like first; the cursors are those of the likes."""
    return await _kept(request, Reaction, col(Reaction.kind) == ReactionKind.LIKE)


async def bookmarks(request: Request) -> Response:
    """GET /api/v1/bookmarks, newest bookmark first; the cursors are those of the bookmarks."""
    return await _kept(request, Bookmark)


async def _kept(request: Request, model: Any, *conditions: Any) -> Response:
    at = answers.cursor(request)
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        rows = await _kept_rows(session, reader, model, conditions, at)
        body = await batches.statuses(session, context_of(request), reader, [Entry(post) for _, post in rows])
    return answers.page(request, body, [key for key, _ in rows], at)


async def _kept_rows(session: AsyncSession, reader: Actor, model: Any, conditions: Any, at: Cursor) -> list[Any]:
    query = (
        select(model.id, Post)
        .join(Post, col(Post.id) == model.post_id)
        .where(model.actor_id == reader.id, *conditions, seen_by(reader.id))
    )
    return await fetch(session, query, model.id, at)


ROUTES = [
    ApiDoor("/api/v1/timelines/home", own_home, needs="read:statuses"),
    ApiDoor("/api/v1/timelines/public", public, needs="anyone"),
    ApiDoor("/api/v1/timelines/tag/{name}", tag, needs="anyone"),
    ApiDoor("/api/v1/favourites", favourites, needs="read:favourites"),
    ApiDoor("/api/v1/bookmarks", bookmarks, needs="read:bookmarks"),
]
