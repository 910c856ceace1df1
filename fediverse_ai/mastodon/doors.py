"""ApiDoor: an address of the API, with and without a trailing slash; counts requests and answers errors as JSON."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from typing import Any

from starlette.requests import HTTPConnection, Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Message, Receive, Scope, Send

from fediverse_ai.core import limits
from fediverse_ai.core.access import PENDING, Awaiting, Door, Principal, allows, principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, RequestError, TooMany, Unauthenticated, Unprocessable
from fediverse_ai.core.limits import Rate, RateLimiter
from fediverse_ai.mastodon import answers

Endpoint = Callable[[Request], Awaitable[Response]]


class ApiDoor(Door):
    """A Door of the API. `needs` is `anyone`, `app` (any token) or an OAuth scope; `rate` a narrower bound of its own.

    A redirect from `/x/` to `/x` would lose the method or the token in some apps, so both spellings are served.
    """

    def __init__(
        self,
        path: str,
        endpoint: Endpoint,
        *,
        needs: str,
        methods: Collection[str] = ("GET",),
        rate: Rate | None = None,
    ) -> None:
        super().__init__(path, endpoint, needs=needs, methods=list(methods))
        self.path_regex = re.compile(self.path_regex.pattern.removesuffix("$") + "/?$")
        self.rate = rate

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # Most requests are not for the API; they need not try its patterns.
        return super().matches(scope) if scope.get("path", "").startswith("/api/") else (Match.NONE, {})

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        told = _Told(send)
        try:
            told.headers, used_up = self._count(connection)
            if used_up is not None:
                raise used_up
            if scope["method"] in (self.methods or ()):
                self._admit(connection)
        except RequestError as error:
            await answers.failed(error)(scope, receive, told)
            return
        # Past Door.handle, whose words are those of the pages.
        await super(Door, self).handle(scope, receive, told)

    def _admit(self, connection: HTTPConnection) -> None:
        principal = principal_of(connection)
        known = connection.scope.get("user") is not None
        if not known and (self.needs != "anyone" or connection.headers.get("authorization")):
            # A token that opens nothing is said to be so on public addresses too, or apps would not sign in anew.
            raise Unauthenticated("The access token is invalid", f"no usable token for {self.needs}")
        if self.needs == "anyone":
            return
        if isinstance(connection.scope["user"], Awaiting):
            raise Forbidden(PENDING, f"{self.needs} needs a person who is let in")
        if self.needs == "app":
            return
        if principal is None:
            raise Unprocessable("This method requires an authenticated user", f"{self.needs} needs a person")
        if not allows(principal.scopes, self.needs):
            raise Forbidden("This action is outside the authorized scopes", f"scope {self.needs} is missing")

    def _count(self, connection: HTTPConnection) -> tuple[dict[str, str], TooMany | None]:
        """Count the request against its person or address: the headers that tell what is left, and whether it is."""
        context: Context = connection.app.state.context
        limiter = context.part(RateLimiter)
        who = _who(connection)
        rates = [(f"api:{who}", limits.API_REQUESTS)]
        if self.rate is not None:
            rates.append((f"api:{self.path}:{who}", self.rate))
        used_up: TooMany | None = None
        for key, rate in rates:
            try:
                limiter.check(key, rate)
            except TooMany as error:
                used_up = TooMany("Too many requests", error.detail, retry_after=error.retry_after)
                break
        left, full_in = limiter.left(key, rate)
        headers = {
            "x-ratelimit-limit": str(rate.count),
            "x-ratelimit-remaining": str(left),
            "x-ratelimit-reset": answers.moment(context.clock.now_ms() + int(full_in * 1000)),
        }
        return headers, used_up


class _Told:
    """`send`, with headers added to whatever answer is given."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.headers: dict[str, str] = {}

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            more: list[Any] = [(name.encode(), value.encode()) for name, value in self.headers.items()]
            message = {**message, "headers": [*message.get("headers", ()), *more]}
        await self._send(message)


def _who(connection: HTTPConnection) -> str:
    principal = principal_of(connection)
    if principal is not None:
        return f"account:{principal.account_id}"
    return f"address:{connection.client.host if connection.client is not None else ''}"


def me(request: Request) -> Principal:
    """The person whose app asks; the door has checked that there is one."""
    principal = principal_of(request)
    if principal is None:
        raise Unauthenticated("The access token is invalid", "no principal")
    return principal


def context_of(request: Request) -> Context:
    """The running server's context."""
    context: Context = request.app.state.context
    return context
