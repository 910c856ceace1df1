"""OAuthDoor: an address that apps ask; reads their bodies and answers, errors too, as RFC 6749 has them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from functools import wraps
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from fediverse_ai.core.access import Door, app_of, require
from fediverse_ai.core.errors import Forbidden, RequestError, TooMany, Unauthenticated, Unavailable, Unprocessable
from fediverse_ai.core.log import auth_failed
from fediverse_ai.mastodon import parameters
from fediverse_ai.mastodon.parameters import Parameters

Endpoint = Callable[[Request], Awaitable[Response]]

# OAU-18, RFC 6749 5.1: neither caches nor addresses may keep what these say.
_HEADERS = {
    "Cache-Control": "no-store",
    "Pragma": "no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


# What somebody is told who tries secrets.
_GUESSES = frozenset({"invalid_client", "invalid_grant"})


class OAuthError(RequestError):
    """A request refused with one of RFC 6749's words."""

    def __init__(self, word: str, sentence: str, status: int = 400, *, basic: bool = False) -> None:
        super().__init__(sentence, f"{word}: {sentence}")
        self.word = word
        self.status = status
        self.basic = basic
        """Did the client say who it is by HTTP Basic? Then it is told so (RFC 6749 5.2)."""


def invalid_client(basic: bool = False) -> OAuthError:
    """Elk registers anew on exactly this answer."""
    return OAuthError("invalid_client", "This app is not known here, or its secret is wrong.", 401, basic=basic)


class SlashDoor(Door):
    """A Door below /oauth, with and without a slash at the end: toot and tooi ask with one."""

    def __init__(self, path: str, endpoint: Any, **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # Most requests are for something else; they need not try the pattern.
        return super().matches(scope) if scope.get("path", "").startswith("/oauth/") else (Match.NONE, {})


class OAuthDoor(SlashDoor):
    """One whose errors are JSON for programs. `needs` is anyone or an OAuth scope."""

    def __init__(self, path: str, endpoint: Endpoint, *, needs: str, methods: list[str]) -> None:
        @wraps(endpoint)
        async def telling(request: Request) -> Response:
            # Within the route, since the application would answer errors in the words of its pages.
            try:
                if needs != "anyone":
                    if app_of(request) is not None:
                        raise Forbidden("This needs a person's consent.", f"{needs} for an app")
                    require(request, needs)
                return await endpoint(request)
            except RequestError as error:
                if isinstance(error, OAuthError) and error.word in _GUESSES:
                    auth_failed(request.client.host if request.client is not None else None, "oauth")
                return refused(error)

        super().__init__(path, telling, needs=needs, methods=methods)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await super(Door, self).handle(scope, receive, send)


def answer(body: dict[str, Any], status: int = 200) -> Response:
    """JSON that nobody keeps."""
    return Response(orjson.dumps(body), status, _HEADERS, media_type="application/json")


def refused(error: RequestError) -> Response:
    """`{"error": …, "error_description": …}`; a challenge comes with 401 alone, since clients fail on others."""
    word = error.word if isinstance(error, OAuthError) else _word(error)
    made = answer({"error": word, "error_description": error.public}, error.status)
    if isinstance(error, TooMany | Unavailable):
        made.headers["Retry-After"] = str(error.retry_after or 30)
    if error.status == 401:
        basic = isinstance(error, OAuthError) and error.basic
        made.headers["WWW-Authenticate"] = 'Basic realm="app"' if basic else f'Bearer error="{word}"'
    return made


def _word(error: RequestError) -> str:
    match error:
        case Unauthenticated():
            return "invalid_token"
        case Forbidden() | Unprocessable():
            return "insufficient_scope"
        case TooMany():
            return "slow_down"
        case Unavailable():
            return "temporarily_unavailable"
    return "invalid_request"


async def read(request: Request) -> Parameters:
    """The body alone, as JSON, urlencoded or multipart: secrets do not belong into an address (RFC 6749 2.3.1)."""
    return await parameters.read(Request({**request.scope, "query_string": b""}, request.receive))
