"""Notifications in groups (v2): likes and boosts of one post and follows of some hours are one entry each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, notifications, parameters, people, reading
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.notifications import TYPES, WITH_STATUS
from fediverse_ai.mastodon.parameters import Parameters
from outbox import talk
from outbox.cursors import Cursor, fetch
from outbox.grouping import HOURS, part_of
from outbox.home import Entry
from outbox.models import Notification

GROUPED = frozenset({"favourite", "reblog", "follow"})
SAMPLES = 8
BATCH = 200
"""Rows that are read for one page of groups."""


def key_of(row: Notification, wanted: frozenset[str]) -> str:
    """The group of a notification, from the row alone, so that it is the same on every page and in every app."""
    kind = TYPES[row.kind]
    if kind not in wanted:
        return f"ungrouped-{row.id}"
    part = part_of(row)
    return f"{kind}-{row.post_id}-{part}" if row.post_id is not None else f"{kind}-{part}"


def _wanted(asked: Parameters) -> frozenset[str]:
    return GROUPED & set(asked.words("grouped_types")) if asked.has("grouped_types") else GROUPED


def _groups(rows: Sequence[Notification], wanted: frozenset[str]) -> dict[str, list[Notification]]:
    found: dict[str, list[Notification]] = {}
    for row in rows:
        found.setdefault(key_of(row, wanted), []).append(row)
    return found


def _entity(key: str, rows: Sequence[Notification]) -> Json:
    """NotificationGroup of rows that are newest first."""
    newest = rows[0]
    kind = TYPES[newest.kind]
    people_ = list(dict.fromkeys(str(row.from_id) for row in rows))
    body: Json = {
        "group_key": key,
        "notifications_count": len(rows),
        "type": kind,
        "most_recent_notification_id": newest.id,
        "page_min_id": str(rows[-1].id),
        "page_max_id": str(newest.id),
        "latest_page_notification_at": answers.moment(newest.created_ms),
        "sample_account_ids": people_[:SAMPLES],
    }
    return body | ({"status_id": str(newest.post_id)} if kind in WITH_STATUS else {})


async def _page(session: AsyncSession, query: Any, at: Cursor, wanted: frozenset[str]) -> dict[str, list[Notification]]:
    """As many groups as fit a page, of the newest rows (going forward the next ones)."""
    rows = await fetch(session, query, col(Notification.id), Cursor(BATCH, at.max_id, at.since_id, at.min_id))
    found = _groups(rows, wanted)
    keys = list(found)[-at.limit :] if at.forward else list(found)[: at.limit]
    return {key: found[key] for key in keys}


async def _answer(
    session: AsyncSession, context: Context, reader: Actor, groups: dict[str, list[Notification]]
) -> Json:
    """GroupedNotificationsResults, without groups whose people or post the reader may not see."""
    rows = [row for group in groups.values() for row in group]
    ids = list(dict.fromkeys(row.from_id for row in rows if row.from_id is not None))
    accounts = {one["id"]: one for one in await reading.listed(session, context, reader, ids)}
    posts = await talk.readable(session, reader, [row.post_id for row in rows if row.post_id is not None])
    made = await batches.statuses(session, context, reader, [Entry(post) for post in posts.values()])
    statuses = {one["id"]: one for one in made}
    shown: list[Json] = []
    for key, group in groups.items():
        known = [row for row in group if str(row.from_id) in accounts]
        if not known or (TYPES[known[0].kind] in WITH_STATUS and str(known[0].post_id) not in statuses):
            continue
        shown.append(_entity(key, known))
    samples = {account_id for group in shown for account_id in group["sample_account_ids"]}
    used = {group["status_id"] for group in shown if "status_id" in group}
    return {
        "accounts": [one for key, one in accounts.items() if key in samples],
        "statuses": [one for key, one in statuses.items() if key in used],
        "notification_groups": shown,
    }


_PARTIAL = ("id", "acct", "url", "avatar", "avatar_static", "locked", "bot")


def _reduce(body: Json) -> None:
    """Whole accounts of those alone whom a group names first; of the others what their portraits need."""
    named = {group["sample_account_ids"][0] for group in body["notification_groups"]}
    rest = [one for one in body["accounts"] if one["id"] not in named]
    body["accounts"] = [one for one in body["accounts"] if one["id"] in named]
    body["partial_accounts"] = [{name: one[name] for name in _PARTIAL} for one in rest]


async def index(request: Request) -> Response:
    """GET /api/v2/notifications: types[], exclude_types[], account_id, grouped_types[], include_filtered, and
    `expand_accounts=partial_avatars` for those who need no more of most people than their portraits"""
    context, at, asked = context_of(request), answers.cursor(request, 40, 80), parameters.query(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        groups = await _page(session, notifications.query_of(reader, asked), at, _wanted(asked))
        body = await _answer(session, context, reader, groups)
    if asked.text("expand_accounts") == "partial_avatars":
        _reduce(body)
    ids = [row.id for group in groups.values() for row in group]
    linked = answers.page(request, [], sorted(ids, reverse=True), at, more=len(groups) >= at.limit)
    return answers.answer(body, headers={"Link": linked.headers["link"]} if "link" in linked.headers else None)


async def _own(session: AsyncSession, request: Request) -> tuple[Actor, dict[str, list[Notification]]]:
    """The group in the path: its rows, found by what the key says. Raises Missing."""
    reader = await people.myself(session, request)
    key = request.path_params["key"]
    kind, _, rest = key.partition("-")
    query = select(Notification).where(Notification.actor_id == reader.id)
    if kind == "ungrouped":
        query = query.where(Notification.id == (answers.id_of(rest) or 0))
    else:
        ours = next((mine for mine, theirs in TYPES.items() if theirs == kind and kind in GROUPED), "")
        post_id, _, part = rest.rpartition("-")
        start = (answers.id_of(part) or 0) * HOURS * 3_600_000
        within = (col(Notification.created_ms) >= start, col(Notification.created_ms) < start + HOURS * 3_600_000)
        query = query.where(Notification.kind == ours, ~col(Notification.aside), *within)
        query = query.where(Notification.post_id == answers.id_of(post_id)) if post_id else query
    newest = await session.exec(query.order_by(col(Notification.id).desc()).limit(BATCH))
    rows = [row for row in newest if row.kind in TYPES]
    if not rows:
        raise Missing(NOT_FOUND)
    return reader, {key: rows}


async def show(request: Request) -> Response:
    """GET /api/v2/notifications/{group_key}"""
    context = context_of(request)
    async with context.database.read() as session:
        body = await _answer(session, context, *await _own(session, request))
    if not body["notification_groups"]:
        raise Missing(NOT_FOUND)
    return answers.answer(body)


async def accounts(request: Request) -> Response:
    """GET /api/v2/notifications/{group_key}/accounts: everybody in the group"""
    context = context_of(request)
    async with context.database.read() as session:
        reader, groups = await _own(session, request)
        ids = [row.from_id for group in groups.values() for row in group if row.from_id is not None]
        return answers.answer(await reading.listed(session, context, reader, list(dict.fromkeys(ids))))


async def dismiss(request: Request) -> Response:
    """POST /api/v2/notifications/{group_key}/dismiss"""
    async with context_of(request).database.write() as session:
        reader, groups = await _own(session, request)
        ids = [row.id for group in groups.values() for row in group]
        gone = (col(Notification.actor_id) == reader.id, col(Notification.id).in_(ids))
        await session.exec(delete(Notification).where(*gone))
    return answers.answer({})


async def unread_count(request: Request) -> Response:
    """GET /api/v2/notifications/unread_count: groups with something unread, counted up to a bound"""
    asked = parameters.query(request)
    most = asked.number("limit", 1, limits.API_UNREAD) or 100
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        unread = notifications.query_of(reader, asked).where(col(Notification.read_ms).is_(None))
        rows = list(await session.exec(unread.order_by(col(Notification.id).desc()).limit(limits.API_UNREAD)))
    return answers.answer({"count": min(len(_groups(rows, _wanted(asked))), most)})


ROUTES = [
    ApiDoor("/api/v2/notifications", index, needs="read:notifications"),
    ApiDoor("/api/v2/notifications/unread_count", unread_count, needs="read:notifications"),
    ApiDoor("/api/v2/notifications/{key}", show, needs="read:notifications"),
    ApiDoor("/api/v2/notifications/{key}/accounts", accounts, needs="read:notifications"),
    ApiDoor("/api/v2/notifications/{key}/dismiss", dismiss, needs="write:notifications", methods=["POST"]),
]
