"""A server of ours behind a small proxy on loopback that can be told to do what proxies do wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx2 as httpx
import uvicorn

from actors import local
from actors.accounts import create_account
from fediverse_ai.app import create_app
from fediverse_ai.backup.places import name_at
from fediverse_ai.cli import listener
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.doctor import examine
from fediverse_ai.doctor.findings import Finding
from fediverse_ai.heartbeat import Heartbeat
from fediverse_ai.wiring import close_context, open_context
from tests.support.house import MovableClock, furnish
from tests.support.light_policy import light
from tests.support.peer import listening
from tests.support.processes import free_port

UPLOAD_BYTES = 256 * 1024


@dataclass
class Proxy:
    """Passes requests on to `target`. Each field is a fault, or a duty of proxies; `well()` puts all right again."""

    target: str
    client: httpx.AsyncClient
    says_who: bool = True
    forges: bool = False
    """Passes X-Forwarded-For on as a visitor wrote it."""
    host: str = ""
    """Sent instead of the Host that was asked for."""
    most: int = 0
    """Refuses larger bodies."""
    buffers: bool = False
    without_query: bool = False
    decodes: bool = False
    status: int = 0
    """Answers everything with this, by itself."""
    says: bytes = b"Somebody else."
    drops: frozenset[str] = frozenset()
    """Headers of answers that do not get through, in lower case."""
    closed: dict[str, int] = field(default_factory=dict)
    """Beginnings of paths that it answers itself, with a status."""
    caches: bool = False
    """Keeps answers by their address alone."""
    changes_bodies: bool = False
    proto: str = ""
    _kept: dict[str, tuple[int, list[tuple[str, str]], bytes]] = field(default_factory=dict)

    def well(self) -> None:
        fresh = Proxy(self.target, self.client)
        self.__dict__.update(fresh.__dict__)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path = scope["raw_path"].decode()
        closed = next((status for beginning, status in self.closed.items() if path.startswith(beginning)), 0)
        headers = {name.decode().title(): value.decode("latin-1") for name, value in scope["headers"]}
        length = int(headers.get("Content-Length", 0))
        if self.status or closed or (self.most and length > self.most):
            await _say(send, self.status or closed or 413, [("content-type", "text/html")], self.says)
            return
        key = f"{scope['method']} {path}"
        if self.caches and key in self._kept:
            await _say(send, *self._kept[key])
            return
        await self._pass_on(scope, path, headers, receive, send, key)

    async def _pass_on(self, scope: Any, path: str, headers: dict[str, str], receive: Any, send: Any, key: str) -> None:
        query = scope["query_string"].decode()
        target = unquote(path).replace(" ", "+") if self.decodes else path
        url = self.target + target + (f"?{query}" if query and not self.without_query else "")
        if self.host:
            headers["Host"] = self.host
        if self.says_who and not self.forges:
            headers["X-Forwarded-For"] = ", ".join(filter(None, [headers.get("X-Forwarded-For"), scope["client"][0]]))
        if self.proto:
            headers["X-Forwarded-Proto"] = self.proto

        async def body() -> AsyncIterator[bytes]:
            more = True
            while more:
                message = await receive()
                data, more = message.get("body", b""), message.get("more_body", False)
                yield data.replace(b"doctor", b"DOCTOR") if self.changes_bodies else data

        content = body() if scope["method"] == "POST" else None
        async with self.client.stream(scope["method"], url, headers=headers, content=content) as answer:
            kept = [pair for pair in answer.headers.multi_items() if pair[0].lower() not in self.drops]
            may_keep = "no-store" not in answer.headers.get("cache-control", "")
            if self.buffers or (self.caches and may_keep):
                whole = b"".join([chunk async for chunk in answer.aiter_raw()])
                if self.caches:
                    self._kept[key] = (answer.status_code, kept, whole)
                await _say(send, answer.status_code, kept, whole)
                return
            await _begin(send, answer.status_code, kept)
            async for chunk in answer.aiter_raw():
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})


async def _begin(send: Any, status: int, headers: list[tuple[str, str]]) -> None:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})


async def _say(send: Any, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
    await _begin(send, status, headers)
    await send({"type": "http.response.body", "body": body})


@dataclass
class Ward:
    """The server, its proxy, and what the doctor finds."""

    context: Context
    proxy: Proxy
    clock: MovableClock

    async def look(self) -> dict[str, Finding]:
        """What is not well, by name."""
        found = await examine.within(self.context)
        return {one.name: one for one in examine.merged(found) if one.level != "ok"}


@asynccontextmanager
async def ward(
    folder: Path,
    *,
    certificate: tuple[Path, Path] | None = None,
    name: str = "127.0.0.1",
    listens: bool = True,
    **sections: Any,
) -> AsyncIterator[Ward]:
    """A well server behind a well proxy. With a certificate the proxy speaks TLS under `name`.

    With `listens` False neither listens: for what is seen from within.
    """
    public, inner = free_port(), free_port()
    server = {
        "development": True,
        "port": inner,
        "public_url": f"{'https' if certificate else 'http'}://{name}:{public}",
        "trusted_proxies": ["127.0.0.1"],
        **sections.pop("server", {}),
    }
    given = {"server": server, "media": {"max_upload_bytes": UPLOAD_BYTES}, "moderation": light(folder), **sections}
    config = Config(data_dir=folder / "house", **given)
    furnish(config)
    clock = MovableClock()
    context = await open_context(config, engine=False, clock=clock)
    try:
        await _settle_in(context)
        async with httpx.AsyncClient(trust_env=False, verify=False, timeout=10) as client:
            proxy = Proxy(f"http://127.0.0.1:{inner}", client)
            if not listens:
                yield Ward(context, proxy, clock)
                return
            async with _serving(context), listening(proxy, certificate=certificate, port=public):
                yield Ward(context, proxy, clock)
    finally:
        await close_context(context)


async def _settle_in(context: Context) -> None:
    """Somebody lives here, a worker was seen just now, and there is a backup of today."""
    async with context.database.write() as session:
        await create_account(session, await local.create(session, "ann"), role="owner")
    heart = context.part(Heartbeat)
    await heart.start(None)
    await heart.stop()
    context.config.backup_dir.mkdir(parents=True, exist_ok=True)
    (context.config.backup_dir / name_at(context.clock.now_ms())).write_bytes(b"tar")


@asynccontextmanager
async def _serving(context: Context) -> AsyncIterator[None]:
    """As `serve` does it, with what it believes of proxies."""
    settings = listener._settings(create_app(context.config, context), context.config)
    settings.host, settings.port, settings.lifespan = "127.0.0.1", context.config.server.port, "off"
    server = uvicorn.Server(settings)
    settings.load()
    server.lifespan = settings.lifespan_class(settings)
    await server.startup()
    try:
        yield
    finally:
        await asyncio.wait_for(server.shutdown(), 5)
