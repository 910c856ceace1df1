"""proxyUrl: a document of another server for a client that cannot sign, in its person's name and for them alone."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import keys
from actors import queries as actor_queries
from actors.models import Actor
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.fetch import Fetcher
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Gone, Missing, Vanished
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.responses import activity_json
from fediverse_ai.mastodon import parameters
from fediverse_ai.social.doors import context_of, described, owner_of
from outbox import own, pending
from outbox.queries import by_uri
from outbox.visibility import may_see

NOT_THERE = "There is nothing at this address."


@described
async def fetch(request: Request) -> Response:
    """`id=…` as a form. The document as its own home has it, signed for as the person who asks; never kept.

    404 where its home has none, 410 where it is gone, 502 where its home does not answer or must not be asked.
    """
    _, actor = await owner_of(request, "read")
    context = context_of(request)
    context.part(RateLimiter).check(f"proxy:{actor.id}", limits.PROXY_PER_ACCOUNT)
    sent = await parameters.read(request)
    uri = urls.check_id((sent.text("id") or "").partition("#")[0])
    if urls.same_origin(uri, context.config.public_url):
        return activity_json(await _ours(context, actor, uri), private=True)

    async def sign() -> keys.RequestSigner:
        async with context.database.read() as session:
            return await keys.signer_of(session, actor.id)

    welcome = context.part(DomainRules).require_welcome
    fetcher = Fetcher(context.http, sign, own_origin=context.config.public_url, welcome=welcome)
    budget = Budget(fetches=limits.PROXY_FETCHES, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    try:
        found = await fetcher.document(uri, budget=budget)
    except Vanished as error:
        if error.gone:
            raise Gone("It was deleted.", error.detail) from None
        raise Missing(NOT_THERE, error.detail) from None
    if found.type == "Tombstone":
        raise Gone("It was deleted.", f"a Tombstone at {uri}")
    return activity_json(document.dump(found.document), private=True)


async def _ours(context: Context, reader: Actor, uri: str) -> bytes:
    """A document of this server, as far as this person may see it; nothing is asked over the network."""
    async with context.database.read() as session:
        found = await actor_queries.by_uri(session, uri)
        if found is not None and found.local and found.document is not None and found.deleted_ms is None:
            return found.document
        post = await by_uri(session, uri)
        if post is not None and post.local and await may_see(session, reader, post):
            if post.document is not None:
                return post.document
            body = await pending.note(session, post, reader)
            return document.dump({"@context": pending.context_of_pending(context.config), **body})
        mine = await own.activity(session, reader, uri)
    if mine is None:
        raise Missing(NOT_THERE)
    return document.dump(mine)
