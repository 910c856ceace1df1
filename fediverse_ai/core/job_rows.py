"""Jobs as rows of the engine: which wait, which may be forgotten, and which nobody runs any more though begun."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from fediverse_ai.core import job_engine, log
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.nodes import Nodes

if TYPE_CHECKING:
    from fediverse_ai.core.job_engine import Client

# Ids of jobs without a `once` begin like this; nothing remembers them, so they may go soon after they are done.
ONE_OFF: Final = "j-"
# The queue of jobs with a key, beside the queue of those without.
LANES: Final = ".lanes"
_KEEP_DONE_SECONDS: Final = 3600
_PURGE_JOBS: Final = 500
_BEGUN_JOBS: Final = 10_000
# Of jobs without a queue, which ours never are.
_QUEUE_OF_LAST_RESORT: Final = "_dbos_internal_queue"
_UNFINISHED: Final = ["ENQUEUED", "DELAYED", "PENDING"]
_ENDED: Final = ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]

_log = log.get("jobs")


@dataclass(frozen=True)
class Waiting:
    """A job that has not begun, as seen from outside."""

    job_id: str
    name: str
    ids: list[int | str]
    queue: str
    key: str | None
    priority: int | None
    delayed: bool


async def waiting(client: Client, limit: int) -> list[Waiting]:
    """Jobs that have not begun, oldest first."""
    rows = await asyncio.to_thread(
        client.list_workflows, status=["ENQUEUED", "DELAYED"], limit=limit, load_output=False
    )
    return [_waiting(row) for row in rows]


def _waiting(row: Any) -> Waiting:
    arguments = row.input["args"][0] if isinstance(row.input, dict) else json.loads(row.input)["args"][0]
    ids, _attempt, key, priority = arguments
    return Waiting(
        job_id=row.workflow_id,
        name=row.name,
        ids=ids,
        queue=row.queue_name.removesuffix(LANES),
        key=key,
        priority=priority,
        delayed=row.status == "DELAYED",
    )


async def purge(client: Client, clock: Clock, keep_days: int) -> int:
    """Forget ended jobs: one-off ones after an hour, failed ones and those with a `once` after `keep_days`.

    Gives how many they were.
    """
    now = clock.now().timestamp()
    done = {"status": ["SUCCESS"], "workflow_id_prefix": ONE_OFF}
    dropped = 0
    for filters, age in ((done, _KEEP_DONE_SECONDS), ({"status": _ENDED}, keep_days * 86_400)):
        before, number = datetime.fromtimestamp(now - age, UTC).isoformat(), _PURGE_JOBS
        while number == _PURGE_JOBS:
            number = await asyncio.to_thread(_delete, client, {**filters, "completed_before": before})
            dropped += number
            await clock.sleep(0.05)  # others want the write lock too
    return dropped


async def drop_unfinished(client: Client) -> int:
    """Forget every job that is not done, on a database that nobody runs jobs of; how many there were."""
    dropped = 0
    while number := await asyncio.to_thread(_delete, client, {"status": _UNFINISHED}):
        dropped += number
    return dropped


def _delete(client: Client, filters: dict[str, Any]) -> int:
    """Delete one batch of at most _PURGE_JOBS; how many there were."""
    rows = client.list_workflows(**filters, limit=_PURGE_JOBS, load_input=False, load_output=False)
    if rows:
        client.delete_workflows([row.workflow_id for row in rows])
    return len(rows)


async def take_over(client: Client, nodes: Nodes) -> None:
    """Give back what processes that are no more had begun. Only where the engine is launched."""
    for executor in {row.executor_id for row in await _begun(client) if row.executor_id}:
        if await nodes.is_vacant(job_engine.node_of(executor)):
            _log.warning("taking over the jobs of a process that is gone", executor=executor)
            await asyncio.to_thread(job_engine.give_back, executor)


async def _begun(client: Client) -> list[Any]:
    return await asyncio.to_thread(
        client.list_workflows, status="PENDING", limit=_BEGUN_JOBS, load_input=False, load_output=False
    )


class Mender:
    """After a failed write (a full disk, an I/O error): jobs that are begun in the table but run nowhere in this
    process, at two looks, are enqueued again. Their outcome was lost; they find their work done, or do it."""

    def __init__(self) -> None:
        self.write_failed = False
        self._lost: set[str] = set()

    def notice(self, failure: Any) -> None:
        """The engine could not read or write; what it wanted to write down may be an outcome."""
        self.write_failed = self.write_failed or failure.connection is not None

    async def look(self, client: Client, node: int, running: Collection[str]) -> None:
        """`running`: the ids of what this process, which is `node`, has begun and not ended."""
        if not self.write_failed:
            return
        executor = job_engine.executor(node)
        lost = {row.workflow_id for row in await _begun(client) if row.executor_id == executor} - set(running)
        again, self._lost = lost & self._lost, lost
        self.write_failed = bool(lost)
        for job_id in again:
            await asyncio.to_thread(client._sys_db.reenqueue_for_recovery, job_id, [executor], _QUEUE_OF_LAST_RESORT)
            _log.warning("a job whose outcome could not be written is enqueued again", job=job_id)
