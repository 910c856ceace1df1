"""Quotes of a status: who quotes it, and its author's word taken back (FEP-044f)."""

from __future__ import annotations

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.mastodon import answers, batches, parameters, people
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox import quote
from outbox.cursors import fetch
from outbox.home import Entry
from outbox.models import Post, QuoteStamp, QuoteState
from outbox.visibility import seen_by


async def listed(request: Request) -> Response:
    """GET /api/v1/statuses/{id}/quotes: the quotes with consent that the reader may see"""
    context, at = context_of(request), answers.cursor(request)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        post = await people.post(session, reader, answers.path_id(request))
        query = select(Post).where(
            Post.quote_uri == post.uri,
            Post.quote_state == QuoteState.ACCEPTED,
            seen_by(reader.id if reader else None),
        )
        rows = await fetch(session, query, col(Post.id), at)
        body = await batches.statuses(session, context, reader, [Entry(row) for row in rows])
    return answers.page(request, body, [row.id for row in rows], at)


async def revoke(request: Request) -> Response:
    """POST /api/v1/statuses/{id}/quotes/{quote_id}/revoke: of a status of one's own; gives the quoting status"""
    context = context_of(request)
    status_id, quote_id = answers.path_id(request), answers.path_id(request, "quote_id")
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        post = await people.own_post(session, reader, status_id)
        quoting = await people.post(session, reader, quote_id)
        if quoting.quote_uri != post.uri:
            raise Missing(answers.NOT_FOUND)
        query = select(QuoteStamp).where(
            QuoteStamp.post_id == post.id,
            QuoteStamp.interacting_uri == quoting.uri,
            col(QuoteStamp.revoked_ms).is_(None),
        )
        stamp = (await session.exec(query)).first()
        if stamp is not None:
            await quote.revoke(session, stamp)
        elif quoting.quote_state == QuoteState.ACCEPTED:
            # Its server asked for no consent; here it is shown as a quote no more.
            await quote.settle(session, quoting, QuoteState.REVOKED)
        await session.flush()
        body = await batches.status(session, context, reader, quoting)
    return answers.answer(body)


async def policy(request: Request) -> Response:
    """PUT /api/v1/statuses/{id}/interaction_policy: follows from the visibility here, and cannot be set otherwise"""
    context = context_of(request)
    asked = await parameters.read(request)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        post = await people.own_post(session, reader, answers.path_id(request))
        body = await batches.status(session, context, reader, post)
    wanted = asked.text("quote_approval_policy")
    if wanted is not None and wanted not in (body["quote_approval"]["automatic"] or ["nobody"]):
        raise Unprocessable("Who may quote a post follows from its visibility on this server.")
    return answers.answer(body)


ROUTES = [
    ApiDoor("/api/v1/statuses/{id}/quotes", listed, needs="read:statuses"),
    ApiDoor("/api/v1/statuses/{id}/quotes/{quote_id}/revoke", revoke, needs="write:statuses", methods=["POST"]),
    ApiDoor("/api/v1/statuses/{id}/interaction_policy", policy, needs="write:statuses", methods=["PUT"]),
]
