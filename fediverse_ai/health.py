"""GET /healthz, /readyz and /metrics: answered before everything else, for those who look after this machine."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from functools import lru_cache
from ipaddress import ip_address, ip_network

from sqlalchemy import text
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_ai import heartbeat, migrations
from fediverse_ai.core import metrics, observations, room
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.limits import READY_SECONDS
from fediverse_ai.core.log import get
from fediverse_ai.core.responses import problem
from fediverse_ai.levels import Levels
from fediverse_ai.maintenance import FLAG

_FRESH = {"Cache-Control": "no-store"}
# Whoever comes by a proxy comes from outside, whatever the connection's address is.
_FORWARDED = frozenset({b"forwarded", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip", b"via"})
# This machine and private networks, such as the one between containers.
_NEAR = tuple(
    ip_network(one)
    for one in ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7", "fe80::/10")
)

log = get(__name__)


async def healthz(_request: Request) -> Response:
    """GET /healthz: this process answers. No database, no reason, nothing to learn: for anybody."""
    return PlainTextResponse("ok\n", headers=_FRESH)


async def readyz(request: Request) -> Response:
    """GET /readyz: 200, or 503 with the names of what is missing; for this machine's own network, or with the token."""
    if not _may_look(request, near=True):
        return problem(Missing("There is nothing at this address."))
    context: Context | None = getattr(request.app.state, "context", None)
    reasons = ["starting"] if context is None else await context.part(Readiness).reasons()
    if reasons:
        log.warning("not_ready", reasons=reasons)
    return JSONResponse({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200, _FRESH)


async def show_metrics(request: Request) -> Response:
    """GET /metrics: what Prometheus reads; apart from the public port, or with the token (OPS-21)."""
    if not _may_look(request, near=False):
        return problem(Missing("There is nothing at this address."))
    context: Context | None = getattr(request.app.state, "context", None)
    if context is not None:
        await context.part(Levels).look()
    body, media_type = metrics.exposition(request.headers.get("accept", ""))
    return Response(body, headers=_FRESH | {"Content-Type": media_type})


def _may_look(request: Request, *, near: bool) -> bool:
    """On a listener of their own everybody may; else with the token, and where `near` also from close by."""
    if getattr(request.app.state, "apart", False):
        return True
    context: Context | None = getattr(request.app.state, "context", None)
    token = context.config.metrics.secret() if context is not None else ""
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if token and scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode()):
        return True
    return near and _is_near(request.scope)


def _is_near(scope: Scope) -> bool:
    """From this machine or its private network, and through no proxy."""
    client = scope.get("client")
    if client is None or any(name in _FORWARDED for name, _ in scope["headers"]):
        return False
    try:
        address = ip_address(client[0])
    except ValueError:
        return False
    return any(address in network for network in _NEAR)


class Readiness:
    """A part of the context: what keeps this server from working. One look at a time; who asks meanwhile shares it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._probe: asyncio.Task[None] | None = None

    async def reasons(self) -> list[str]:
        """Names of what is missing: database, migrations, worker, disk, maintenance; empty when nothing is."""
        context = self._context
        found = ["maintenance"] if (context.config.data_dir / FLAG).exists() else []
        if not await self._takes_a_write():
            return [*found, "database", *_disk(context)]
        for name, look in _LOOKS.items():
            if not await look(context):
                found.append(name)
        return found + _disk(context)

    async def _takes_a_write(self) -> bool:
        """Whether a transaction commits in time. One that does not goes on, and is waited for at the next look."""
        if self._probe is None:
            self._probe = asyncio.create_task(self._write(), name="readiness")
        done, _waiting = await asyncio.wait({self._probe}, timeout=READY_SECONDS)
        if not done:
            return False
        probe, self._probe = self._probe, None
        if probe is not None and (error := probe.exception()) is not None:
            log.warning("the database takes no write", detail=str(error))
            return False
        return True

    async def _write(self) -> None:
        async with self._context.database.write() as session:
            await observations.put(session, "ready", {})


async def _is_migrated(context: Context) -> bool:
    async with context.database.read() as session:
        found = (await session.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    return found == _newest()


@lru_cache(maxsize=1)
def _newest() -> str:
    return migrations.newest()


async def _works(context: Context) -> bool:
    return not await heartbeat.unserved(context)


def _disk(context: Context) -> list[str]:
    return ["disk"] if room.short(context.config) else []


_LOOKS: dict[str, Callable[[Context], Awaitable[bool]]] = {"migrations": _is_migrated, "worker": _works}

ROUTES: list[Route] = [
    Door("/healthz", healthz, needs="anyone", methods=["GET"]),
    Door("/readyz", readyz, needs="anyone", methods=["GET"]),
    Door("/metrics", show_metrics, needs="anyone", methods=["GET"]),
]
_BY_PATH = {route.path: route for route in ROUTES}


class Aside:
    """ASGI middleware: answers these addresses itself, also while the server starts or is closed for work."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        looks = scope["type"] == "http" and scope["method"] in ("GET", "HEAD")
        route = _BY_PATH.get(scope["path"]) if looks else None
        if route is None:
            await self.app(scope, receive, send)
        else:
            scope["route"] = route
            await route.handle(scope, receive, send)


def apart(context: Context) -> Starlette:
    """The application of a listener of their own, where nothing else is."""
    app = Starlette(routes=ROUTES, middleware=[Middleware(Aside)])
    app.state.context, app.state.apart = context, True
    return app
