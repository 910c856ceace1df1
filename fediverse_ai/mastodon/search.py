"""Search: people, posts and hashtags; an address or a handle is asked for at its own server where `resolve` says so."""

from __future__ import annotations

import re

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import queries, remote
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, FediverseError, RequestError, Unauthenticated
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon import answers, batches, parameters, people, reading, tags
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of, me
from fediverse_ai.mastodon.parameters import Parameters
from inbox import threads
from outbox import queries as post_queries
from outbox import search
from outbox.home import Entry

_PAGE = re.compile(r"/@(?P<name>\w{1,64})(?:/(?P<post>\d{1,18}))?")
KINDS = ("accounts", "statuses", "hashtags")
Looked = tuple[list[int], list[int]]


async def everything(request: Request) -> Response:
    """GET /api/v2/search: q, type, resolve, following, account_id, limit, offset

    Strangers find people who want to be found, and hashtags; resolving and posts are for people with an account.
    """
    context, asked = context_of(request), parameters.query(request)
    words = (asked.text("q") or "").strip()[: limits.SEARCH_CHARS]
    kinds = {asked.text("type")} if asked.text("type") in KINDS else set(KINDS)
    limit, offset = asked.number("limit", 1, 40) or 20, asked.number("offset", 0, limits.SEARCH_OFFSET) or 0
    if principal_of(request) is None and (asked.flag("resolve") or offset):
        raise Unauthenticated("Search queries that resolve remote resources or turn pages need an account.")
    found = await _resolved(context, request, words) if asked.flag("resolve") and not offset else ([], [])
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
    words = (asked.text("q") or "").strip()[: limits.SEARCH_CHARS]
    limit, offset = asked.number("limit", 1, 80) or 40, asked.number("offset", 0, limits.SEARCH_OFFSET) or 0
    found = await _resolved(context, request, words) if asked.flag("resolve") and not offset else ([], [])
    async with context.database.read() as session:
        reader = await people.reader_of(session, request)
        body = await _accounts(session, context, reader, asked, words, found[0], limit, offset)
    return answers.answer(body)


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
    return (await reading.listed(session, context, reader, list(dict.fromkeys([*first, *ids]))))[:limit]


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
    named = await reading.readable(session, reader, first)
    found = await search.posts(session, reader, words, limit, offset, author_id=asked.id("account_id"))
    entries = {post.id: Entry(post) for post in [*named.values(), *found]}
    return (await batches.statuses(session, context, reader, list(entries.values())))[:limit]


async def _resolved(context: Context, request: Request, words: str) -> Looked:
    """(account ids, status ids) of what an address or a handle names, fetched from its server when it is not here."""
    is_address = words.startswith(("https://", "http://"))
    if not is_address and "@" not in words.lstrip("@"):
        return [], []
    context.part(RateLimiter).check(f"resolve:{me(request).account_id}", limits.RESOLVES_PER_ACCOUNT)
    budget = Budget(clock=context.clock)
    try:
        if not is_address:
            return [await remote.resolve(context, words, budget)], []
        known = await _known(context, words)
        if known is not None:
            return known
        post_id = await threads.bring(context, words, budget)
        if post_id is not None:
            return [], [post_id]
        return [await remote.ensure(context, words, budget)], []
    except (RequestError, Elsewhere) as error:
        return _nothing(error)


async def _known(context: Context, address: str) -> Looked | None:
    """What an address names here: an id that we have, or one of our pages (/@NAME, /@NAME/ID). Another server's page
    leads to its id by asking for it."""
    async with context.database.read() as session:
        page = _PAGE.fullmatch(address.removeprefix(context.config.public_url))
        if page is not None and page["post"]:
            return [], [int(page["post"])]
        named = await queries.local_by_name(session, page["name"]) if page is not None else None
        post = await post_queries.by_uri(session, address)
        actor = named or await queries.by_uri(session, address)
    if post is None and actor is None:
        return None
    return ([actor.id] if actor else []), ([post.id] if post else [])


def _nothing(error: FediverseError) -> Looked:
    """What cannot be had is not found; an app's search shows no more than that."""
    if getattr(error, "retry_after", None) is not None:
        raise error
    return [], []


ROUTES = [
    ApiDoor("/api/v2/search", everything, needs="anyone"),
    ApiDoor("/api/v1/search", everything, needs="anyone"),
    ApiDoor("/api/v1/accounts/search", accounts, needs="read:accounts"),
]
