"""Markers: how far the reader has read, the same in all their apps."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.mastodon import answers, parameters, people
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import markers
from outbox.shelves import Marker


def _entity(row: Marker) -> Json:
    return {"last_read_id": str(row.last_read_id), "version": row.version, "updated_at": answers.moment(row.updated_ms)}


async def show(request: Request) -> Response:
    """GET /api/v1/markers?timeline[]=home&timeline[]=notifications"""
    names = parameters.query(request).words("timeline")
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        found = await markers.of_reader(session, reader.id, names)
    return answers.answer({name: _entity(row) for name, row in found.items()})


async def save(request: Request) -> Response:
    """POST /api/v1/markers: home[last_read_id], notifications[last_read_id]"""
    context, asked = context_of(request), await parameters.read(request)
    said = {name: asked.section(name).id("last_read_id") for name in markers.TIMELINES}
    body: Json = {}
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        for name, last_read_id in said.items():
            if last_read_id is not None:
                body[name] = _entity(await markers.mark(session, reader.id, name, last_read_id))
    return answers.answer(body)


ROUTES = [
    ApiDoor("/api/v1/markers", show, needs="read:statuses"),
    ApiDoor("/api/v1/markers", save, needs="write:statuses", methods=["POST"]),
]
