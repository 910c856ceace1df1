"""How much work waits in the job engine's queues, and since when; read from its tables, as any process may."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text

from fediverse_ai.core.database import Database

# In the words of the engine's partial index on jobs in flight, or SQLite would read the whole table.
_WAITING = (
    "SELECT queue_name, status, count(*), min(created_at) FROM {table} "
    "WHERE status IN ('ENQUEUED', 'PENDING') GROUP BY queue_name, status"
)


@dataclass(frozen=True, slots=True)
class Depth:
    """One queue, its lanes included. `oldest_seconds` is how long the first of those that wait has done so."""

    queue: str
    waiting: int = 0
    running: int = 0
    oldest_seconds: float = 0.0


async def depths(database: Database) -> list[Depth]:
    """Every queue in which there is something to do now, by name; what is put off until later does not count."""
    table = "workflow_status" if database.dialect == "sqlite" else "dbos.workflow_status"
    async with database.read() as session:
        rows = list(await session.execute(text(_WAITING.format(table=table))))
    now, found = database.clock.now_ms(), dict[str, Depth]()
    for name, status, number, oldest in rows:
        queue = str(name or "").removesuffix(".lanes")
        known = found.get(queue, Depth(queue))
        if status == "ENQUEUED":
            age = max(0.0, (now - int(oldest)) / 1000)
            found[queue] = Depth(queue, known.waiting + number, known.running, max(known.oldest_seconds, age))
        else:
            found[queue] = Depth(queue, known.waiting, known.running + number, known.oldest_seconds)
    return [found[name] for name in sorted(found)]
