"""house(): our whole server in the test's own process, on a real socket of loopback, in a folder of its own."""

from __future__ import annotations

import hashlib
import sqlite3
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import httpx2 as httpx
from sqlmodel import SQLModel, select

from actors import local
from actors.accounts import create_account
from actors.models import Actor
from fediverse_ai import migrations
from fediverse_ai.app import create_app
from fediverse_ai.core import secrets
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, ServerSection
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.wiring import close_context, open_context
from tests.support import wire
from tests.support.peer import listening
from tests.support.processes import free_port
from tests.support.tls import Authority

Row = TypeVar("Row", bound=SQLModel)

# Columns that only say when a copy was refreshed: a refused request may refetch its sender's key once.
CACHE_COLUMNS = frozenset({"fetched_ms", "checked_ms"})


class MovableClock(SystemClock):
    """The real clock, which a test may put forward."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def forward(self, seconds: float) -> None:
        self._ahead += seconds

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self._ahead)

    def now_ms(self) -> int:
        return super().now_ms() + int(self._ahead * 1000)

    def monotonic(self) -> float:
        return super().monotonic() + self._ahead


class House:
    """A running server of ours. `client` speaks to it over its real route, `context` is what its rooms see."""

    def __init__(self, context: Context, client: httpx.AsyncClient, clock: MovableClock) -> None:
        self.context = context
        self.client = client
        self.clock = clock

    @property
    def origin(self) -> str:
        return self.context.config.public_url

    @property
    def inbox(self) -> str:
        """The shared inbox."""
        return f"{self.origin}/inbox"

    async def make_actor(self, username: str = "alice", *, role: str = "member", **columns: Any) -> Actor:
        """A local person with an account; `columns` are set on the actor's row."""
        async with self.context.database.write() as session:
            actor = await local.create(session, username)
            for name, value in columns.items():
                setattr(actor, name, value)
            session.add(actor)
            await create_account(session, actor, role=role)
        return actor

    async def rows(self, model: type[Row], **equal: Any) -> list[Row]:
        """The rows of a table whose columns equal the given values, by id."""
        query = select(model).where(*(getattr(model, name) == value for name, value in equal.items()))
        async with self.context.database.read() as session:
            return list(await session.exec(query))

    def dump(self) -> dict[str, str]:
        """Every table of the database file, the job engine's too -> digest of its rows, cache times left out."""
        path = self.context.config.data_dir / "fediverse.db"
        found: dict[str, str] = {}
        with closing(sqlite3.connect(path)) as connection:
            names = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
            for table in sorted(names):
                columns = [row[1] for row in connection.execute(f'pragma table_info("{table}")')]
                kept = ", ".join(f'"{column}"' for column in columns if column not in CACHE_COLUMNS)
                rows = sorted(repr(row) for row in connection.execute(f'select {kept} from "{table}"'))
                found[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
        return found


def furnish(config: Config) -> None:
    """A new server's folder. Making fifty tables takes half of a start, so every house begins with a copy of them."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    secrets.open_box(config.data_dir, SystemClock(), create=True)
    if (config.data_dir / SQLITE_FILE).exists() or config.database.resolved():
        migrations.upgrade(config)
    else:
        (config.data_dir / SQLITE_FILE).write_bytes(_migrated())


@lru_cache(maxsize=1)
def _migrated() -> bytes:
    """The file of a database as the migrations make it."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config(data_dir=Path(folder), server=ServerSection(development=True))
        secrets.open_box(config.data_dir, SystemClock(), create=True)
        migrations.upgrade(config)
        assert not Path(folder, f"{SQLITE_FILE}-wal").exists()
        return Path(folder, SQLITE_FILE).read_bytes()


@asynccontextmanager
async def house(
    folder: Path, *, authority: Authority | None = None, name: str = "127.0.0.1", engine: bool = False, **sections: Any
) -> AsyncIterator[House]:
    """Start a server: plain http on 127.0.0.1, or https under a name such as home.test with an authority.

    With `engine=False` jobs are enqueued but nothing runs them. `sections` are those of the configuration.
    """
    port = free_port()
    public_url = f"{'https' if authority else 'http'}://{name}:{port}"
    server = {"development": True, "port": port, "public_url": public_url, **sections.pop("server", {})}
    http = {"hosts": {}, **sections.pop("http", {})}
    if authority:
        http["ca_file"] = str(authority.ca_file)
    config = Config(data_dir=folder, server=server, http=http, **sections)
    furnish(config)
    clock = MovableClock()
    context = await open_context(config, engine=engine, clock=clock)
    try:
        certificate = authority.certificate(name) if authority else None
        async with (
            listening(create_app(config, context), certificate=certificate, port=config.server.port),
            wire.client(authority, base_url=config.public_url) as client,
        ):
            yield House(context, client, clock)
    finally:
        await close_context(context)
