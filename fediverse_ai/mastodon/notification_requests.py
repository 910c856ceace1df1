"""Requests to be told of: whose notifications are put aside, let in or dismissed; named by the person's id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.mastodon import answers, batches, parameters, people
from fediverse_ai.mastodon.answers import NOT_FOUND, Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import aside, talk
from outbox.aside import Waiting
from outbox.cursors import Cursor
from outbox.home import Entry

Verb = Callable[[AsyncSession, Actor, int], Awaitable[bool]]


async def _entities(session: AsyncSession, context: Context, reader: Actor, rows: Sequence[Waiting]) -> list[Json]:
    """NotificationRequest for everybody who is still there, with their newest status that the reader may see."""
    actors = await queries.by_ids(session, (row.from_id for row in rows))
    barred = await batches.barred(session, reader)
    living = [actor for actor in actors.values() if policy.living(actor) and actor.id not in barred]
    accounts = await batches.accounts(session, context, batches.look_of(context, reader), living)
    posts = await talk.readable(session, reader, [row.post_id for row in rows if row.post_id is not None])
    made = await batches.statuses(session, context, reader, [Entry(post) for post in posts.values()])
    statuses = {one["id"]: one for one in made}
    return [
        {
            "id": str(row.from_id),
            "created_at": answers.moment(row.first_ms),
            "updated_at": answers.moment(row.newest_ms),
            "notifications_count": str(row.count),
            "account": accounts[row.from_id],
            "last_status": statuses.get(str(row.post_id)),
        }
        for row in rows
        if row.from_id in accounts
    ]


async def index(request: Request) -> Response:
    """GET /api/v1/notifications/requests: whoever did something last comes first; follow the Link header"""
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        rows = await aside.of_reader(session, reader.id, at)
        body = await _entities(session, context, reader, rows)
    return answers.page(request, body, [row.newest_id for row in rows], at)


async def show(request: Request) -> Response:
    """GET /api/v1/notifications/requests/{id}"""
    context, from_id = context_of(request), answers.path_id(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        rows = await aside.of_reader(session, reader.id, Cursor(1), from_ids=[from_id])
        body = await _entities(session, context, reader, rows)
    if not body:
        raise Missing(NOT_FOUND)
    return answers.answer(body[0])


async def merged(request: Request) -> Response:
    """GET /api/v1/notifications/requests/merged: what is let in is there at once"""
    return answers.answer({"merged": True})


def _one(verb: Verb, word: str) -> Callable[[Request], Awaitable[Response]]:
    async def decide(request: Request) -> Response:
        from_id = answers.path_id(request)
        async with context_of(request).database.write() as session:
            if not await verb(session, await people.myself(session, request), from_id):
                raise Missing(NOT_FOUND)
        return answers.answer({})

    decide.__doc__ = f"POST /api/v1/notifications/requests/{{id}}/{word}"
    return decide


def _several(verb: Verb, word: str) -> Callable[[Request], Awaitable[Response]]:
    async def decide(request: Request) -> Response:
        asked = await parameters.read(request)
        async with context_of(request).database.write() as session:
            reader = await people.myself(session, request)
            for from_id in asked.ids("id"):
                await verb(session, reader, from_id)
        return answers.answer({})

    decide.__doc__ = f"POST /api/v1/notifications/requests/{word}: id[]; who is no request is passed over"
    return decide


_WRITE = "write:notifications"
_VERBS: dict[str, Verb] = {"accept": aside.let_in, "dismiss": aside.drop}
ROUTES = [
    ApiDoor("/api/v1/notifications/requests", index, needs="read:notifications"),
    ApiDoor("/api/v1/notifications/requests/merged", merged, needs="read:notifications"),
    *(
        ApiDoor(f"/api/v1/notifications/requests/{word}", _several(verb, word), needs=_WRITE, methods=["POST"])
        for word, verb in _VERBS.items()
    ),
    ApiDoor("/api/v1/notifications/requests/{id}", show, needs="read:notifications"),
    *(
        ApiDoor(f"/api/v1/notifications/requests/{{id}}/{word}", _one(verb, word), needs=_WRITE, methods=["POST"])
        for word, verb in _VERBS.items()
    ),
]
