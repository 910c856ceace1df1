"""Documents that everybody may read, kept for a moment, and answered before anything is looked up about who asks."""

from __future__ import annotations

from dataclasses import dataclass

from cachetools import LRUCache
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_ai.activitypub.negotiation import wants_activity
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import after_commit
from fediverse_ai.core.responses import activity_json, etag_of


@dataclass(frozen=True, slots=True)
class Served:
    """A document ready to be answered with."""

    body: bytes
    etag: str
    status: int = 200


@dataclass(frozen=True, slots=True)
class Look:
    """When somebody began to read what a document is made of."""

    began: float
    times_forgotten: int


class ServedDocuments:
    """Documents by path for a moment, so that a wave of readers costs one query; stale for two seconds at most.

    Take a `look` before the first read, and `put` with it: what was read before a change is answered once, not kept.
    """

    def __init__(self, context: Context) -> None:
        self._kept: LRUCache[str, tuple[float, Served]] = LRUCache(limits.SERVED_DOCUMENTS)
        self._clock = context.clock
        self._times_forgotten = 0

    def look(self) -> Look:
        return Look(self._clock.monotonic(), self._times_forgotten)

    def get(self, path: str) -> Served | None:
        began, served = self._kept.get(path, (0.0, None))
        if served is None or self._clock.monotonic() - began > limits.SERVED_DOCUMENT_SECONDS:
            return None
        return served

    def put(self, path: str, look: Look, body: bytes, status: int = 200) -> Served:
        served = Served(body, etag_of(body), status)
        if look.times_forgotten == self._times_forgotten:
            self._kept[path] = (look.began, served)
        return served

    def changes(self, session: AsyncSession) -> None:
        """What this session changes is read anew by everybody, from its commit on."""
        after_commit(session, self.forget)

    def forget(self) -> None:
        self._kept.clear()
        self._times_forgotten += 1


def answer(request: Request, served: Served) -> Response:
    return activity_json(served.body, served.etag, request=request, status=served.status)


class Remembered:
    """ASGI middleware before the routes: a wave of servers that all fetch one actor or one note (a post that was just
    delivered to a thousand) costs each of them the lookup of a path, with the same answer as by its route."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        served = _known(scope) if scope["type"] == "http" and scope["method"] == "GET" else None
        if served is None:
            await self.app(scope, receive, send)
            return
        scope["endpoint"] = answer
        await answer(Request(scope), served)(scope, receive, send)


def _known(scope: Scope) -> Served | None:
    context: Context | None = getattr(scope["app"].state, "context", None)
    path: str = scope["path"]
    served = context.part(ServedDocuments).get(path) if context is not None else None
    if served is None:
        return None
    accept = b", ".join(value for name, value in scope["headers"] if name == b"accept")
    wanted = wants_activity(accept.decode("latin-1")[: limits.ACCEPT_CHARS], otherwise=not path.startswith("/@"))
    return served if wanted else None
