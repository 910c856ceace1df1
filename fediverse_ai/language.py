"""The language of a request, chosen before anything is said: the reader's setting, else what the browser asks for."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from fediverse_ai.core import texts
from fediverse_ai.core.limits import COOKIE_CHARS

COOKIE = b"language="


class Language:
    """ASGI middleware; costs nothing while there is one language only."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and len(texts.languages()) > 1:
            texts.use(_of(scope))
        await self.app(scope, receive, send)


def _of(scope: Scope) -> str:
    headers: list[tuple[bytes, bytes]] = scope["headers"]
    for name, value in headers:
        if name == b"cookie" and len(value) <= COOKIE_CHARS:
            for pair in value.split(b";"):
                if pair.strip().startswith(COOKIE):
                    chosen = pair.strip().removeprefix(COOKIE).decode("ascii", "ignore")
                    if chosen in texts.languages():
                        return chosen
    wanted = next((value for name, value in headers if name == b"accept-language"), b"")
    return texts.asked(wanted.decode("latin-1"))
