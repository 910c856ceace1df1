"""Closed for work: while a file named `maintenance` lies in the server's folder, everybody is asked to come back."""

from __future__ import annotations

import math
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Unavailable
from fediverse_ai.core.limits import MAINTENANCE_LOOK_SECONDS, MAINTENANCE_SECONDS, MAINTENANCE_WORDS
from fediverse_ai.core.responses import problem
from fediverse_ai.core.texts import _
from fediverse_ai.web.errors import wants_page
from fediverse_ai.web.rendering import alone

FLAG = "maintenance"


class Maintenance:
    """ASGI middleware: 503 with Retry-After for all but our own style sheets, while the flag is there or no context.

    What is written in the file is said to people. Other servers try again later; nothing of theirs is lost.
    """

    def __init__(self, app: ASGIApp, config: Config, clock: Clock) -> None:
        self.app = app
        self._config = config
        self._clock = clock
        self._flag = Path(config.data_dir / FLAG)
        self._flagged = False
        self._looked = -math.inf

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/static/") and self._closed(scope):
            await self._answer(Request(scope))(scope, receive, send)
            return
        await self.app(scope, receive, send)

    def _closed(self, scope: Scope) -> bool:
        # A look at the disk for every request is a twentieth of what an actor document costs.
        now = self._clock.monotonic()
        if now - self._looked >= MAINTENANCE_LOOK_SECONDS:
            self._flagged, self._looked = self._flag.exists(), now
        return self._flagged or getattr(scope["app"].state, "context", None) is None

    def _answer(self, request: Request) -> Response:
        error = Unavailable(_("This server is being looked after."), "maintenance", retry_after=MAINTENANCE_SECONDS)
        if not wants_page(request):
            return problem(error)
        try:
            words = self._flag.read_text("utf-8", errors="replace")[:MAINTENANCE_WORDS].strip()
        except OSError:
            words = ""
        text = alone(self._config, "maintenance.html", sentence=words or _("It is back in a few minutes."))
        return HTMLResponse(text, 503, {"Retry-After": str(MAINTENANCE_SECONDS), "Cache-Control": "no-store"})
