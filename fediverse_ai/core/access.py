"""Who is asking, and may they: every route is a Door that says what it needs."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any, Literal

from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from fediverse_ai.core import roles
from fediverse_ai.core import scopes as scope_words
from fediverse_ai.core.errors import Forbidden, RequestError, Unauthenticated, Unprocessable
from fediverse_ai.core.roles import Right

# Doors by role, each for whoever has a right (core/roles.py).
_RIGHTS = {"moderator": Right.MODERATE, "admin": Right.RUN, "owner": Right.NAME_ADMINS}
_WORDS = frozenset({"anyone", "signature", "session", "app", *_RIGHTS})


@dataclass(frozen=True)
class Principal:
    """A signed-in person of this server; `role` is member, moderator, admin or owner."""

    account_id: int
    actor_id: int
    username: str
    role: str
    scopes: frozenset[str]
    via: Literal["session", "token"]
    app_id: int | None = None
    token_id: int | None = None

    def may(self, right: Right) -> bool:
        """Whether this person's role has a right."""
        return roles.may(self.role, right)


@dataclass(frozen=True)
class AppCaller:
    """An app that asks for itself, by a token of the client credentials grant: nobody's rights, public data only."""

    app_id: int
    token_id: int
    scopes: frozenset[str]


@dataclass(frozen=True)
class Awaiting:
    """Somebody who asked to join and has no answer yet, by the token that their app was given for then."""


PENDING = "Your login is currently pending approval"
"""Mastodon's words, which apps look for."""


def allows(granted: Collection[str], wanted: str) -> bool:
    """Whether a set of OAuth scopes covers one: `read` covers `read:statuses`, not the other way round."""
    return scope_words.covers(granted, wanted)


def principal_of(connection: HTTPConnection) -> Principal | None:
    """Who asks, or None for a stranger; set by the authentication middleware as `scope["user"]`."""
    user = connection.scope.get("user")
    return user if isinstance(user, Principal) else None


def app_of(connection: HTTPConnection) -> AppCaller | None:
    """The app that asks for itself, or None."""
    user = connection.scope.get("user")
    return user if isinstance(user, AppCaller) else None


def require(request: HTTPConnection, scope: str) -> Principal:
    """The principal, if it may do `scope`.

    Raises Unauthenticated for a stranger, Unprocessable for an app that asks for itself where a person is needed
    (Mastodon's answer), Forbidden for a lack of scope and for who waits to be let in.
    """
    principal = principal_of(request)
    if app_of(request) is not None and scope not in _WORDS:
        raise Unprocessable("This method requires an authenticated user", f"{scope} needs a person")
    if isinstance(request.scope.get("user"), Awaiting):
        raise Forbidden(PENDING, f"{scope} needs a principal")
    if principal is None:
        error = Unauthenticated("Please sign in first.", f"{scope} needs a principal")
        if scope not in _WORDS:
            given = "authorization" in request.headers
            error.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"' if given else "Bearer"
        raise error
    if scope == "session":
        if principal.via != "session":
            raise Forbidden("This page is for signed-in people, not for apps.", "token where a session is needed")
    elif scope in _RIGHTS:
        if principal.via != "session" or not principal.may(_RIGHTS[scope]):
            raise Forbidden("You may not do this.", f"{principal.username} is no {scope}")
    elif not allows(principal.scopes, scope):
        raise Forbidden("This app was not given the right to do this.", f"scope {scope} is missing")
    return principal


def require_token(connection: HTTPConnection) -> Principal | AppCaller:
    """Whoever asks with an access token. Raises Unauthenticated for everybody else, Forbidden for who waits."""
    app, principal = app_of(connection), principal_of(connection)
    if isinstance(connection.scope.get("user"), Awaiting):
        raise Forbidden(PENDING)
    if app is not None:
        return app
    if principal is None or principal.via != "token":
        raise Unauthenticated("The access token is invalid", "no usable token")
    return principal


class SocketDoor(WebSocketRoute):
    """A WebSocket's route that states who may pass: whose token covers the scope `needs`. Others are refused with 401
    or 403 before the connection is accepted."""

    def __init__(self, path: str, endpoint: Callable[..., Any], *, needs: str) -> None:
        super().__init__(path, endpoint)
        self.needs = needs

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            require(HTTPConnection(scope), self.needs)
        except RequestError as error:
            socket = WebSocket(scope, receive, send)
            await socket.send_denial_response(PlainTextResponse(error.public, error.status))
            return
        await super().handle(scope, receive, send)


class Door(Route):
    """A route that states who may pass.

    `needs` is `anyone`; `signature` (the endpoint itself verifies the HTTP signature); `session` (signed in with a
    cookie); `moderator`, `admin` or `owner` (by role, with a cookie); `app` (any token, a person's or an app's own);
    or an OAuth scope such as `read:statuses`. A failed check raises before the endpoint runs.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], *, needs: str, **options: Any) -> None:
        if needs not in _WORDS and not needs.replace(":", "").replace("_", "").isalpha():
            raise ValueError(f"{path}: {needs!r} is neither a scope nor one of {sorted(_WORDS)}")
        super().__init__(path, endpoint, **options)
        self.needs = needs

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        wrong_method = self.methods is not None and scope["method"] not in self.methods
        if self.needs == "app" and not wrong_method:
            require_token(HTTPConnection(scope))
        elif self.needs not in ("anyone", "signature") and not wrong_method:
            require(HTTPConnection(scope), self.needs)
        await super().handle(scope, receive, send)
