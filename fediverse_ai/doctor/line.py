"""A line to ourselves: requests to our own public address, byte by byte, through whatever stands before this server.

The client for other servers (core/http.py) hides what has to be seen here: the certificate, an answer that comes before
the body was sent, the moments at which pieces of a stream arrive. It also refuses private addresses, which our own name
may well have on our own machine. Nobody but ourselves is ever asked with this.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import h11

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.http import trust

_PIECE = 64 * 1024
ANSWER_BYTES = 1024 * 1024


@dataclass
class Reply:
    """An answer. `pieces` are (seconds since the request, bytes) as they arrived; `sent` counts the body."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    pieces: list[tuple[float, bytes]] = field(default_factory=list)
    sent: int = 0

    @property
    def body(self) -> bytes:
        return b"".join(piece for _at, piece in self.pieces)


@dataclass(frozen=True)
class Handshake:
    """What TLS gave: the certificate as Python reads it, or why it is not to be trusted; addresses of the name."""

    addresses: tuple[str, ...]
    certificate: Mapping[str, Any] | None = None
    refused: ssl.SSLCertVerificationError | None = None


class Line:
    """Connections to our own public address. `trusted` False goes on where the certificate is not good."""

    def __init__(self, config: Config, clock: Clock) -> None:
        address = urlsplit(config.public_url)
        self.secure = address.scheme == "https"
        self.name = address.hostname or ""
        self.port = address.port or (443 if self.secure else 80)
        self.host = config.host
        self.trusted = True
        self._clock = clock
        self._ca_file = config.http.ca_file
        self._contexts: dict[bool, ssl.SSLContext] = {}
        hosts = config.http.hosts if config.server.development else {}
        named = hosts.get(f"{self.name}:{self.port}") or hosts.get(self.name) or self.name
        host, _, port = named.rpartition(":") if named.count(":") == 1 else (named, "", "")
        self._target = (host, int(port or self.port))

    async def handshake(self) -> Handshake:
        """Find the name, connect, and look at the certificate. Raises OSError, TimeoutError."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(*self._target, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        try:
            async with self._connected() as (_reader, writer):
                tls = writer.get_extra_info("ssl_object")
                return Handshake(addresses, tls.getpeercert() if tls is not None else None)
        except ssl.SSLCertVerificationError as error:
            return Handshake(addresses, refused=error)

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        reader, writer = await asyncio.open_connection(
            *self._target, ssl=self._tls(), server_hostname=self.name if self.secure else None
        )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def _tls(self) -> ssl.SSLContext | None:
        if not self.secure:
            return None
        if self.trusted not in self._contexts:
            # Reading the machine's authorities takes a third of a second, so once.
            context = trust(self._ca_file) if self.trusted else ssl.create_default_context()
            if not self.trusted:
                # Only to see what else is wrong behind a bad certificate; nothing that comes from there is believed.
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._contexts[self.trusted] = context
        return self._contexts[self.trusted]

    async def ask(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | None = None,
        *,
        body: bytes = b"",
        zeros: int = 0,
    ) -> Reply:
        """One request and its answer; `zeros` sends a body of that many zero bytes instead.

        Raises OSError (h11's complaints as ConnectionError) and whatever timeout stands around it.
        """
        length = zeros or len(body)
        said = [("Host", self.host), ("User-Agent", "FediverseAI doctor"), ("Connection", "close")]
        said += [(name, value) for name, value in (headers or {}).items() if name.lower() != "host"]
        if length or method == "POST":
            said.append(("Content-Length", str(length)))
        async with self._connected() as (reader, writer):
            began, state = self._clock.monotonic(), h11.Connection(h11.CLIENT)
            reply = Reply(0)
            head = state.send(h11.Request(method=method, target=target, headers=said))
            writer.write(head or b"")
            sending = asyncio.create_task(self._send(writer, body, zeros, reply))
            try:
                await self._receive(reader, state, reply, began)
            except h11.RemoteProtocolError as error:
                raise ConnectionError(str(error)) from error
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            return reply

    async def _send(self, writer: asyncio.StreamWriter, body: bytes, zeros: int, reply: Reply) -> None:
        """The body, past h11's own counting: an answer may come first, and then the rest is not wanted."""
        left = zeros or len(body)
        while left:
            piece = bytes(min(_PIECE, left)) if zeros else body
            writer.write(piece)
            await writer.drain()
            left -= len(piece)
            reply.sent += len(piece)

    async def _receive(self, reader: asyncio.StreamReader, state: h11.Connection, reply: Reply, began: float) -> None:
        size = 0
        while True:
            event = state.next_event()
            if event is h11.NEED_DATA:
                state.receive_data(await reader.read(_PIECE))
            elif isinstance(event, h11.Response):
                reply.status = event.status_code
                reply.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
            elif isinstance(event, h11.Data):
                size += len(event.data)
                reply.pieces.append((self._clock.monotonic() - began, bytes(event.data)))
                if size > ANSWER_BYTES:
                    return
            elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                if not reply.status:
                    raise ConnectionError("closed without an answer")
                return
