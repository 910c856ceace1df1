"""Bells: one look at the table of jobs for all queues of a process, which wakes the threads of those that have work."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Final

from sqlalchemy import bindparam, text

from fediverse_ai.core.database import Database

# A thread looks by itself this often, whatever the bells say.
_ALONE_SECONDS: Final = 30.0
# In the words of the engine's partial index on jobs in flight, or SQLite would read the whole table.
_WAITING: Final = (
    "SELECT DISTINCT queue_name FROM {table} "
    "WHERE status IN ('ENQUEUED', 'PENDING') AND status = 'ENQUEUED' AND queue_name IN :names"
)


class Bell(threading.Event):
    """The stop event of a queue's thread, whose wait for the next poll lasts until it is rung."""

    def __init__(self) -> None:
        super().__init__()
        self._rung = threading.Event()

    def ring(self) -> None:
        self._rung.set()

    def set(self) -> None:
        super().set()
        self._rung.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._rung.wait(None if timeout is None else max(timeout, _ALONE_SECONDS))
        self._rung.clear()
        return self.is_set()


async def ring(database: Database, table: str, bells: Mapping[str, Bell]) -> None:
    """Ring for every queue in which a job waits. The engine's own look at one queue costs more than this one at all."""
    query = text(_WAITING.format(table=table)).bindparams(bindparam("names", list(bells), expanding=True))
    async with database.read() as session:
        waiting = list((await session.execute(query)).scalars())
    for name in waiting:
        bells[name].ring()
