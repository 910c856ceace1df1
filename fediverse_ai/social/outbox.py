"""POST to an outbox: find what the activity names, do it, and answer with the activity as it stands."""

from __future__ import annotations

from dataclasses import replace

from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Actor
from actors.remote import ensure
from fediverse_ai.activitypub import document
from fediverse_ai.core import limits, urls
from fediverse_ai.core.access import Principal
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere, Malformed, Missing, Unsupported
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.log import get
from fediverse_ai.core.responses import ACTIVITY_JSON, read_body
from fediverse_ai.social.doors import context_of, described, owner_of
from inbox import threads
from outbox import c2s, move
from outbox.named import Done
from outbox.queries import by_uri
from outbox.wish import Wish, actors_needed, addressing, posts_needed, read

log = get(__name__)

_TYPES = ("application/activity+json", "application/ld+json", "application/json")
_JSON_TYPES = " or ".join(_TYPES)


@described
async def post(request: Request) -> Response:
    """One activity, or an object to create. 201, its id in Location and the whole activity; 200 for a repetition."""
    principal, actor = await owner_of(request, "write")
    context = context_of(request)
    context.part(RateLimiter).check(f"outbox:{actor.id}", limits.OUTBOX_PER_ACCOUNT)
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in _TYPES:
        raise Unsupported(f"Send {_JSON_TYPES}.")
    body = document.parse(await read_body(request, limits.INBOX_BODY_BYTES))
    return answer(await carry_out(context, principal, read(body, actor, key_of(request)), actor))


def key_of(request: Request) -> str | None:
    """The client's Idempotency-Key. Raises Malformed for a long one."""
    key = request.headers.get("idempotency-key") or None
    if key is not None and len(key) > limits.IDEMPOTENCY_KEY_CHARS:
        raise Malformed(f"An Idempotency-Key has at most {limits.IDEMPOTENCY_KEY_CHARS} characters.")
    return key


async def carry_out(context: Context, principal: Principal, wish: Wish, actor: Actor) -> Done:
    """Fetch what the wish names and we do not know yet, then do it in one transaction."""
    if wish.type == "Create":
        count(context, principal, wish)
    await _bring(context, wish, actor)
    async with context.database.write() as session:
        me = await queries.by_id(session, actor.id)
        if me is None:
            raise Missing("There is no such actor.")
        return await c2s.perform(session, me, replace(wish, app_id=principal.app_id))


def count(context: Context, principal: Principal, wish: Wish) -> None:
    """The bounds of everybody who posts, by whichever door. Raises TooMany."""
    limiter = context.part(RateLimiter)
    limiter.check(f"posts:{principal.account_id}", limits.POSTS_PER_ACCOUNT)
    if wish.object.get("prompt") is not None:
        limiter.check(f"generations:{principal.account_id}", limits.GENERATIONS_PER_ACCOUNT)


async def _bring(context: Context, wish: Wish, actor: Actor) -> None:
    """What cannot be had stays unknown, and the verb says so with words of its own."""
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    people = actors_needed(wish, addressing(wish, actor)) if wish.type in ("Create", "Follow", "Block") else []
    for uri in people:
        try:
            await ensure(context, urls.check_id(uri), budget)
        except Elsewhere as error:
            log.info("actor_not_found", actor=uri, detail=error.detail)
    for uri in posts_needed(wish):
        async with context.database.read() as session:
            known = await by_uri(session, urls.check_id(uri))
        if known is None:
            await threads.bring(context, uri, budget)
    target = document.id_of(wish.activity.get("target"))
    if wish.type == "Move" and wish.object_uri == actor.uri and target is not None:
        try:
            await move.find_target(context, urls.check_id(target))
        except Elsewhere as error:
            log.info("target_not_found", target=target, detail=error.detail)


def answer(done: Done) -> Response:
    headers = {"Location": done.activity["id"], "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    status = 201 if done.new else 200
    return Response(document.dump(done.activity), status, headers, media_type=ACTIVITY_JSON)
