"""The listening socket and the HTTP server on it: bounded request heads, TLS, an end within five seconds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, cast

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from fediverse_ai.cli import settle
from fediverse_ai.cli.closing import COME_BACK_SECONDS, Closing, no_more
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from starlette.applications import Starlette

    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

DRAIN_SECONDS = 1
"""How long answers under way may take after the signal; the app's own end gets the rest of the five seconds."""
ACCEPT_SECONDS = 0.2
"""How long connections that had begun before the signal may take to be there."""
FRESH_SECONDS = 0.5
"""How long a connection that has asked nothing yet may take to ask; it is then told to come back."""
LINGER_SECONDS = 0.7
"""How long what is sent after its answer is thrown away before the connection is closed; within the drain's end."""
SIGNALS = (signal.SIGTERM, signal.SIGINT)
LAST_SECONDS = 4.0
"""After this the process ends as it is. Nothing is lost: what was acknowledged is in the database."""


class _Patient:
    """A transport whose `close` waits for whoever is still sending.

    A socket that is closed while bytes arrive answers with a reset, and a reset takes back what was not read yet: the
    answer that told them to stop. So the end is said first, and what still comes is thrown away for LINGER_SECONDS.
    """

    def __init__(self, transport: asyncio.Transport, still_sends: Callable[[], bool]) -> None:
        self._transport = transport
        self._still_sends = still_sends
        self.lingers = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self.lingers or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing() or not self._still_sends():
            self._transport.close()
            return
        self.lingers = True
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self._transport.resume_reading()
        asyncio.get_running_loop().call_later(LINGER_SECONDS, self._transport.close)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with what it lacks: a request head may neither be endless nor arrive forever (DOS-06), and
    whoever is answered before all was sent gets the answer."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        self._patient = _Patient(transport, self._still_sends)
        super().connection_made(cast(asyncio.Transport, self._patient))
        self._in_head = True
        self._head_bytes = 0
        self._too_large = False
        self._began = False
        self._fresh = True
        self._pending_bytes = 0
        self._deadline: asyncio.TimerHandle | None = None
        self._expect_head()

    def _still_sends(self) -> bool:
        """Was the answer complete before the body was?"""
        return self.cycle is not None and self.cycle.response_complete and self.cycle.more_body

    def shutdown(self) -> None:
        """A connection whose first request is still on its way is not closed under it."""
        if self._fresh and not self.transport.is_closing():
            self.loop.call_later(FRESH_SECONDS, self._give_up)
        else:
            super().shutdown()

    def _give_up(self) -> None:
        if self._fresh and not self.transport.is_closing():
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_deadline()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._patient.lingers:
            return
        self._began = False
        super().data_received(data)
        # The parser keeps an unfinished header until its end, so what arrives meanwhile is counted here. The packet in
        # which a head begins is not: it may hold the end of the body before.
        if self._in_head and not self._began and not self.transport.is_closing():
            self._pending_bytes += len(data)
            if self._pending_bytes > limits.RECEIVE_HEAD_BYTES:
                self._refuse_head()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._began = True
        self._head_bytes = 0
        self._pending_bytes = 0
        if not self._in_head:
            self._in_head = True
            self._expect_head()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        if len(self.url) > limits.RECEIVE_TARGET_BYTES:
            self._fail_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + 4
        if self._head_bytes > limits.RECEIVE_HEAD_BYTES or len(self.headers) > limits.RECEIVE_HEAD_FIELDS:
            self._fail_head()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._fresh = False
        self._cancel_deadline()
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        if self._too_large:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _fail_head(self) -> None:
        self._too_large = True
        raise ValueError("request head too large")  # the parser turns it into its own error, and stops

    def _refuse_head(self) -> None:
        if not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
            self.transport.close()

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(limits.RECEIVE_HEAD_SECONDS, self.transport.close)

    def _cancel_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


class _Sockets(WebSocketsSansIOProtocol):
    """uvicorn's WebSockets; one that was not begun when the server stops is told to come back, not of an error."""

    _told = False

    def shutdown(self) -> None:
        if not self.handshake_complete and self.initial_response is None:
            answer = self.conn.reject(503, "This server is stopping.")
            answer.headers["Retry-After"] = str(COME_BACK_SECONDS)
            self.conn.send_response(answer)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self._told = True
        super().shutdown()

    def send_500_response(self) -> None:
        if not self._told:
            super().send_500_response()


