"""Notifications, one by one (v1): listed, counted, dismissed, cleared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, parameters, people
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters
from outbox import talk
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.models import Notification

TYPES = {
    "mention": "mention",
    "like": "favourite",
    "boost": "reblog",
    "follow": "follow",
    "follow_request": "follow_request",
    "quote": "quote",
    "post": "status",
    "poll": "poll",
}
"""Ours to theirs. The rest of ours (held, refused, failed …) are not shown here: apps know no such types and several
break on one; what became of one's own post stands in the post itself."""
WITH_STATUS = frozenset({"mention", "favourite", "reblog", "quote", "status", "poll"})
# Only apps that ask for them know these.
NEWER = frozenset({"quote"})


def wanted(asked: Parameters) -> list[str]:
    """Which of our kinds a request means; names that nobody knows are ignored."""
    types, excluded = set(asked.words("types")), set(asked.words("exclude_types"))
    supported = set(asked.words("supported_types"))

    def shown(theirs: str) -> bool:
        if theirs in excluded or (types and theirs not in types):
            return False
        return theirs not in NEWER or theirs in types | supported or not types

    return [ours for ours, theirs in TYPES.items() if shown(theirs)]


def query_of(reader: Actor, asked: Parameters) -> Any:
    """The notifications that a request means, without an order; what is put aside with `include_filtered` alone."""
    query = select(Notification).where(Notification.actor_id == reader.id, col(Notification.kind).in_(wanted(asked)))
    if not asked.flag("include_filtered"):
        query = query.where(~col(Notification.aside))
    if (account_id := asked.id("account_id")) is not None:
        query = query.where(Notification.from_id == account_id)
    return query


async def show_all(request: Request) -> Response:
    """GET /api/v1/notifications: types[], exclude_types[], account_id, include_filtered"""
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        query = query_of(reader, parameters.query(request))
        rows = await fetch(session, query, col(Notification.id), at)
        body = await entities_of(session, context, reader, rows)
    return answers.page(request, body, [row.id for row in rows], at)


async def entities_of(
    session: AsyncSession, context: Context, reader: Actor, rows: Sequence[Notification]
) -> list[Json]:
    """Notification for each row whose account and status the reader may still see; in batches."""
    actors = await queries.by_ids(session, (row.from_id for row in rows if row.from_id is not None))
    barred = await batches.barred(session, reader)
    living = [actor for actor in actors.values() if policy.living(actor) and actor.id not in barred]
    accounts = await batches.accounts(session, context, batches.look_of(context, reader), living)
    posts = await talk.readable(session, reader, [row.post_id for row in rows if row.post_id is not None])
    made = await batches.statuses(session, context, reader, [Entry(post) for post in posts.values()])
    statuses = {one["id"]: one for one in made}
    found = []
    for row in rows:
        kind, account = TYPES[row.kind], accounts.get(row.from_id or 0)
        status = statuses.get(str(row.post_id))
        if account is None or (kind in WITH_STATUS and status is None):
            continue
        body = {
            "id": str(row.id),
            "type": kind,
            "created_at": answers.moment(row.created_ms),
            "group_key": f"ungrouped-{row.id}",
            "account": account,
        }
        found.append(body | {"status": status} if kind in WITH_STATUS else body)
    return found


async def _own(session: AsyncSession, reader: Actor, notification_id: int) -> Notification:
    row = await session.get(Notification, notification_id)
    if row is None or row.actor_id != reader.id or row.kind not in TYPES:
        raise Missing(answers.NOT_FOUND)
    return row


async def show(request: Request) -> Response:
    """GET /api/v1/notifications/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        row = await _own(session, reader, answers.path_id(request))
        body = await entities_of(session, context, reader, [row])
    if not body:
        raise Missing(answers.NOT_FOUND)
    return answers.answer(body[0])


async def dismiss(request: Request) -> Response:
    """POST /api/v1/notifications/{id}/dismiss"""
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        await session.delete(await _own(session, reader, answers.path_id(request)))
    return answers.answer({})


async def clear(request: Request) -> Response:
    """POST /api/v1/notifications/clear; what is put aside stays there"""
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        mine = (col(Notification.actor_id) == reader.id, col(Notification.kind).in_(TYPES), ~col(Notification.aside))
        await session.exec(delete(Notification).where(*mine))
    return answers.answer({})


async def unread_count(request: Request) -> Response:
    """GET /api/v1/notifications/unread_count, counted up to a bound"""
    asked = parameters.query(request)
    most = asked.number("limit", 1, limits.API_UNREAD) or 100
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        unread = query_of(reader, asked).where(col(Notification.read_ms).is_(None)).limit(most).subquery()
        count = (await session.exec(select(func.count()).select_from(unread))).one()
    return answers.answer({"count": count})


ROUTES = [
    ApiDoor("/api/v1/notifications", show_all, needs="read:notifications"),
    ApiDoor("/api/v1/notifications/unread_count", unread_count, needs="read:notifications"),
    ApiDoor("/api/v1/notifications/clear", clear, needs="write:notifications", methods=["POST"]),
    ApiDoor("/api/v1/notifications/{id}", show, needs="read:notifications"),
    ApiDoor("/api/v1/notifications/{id}/dismiss", dismiss, needs="write:notifications", methods=["POST"]),
]
