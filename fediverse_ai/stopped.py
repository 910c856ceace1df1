"""Before anything is answered: look at the stop switch, so that pages and refusals tell what stands still now."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from actors.stops import StopSwitch
from fediverse_ai.core.context import Context

# The same for everybody, whatever stands still.
_FILES = ("/static/", "/media/")


class Stopped:
    """ASGI middleware: at most one small query a second, whatever the load."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_FILES):
            context: Context | None = getattr(scope["app"].state, "context", None)
            if context is not None:
                await context.part(StopSwitch).now()
        await self.app(scope, receive, send)