class _Server(uvicorn.Server):
    """uvicorn without its signal handling, which would raise the signal again at the end: SIGTERM is a good end."""

    def __init__(self, app: Starlette, config: Config) -> None:
        self._closing = Closing(app)
        super().__init__(_settings(self._closing, config))
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._closing.close()
        for one in sockets or []:
            no_more(one)
        if not self.force_exit:
            await asyncio.sleep(ACCEPT_SECONDS)
        cut = asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._closing.cut)
        await super().shutdown(sockets)
        cut.cancel()
        if self.force_exit:
            # Left out by uvicorn after a second signal; its task would end with a traceback in the log.
            await self.lifespan.shutdown()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Ending:
    """SIGTERM and Ctrl-C as a wish: whatever runs comes to an end within LAST_SECONDS, with exit code 0."""

    def __init__(self) -> None:
        self.asked = False
        self.server: _Server | None = None

    def __enter__(self) -> Ending:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.add_signal_handler(number, self._ask)
        return self

    def __exit__(self, *_: object) -> None:
        loop = asyncio.get_running_loop()
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            # From here to the end of the process a second signal would only make a good end look bad.
            signal.signal(number, signal.SIG_IGN)

    def _ask(self) -> None:
        if self.server is not None:
            self.server.force_exit = self.asked
            self.server.should_exit = True
        if not self.asked:
            self.asked = True
            last = threading.Timer(LAST_SECONDS, os._exit, (0,))
            last.daemon = True
            last.start()


def end_quietly() -> None:
    """Until somebody listens for them, SIGTERM and Ctrl-C end the process at once with exit code 0."""

    def leave(_number: int, _frame: Any) -> None:
        raise SystemExit(0)

    for number in SIGNALS:
        signal.signal(number, leave)


def bind(config: Config) -> socket.socket:
    """The listening socket, before anything else is touched. Raises Misconfigured when the port is not to be had."""
    return _bound(config, "--port or server.port")


def _bound(config: Config, key: str) -> socket.socket:
    host, port = config.server.host, config.server.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
        # Two sockets may be bound to one port until one of them listens, so listen now.
        found.listen(limits.RECEIVE_BACKLOG)
    except OSError as error:
        found.close()
        raise Misconfigured(
            f"Port {port} on {host} cannot be used ({error.strerror}); "
            f"stop what runs there, or choose another with {key}."
        ) from None
    return found


def _settings(app: Closing, config: Config) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws=_Sockets,
        ws_max_size=limits.STREAM_MESSAGE_BYTES,
        loop="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(config.server.trusted_proxies),
        forwarded_allow_ips=list(config.server.trusted_proxies),
        limit_concurrency=limits.RECEIVE_CONNECTIONS,
        backlog=limits.RECEIVE_BACKLOG,
        timeout_keep_alive=limits.RECEIVE_KEEPALIVE_SECONDS,
        # By then nothing runs any more: `shutdown` has cut it off, and told whom it concerns.
        timeout_graceful_shutdown=DRAIN_SECONDS + 1,
        ssl_certfile=config.server.tls_certificate or None,
        ssl_keyfile=config.server.tls_key or None,
    )


@contextlib.asynccontextmanager
async def beside(context: Context) -> AsyncIterator[None]:
    """Meanwhile metrics and health answer on the listener that `metrics.listen` names, if it does."""
    from fediverse_ai.health import apart

    host, _, port = context.config.metrics.listen.rpartition(":")
    if not port:
        yield
        return
    plain = {"trusted_proxies": [], "tls_certificate": "", "tls_key": ""}
    server = context.config.server.model_copy(update={"host": host.strip("[]"), "port": int(port), **plain})
    config = context.config.model_copy(update={"server": server})
    with _bound(config, "metrics.listen") as on:
        listener = _Server(apart(context), config)
        serving = asyncio.create_task(listener.serve(sockets=[on]), name="metrics")
        try:
            await listener.ready.wait()
            yield
        finally:
            listener.should_exit = True
            await serving


async def listen(
    app: Starlette, config: Config, on: socket.socket, ending: Ending, meanwhile: Callable[[], Awaitable[None]]
) -> None:
    """Serve until a signal; `meanwhile` runs beside it from the moment requests are answered.

    What `meanwhile` raises ends the server and is raised here.
    """
    _raise_file_limit()
    settle()
    server = _Server(app, config)
    ending.server = server
    server.should_exit = ending.asked
    serving = asyncio.create_task(server.serve(sockets=[on]), name="serve")
    work = asyncio.create_task(_after(server, meanwhile), name="meanwhile")
    await asyncio.wait({serving, work}, return_when=asyncio.FIRST_COMPLETED)
    if work.done() and work.exception() is not None:
        server.should_exit = True
    await serving
    work.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _after(server: _Server, meanwhile: Callable[[], Awaitable[None]]) -> None:
    await server.ready.wait()
    await meanwhile()


def _raise_file_limit() -> None:
    """As many connections as the machine allows: the usual soft limit of 1024 files is below our own bound."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 65_536
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 65_536), hard))
