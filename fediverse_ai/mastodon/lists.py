"""Lists of people, who is on them, and their timelines."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, batches, parameters, people, reading
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters
from outbox import home
from outbox.cursors import Cursor, fetch
from outbox.shelves import ListMember, ReadingList, Replies


def entity(row: ReadingList) -> Json:
    """List."""
    return {"id": str(row.id), "title": row.title, "replies_policy": row.replies, "exclusive": row.exclusive}


async def own(session: AsyncSession, request: Request) -> tuple[Actor, ReadingList]:
    """The reader and the list in the path. Raises Missing for somebody else's."""
    reader = await people.myself(session, request)
    row = await session.get(ReadingList, answers.path_id(request))
    if row is None or row.actor_id != reader.id:
        raise Missing(NOT_FOUND)
    return reader, row


def _change(row: ReadingList, asked: Parameters) -> None:
    title = asked.text("title")
    if title is not None:
        row.title = title.strip()
    if not row.title or len(row.title) > limits.NAME_CHARS:
        raise Unprocessable(f"Validation failed: Title must have 1 to {limits.NAME_CHARS} characters")
    replies = asked.text("replies_policy")
    if replies is not None:
        if replies not in set(Replies):
            raise Unprocessable("Validation failed: Replies policy is not included in the list")
        row.replies = replies
    exclusive = asked.flag("exclusive")
    if exclusive is not None:
        row.exclusive = exclusive


async def index(request: Request) -> Response:
    """GET /api/v1/lists"""
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        rows = await session.exec(select(ReadingList).where(ReadingList.actor_id == reader.id).order_by("id"))
        return answers.answer([entity(row) for row in rows])


async def show(request: Request) -> Response:
    """GET /api/v1/lists/{id}"""
    async with context_of(request).database.read() as session:
        return answers.answer(entity((await own(session, request))[1]))


async def create(request: Request) -> Response:
    """POST /api/v1/lists: title, replies_policy, exclusive"""
    context, asked = context_of(request), await parameters.read(request)
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        have = select(func.count()).select_from(ReadingList).where(ReadingList.actor_id == reader.id)
        if (await session.exec(have)).one() >= limits.LISTS:
            raise Unprocessable(f"You have {limits.LISTS} lists already.")
        row = ReadingList(id=context.ids.new(), actor_id=reader.id, title="")
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
    context, asked = context_of(request), await parameters.read(request)
    wanted = asked.ids("account_ids")
    async with context.database.write() as session:
        reader, row = await own(session, request)
        follows = select(Follow.followed_id).where(
            Follow.follower_id == reader.id,
            col(Follow.followed_id).in_(wanted),
            col(Follow.state).in_([FollowState.ACCEPTED, FollowState.PENDING]),
        )
        followed = {*await session.exec(follows), reader.id}
        if not followed.issuperset(wanted):
            raise Missing(NOT_FOUND)
        there = set(await session.exec(select(ListMember.member_id).where(ListMember.list_id == row.id)))
        new = [member_id for member_id in wanted if member_id not in there]
        if len(new) != len(wanted):
            raise Unprocessable("Validation failed: Account has already been taken")
        if len(there) + len(new) > limits.LIST_MEMBERS:
            raise Unprocessable(f"A list holds at most {limits.LIST_MEMBERS} people.")
        session.add_all(ListMember(id=context.ids.new(), list_id=row.id, member_id=key) for key in new)
    return answers.answer({})


async def take_off(request: Request) -> Response:
    """DELETE /api/v1/lists/{id}/accounts: account_ids[], in the body or the query"""
    asked = await parameters.read(request)
    async with context_of(request).database.write() as session:
        _, row = await own(session, request)
        gone = col(ListMember.member_id).in_(asked.ids("account_ids"))
        await session.exec(delete(ListMember).where(col(ListMember.list_id) == row.id, gone))
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
        sources: Any = select(col(ListMember.member_id).label("actor_id")).where(ListMember.list_id == row.id)
        # Replies: to members; to anybody whom the owner follows; or none.
        circle = {Replies.LIST: sources, Replies.FOLLOWED: home.followed_by(reader.id), Replies.NONE: None}
        found = await home.page(session, reader, sources, at, own=False, circle=circle[Replies(row.replies)])
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
