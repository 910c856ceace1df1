"""Conversations: the reader's threads of direct posts, with who else is in them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, people, reading
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import talk
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.shelves import Conversation


async def entities_of(
    session: AsyncSession, context: Context, reader: Actor, rows: Sequence[Conversation]
) -> list[Json]:
    """Conversation for each row whose newest post the reader may still see."""
    posts = await talk.readable(session, reader, [row.last_post_id for row in rows])
    made = await batches.statuses(session, context, reader, [Entry(post) for post in posts.values()])
    statuses = {one["id"]: one for one in made}
    named = {mention["uri"] for post in posts.values() for mention in post.mentions if "uri" in mention}
    by_uri = await queries.by_uris(session, named)
    found = []
    for row in rows:
        post = posts.get(row.last_post_id)
        status = statuses.get(str(row.last_post_id))
        if post is None or status is None:
            continue
        others = [by_uri[one["uri"]].id for one in post.mentions if one.get("uri") in by_uri]
        ids = [key for key in dict.fromkeys([post.author_id, *others]) if key != reader.id]
        accounts = await reading.named(session, context, reader, ids)
        found.append({"id": str(row.id), "unread": row.unread, "accounts": accounts, "last_status": status})
    return found


async def index(request: Request) -> Response:
    """GET /api/v1/conversations; the cursors are those of the newest posts."""
    context, at = context_of(request), answers.cursor(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        query = select(Conversation).where(Conversation.actor_id == reader.id)
        rows: list[Conversation] = await fetch(session, query, col(Conversation.last_post_id), at)
        body = await entities_of(session, context, reader, rows)
    return answers.page(request, body, [row.last_post_id for row in rows], at)


async def _own(session: AsyncSession, request: Request) -> tuple[Actor, Conversation]:
    reader = await people.myself(session, request)
    row = await session.get(Conversation, answers.path_id(request))
    if row is None or row.actor_id != reader.id:
        raise Missing(answers.NOT_FOUND)
    return reader, row


async def read(request: Request) -> Response:
    """POST /api/v1/conversations/{id}/read"""
    context = context_of(request)
    async with context.database.write() as session:
        reader, row = await _own(session, request)
        row.unread = False
        session.add(row)
        await session.flush()
        body = await entities_of(session, context, reader, [row])
    if not body:
        raise Missing(answers.NOT_FOUND)
    return answers.answer(body[0])


async def remove(request: Request) -> Response:
    """DELETE /api/v1/conversations/{id}: off the reader's list; the posts stay, and a new one brings it back."""
    async with context_of(request).database.write() as session:
        await session.delete((await _own(session, request))[1])
    return answers.answer({})


ROUTES = [
    ApiDoor("/api/v1/conversations", index, needs="read:statuses"),
    ApiDoor("/api/v1/conversations/{id}/read", read, needs="write:conversations", methods=["POST"]),
    ApiDoor("/api/v1/conversations/{id}", remove, needs="write:conversations", methods=["DELETE"]),
]
