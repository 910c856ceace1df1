"""Search: people, posts and hashtags; an address or a handle is asked for at its own server where `resolve` says so."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import blocks
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unauthenticated
from fediverse_ai.mastodon import answers, batches, parameters, people, reading, tags
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.parameters import Parameters
from inbox import lookup
from outbox import search, talk
from outbox.home import Entry

KINDS = ("accounts", "statuses", "hashtags")


async def everything(request: Request) -> Response:
    """GET /api/v2/search: q, type, resolve, following, account_id, limit, offset

    Strangers find people who want to be found, and hashtags; resolving and posts are for people with an account.
    """
    context, asked = context_of(request), parameters.query(request)
    kinds = {asked.text("type")} if asked.text("type") in KINDS else set(KINDS)
    if principal_of(request) is None and (asked.flag("resolve") or asked.number("offset", 0, 1)):
        raise Unauthenticated("Search queries that resolve remote resources or turn pages need an account.")
    words, limit, offset, found = await _asked(request, asked, 20)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        body: Json = {kind: [] for kind in KINDS}
        if "accounts" in kinds:
            body["accounts"] = await _accounts(session, context, reader, asked, words, found[0], limit, offset)
        if "statuses" in kinds:
            body["statuses"] = await _statuses(session, context, reader, asked, words, found[1], limit, offset)
        if "hashtags" in kinds:
            names = await search.tags(session, words, limit, offset)
            followed = await tags.followed_by(session, reader, names) if reader is not None else None
            body["hashtags"] = await tags.entities_of(session, context, names, followed)
    return answers.answer(body)


async def accounts(request: Request) -> Response:
    """GET /api/v1/accounts/search: q, limit, offset, resolve, following"""
    context, asked = context_of(request), parameters.query(request)
    words, limit, offset, found = await _asked(request, asked, 40)
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        body = await _accounts(session, context, reader, asked, words, found[0], limit, offset)
    return answers.answer(body)


async def _asked(request: Request, asked: Parameters, usual: int) -> tuple[str, int, int, tuple[list[int], list[int]]]:
    """(words, limit, offset, what `resolve` found elsewhere: people and posts); a page has at most twice the usual."""
    words = (asked.text("q") or "").strip()[: limits.SEARCH_CHARS]
    limit, offset = asked.number("limit", 1, 2 * usual) or usual, asked.number("offset", 0, limits.SEARCH_OFFSET) or 0
    found = await _looked(request, words) if asked.flag("resolve") and not offset else ([], [])
    return words, limit, offset, found


async def _accounts(
    session: AsyncSession,
    context: Context,
    reader: Actor | None,
    asked: Parameters,
    words: str,
    first: list[int],
    limit: int,
    offset: int,
) -> list[Json]:
    following = bool(asked.flag("following"))
    ids = await search.people(session, reader, words, limit, offset, following=following)
    shown = await reading.listed(session, context, reader, list(dict.fromkeys([*first, *ids])))
    if reader is not None and not offset and not following:
        shown = [*await _blocked(session, context, reader, words), *shown]
    return shown[:limit]


async def _blocked(session: AsyncSession, context: Context, reader: Actor, words: str) -> list[Json]:
    """Whom the reader blocked and names in full: programs such as toot look people up here to take a block back."""
    found = await people.by_name(session, context, words)
    if found is None or await blocks.block_of(session, reader.id, found.id) is None:
        return []
    return await reading.named(session, context, reader, [found.id])


async def _statuses(
    session: AsyncSession,
    context: Context,
    reader: Actor | None,
    asked: Parameters,
    words: str,
    first: list[int],
    limit: int,
    offset: int,
) -> list[Json]:
    if reader is None:
        return []
    named = await talk.readable(session, reader, first)
    found = await search.posts(session, reader, words, limit, offset, author_id=asked.id("account_id"))
    entries = {post.id: Entry(post) for post in [*named.values(), *found]}
    return (await batches.statuses(session, context, reader, list(entries.values())))[:limit]


async def _looked(request: Request, words: str) -> lookup.Looked:
    return await lookup.resolve(context_of(request), me(request).account_id, words)


ROUTES = [
    ApiDoor("/api/v2/search", everything, needs="anyone"),
    ApiDoor("/api/v1/search", everything, needs="anyone"),
    ApiDoor("/api/v1/accounts/search", accounts, needs="read:accounts"),
]
