"""CORS: what clients in browsers may read. Nothing here depends on a cookie, so every origin may (OAU-15)."""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Pages are not among them, the consent page above all.
_OPEN = (
    "/api/", "/.well-known/", "/nodeinfo/", "/oauth/token", "/oauth/revoke", "/oauth/register", "/oauth/userinfo",
    "/users/", "/notes/", "/@", "/activities/", "/contexts/", "/stamps/", "/actor", "/ns", "/media/", "/proxy/",
    "/inbox",
)  # fmt: skip
_METHODS = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
# A wildcard would not cover Authorization; whatever else a client wants to send does no harm without credentials.
_ALLOWED = "Authorization, Content-Type, Idempotency-Key, Accept, Last-Event-ID"
_NAMES = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~, -]{1,1000}")
_EXPOSED = (
    "Link, Location, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
    "Mastodon-Async-Refresh, WWW-Authenticate"
)
_REMEMBER_SECONDS = 3600
_MARKS = {b"access-control-allow-origin": b"*", b"access-control-expose-headers": _EXPOSED.encode()}


class Cors:
    """ASGI middleware around everything: answers preflights itself, and marks answers that are not pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_OPEN):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS":
            headers = Headers(scope=scope)
            if "access-control-request-method" in headers:
                # A preflight comes without credentials and is never refused.
                await send({"type": "http.response.start", "status": 204, "headers": _preflight(headers)})
                await send({"type": "http.response.body", "body": b""})
                return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _marked(message["headers"])
            await send(message)

        await self.app(scope, receive, marked)


def mark(path: str, headers: MutableHeaders) -> None:
    """Let every origin read an answer from this path, unless it is a page."""
    if path.startswith(_OPEN):
        headers.raw[:] = _marked(headers.raw)


def _marked(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    kept = []
    for name, value in headers:
        if name == b"content-type" and value.startswith(b"text/html"):
            return headers
        if name not in _MARKS:
            kept.append((name, value))
    return [*kept, *_MARKS.items()]


def _preflight(asked: Headers) -> list[tuple[bytes, bytes]]:
    wanted = asked.get("access-control-request-headers", "")
    values = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": _METHODS,
        "access-control-allow-headers": f"{_ALLOWED}, {wanted}" if _NAMES.fullmatch(wanted) else _ALLOWED,
        "access-control-max-age": str(_REMEMBER_SECONDS),
        "content-length": "0",
    }
    return [(name.encode(), value.encode()) for name, value in values.items()]
