"""Where buttons of other servers lead our people: to what they want to act on, or into the composer (FEP-3b86)."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.rendering import context_of
from inbox import lookup
from outbox import talk


async def act(request: Request) -> Response:
    """GET /authorize_interaction?uri=: the person or post of this id, where one follows, likes, boosts."""
    require(request, "session")
    uri = request.query_params.get("uri", "").strip().removeprefix("acct:")[: limits.SEARCH_CHARS]
    return RedirectResponse(f"/search?{urlencode({'q': uri})}" if uri else "/search", 303)


async def share(request: Request) -> Response:
    """GET /share?text=&reply=: the form of an answer to the post with the id `reply`, else the composer; with the words
    that came along. Nothing is sent from here."""
    me = require(request, "session")
    context = context_of(request)
    asked = request.query_params
    words = asked.get("text", "").strip()[: limits.POST_TEXT_CHARS]
    further = f"?{urlencode({'text': words})}" if words else ""
    uri = asked.get("reply", "").strip()[: limits.URL_LENGTH]
    if not uri.startswith(("https://", "http://")):
        return RedirectResponse(f"/make{further}", 303)
    _people, found = await lookup.resolve(context, me.account_id, uri)
    async with context.database.read() as session:
        seen = await talk.readable(session, await reader_of(session, me), found) if found else {}
    if not seen:
        # The search says that there is nothing, and what can be done about it.
        return RedirectResponse(f"/search?{urlencode({'q': uri[: limits.SEARCH_CHARS]})}", 303)
    return RedirectResponse(f"/posts/{next(iter(seen))}/reply{further}", 303)
