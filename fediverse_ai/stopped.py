"""Before anything is answered: look at the stop switch, sign-ups and announcements, so that pages tell what is so."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from actors.announcements import Announcements
from actors.signups import SignUpDoor
from actors.stops import StopSwitch
from fediverse_ai.core.context import Context

# The same for everybody, whatever stands still.
_FILES = ("/static/", "/media/")


class Stopped:
    """ASGI middleware: at most three small queries a second, whatever the load."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith(_FILES):
            context: Context | None = getattr(scope["app"].state, "context", None)
            if context is not None:
                await context.part(StopSwitch).now()
                await context.part(SignUpDoor).now()
                await context.part(Announcements).now()
        await self.app(scope, receive, send)
