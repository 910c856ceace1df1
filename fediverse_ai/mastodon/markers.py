"""Markers: how far the reader has read, the same in all their apps."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.mastodon import answers, notifications, parameters, people
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox.shelves import Marker

TIMELINES = ("home", "notifications")


def _entity(row: Marker) -> Json:
    return {"last_read_id": str(row.last_read_id), "version": row.version, "updated_at": answers.moment(row.updated_ms)}


async def _mine(session: AsyncSession, actor_id: int, names: list[str]) -> dict[str, Marker]:
    query = select(Marker).where(Marker.actor_id == actor_id, col(Marker.timeline).in_(names))
    return {row.timeline: row for row in await session.exec(query)}


async def show(request: Request) -> Response:
    """GET /api/v1/markers?timeline[]=home&timeline[]=notifications"""
    names = parameters.query(request).words("timeline")
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        found = await _mine(session, reader.id, names)
    return answers.answer({name: _entity(row) for name, row in found.items()})


async def save(request: Request) -> Response:
    """POST /api/v1/markers: home[last_read_id], notifications[last_read_id]"""
    context, asked = context_of(request), await parameters.read(request)
    said = {name: asked.section(name).id("last_read_id") for name in TIMELINES}
    now = context.clock.now_ms()
    body: Json = {}
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        known = await _mine(session, reader.id, list(TIMELINES))
        for name, last_read_id in said.items():
            if last_read_id is None:
                continue
            row = known.get(name) or Marker(
                id=context.ids.new(), actor_id=reader.id, timeline=name, last_read_id=0, version=-1, updated_ms=now
            )
            row.last_read_id, row.version, row.updated_ms = last_read_id, row.version + 1, now
            session.add(row)
            body[name] = _entity(row)
            if name == "notifications":
                await notifications.mark_read(session, reader, last_read_id, now)
    return answers.answer(body)


ROUTES = [
    ApiDoor("/api/v1/markers", show, needs="read:statuses"),
    ApiDoor("/api/v1/markers", save, needs="write:statuses", methods=["POST"]),
]
