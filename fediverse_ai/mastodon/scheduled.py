"""Posts that wait for their time: seen, moved to another time, taken back."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, batches, parameters, people, status_entities, writing
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import schedule, uploads
from outbox.cursors import fetch
from outbox.models import Post, PostState

# Made and judged at once, published at their time: until then they may be in any of these.
STATES = (PostState.SCHEDULED, PostState.WAITING, PostState.PICK, PostState.HELD)


def _mine(reader: Actor) -> Any:
    return select(Post).where(
        Post.author_id == reader.id, col(Post.not_before_ms).is_not(None), col(Post.state).in_(STATES)
    )


async def _own(session: AsyncSession, request: Request) -> tuple[Actor, Post]:
    reader = await people.myself(session, request)
    post = (await session.exec(_mine(reader).where(Post.id == answers.path_id(request)))).first()
    if post is None:
        raise Missing(answers.NOT_FOUND)
    return reader, post


async def index(request: Request) -> Response:
    """GET /api/v1/scheduled_statuses"""
    context, at = context_of(request), answers.cursor(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        posts: list[Post] = await fetch(session, _mine(reader), col(Post.id), at)
        look = batches.look_of(context, reader)
        body = [status_entities.scheduled(look, post, await uploads.of_post(session, post.id)) for post in posts]
    return answers.page(request, body, [post.id for post in posts], at)


async def show(request: Request) -> Response:
    """GET /api/v1/scheduled_statuses/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        reader, post = await _own(session, request)
    return answers.answer(await writing.scheduled(context, reader, post))


async def move(request: Request) -> Response:
    """PUT /api/v1/scheduled_statuses/{id}: scheduled_at"""
    context, asked = context_of(request), await parameters.read(request)
    at_ms = writing.scheduled_ms(context, asked.text("scheduled_at"))
    if at_ms is None:
        raise Unprocessable("Validation failed: Scheduled at can't be blank")
    async with context.database.write() as session:
        reader, post = await _own(session, request)
        await schedule.reschedule(session, reader, post, at_ms)
    return answers.answer(await writing.scheduled(context, reader, post))


async def cancel(request: Request) -> Response:
    """DELETE /api/v1/scheduled_statuses/{id}"""
    async with context_of(request).database.write() as session:
        await schedule.cancel(session, *await _own(session, request))
    return answers.answer({})


ROUTES = [
    ApiDoor("/api/v1/scheduled_statuses", index, needs="read:statuses"),
    ApiDoor("/api/v1/scheduled_statuses/{id}", show, needs="read:statuses"),
    ApiDoor("/api/v1/scheduled_statuses/{id}", move, needs="write:statuses", methods=["PUT"]),
    ApiDoor("/api/v1/scheduled_statuses/{id}", cancel, needs="write:statuses", methods=["DELETE"]),
]
