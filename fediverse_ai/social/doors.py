"""Whose address is it, and who asks; and errors with the words that clients of the ActivityPub API know (FEP-c180)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.models import Actor
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Missing, RequestError, TooLarge, TooMany, Unsupported
from outbox.wish import PROBLEMS

Endpoint = Callable[[Request], Awaitable[Response]]

_TYPES: dict[type[RequestError], str] = {
    Missing: "object-does-not-exist",
    Forbidden: "actor-not-authorized",
    TooMany: "rate-limit-exceeded",
    TooLarge: "media-too-large",
    Unsupported: "unsupported-media-type",
}


def context_of(request: Request) -> Context:
    context: Context = request.app.state.context
    return context


async def owner_of(request: Request, scope: str) -> tuple[Principal, Actor]:
    """The person whose address this is, who alone may use it, and by an app with this scope.

    Raises Missing where nobody has the name, Forbidden for somebody else.
    """
    principal = require(request, scope)
    name = request.path_params["name"]
    async with context_of(request).database.read() as session:
        found = await queries.local_by_name(session, name)
    if found is None or found.username != name or found.deleted_ms is not None:
        raise Missing("There is no such actor.")
    if found.id != principal.actor_id:
        raise Forbidden("This is somebody else's.", f"{principal.username} at {request.url.path}")
    return principal, found


def described(endpoint: Endpoint) -> Endpoint:
    """The same endpoint, whose errors carry the problem type that fits them."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except RequestError as error:
            if error.problem_type == "about:blank" and type(error) in _TYPES:
                error.problem_type = PROBLEMS + _TYPES[type(error)]
            raise

    return answered
