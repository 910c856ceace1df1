"""How much one address may read: counted before anything else is done for a request (OAU-11, DOS-04)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_ai.core import addresses, limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import TooMany
from fediverse_ai.core.limits import Rate, RateLimiter

Refuse = Callable[[Request, Exception], Awaitable[Response]]

# Files, which one page needs many of.
_FILES = ("/media/", "/proxy/", "/static/")
# Apps are counted by their own doors, per person.
_COUNTED_ELSEWHERE = ("/api/",)


class ReadingRates:
    """ASGI middleware: GET and HEAD by address, an IPv6 one by its /64 and, four times as much, by its /48.

    Loopback is not counted: where a proxy on this machine is not named in `server.trusted_proxies`, everybody would be
    one address (F10). `refuse` makes an answer of an error.
    """

    def __init__(self, app: ASGIApp, refuse: Refuse) -> None:
        self.app = app
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in ("GET", "HEAD"):
            context: Context | None = getattr(scope["app"].state, "context", None)
            error = _over(context, scope) if context is not None else None
            if error is not None:
                answer = await self._refuse(Request(scope), error)
                await answer(scope, receive, send)
                return
        await self.app(scope, receive, send)


def _over(context: Context, scope: Scope) -> TooMany | None:
    client, path = scope.get("client"), scope["path"]
    if client is None or addresses.is_loopback(client[0]) or path.startswith(_COUNTED_ELSEWHERE):
        return None
    files = path.startswith(_FILES)
    rate, kind = (limits.FILES_PER_ADDRESS, "files") if files else (limits.READS_PER_ADDRESS, "reads")
    limiter = context.part(RateLimiter)
    for block, times in addresses.blocks_of(client[0]):
        try:
            limiter.check(f"{kind}:{block}", Rate(rate.count * times, rate.seconds))
        except TooMany as error:
            wait = error.retry_after or 1
            reset = datetime.fromtimestamp(context.clock.now_ms() / 1000, UTC) + timedelta(seconds=wait)
            error.headers |= {
                "X-RateLimit-Limit": str(rate.count),
                "X-RateLimit-Remaining": "0",
                "X-RateLimit-Reset": reset.strftime("%Y-%m-%dT%H:%M:%SZ"),
            }
            return error
    return None
