"""Ids that sort by time, and the node number that keeps those of several processes apart."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, Final

from sqlalchemy import text

from fediverse_ai.core.errors import Misconfigured

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncEngine

    from fediverse_ai.core.clock import Clock

SEQUENCE_BITS: Final = 16
NODES: Final = 64
_PER_MS: Final = (1 << SEQUENCE_BITS) // NODES
# Two 32-bit keys of a PostgreSQL advisory lock; the first only has to differ from other uses of such locks.
_LOCK_CLASS: Final = 0x0FED1


class Ids:
    """Makes 64-bit ids: milliseconds since the epoch, then 16 bits (6 for the node, 10 counting within the ms).

    New ones rise within the process and are unique among the processes of one database. As decimal strings all have
    the same length, so they sort as Mastodon's clients expect.
    """

    def __init__(self, clock: Clock, node: int = 0) -> None:
        self._clock = clock
        self._base = node * _PER_MS
        self._last_ms = 0
        self._count = 0

    def new(self, at_ms: int | None = None) -> int:
        """The next id; or, for a post published elsewhere at `at_ms`, one among that moment's (never in the future)."""
        now = self._clock.now_ms()
        if at_ms is not None and at_ms < now:
            return self._past(max(at_ms, 1), now)
        if now > self._last_ms:
            self._last_ms, self._count = now, 0
        else:
            self._count += 1
            if self._count == _PER_MS:
                self._last_ms, self._count = self._last_ms + 1, 0
        return (self._last_ms << SEQUENCE_BITS) | (self._base + self._count)

    def _past(self, at_ms: int, now: int) -> int:
        chance = int.from_bytes(self._clock.token(4), "big")
        if at_ms % 1000 == 0:
            # Most servers publish whole seconds: spread over the second, or a busy one would run out of numbers.
            at_ms = min(at_ms + (chance >> SEQUENCE_BITS) % 1000, now)
        return (at_ms << SEQUENCE_BITS) | (chance & 0xFFFF)


@contextlib.contextmanager
def claim_file_node(path: str) -> Iterator[int]:
    """A node number held by a lock on one byte of `path` until the block or the process ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield _lock_a_byte(descriptor, path)
    finally:
        os.close(descriptor)


def _lock_a_byte(descriptor: int, path: str) -> int:
    for node in range(NODES):
        with contextlib.suppress(BlockingIOError):
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, node)
            return node
    raise Misconfigured(f"{path}: more than {NODES} processes use this database.")


@contextlib.asynccontextmanager
async def claim_postgresql_node(engine: AsyncEngine) -> AsyncIterator[int]:
    """A node number held by an advisory lock of one connection until the block or the process ends."""
    async with engine.connect() as connection:
        for node in range(NODES):
            taken = text("SELECT pg_try_advisory_lock(:class, :node)")
            if await connection.scalar(taken, {"class": _LOCK_CLASS, "node": node}):
                break
        else:
            raise Misconfigured(f"database.url: more than {NODES} processes use this database.")
        try:
            yield node
        finally:
            await connection.invalidate()  # closing the connection is what gives the lock back
