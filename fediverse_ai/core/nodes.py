"""Ids that sort by time, and the node number that keeps those of several processes apart."""

from __future__ import annotations

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from sqlalchemy import text

from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from fediverse_ai.core.clock import Clock

SEQUENCE_BITS: Final = 16
NODES: Final = 64
_PER_MS: Final = (1 << SEQUENCE_BITS) // NODES
# First key of our PostgreSQL advisory locks; it only has to differ from other programs' in the same database.
LOCK_CLASS: Final = 0x0FED1
_LEADER: Final = 1000


class Ids:
    """Makes 64-bit ids: milliseconds since the epoch, then 16 bits (6 for the node, 10 counting within the ms).

    New ones rise within the process and are unique among the living processes of one database. As decimal strings
    all have the same length, so they sort as Mastodon's clients expect.
    """

    def __init__(self, clock: Clock, node: int = 0) -> None:
        self._clock = clock
        self._base = node * _PER_MS
        self._last_ms = 0
        self._count = 0
        self._ahead_ms = 0

    def run_ahead(self, ahead_ms: int) -> None:
        """Count as if the clock showed this much more: on a restored server, whose lost self may have given the rest.

        A sum and no floor, so that the next process of the same database, begun a moment later, gives later ids too.
        """
        self._ahead_ms = ahead_ms

    def now_ms(self) -> int:
        """The moment that new ids are of."""
        return self._clock.now_ms() + self._ahead_ms

    def new(self, at_ms: int | None = None) -> int:
        """The next id; or, for a post published elsewhere at `at_ms`, one among that moment's (never in the future)."""
        now = self.now_ms()
        if at_ms is not None and at_ms < now:
            return self._past(max(at_ms, 1), now)
        if now > self._last_ms:
            self._last_ms, self._count = now, 0
        else:
            self._count += 1
            if self._count == _PER_MS:
                self._last_ms, self._count = self._last_ms + 1, 0
        return (self._last_ms << SEQUENCE_BITS) | (self._base + self._count)

    def ahead(self, at_ms: int) -> int:
        """An id among those of a moment to come, for a post that is published then."""
        return (at_ms + self._ahead_ms << SEQUENCE_BITS) | (int.from_bytes(self._clock.token(4), "big") & 0xFFFF)

    def _past(self, at_ms: int, now: int) -> int:
        chance = int.from_bytes(self._clock.token(4), "big")
        if at_ms % 1000 == 0:
            # Most servers publish whole seconds: spread over the second, or a busy one would run out of numbers.
            at_ms = min(at_ms + (chance >> SEQUENCE_BITS) % 1000, now)
        return (at_ms << SEQUENCE_BITS) | (chance & 0xFFFF)


class Nodes(Protocol):
    """What the processes of one database know of each other."""

    node: int

    async def lead(self) -> bool:
        """Whether this process is the one that does what must be done once for all."""
        ...

    async def is_vacant(self, node: int) -> bool:
        """Whether no living process holds this number."""
        ...

    async def release(self) -> None:
        """Give the number back."""
        ...


class FileNodes:
    """Numbers held by locks on files beside an SQLite database; they end with the process, however it ends."""

    def __init__(self, database: str) -> None:
        self._folder = Path(f"{database}.locks")
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._held: dict[str, int] = {}
        for node in range(NODES):
            if self._lock(f"node-{node}"):
                self.node = node
                return
        raise Misconfigured(f"{self._folder}: more than {NODES} processes use this database.")

    def _lock(self, name: str) -> bool:
        if name in self._held:
            return True
        descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._held[name] = descriptor
        return True

    async def lead(self) -> bool:
        return self._lock("engine")

    async def is_vacant(self, node: int) -> bool:
        name = f"node-{node}"
        if name in self._held or not self._lock(name):
            return False
        os.close(self._held.pop(name))
        return True

    async def release(self) -> None:
        for descriptor in self._held.values():
            os.close(descriptor)
        self._held.clear()


class PostgresqlNodes:
    """Numbers held by advisory locks of one connection; PostgreSQL frees them when it sees the connection end."""

    def __init__(self, connection: AsyncConnection, node: int) -> None:
        self.node = node
        self._connection = connection
        self._one_at_a_time = asyncio.Lock()

    @classmethod
    async def claim(cls, engine: AsyncEngine) -> PostgresqlNodes:
        """Take the lowest free number. Raises Misconfigured when there is none."""
        connection = await engine.connect()
        nodes = cls(connection, 0)
        for nodes.node in range(NODES):
            if await nodes._lock(nodes.node):
                return nodes
        await connection.close()
        raise Misconfigured(f"database.url: more than {NODES} processes use this database.")

    async def _lock(self, key: int) -> bool:
        return await self._call("pg_try_advisory_lock", key)

    async def _call(self, function: str, key: int) -> bool:
        async with self._one_at_a_time:
            result = await self._connection.scalar(
                text(f"SELECT {function}(:class, :key)"),
                {"class": LOCK_CLASS, "key": key},
            )
        return bool(result)

    async def lead(self) -> bool:
        return await self._lock(_LEADER)

    async def is_vacant(self, node: int) -> bool:
        if node == self.node or not await self._lock(node):
            return False
        await self._call("pg_advisory_unlock", node)
        return True

    async def release(self) -> None:
        with suppress(OSError):
            await self._connection.invalidate()  # the end of the connection is what frees the locks
        await self._connection.close()
