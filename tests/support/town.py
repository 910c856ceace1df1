"""Town: https names under .test without ports, as servers have them in the world, on free ports of loopback.

Many servers mangle a host with a port, so peers live under plain names. Ours is told by `http.hosts`, Python peers by
tests/peers/names, and TLS is ended before a peer by `front`, as nginx does in the world.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.processes import free_port
from tests.support.server import Server
from tests.support.tls import Authority

NAMES = Path(__file__).resolve().parents[1] / "peers" / "names"
CHUNK = 65536
HEAD = re.compile(rb"HTTP/1|[A-Z]+ /")

Rule = tuple[re.Pattern[bytes], bytes]


@dataclass
class Town:
    """The names of one test. A name gets its port when it is first asked for."""

    authority: Authority
    ports: dict[str, int] = field(default_factory=dict)

    def port(self, name: str) -> int:
        if name not in self.ports:
            self.ports[name] = free_port()
        return self.ports[name]

    def environment(self, *names: str) -> dict[str, str]:
        """What a Python peer needs to reach these names and to trust their certificates."""
        ca = str(self.authority.ca_file)
        return {
            "PYTHONPATH": str(NAMES),
            "PYTHONUNBUFFERED": "1",
            "PEER_NAMES": json.dumps({name: self.port(name) for name in names}),
            "SSL_CERT_FILE": ca,
            "REQUESTS_CA_BUNDLE": ca,
        }

    def client(self, *, alone: bool = False) -> httpx.AsyncClient:
        """A client that reaches every name of this town and follows nothing by itself.

        With `alone` each request has a connection of its own: names on one port would else share them.
        """
        limits = httpx.Limits(max_keepalive_connections=0 if alone else None)
        transport = _Streets(self, verify=self.authority.client_context(), trust_env=False, limits=limits)
        return httpx.AsyncClient(transport=transport, timeout=20, trust_env=False)

    @asynccontextmanager
    async def front(
        self,
        name: str,
        backend: int,
        *,
        port: int | None = None,
        tls: bool = False,
        requests: Rule | None = None,
        answers: Rule | None = None,
    ) -> AsyncIterator[None]:
        """End TLS for `name` on its port, or on another, and pass the bytes on to the backend (itself with `tls`).

        `requests` and `answers` change lines of their heads, as a web server in front of old software does.
        """
        relays: set[asyncio.Task[None]] = set()
        inner = self.authority.client_context() if tls else None

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            async with AsyncExitStack() as stack:
                stack.callback(writer.transport.abort)
                with suppress(OSError):
                    there, here = await asyncio.open_connection(
                        "127.0.0.1", backend, ssl=inner, server_hostname=name if tls else None
                    )
                    stack.callback(here.transport.abort)
                    await asyncio.gather(_pour(reader, here, requests), _pour(there, writer, answers))

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            relays.add(asyncio.create_task(relay(reader, writer)))

        context = self.authority.server_context(name)
        serving = await asyncio.start_server(connected, "127.0.0.1", port or self.port(name), ssl=context)
        try:
            yield
        finally:
            serving.close()
            for one in relays:
                one.cancel()
            await asyncio.gather(*relays, return_exceptions=True)


async def _pour(source: asyncio.StreamReader, target: asyncio.StreamWriter, rule: Rule | None) -> None:
    while data := await source.read(CHUNK):
        if rule is not None and HEAD.match(data):
            data = rule[0].sub(rule[1], data, count=1)
        target.write(data)
        await target.drain()
    if target.can_write_eof():
        target.write_eof()
    else:
        target.close()


class _Streets(httpx.AsyncHTTPTransport):
    def __init__(self, town: Town, **options: Any) -> None:
        super().__init__(**options)
        self._town = town

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host
        if name in self._town.ports:
            request.extensions = {**request.extensions, "sni_hostname": name}
            request.url = request.url.copy_with(host="127.0.0.1", port=self._town.ports[name])
        return await super().handle_async_request(request)


class TownServer(Server):
    """Our own server under a plain name of the town."""

    def __init__(
        self, folder: Path, town: Town, name: str, *peers: str, settings: dict[str, Any] | None = None
    ) -> None:
        hosts = {peer: f"127.0.0.1:{town.port(peer)}" for peer in (name, *peers)}
        own = {"server.public_url": f"https://{name}", "server.port": town.port(name), "http.hosts": hosts}
        super().__init__(folder, name=name, authority=town.authority, settings={**own, **(settings or {})})
        self.port = town.port(name)
        self.origin = f"https://{name}"
        self.client = town.client()
        self.client.base_url = httpx.URL(self.origin)


@asynccontextmanager
async def town_server(
    folder: Path, town: Town, name: str, *people: str, peers: tuple[str, ...], settings: dict[str, Any] | None = None
) -> AsyncIterator[TownServer]:
    """A running server of ours with an account for each of `people`, which knows the names of `peers`."""
    made = TownServer(folder, town, name, *peers, settings=settings)
    try:
        await made.furnish(*people)
        await made.start()
        yield made
        assert await made.stop() == 0, made.running.output()[-4000:]
    finally:
        await made.close()
