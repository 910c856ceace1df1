"""Polls of others: read, and voted in."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, parameters, people, status_entities
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import votes
from outbox.models import Post, PostState


async def _seen(session: AsyncSession, request: Request, reader: Actor | None) -> Post:
    post = await people.post(session, reader, answers.path_id(request))
    if post.poll is None or post.state != PostState.PUBLISHED:
        raise Missing(answers.NOT_FOUND)
    return post


async def _shown(session: AsyncSession, request: Request, reader: Actor | None, post: Post) -> Json:
    own = await votes.of_actor(session, reader.id, [post.id]) if reader is not None else {}
    mine = reader is not None and reader.id == post.author_id
    now = context_of(request).clock.now_ms()
    return status_entities.poll(post, now, own.get(post.id, ()), mine=mine) or {}


async def show(request: Request) -> Response:
    """GET /api/v1/polls/{id}, by the id of its status"""
    async with context_of(request).database.read() as session:
        reader = await people.reader_of(session, request)
        body = await _shown(session, request, reader, await _seen(session, request, reader))
    return answers.answer(body)


async def vote(request: Request) -> Response:
    """POST /api/v1/polls/{id}/votes: choices[], numbers from 0"""
    asked = await parameters.read(request)
    said = asked.words("choices")
    chosen = [int(word) if word.isascii() and word.isdigit() and len(word) < 4 else -1 for word in said]
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        post = await _seen(session, request, reader)
        await votes.vote(session, reader, post, chosen)
        body = await _shown(session, request, reader, post)
    return answers.answer(body)


ROUTES = [
    ApiDoor("/api/v1/polls/{id}", show, needs="anyone"),
    ApiDoor("/api/v1/polls/{id}/votes", vote, needs="write:statuses", methods=["POST"]),
]
