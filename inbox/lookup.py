"""What an address or a handle names: here, or asked for at its own server on a person's behalf."""

from __future__ import annotations

import re

from actors import queries, remote
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, FediverseError, RequestError
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from inbox import threads
from outbox import queries as post_queries

_PAGE = re.compile(r"/@(?P<name>\w{1,64})(?:@(?P<host>[^/@]{1,253}))?(?:/(?P<post>\d{1,18}))?")
Looked = tuple[list[int], list[int]]


async def resolve(context: Context, account_id: int, words: str) -> Looked:
    """(account ids, status ids) of what an address or a handle names, fetched from its server when it is not here."""
    is_address = words.startswith(("https://", "http://"))
    if not is_address and "@" not in words.lstrip("@"):
        return [], []
    context.part(RateLimiter).check(f"resolve:{account_id}", limits.RESOLVES_PER_ACCOUNT)
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
    """What an address names here: an id that we have, or one of our pages (/@NAME, /@NAME@HOST, /@NAME/ID).

    Another server's page leads to its id by asking for it.
    """
    async with context.database.read() as session:
        page = _PAGE.fullmatch(address.removeprefix(context.config.public_url))
        if page is not None and page["post"]:
            return [], [int(page["post"])]
        named = None
        if page is not None and page["host"]:
            named = await queries.by_handle(session, page["name"], page["host"].lower())
        elif page is not None:
            named = await queries.local_by_name(session, page["name"])
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
