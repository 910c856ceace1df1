"""CORS: what clients in browsers may read. Nothing here depends on a cookie, so every origin may."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Pages are not among them, the consent page above all.
_OPEN = (
    "/api/", "/.well-known/", "/nodeinfo/", "/oauth/token", "/oauth/revoke", "/oauth/register", "/oauth/userinfo",
    "/users/", "/notes/", "/@", "/activities/", "/contexts/", "/stamps/", "/actor", "/ns", "/media/", "/proxy/",
    "/inbox", "/health",
)  # fmt: skip
_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
# A wildcard would not cover Authorization.
_ALLOWED = "Authorization, Content-Type, Idempotency-Key, Accept, Last-Event-ID"
_EXPOSED = (
    "Link, Location, ETag, Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, "
    "Mastodon-Async-Refresh, WWW-Authenticate"
)
_MAX_AGE_SECONDS = 3600


class Cors:
    """ASGI middleware around everything: answers preflights itself, and marks answers that are not pages."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith(_OPEN):
            await self.app(scope, receive, send)
            return
        if scope["method"] == "OPTIONS" and "access-control-request-method" in Headers(scope=scope):
            # A preflight comes without credentials and is never refused.
            await send({"type": "http.response.start", "status": 204, "headers": _preflight()})
            await send({"type": "http.response.body", "body": b""})
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if not headers.get("content-type", "").startswith("text/html"):
                    headers["Access-Control-Allow-Origin"] = "*"
                    headers["Access-Control-Expose-Headers"] = _EXPOSED
            await send(message)

        await self.app(scope, receive, marked)


def _preflight() -> list[tuple[bytes, bytes]]:
    values = {
        "access-control-allow-origin": "*",
        "access-control-allow-methods": _METHODS,
        "access-control-allow-headers": _ALLOWED,
        "access-control-max-age": str(_MAX_AGE_SECONDS),
        "content-length": "0",
    }
    return [(name.encode(), value.encode()) for name, value in values.items()]
