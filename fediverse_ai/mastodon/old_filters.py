"""Filters as older apps know them (v1): one word or phrase each, which is one keyword of a filter of ours."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, filters, parameters, people
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters
from outbox.shelves import Filter, FilterAction, FilterKeyword


def entity(row: Filter, keyword: FilterKeyword) -> Json:
    """V1::Filter."""
    return {
        "id": str(keyword.id),
        "phrase": keyword.keyword,
        "context": row.contexts,
        "whole_word": keyword.whole_word,
        "expires_at": answers.moment(row.expires_ms) if row.expires_ms is not None else None,
        "irreversible": row.action == FilterAction.HIDE,
    }


def _modern(asked: Parameters) -> Parameters:
    """What was sent in the words of v2."""
    phrase, gone = asked.text("phrase"), asked.flag("irreversible")
    tree: Json = {"keyword": phrase, "whole_word": asked.flag("whole_word")}
    if phrase is not None:
        tree["title"] = phrase
    if asked.has("context"):
        tree["context"] = asked.words("context")
    if asked.has("expires_in"):
        tree["expires_in"] = asked.text("expires_in")
    if gone is not None:
        tree["filter_action"] = FilterAction.HIDE.value if gone else FilterAction.WARN.value
    return Parameters(tree)


async def _own(session: AsyncSession, request: Request) -> tuple[Filter, FilterKeyword]:
    keyword = await filters.own(session, request, FilterKeyword)
    row = await session.get(Filter, keyword.filter_id)
    if row is None:
        raise Missing(NOT_FOUND)
    return row, keyword


async def index(request: Request) -> Response:
    """GET /api/v1/filters"""
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        query = select(Filter, FilterKeyword).join(FilterKeyword, col(FilterKeyword.filter_id) == col(Filter.id))
        rows = await session.exec(query.where(Filter.actor_id == reader.id).order_by(col(FilterKeyword.id)))
        return answers.answer([entity(row, keyword) for row, keyword in rows])


async def show(request: Request) -> Response:
    """GET /api/v1/filters/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(entity(*await _own(session, request)))


async def create(request: Request) -> Response:
    """POST /api/v1/filters"""
    context, asked = context_of(request), _modern(await parameters.read(request))
    async with context.database.write() as session:
        row = await filters.make(session, context, await people.myself(session, request))
        filters.change(row, asked, context.clock.now_ms())
        session.add(row)
        await session.flush()
        keyword = await filters.keep_keyword(session, context, row, asked)
        return answers.answer(entity(row, keyword))


async def update(request: Request) -> Response:
    """PUT /api/v1/filters/{id}"""
    context, asked = context_of(request), _modern(await parameters.read(request))
    async with context.database.write() as session:
        row, keyword = await _own(session, request)
        filters.change(row, asked, context.clock.now_ms())
        keyword.keyword = (asked.text("keyword") or "").strip() or keyword.keyword
        whole = asked.flag("whole_word")
        keyword.whole_word = keyword.whole_word if whole is None else whole
        session.add_all([row, keyword])
        return answers.answer(entity(row, keyword))


async def remove(request: Request) -> Response:
    """DELETE /api/v1/filters/{id}: the word, and its filter when nothing is left in it"""
    async with context_of(request).database.write() as session:
        row, keyword = await _own(session, request)
        await session.delete(keyword)
        await session.flush()
        left = select(FilterKeyword.id).where(FilterKeyword.filter_id == row.id)
        if (await session.exec(left)).first() is None:
            await session.delete(row)
    return answers.answer({})


ROUTES = [
    ApiDoor("/api/v1/filters", index, needs="read:filters"),
    ApiDoor("/api/v1/filters", create, needs="write:filters", methods=["POST"]),
    ApiDoor("/api/v1/filters/{id}", show, needs="read:filters"),
    ApiDoor("/api/v1/filters/{id}", update, needs="write:filters", methods=["PUT", "PATCH"]),
    ApiDoor("/api/v1/filters/{id}", remove, needs="write:filters", methods=["DELETE"]),
]
