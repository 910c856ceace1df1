"""Server: our `fediverse-ai serve` as its own process with its own folder, and a seat beside it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx2 as httpx

from actors import local
from actors.accounts import create_account
from fediverse_ai.core.config import load
from fediverse_ai.core.context import Context
from fediverse_ai.wiring import close_context, open_context
from tests.support import wire
from tests.support.house import furnish
from tests.support.processes import Program, free_port
from tests.support.tls import Authority
from tests.support.tokens import token_for

COMMAND = [sys.executable, "-m", "fediverse_ai.cli"]


class Server:
    """One server of ours: `start` it, ask it through `client`, read its rows with `query`, act with `beside`.

    Plain http on 127.0.0.1, or https under `name` with an authority; `hosts` are the names of its peers.
    """

    def __init__(
        self,
        folder: Path,
        *,
        name: str = "127.0.0.1",
        authority: Authority | None = None,
        hosts: tuple[str, ...] = (),
        settings: dict[str, Any] | None = None,
    ) -> None:
        self.folder = folder
        self.name = name
        self.authority = authority
        self.port = free_port()
        self.origin = f"{'https' if authority else 'http'}://{name}:{self.port}"
        self.program: Program | None = None
        self.client: httpx.AsyncClient = wire.client(authority, base_url=self.origin)
        self.env = self._settings(hosts, settings or {})

    def _settings(self, hosts: tuple[str, ...], settings: dict[str, Any]) -> dict[str, str]:
        values: dict[str, Any] = {
            "server.development": True,
            "server.port": self.port,
            "server.public_url": self.origin,
            "http.hosts": {host: "127.0.0.1" for host in (*hosts, self.name) if host.endswith(".test")},
            "jobs.poll_seconds": 0.3,
            "log.format": "json",
            **settings,
        }
        if self.authority:
            certificate, key = self.authority.certificate(self.name)
            values |= {
                "server.tls_certificate": str(certificate),
                "server.tls_key": str(key),
                "http.ca_file": str(self.authority.ca_file),
            }
        shown = {name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()}
        return {"FEDIVERSE_AI__" + name.upper().replace(".", "__"): value for name, value in shown.items()}

    @property
    def running(self) -> Program:
        assert self.program is not None, "not started"
        return self.program

    @property
    def inbox(self) -> str:
        return f"{self.origin}/inbox"

    def actor(self, username: str) -> str:
        return f"{self.origin}/users/{username}"

    def handle(self, username: str) -> str:
        return f"@{username}@{self.origin.partition('://')[2]}"

    async def furnish(self, *people: str) -> None:
        """What `init` and `user create` do, without starting a program for each."""
        config = load(self.folder, env=self.env)
        self.folder.mkdir(mode=0o700, parents=True)
        furnish(config)
        async with self.beside() as context, context.database.write() as session:
            for person in people:
                await create_account(session, await local.create(session, person), role="member")

    async def start(self, *, failpoints: str = "", seconds: float = 60.0) -> None:
        """Start (again) and wait until it answers; `failpoints` as of core/failpoints.py."""
        env = {**self.env, "FEDIVERSE_AI_FAILPOINTS": failpoints}
        self.program = Program([*COMMAND, "--data", self.folder, "serve"], env=env, log=self.folder.with_suffix(".log"))

        async def answers() -> bool:
            try:
                return (await self.client.get("/.well-known/nodeinfo")).status_code == 200
            except httpx.TransportError:
                return False

        await self.program.ready(answers, seconds)

    async def stop(self) -> int:
        return await self.running.stop()

    async def cli(
        self, *words: str, expect: int | None = 0, seconds: float = 120.0, failpoints: str = ""
    ) -> list[dict[str, Any]]:
        """Run one command on this server's folder; its lines of JSON. `expect` is the exit code (None: any)."""
        env = {**os.environ, **self.env, "FEDIVERSE_AI_FAILPOINTS": failpoints}
        program = await asyncio.create_subprocess_exec(
            *COMMAND, "--data", str(self.folder), "--json", *words,
            env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            out, err = await asyncio.wait_for(program.communicate(), seconds)
        finally:
            if program.returncode is None:
                program.kill()
        assert expect is None or program.returncode == expect, (
            f"{words} exited with {program.returncode}\n{out.decode()}\n{err.decode()}"
        )
        return [json.loads(line) for line in out.decode().splitlines() if line.startswith(("{", "["))]

    def query(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the database file beside the server."""
        with closing(sqlite3.connect(f"file:{self.folder}/fediverse.db?mode=ro", uri=True, timeout=10)) as connection:
            return connection.execute(sql, values).fetchall()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[Context]:
        """The rooms of this server without its engine: write rows and enqueue, as the command line does."""
        context = await open_context(load(self.folder, env=self.env), engine=False)
        try:
            yield context
        finally:
            await close_context(context)

    async def token(self, username: str) -> str:
        """An access token of a new app for somebody here."""
        async with self.beside() as context:
            return await token_for(context, username)

    async def close(self) -> None:
        await self.client.aclose()
        if self.program is not None:
            self.program.kill()


@asynccontextmanager
async def server(folder: Path, *people: str, **options: Any) -> AsyncIterator[Server]:
    """A running server with an account for each of `people`; `options` as of Server."""
    made = Server(folder, **options)
    try:
        await made.furnish(*people)
        await made.start()
        yield made
        assert await made.stop() == 0, made.running.output()[-4000:]
    finally:
        await made.close()
