"""Whom the reader keeps away or lets in: blocked, muted and silenced, and requests to follow."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, delete, select
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Block, Follow, FollowState, Mute
from fediverse_ai.core import urls
from fediverse_ai.core.errors import Malformed, Missing, Unprocessable
from fediverse_ai.mastodon import answers, parameters, people, reading
from fediverse_ai.mastodon.answers import NOT_FOUND
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.relations import relationships
from outbox import follow as follows
from outbox import silence as silences
from outbox.cursors import fetch
from outbox.shelves import SilencedHost


async def _people(request: Request, key: Any, other: Any, *conditions: Any) -> Response:
    """A page of accounts by rows whose `key` is the cursor and whose `other` is the account."""
    context, at = context_of(request), answers.cursor(request, 40, 80)
    async with context.database.read() as session:
        reader = await people.myself(session, request)
        query = select(key, other).where(*(condition(reader.id) for condition in conditions))
        rows: list[Any] = await fetch(session, query, key, at)
        # Not `reading.listed`: it leaves out those with a block between, who are the point here.
        body = await reading.named(session, context, reader, [actor_id for _, actor_id in rows])
    return answers.page(request, body, [row_id for row_id, _ in rows], at)


async def blocked(request: Request) -> Response:
    """GET /api/v1/blocks"""
    return await _people(request, col(Block.id), col(Block.blocked_id), lambda mine: col(Block.blocker_id) == mine)


async def muted(request: Request) -> Response:
    """GET /api/v1/mutes"""
    now = context_of(request).clock.now_ms()
    return await _people(
        request,
        col(Mute.id),
        col(Mute.muted_id),
        lambda mine: col(Mute.muter_id) == mine,
        lambda _: col(Mute.expires_ms).is_(None) | (col(Mute.expires_ms) > now),
    )


async def requests(request: Request) -> Response:
    """GET /api/v1/follow_requests"""
    return await _people(
        request,
        col(Follow.id),
        col(Follow.follower_id),
        lambda mine: col(Follow.followed_id) == mine,
        lambda _: col(Follow.state) == FollowState.PENDING,
    )


async def authorize(request: Request) -> Response:
    """POST /api/v1/follow_requests/{id}/authorize"""
    return await _settle(request, accept=True)


async def reject(request: Request) -> Response:
    """POST /api/v1/follow_requests/{id}/reject"""
    return await _settle(request, accept=False)


async def _settle(request: Request, *, accept: bool) -> Response:
    async with context_of(request).database.write() as session:
        reader = await people.myself(session, request)
        follower = await people.account(session, answers.path_id(request), gone=True)
        row = await queries.follow_of(session, follower.id, reader.id)
        if row is None or row.state != FollowState.PENDING:
            raise Missing(NOT_FOUND)
        if accept:
            await follows.approve(session, row, follower, reader)
        else:
            await follows.refuse(session, row, follower, reader)
        await session.flush()
        body = await relationships(session, reader, [follower.id])
    return answers.answer(body[0])


async def silenced(request: Request) -> Response:
    """GET /api/v1/domain_blocks: names of servers"""
    at = answers.cursor(request, 100, 200)
    async with context_of(request).database.read() as session:
        reader = await people.myself(session, request)
        query = select(SilencedHost.id, SilencedHost.host).where(SilencedHost.actor_id == reader.id)
        rows: list[Any] = await fetch(session, query, col(SilencedHost.id), at)
    return answers.page(request, [host for _, host in rows], [key for key, _ in rows], at)


async def silence(request: Request) -> Response:
    """POST /api/v1/domain_blocks: nothing of this server is shown any more, and its people no longer follow."""
    context = context_of(request)
    host = _host((await parameters.read(request)).text("domain"), context.config.own_hosts)
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        await silences.silence(session, reader, host)
    return answers.answer({})


async def unsilence(request: Request) -> Response:
    """DELETE /api/v1/domain_blocks, with `domain` in the body or the query"""
    context = context_of(request)
    host = _host((await parameters.read(request)).text("domain"), context.config.own_hosts)
    async with context.database.write() as session:
        reader = await people.myself(session, request)
        mine = (col(SilencedHost.actor_id) == reader.id, col(SilencedHost.host) == host)
        await session.exec(delete(SilencedHost).where(*mine))
    return answers.answer({})


def _host(said: str | None, ours: tuple[str, ...]) -> str:
    try:
        host = urls.canonical_host((said or "").strip())
    except Malformed as error:
        raise Unprocessable("Validation failed: Domain is not a valid domain name", error.detail) from None
    if host in ours:
        raise Unprocessable("Validation failed: Domain is not a valid domain name")
    return host


ROUTES = [
    ApiDoor("/api/v1/blocks", blocked, needs="read:blocks"),
    ApiDoor("/api/v1/mutes", muted, needs="read:mutes"),
    ApiDoor("/api/v1/follow_requests", requests, needs="read:follows"),
    ApiDoor("/api/v1/follow_requests/{id}/authorize", authorize, needs="write:follows", methods=["POST"]),
    ApiDoor("/api/v1/follow_requests/{id}/reject", reject, needs="write:follows", methods=["POST"]),
    ApiDoor("/api/v1/domain_blocks", silenced, needs="read:blocks"),
    ApiDoor("/api/v1/domain_blocks", silence, needs="write:blocks", methods=["POST"]),
    ApiDoor("/api/v1/domain_blocks", unsilence, needs="write:blocks", methods=["DELETE"]),
]
