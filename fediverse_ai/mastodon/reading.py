"""GET of statuses: one, several, the thread around one, its versions, and who liked or boosted it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import policy, queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.mastodon import answers, batches, parameters, people, status_entities
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from inbox import threads
from outbox import documents, edit, talk
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.models import Reaction, ReactionKind


async def show(request: Request) -> Response:
    """GET /api/v1/statuses/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        found = await people.entry(session, reader, answers.path_id(request))
        body = await batches.statuses(session, context, reader, [found])
    return answers.answer(body[0])


async def several(request: Request) -> Response:
    """GET /api/v1/statuses?id[]=…; those that the reader may not see are left out."""
    context = context_of(request)
    ids = parameters.query(request).ids("id")[: limits.API_BATCH_IDS]
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        posts = await talk.readable(session, reader, ids)
        body = await batches.statuses(session, context, reader, [Entry(posts[key]) for key in ids if key in posts])
    return answers.answer(body)


async def around(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/context: what it answers, oldest first, and what answers it, branch by branch."""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        above = await talk.ancestors(session, reader, post)
        below = await talk.descendants(session, reader, post)
        made = await batches.statuses(session, context, reader, [Entry(one) for one in [*above, *below]])
    if reader is not None:
        await threads.want_replies(context, [post, *above[:1], *below])
    known = {one["id"]: one for one in made}
    return answers.answer({
        "ancestors": [known[str(one.id)] for one in above if str(one.id) in known],
        "descendants": [known[str(one.id)] for one in below if str(one.id) in known],
    })  # fmt: skip


async def history(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/history: every version that was out, oldest first; of a post never edited, the one."""
    context = context_of(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        current = await batches.status(session, context, reader, post)
        versions = await edit.history(session, post.id) if post.local else []
        pictures = await documents.attachments_of(session, post.id)
    look = batches.look_of(context, reader)
    body = [status_entities.version(look, current, one, pictures) for one in versions]
    return answers.answer(body or [status_entities.only_version(current)])


async def no_card(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/card: this server looks at no links, so there is none."""
    async with context_of(request).database.read() as session:
        reader = await people.reader_of(session, request)
        await people.post(session, reader, answers.path_id(request))
    return answers.answer({})


async def favourited_by(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/favourited_by"""
    return await _reacted(request, ReactionKind.LIKE)


async def reblogged_by(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/reblogged_by"""
    return await _reacted(request, ReactionKind.BOOST)


async def _reacted(request: Request, kind: ReactionKind) -> Response:
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        query = select(Reaction.id, Reaction.actor_id).where(Reaction.post_id == post.id, Reaction.kind == kind)
        rows = await fetch(session, query, col(Reaction.id), at)
        body = await listed(session, context, reader, [actor_id for _, actor_id in rows])
    return answers.page(request, body, [key for key, _ in rows], at)


async def listed(session: AsyncSession, context: Context, reader: Actor | None, ids: Sequence[int]) -> list[Json]:
    """Account for each id, in order; the gone, and those with a block between them and the reader, are left out."""
    barred = await batches.barred(session, reader)
    return await named(session, context, reader, [key for key in ids if key not in barred])


async def named(session: AsyncSession, context: Context, reader: Actor | None, ids: Sequence[int]) -> list[Json]:
    """Account for each id, in order, whatever blocks there are; the gone are left out."""
    actors = await queries.by_ids(session, ids)
    living = [actor for actor in actors.values() if policy.living(actor)]
    made = await batches.accounts(session, context, batches.look_of(context, reader), living)
    return [made[key] for key in ids if key in made]


ROUTES = [
    ApiDoor("/api/v1/statuses", several, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}", show, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/context", around, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/history", history, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/card", no_card, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/favourited_by", favourited_by, needs="anyone"),
    ApiDoor("/api/v1/statuses/{id}/reblogged_by", reblogged_by, needs="anyone"),
]
