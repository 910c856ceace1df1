"""Polls of others, to be read."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, batches, people, status_entities
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of


async def _seen(request: Request) -> Json:
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        found = status_entities.poll(post, batches.look_of(context, reader).now_ms)
    if found is None:
        raise Missing(answers.NOT_FOUND)
    return found


async def show(request: Request) -> Response:
    """GET /api/v1/polls/{id}, by the id of its status"""
    return answers.answer(await _seen(request))


async def vote(request: Request) -> Response:
    """POST /api/v1/polls/{id}/votes: refused; this server reads polls and takes no part in them."""
    await _seen(request)
    raise Unprocessable("This server shows polls and does not vote in them.")


ROUTES = [
    ApiDoor("/api/v1/polls/{id}", show, needs="anyone"),
    ApiDoor("/api/v1/polls/{id}/votes", vote, needs="write:statuses", methods=["POST"]),
]
