"""Announcements of those who run this server: read, put away, and answered with an emoji."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import announcements
from actors.announcements import Told
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, parameters
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me


async def index(request: Request) -> Response:
    """GET /api/v1/announcements?with_dismissed="""
    dismissed = bool(parameters.query(request).flag("with_dismissed"))
    async with context_of(request).database.read() as session:
        found = await announcements.told(session, me(request).account_id, dismissed=dismissed)
    return answers.answer([entity(one) for one in found])


def entity(one: Told) -> Json:
    """An Announcement; emoji under it are of Unicode, so that none has a picture."""
    row = one.row
    return {
        "id": str(row.id),
        "content": row.content,
        "starts_at": answers.moment(row.starts_ms) if row.starts_ms is not None else None,
        "ends_at": answers.moment(row.ends_ms) if row.ends_ms is not None else None,
        "all_day": False,
        "published": True,
        "published_at": answers.moment(row.published_ms or row.created_ms),
        "updated_at": answers.moment(row.updated_ms),
        "read": one.seen,
        "mentions": [],
        "statuses": [],
        "tags": [],
        "emojis": [],
        "reactions": [{"name": emoji, "count": count, "me": mine} for emoji, count, mine in one.reactions],
    }


async def dismiss(request: Request) -> Response:
    """POST /api/v1/announcements/{id}/dismiss"""
    async with context_of(request).database.write() as session:
        await announcements.dismiss(session, answers.path_id(request), me(request).account_id)
    return answers.answer({})


async def react(request: Request) -> Response:
    """PUT and DELETE /api/v1/announcements/{id}/reactions/{name}"""
    verb = announcements.react if request.method == "PUT" else announcements.unreact
    name: str = request.path_params["name"]
    if len(name) > limits.EMOJI_CHARS:
        raise Missing(answers.NOT_FOUND)
    async with context_of(request).database.write() as session:
        await verb(session, answers.path_id(request), me(request).account_id, name)
    return answers.answer({})


ROUTES = [
    ApiDoor("/api/v1/announcements", index, needs="read"),
    ApiDoor("/api/v1/announcements/{id}/dismiss", dismiss, needs="write:accounts", methods=["POST"]),
    ApiDoor("/api/v1/announcements/{id}/reactions/{name}", react, needs="write:favourites", methods=["PUT", "DELETE"]),
]
