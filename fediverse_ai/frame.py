"""Around every request: a name by which the log and the answer agree, and what is counted of it."""

from __future__ import annotations

from functools import cache

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_ai.core import log
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.metrics import OTHER, Count, Time

HEADER = "X-Request-Id"
# Route classes by the room that answers; none for an address at which there is nothing.
_ROOMS = (
    ("inbox.", "inbox"),
    ("fediverse_ai.mastodon.", "api"),
    ("fediverse_ai.social.", "c2s"),
    ("fediverse_ai.oauth.", "oauth"),
    ("fediverse_ai.web.", "page"),
    ("fediverse_ai.health", "health"),
    ("fediverse_ai.doctor.", "health"),
    ("actors.", "activitypub"),
    ("outbox.", "activitypub"),
)
_FILES = {"/media/": "media", "/proxy/": "media", "/static/": "static"}
_CLASSES = ("none", "media", "static", *dict.fromkeys(name for _, name in _ROOMS))
_NAME_BYTES = 8
# So many names are drawn at once: asking the kernel for each is a twentieth of what an actor document costs.
_NAMES = 256
# nginx's number for it; nobody is told.
_LEFT = 499
_STATUSES = ("1xx", "2xx", "3xx", "4xx", "5xx")

REQUESTS = Count("http_requests", "Requests answered, by the room that answered and the kind of status.",
                 route=_CLASSES, status=_STATUSES)  # fmt: skip
SECONDS = Time("http_request_seconds", "From a request's arrival to the beginning of its answer.", route=_CLASSES)

_log = log.get(__name__)


class Frame:
    """ASGI middleware, the outermost of ours: binds the request's name for the log, says it in the answer, counts.

    The name is drawn here and never taken from the request: what others send does not name lines of our log.
    """

    def __init__(self, app: ASGIApp, clock: Clock) -> None:
        self.app = app
        self._clock = clock
        self._names: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        name, began, status = self._name(), self._clock.monotonic(), 500
        answered: float | None = None
        scope["request_id"] = name

        async def named(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], self._clock.monotonic()
                MutableHeaders(scope=message)[HEADER] = name
            await send(message)

        with log.bound(request=name):
            try:
                await self.app(scope, receive, named)
            except ClientDisconnect:
                # Who went away before the end of a body is not answered, and writes no error into our log. An answer
                # that has begun and breaks off is another thing: Starlette calls every OSError beneath it so.
                if answered is not None:
                    raise
                status = _LEFT
            finally:
                if scope["type"] == "http":
                    _count(scope, status, (answered or self._clock.monotonic()) - began)

    def _name(self) -> str:
        if not self._names:
            drawn = self._clock.token(_NAME_BYTES * _NAMES).hex()
            self._names = [drawn[start : start + 2 * _NAME_BYTES] for start in range(0, len(drawn), 2 * _NAME_BYTES)]
        return self._names.pop()


def _count(scope: Scope, status: int, seconds: float) -> None:
    route = route_class(scope)
    REQUESTS.add(route, f"{status // 100}xx")
    SECONDS.took(seconds, route)
    if log.wordy():
        _log.debug(
            "answered", route=route, status=status, method=scope["method"], milliseconds=round(seconds * 1000, 1)
        )


def route_class(scope: Scope) -> str:
    """Which room answered: one of a dozen words, whatever was asked."""
    for beginning, name in _FILES.items():
        if scope["path"].startswith(beginning):
            return name
    endpoint = scope.get("endpoint") or getattr(scope.get("route"), "endpoint", None)
    if endpoint is None:
        return "none"
    return _room(getattr(endpoint, "__module__", ""))


@cache
def _room(module: str) -> str:
    """Of a module of ours; there are so many."""
    return next((name for beginning, name in _ROOMS if module.startswith(beginning)), OTHER)
