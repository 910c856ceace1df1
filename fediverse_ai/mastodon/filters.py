"""Filters: words and posts that the reader does not want to meet."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, parameters, people
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.filtering import entity, keyword_entity, post_entity
from fediverse_ai.mastodon.parameters import Parameters
from outbox.filters import CONTEXTS, parts_of
from outbox.shelves import Filter, FilterAction, FilterKeyword, FilterPost


async def entity_of(session: AsyncSession, row: Filter) -> Json:
    return entity(row, *(await parts_of(session, [row]))[row.id])


async def own(session: AsyncSession, request: Request, model: Any = Filter) -> Any:
    """The reader's filter in the path, or the part of one. Raises Missing for somebody else's."""
    reader = await people.myself(session, request)
    row = await session.get(model, answers.path_id(request))
    owner = row if row is None or model is Filter else await session.get(Filter, row.filter_id)
    if row is None or owner is None or owner.actor_id != reader.id:
        raise Missing(NOT_FOUND)
    return row


def change(row: Filter, asked: Parameters, now_ms: int) -> None:
    """title, context[], filter_action, expires_in (seconds; empty: for good)."""
    if asked.has("title"):
        row.title = (asked.text("title") or "").strip()[: limits.NAME_CHARS]
    if not row.title:
        raise Unprocessable("Validation failed: Title can't be blank")
    if asked.has("context"):
        row.contexts = list(dict.fromkeys(asked.words("context")))
    if not row.contexts or not set(row.contexts) <= set(CONTEXTS):
        raise Unprocessable("Validation failed: Context None or invalid context supplied")
    action = asked.text("filter_action")
    if action is not None:
        if action not in set(FilterAction):
            raise Unprocessable("Validation failed: Filter action is not included in the list")
        row.action = action
    if asked.has("expires_in"):
        seconds = asked.number("expires_in", 0, limits.MUTE_SECONDS)
        row.expires_ms = now_ms + seconds * 1000 if seconds else None


async def keep_keyword(session: AsyncSession, context: Context, row: Filter, asked: Parameters) -> FilterKeyword:
    """Add a keyword to a filter, or change the one whose id is given."""
    keyword_id = asked.id("id")
    kept = await session.get(FilterKeyword, keyword_id) if keyword_id is not None else None
    if keyword_id is not None and (kept is None or kept.filter_id != row.id):
        raise Missing(NOT_FOUND)
    if kept is None:
        have = select(func.count()).select_from(FilterKeyword).where(FilterKeyword.filter_id == row.id)
        if (await session.exec(have)).one() >= limits.FILTER_KEYWORDS:
            raise Unprocessable(f"A filter holds at most {limits.FILTER_KEYWORDS} words.")
        kept = FilterKeyword(id=context.ids.new(), filter_id=row.id, keyword="")
    said, whole = asked.text("keyword"), asked.flag("whole_word")
    kept.keyword = kept.keyword if said is None else said.strip()
    kept.whole_word = kept.whole_word if whole is None else whole
    if not kept.keyword or len(kept.keyword) > limits.NAME_CHARS:
        raise Unprocessable(f"Validation failed: Keyword must have 1 to {limits.NAME_CHARS} characters")
    session.add(kept)
    await session.flush()
    return kept


async def keep_keywords(session: AsyncSession, context: Context, row: Filter, asked: Parameters) -> None:
    """`keywords_attributes[]`: added, changed by id, or taken out with `_destroy`."""
    for one in asked.sections("keywords_attributes"):
        if one.flag("_destroy"):
            gone = (col(FilterKeyword.id) == (one.id("id") or 0), col(FilterKeyword.filter_id) == row.id)
            await session.exec(delete(FilterKeyword).where(*gone))
        else:
            await keep_keyword(session, context, row, one)


async def make(session: AsyncSession, context: Context, reader: Actor) -> Filter:
    """A new, empty filter. Raises Unprocessable beyond the bound."""
    have = select(func.count()).select_from(Filter).where(Filter.actor_id == reader.id)
    if (await session.exec(have)).one() >= limits.FILTERS:
        raise Unprocessable(f"You have {limits.FILTERS} filters already.")
    return Filter(id=context.ids.new(), actor_id=reader.id, title="")


async def index(request: Request) -> Response:
    """GET /api/v2/filters"""
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        rows = list(await session.exec(select(Filter).where(Filter.actor_id == reader.id).order_by("id")))
        parts = await parts_of(session, rows)
    return answers.answer([entity(row, *parts[row.id]) for row in rows])


async def show(request: Request) -> Response:
    """GET /api/v2/filters/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(await entity_of(session, await own(session, request)))


async def create(request: Request) -> Response:
    """POST /api/v2/filters"""
    context, asked = context_of(request), await parameters.read(request)
    async with context.database.write() as session:
        row = await make(session, context, await people.myself(session, request))
        change(row, asked, context.clock.now_ms())
        session.add(row)
        await session.flush()
        await keep_keywords(session, context, row, asked)
        return answers.answer(await entity_of(session, row))


