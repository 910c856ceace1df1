"""Lists of people, who is on them, and their timelines."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, parameters, people, reading
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters
from outbox import home, lists
from outbox.cursors import Cursor, fetch
from outbox.shelves import ListMember, ReadingList


def entity(row: ReadingList) -> Json:
    """List."""
    return {"id": str(row.id), "title": row.title, "replies_policy": row.replies, "exclusive": row.exclusive}


async def own(session: AsyncSession, request: Request) -> tuple[Actor, ReadingList]:
    """The reader and the list in the path. Raises Missing for somebody else's."""
    reader = await people.myself(session, request)
    try:
        return reader, await lists.own(session, reader.id, answers.path_id(request))
    except Missing as error:
        raise Missing(NOT_FOUND, error.detail) from None


def _change(row: ReadingList, asked: Parameters) -> None:
    lists.change(
        row, title=asked.text("title"), replies=asked.text("replies_policy"), exclusive=asked.flag("exclusive")
    )


async def index(request: Request) -> Response:
    """GET /api/v1/lists"""
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        return answers.answer([entity(row) for row in await lists.of_reader(session, reader.id)])


async def show(request: Request) -> Response:
    """GET /api/v1/lists/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(entity((await own(session, request))[1]))


async def create(request: Request) -> Response:
    """POST /api/v1/lists: title, replies_policy, exclusive"""
    asked = await parameters.read(request)
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        row = await lists.make(session, reader.id)
        _change(row, asked)
        session.add(row)
    return answers.answer(entity(row))


async def update(request: Request) -> Response:
    """PUT /api/v1/lists/{id}"""
    asked = await parameters.read(request)
    async with context_of(request).database.write() as session:
        _, row = await own(session, request)
        _change(row, asked)
        session.add(row)
    return answers.answer(entity(row))


async def remove(request: Request) -> Response:
    """DELETE /api/v1/lists/{id}"""
    async with context_of(request).database.write() as session:
        await session.delete((await own(session, request))[1])
    return answers.answer({})


async def members(request: Request) -> Response:
    """GET /api/v1/lists/{id}/accounts; limit=0 is everybody, as Mastodon has it (here up to the most a list holds)."""
    context, at = context_of(request), answers.cursor(request, 40, limits.LIST_MEMBERS)
    if request.query_params.get("limit") == "0":
        at = Cursor(limits.LIST_MEMBERS)
    async with context.database.read() as session:
        reader, row = await own(session, request)
        query = select(ListMember.id, ListMember.member_id).where(ListMember.list_id == row.id)
        rows: list[Any] = await fetch(session, query, col(ListMember.id), at)
        body = await reading.listed(session, context, reader, [member_id for _, member_id in rows])
    return answers.page(request, body, [key for key, _ in rows], at)


async def add(request: Request) -> Response:
    """POST /api/v1/lists/{id}/accounts: account_ids[], of people whom the reader follows"""
    asked = await parameters.read(request)
    wanted = asked.ids("account_ids")
    async with context_of(request).database.write() as session:
        reader, row = await own(session, request)
        await lists.add(session, reader, row, wanted)
    return answers.answer({})


async def take_off(request: Request) -> Response:
    """DELETE /api/v1/lists/{id}/accounts: account_ids[], in the body or the query"""
    asked = await parameters.read(request)
    async with context_of(request).database.write() as session:
        _, row = await own(session, request)
        await lists.take_off(session, row, asked.ids("account_ids"))
    return answers.answer({})


async def of_account(request: Request) -> Response:
    """GET /api/v1/accounts/{id}/lists: the reader's lists that this account is on"""
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        there = select(ListMember.list_id).where(ListMember.member_id == answers.path_id(request))
        mine = select(ReadingList).where(ReadingList.actor_id == reader.id, col(ReadingList.id).in_(there))
        return answers.answer([entity(row) for row in await session.exec(mine.order_by("id"))])


async def timeline(request: Request) -> Response:
    """GET /api/v1/timelines/list/{id}"""
    context, at = context_of(request), answers.cursor(request)
    async with context.database.read() as session:
        reader, row = await own(session, request)
        circle = lists.circle(row, reader)
        found = await home.page(session, reader, lists.sources(row), at, own=False, circle=circle)
        body = await batches.statuses(session, context, reader, found.entries)
    return answers.page(request, body, found.ids, at, more=found.more)


ROUTES = [
    ApiDoor("/api/v1/lists", index, needs="read:lists"),
    ApiDoor("/api/v1/lists", create, needs="write:lists", methods=["POST"]),
    ApiDoor("/api/v1/lists/{id}", show, needs="read:lists"),
    ApiDoor("/api/v1/lists/{id}", update, needs="write:lists", methods=["PUT", "PATCH"]),
    ApiDoor("/api/v1/lists/{id}", remove, needs="write:lists", methods=["DELETE"]),
    ApiDoor("/api/v1/lists/{id}/accounts", members, needs="read:lists"),
    ApiDoor("/api/v1/lists/{id}/accounts", add, needs="write:lists", methods=["POST"]),
    ApiDoor("/api/v1/lists/{id}/accounts", take_off, needs="write:lists", methods=["DELETE"]),
    ApiDoor("/api/v1/accounts/{id}/lists", of_account, needs="read:lists"),
    ApiDoor("/api/v1/timelines/list/{id}", timeline, needs="read:lists"),
]
