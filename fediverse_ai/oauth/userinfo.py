"""GET and POST /oauth/userinfo: who consented, for an app with the scope `profile`."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from fediverse_ai.core.access import require
from fediverse_ai.oauth.answers import answer
from fediverse_ai.web.rendering import context_of


async def userinfo(request: Request) -> Response:
    """The subject is the actor's id, as the ActivityPub API's Basic Profile has it."""
    context = context_of(request)
    principal = require(request, "profile")
    async with context.database.read() as session:
        actor = await queries.by_id(session, principal.actor_id)
    body = {
        "iss": context.config.public_url,
        "sub": actor.uri if actor is not None else "",
        "name": (actor.name if actor is not None else "") or principal.username,
        "preferred_username": principal.username,
        "profile": f"{context.config.public_url}/@{principal.username}",
    }
    if actor is not None and actor.icon_url:
        body["picture"] = actor.icon_url
    return answer(body)
