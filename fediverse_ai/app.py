"""create_app(config) -> Starlette: the routes behind one door frame, and errors translated once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response

from actors.served import Remembered
from fediverse_ai import cors, wiring
from fediverse_ai.auth import Authentication
from fediverse_ai.core import room
from fediverse_ai.core.access import Door, SocketDoor
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, Misconfigured, RequestError
from fediverse_ai.core.log import get
from fediverse_ai.core.responses import problem, status_of
from fediverse_ai.core.table import RouteTable
from fediverse_ai.frame import HEADER, Frame
from fediverse_ai.health import Aside
from fediverse_ai.hosts import Hosts
from fediverse_ai.language import Language
from fediverse_ai.maintenance import Maintenance
from fediverse_ai.mastodon.answers import NOT_FOUND, failed, is_api
from fediverse_ai.rates import ReadingRates
from fediverse_ai.stopped import Stopped
from fediverse_ai.web.errors import error_page, status_page, wants_page

log = get(__name__)


def create_app(config: Config, context: Context | None = None) -> Starlette:
    """The application. Without a context it opens its own at start and closes it at the end, jobs included."""
    # D17: a route without a declaration does not start.
    for route in wiring.ROUTES:
        if not isinstance(route, Door | SocketDoor):
            raise Misconfigured(f"The route {route} does not say who may pass.")

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        if context is not None:
            yield
            return
        app.state.context = await wiring.open_context(config, engine=True)
        try:
            yield
        finally:
            await wiring.close_context(app.state.context)

    clock = context.clock if context is not None else SystemClock()
    app = Starlette(
        routes=[RouteTable(wiring.ROUTES)],
        middleware=[
            Middleware(Frame, clock=clock),
            Middleware(cors.Cors),
            Middleware(Aside),
            Middleware(Hosts, config=config),
            Middleware(Language),
            Middleware(Maintenance, config=config, clock=clock),
            Middleware(ReadingRates, refuse=_ours),
            Middleware(Remembered),
            Middleware(Stopped),
            Middleware(Authentication),
        ],
        exception_handlers={FediverseError: _ours, OSError: _disk, HTTPException: _routing, Exception: _unforeseen},
        lifespan=lifespan,
    )
    if context is not None:
        app.state.context = context
    return app


async def _ours(request: Request, error: Exception) -> Response:
    """One of our errors: a problem document for programs, a page for people."""
    assert isinstance(error, FediverseError)
    if not isinstance(error, RequestError):
        log.warning("request_failed", path=_path(request), status=status_of(error), detail=error.detail)
    if is_api(request.url.path):
        return failed(error)
    return error_page(request, error) if wants_page(request) else problem(error)


async def _disk(request: Request, error: Exception) -> Response:
    """No room for a file, such as the temporary one of a large upload; other faults of files are unforeseen."""
    if not room.is_full(error):
        raise error
    return await _ours(request, room.no_room(room.FULL, str(error)))


async def _routing(request: Request, error: Exception) -> Response:
    """No such route, or not by this method."""
    assert isinstance(error, HTTPException)
    if is_api(request.url.path):
        answer = failed(_request_error(NOT_FOUND if error.status_code == 404 else error.detail, error.status_code))
    else:
        answer = status_page(request, error.status_code) if wants_page(request) else _plain(error.status_code)
    for name, value in (error.headers or {}).items():
        answer.headers[name] = value
    return answer


def _plain(status: int) -> Response:
    known = {404: "There is nothing at this address.", 405: "This address does not take that method."}
    return problem(_request_error(known.get(status, "This request cannot be served."), status))


def _request_error(words: str, status: int) -> RequestError:
    error = RequestError(words)
    error.status = status
    return error


async def _unforeseen(request: Request, error: Exception) -> Response:
    name = str(request.scope.get("request_id", ""))
    log.error("unforeseen_error", request=name, path=_path(request), exc_info=error)
    broken = FediverseError("Something broke on our side.")
    if is_api(request.url.path):
        answer = failed(broken)
    else:
        answer = status_page(request, 500) if wants_page(request) else problem(broken)
    # This answer is made outside of the middleware: clients in browsers have to read it too, and people to name it.
    cors.mark(request.url.path, answer.headers)
    answer.headers[HEADER] = name
    return answer


def _path(request: Request) -> str:
    """The path for the log, without what opens something for whoever knows it."""
    path: str = request.url.path
    for name in ("secret", "token"):
        if value := str(request.scope.get("path_params", {}).get(name, "")):
            path = path.replace(value, "[hidden]")
    return path
