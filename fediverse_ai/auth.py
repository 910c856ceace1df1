"""Cookie or bearer token to `scope["user"]`, a Principal; who asks is decided here and nowhere else."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from actors import accounts, apps, requests
from fediverse_ai.core.access import AppCaller, Awaiting, Principal
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.limits import COOKIE_CHARS

# Files that are the same for everybody; looking up who asks would cost a database read each.
_SAME_FOR_ALL = ("/static/",)
# Apps bring a token here; a browser's cookie must not open these doors (OAU-15).
_NO_COOKIE = ("/api/", "/oauth/token", "/oauth/revoke", "/oauth/register", "/oauth/userinfo")


# A browser can give neither its EventSource nor its WebSocket a header: the token comes in the address, or as the
# protocol's name.
_STREAMS = "/api/v1/streaming"


class Authentication:
    """ASGI middleware. An unknown, ended or malformed credential is simply no credential; doors say 401."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket"):
            scope["user"] = await who(scope)
        await self.app(scope, receive, send)


async def who(scope: Scope) -> Principal | AppCaller | Awaiting | None:
    """Who asks: by bearer token when an Authorization header is there, else by session cookie."""
    path: str = scope["path"]
    context: Context | None = getattr(scope["app"].state, "context", None)
    if context is None or path.startswith(_SAME_FOR_ALL):
        return None
    authorization = [value for name, value in scope["headers"] if name == b"authorization"]
    if authorization:
        secret = _bearer(authorization)
        return await _by_token(context, secret) if secret else None
    if path.startswith(_STREAMS) and (secret := _of_stream(scope)):
        return await _by_token(context, secret)
    if path.startswith(_NO_COOKIE):
        return None
    secret = cookie(scope, session_cookie_name(context.config))
    return await accounts.principal_for_cookie(context, secret) if secret else None


async def _by_token(context: Context, secret: str) -> Principal | AppCaller | Awaiting | None:
    found = await apps.caller(context, secret)
    return Awaiting() if found is None and await requests.is_awaited(context, secret) else found


def _bearer(headers: list[bytes]) -> str | None:
    if len(headers) != 1:
        return None
    scheme, _, secret = headers[0].decode("latin-1").partition(" ")
    return secret if scheme.lower() == "bearer" and secret.isascii() and secret.isprintable() else None


def _of_stream(scope: Scope) -> str | None:
    asked = dict(parse_qsl(scope["query_string"].decode("latin-1"), max_num_fields=20)).get("access_token")
    offered = [value for name, value in scope["headers"] if name == b"sec-websocket-protocol"]
    secret = asked or (offered[0].decode("latin-1").partition(",")[0].strip() if offered else None)
    return secret if secret and secret.isascii() and secret.isprintable() else None


def session_cookie_name(config: Config) -> str:
    """`__Host-` makes the browser insist on https, this host and the whole path. Two servers in development share
    a host and so need names of their own."""
    return f"session-{config.server.port}" if config.server.development else "__Host-session"


def visitor_cookie_name(config: Config) -> str:
    """The cookie that binds the forms of people who are not signed in."""
    return f"visitor-{config.server.port}" if config.server.development else "__Host-visitor"


def cookie(scope: Scope, name: str) -> str | None:
    """One cookie of the request; None when it is absent or given twice with different values."""
    found: set[str] = set()
    for key, value in scope["headers"]:
        if key != b"cookie" or len(value) > COOKIE_CHARS:
            continue
        for part in value.decode("latin-1").split(";"):
            label, _, content = part.strip().partition("=")
            if label == name:
                found.add(content)
    return found.pop() if len(found) == 1 else None


def set_cookie(response: Response, config: Config, name: str, value: str, max_age_seconds: int) -> None:
    """HttpOnly, SameSite=Lax, the whole path, and Secure unless in development."""
    response.set_cookie(
        name,
        value,
        max_age=max_age_seconds,
        path="/",
        secure=not config.server.development,
        httponly=True,
        samesite="lax",
    )


def drop_cookie(response: Response, config: Config, name: str) -> None:
    set_cookie(response, config, name, "", 0)
