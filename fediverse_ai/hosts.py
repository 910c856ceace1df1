"""Which names this server answers to: its own. Other requests are misdirected, or a proxy changed their Host."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from fediverse_ai.core.config import Config, is_loopback
from fediverse_ai.core.errors import Malformed, Misdirected
from fediverse_ai.core.responses import problem
from fediverse_ai.core.urls import canonical_host, host_of

# Asked by whoever looks after the machine, by its number or by the name of a container; and by the doctor, who has to
# learn which name arrives.
_FOR_EVERY_HOST = frozenset({"/healthz", "/readyz", "/metrics", "/doctor/echo"})
# All that the domain of the handles leads here.
_OF_ACCOUNTS = ("/.well-known/",)


class Hosts:
    """ASGI middleware: 421 for a Host that is not ours, before anything is looked up (OPS-14).

    Ids, links and mails are made from the configuration alone; this keeps caches and other people's domains apart from
    us, and shows the owner a proxy that does not pass the Host header on.
    """

    def __init__(self, app: ASGIApp, config: Config) -> None:
        self.app = app
        self._config = config
        self._own = config.host
        self._media = host_of(f"{config.media_url}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket") or self._is_ours(scope):
            await self.app(scope, receive, send)
            return
        words = f"This server answers for {self._own} only. A proxy before it has to pass the Host header on unchanged."
        if scope["type"] == "websocket":
            await WebSocket(scope, receive, send).send_denial_response(PlainTextResponse(words, Misdirected.status))
            return
        await problem(Misdirected(words))(scope, receive, send)

    def _is_ours(self, scope: Scope) -> bool:
        named = [value for name, value in scope["headers"] if name == b"host"]
        if len(named) == 1 and named[0] == self._own.encode():
            return True
        path: str = scope["path"]
        # A delivery is refused by its signature, which has to be over our own host (SIG-08).
        if path in _FOR_EVERY_HOST or path.rstrip("/").endswith("/inbox"):
            return True
        try:
            [host] = named
            name = canonical_host(host.decode("latin-1"))
        except (ValueError, Malformed):
            return False
        if name == self._own:
            return True
        if name == self._media:
            return path.startswith("/media/")
        if name == self._config.account_host:
            return path.startswith(_OF_ACCOUNTS)
        return self._config.server.development and is_loopback(urlsplit(f"//{name}").hostname or "")