async def update(request: Request) -> Response:
    """PUT /api/v2/filters/{id}"""
    context, asked = context_of(request), await parameters.read(request)
    async with context.database.write() as session:
        row = await own(session, request)
        change(row, asked, context.clock.now_ms())
        session.add(row)
        await keep_keywords(session, context, row, asked)
        return answers.answer(await entity_of(session, row))


async def keywords(request: Request) -> Response:
    """GET /api/v2/filters/{id}/keywords"""
    async with context_of(request).database.read() as session:
        row = await own(session, request)
        return answers.answer([keyword_entity(one) for one in (await parts_of(session, [row]))[row.id][0]])


async def add_keyword(request: Request) -> Response:
    """POST /api/v2/filters/{id}/keywords"""
    context, asked = context_of(request), await parameters.read(request)
    async with context.database.write() as session:
        return answers.answer(keyword_entity(await keep_keyword(session, context, await own(session, request), asked)))


async def show_keyword(request: Request) -> Response:
    """GET /api/v2/filters/keywords/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(keyword_entity(await own(session, request, FilterKeyword)))


async def change_keyword(request: Request) -> Response:
    """PUT /api/v2/filters/keywords/{id}"""
    asked = await parameters.read(request)
    async with context_of(request).database.write() as session:
        kept = await own(session, request, FilterKeyword)
        said, whole = asked.text("keyword"), asked.flag("whole_word")
        kept.keyword = (said or "").strip()[: limits.NAME_CHARS] or kept.keyword
        kept.whole_word = kept.whole_word if whole is None else whole
        session.add(kept)
    return answers.answer(keyword_entity(kept))


async def statuses(request: Request) -> Response:
    """GET /api/v2/filters/{id}/statuses"""
    async with context_of(request).database.read() as session:
        row = await own(session, request)
        return answers.answer([post_entity(one) for one in (await parts_of(session, [row]))[row.id][1]])


async def add_status(request: Request) -> Response:
    """POST /api/v2/filters/{id}/statuses: status_id, of a post that the reader may see"""
    context, asked = context_of(request), await parameters.read(request)
    async with context.database.write() as session:
        row = await own(session, request)
        post = await people.post(session, await people.myself(session, request), asked.id("status_id") or 0)
        there = (await parts_of(session, [row]))[row.id][1]
        known = next((one for one in there if one.post_id == post.id), None)
        if known is None and len(there) >= limits.FILTER_POSTS:
            raise Unprocessable(f"A filter holds at most {limits.FILTER_POSTS} posts.")
        kept = known or FilterPost(id=context.ids.new(), filter_id=row.id, post_id=post.id)
        session.add(kept)
    return answers.answer(post_entity(kept))


async def show_status(request: Request) -> Response:
    """GET /api/v2/filters/statuses/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(post_entity(await own(session, request, FilterPost)))


def _removal(model: Any) -> Any:
    async def remove(request: Request) -> Response:
        async with context_of(request).database.write() as session:
            await session.delete(await own(session, request, model))
        return answers.answer({})

    remove.__doc__ = f"DELETE of a {model.__name__}"
    return remove


ROUTES = [
    ApiDoor("/api/v2/filters", index, needs="read:filters"),
    ApiDoor("/api/v2/filters", create, needs="write:filters", methods=["POST"]),
    ApiDoor("/api/v2/filters/keywords/{id}", show_keyword, needs="read:filters"),
    ApiDoor("/api/v2/filters/keywords/{id}", change_keyword, needs="write:filters", methods=["PUT", "PATCH"]),
    ApiDoor("/api/v2/filters/keywords/{id}", _removal(FilterKeyword), needs="write:filters", methods=["DELETE"]),
    ApiDoor("/api/v2/filters/statuses/{id}", show_status, needs="read:filters"),
    ApiDoor("/api/v2/filters/statuses/{id}", _removal(FilterPost), needs="write:filters", methods=["DELETE"]),
    ApiDoor("/api/v2/filters/{id}", show, needs="read:filters"),
    ApiDoor("/api/v2/filters/{id}", update, needs="write:filters", methods=["PUT", "PATCH"]),
    ApiDoor("/api/v2/filters/{id}", _removal(Filter), needs="write:filters", methods=["DELETE"]),
    ApiDoor("/api/v2/filters/{id}/keywords", keywords, needs="read:filters"),
    ApiDoor("/api/v2/filters/{id}/keywords", add_keyword, needs="write:filters", methods=["POST"]),
    ApiDoor("/api/v2/filters/{id}/statuses", statuses, needs="read:filters"),
    ApiDoor("/api/v2/filters/{id}/statuses", add_status, needs="write:filters", methods=["POST"]),
]
