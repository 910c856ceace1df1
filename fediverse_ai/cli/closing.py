"""The last second of a server: whoever was let in is answered, whoever comes now is asked to come back, streams end."""

from __future__ import annotations

import asyncio
import ctypes
import socket
import struct
from contextlib import suppress

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fediverse_ai.core.errors import Unavailable
from fediverse_ai.core.responses import problem

COME_BACK_SECONDS = 5
SO_ATTACH_FILTER = 26
# load the flags of the TCP header; of SYN and ACK only SYN: drop, else keep (struct sock_filter of linux/filter.h).
_NO_SYN = b"".join(
    struct.pack("=HBBI", *line)
    for line in ((0x30, 0, 0, 13), (0x54, 0, 0, 0x12), (0x15, 0, 1, 0x02), (0x06, 0, 0, 0), (0x06, 0, 0, 0xFFFF_FFFF))
)


def no_more(listening: socket.socket) -> None:
    """Let the kernel begin no further connection on this socket, while those that it began are still accepted.

    A socket that is closed resets what waits in its queue: clients that were connected would get no answer. Whoever
    comes now asks again a second later, by the rules of TCP, and finds the next server. Linux only; elsewhere nothing.
    """
    code = ctypes.create_string_buffer(_NO_SYN, len(_NO_SYN))
    program = struct.pack("HP", len(_NO_SYN) // 8, ctypes.addressof(code))
    with suppress(OSError):
        listening.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


class Closing:
    """ASGI around the application. After `close` requests get 503, streams of events end, and what is cut off before
    its answer began is told so."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.closed = False
        self._tasks: set[asyncio.Task[object]] = set()
        self._streams: set[asyncio.Task[object]] = set()

    def close(self) -> None:
        """From here on nothing new is begun."""
        self.closed = True
        for task in list(self._streams):
            task.cancel()

    def cut(self) -> None:
        """The time is up for whatever still runs."""
        for task in list(self._tasks):
            task.cancel()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if self.closed:
            await _come_back()(scope, receive, send)
            return
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        began = streams = complete = False

        async def watched(message: Message) -> None:
            nonlocal began, streams, complete
            if message["type"] == "http.response.start":
                began, streams = True, _is_stream(message)
                if streams:
                    self._streams.add(task)
            elif message["type"] == "http.response.body":
                complete = not message.get("more_body", False)
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except asyncio.CancelledError:
            if not began:
                await _come_back()(scope, receive, send)
            elif streams and not complete:
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            else:
                raise
        finally:
            self._tasks.discard(task)
            self._streams.discard(task)


def _is_stream(start: Message) -> bool:
    return any(
        name.lower() == b"content-type" and value.startswith(b"text/event-stream") for name, value in start["headers"]
    )


def _come_back() -> Response:
    error = Unavailable("This server is stopping.", retry_after=COME_BACK_SECONDS)
    error.headers["Connection"] = "close"
    return problem(error)
