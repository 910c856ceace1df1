"""A sign of life of every process that runs queues, written again and again where all processes can read it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass

from fediverse_ai import __version__
from fediverse_ai.core import limits, observations
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unavailable
from fediverse_ai.core.log import get

_PREFIX = "process:"

log = get(__name__)


@dataclass(frozen=True, slots=True)
class Process:
    """One process as it last told of itself; `age` in seconds, `late` when it should have done so again by now."""

    node: int
    queues: tuple[str, ...]
    version: str
    pid: int
    started_ms: int
    age: float

    @property
    def late(self) -> bool:
        return self.age > limits.HEARTBEAT_LATE_SECONDS


class Heartbeat:
    """A part of the context: beats from `start` to `stop`, on the loop that runs the jobs; silent if that hangs.

    `wanted` are all the queues that some process has to run.
    """

    def __init__(self, context: Context, wanted: Sequence[str]) -> None:
        self._context = context
        self.wanted = tuple(wanted)
        self._beating: asyncio.Task[None] | None = None

    async def start(self, queues: Sequence[str] | None) -> None:
        """Say that this process lives and runs these queues (None: all), now and from now on."""
        value = {
            "queues": sorted(self.wanted if queues is None else queues),
            "version": __version__,
            "pid": os.getpid(),
        }
        value["started_ms"] = self._context.clock.now_ms()
        await self._try(value)
        self._beating = asyncio.create_task(self._go_on(value), name="heartbeat")

    async def stop(self) -> None:
        """Be silent."""
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)
            self._beating = None

    async def _go_on(self, value: dict[str, object]) -> None:
        while True:
            await self._context.clock.sleep(limits.HEARTBEAT_SECONDS)
            await self._try(value)

    async def _try(self, value: dict[str, object]) -> None:
        try:
            await self._beat(value)
        except Unavailable as error:
            log.warning("no sign of life", detail=error.detail)
        except Exception as error:  # the worker loop: a full disk now must neither silence it for ever nor stop a start
            log.warning("no sign of life", exc_info=error)

    async def _beat(self, value: dict[str, object]) -> None:
        nodes = self._context.database.nodes
        assert nodes is not None, "the database was not opened"
        async with self._context.database.write() as session:
            await observations.put(session, f"{_PREFIX}{nodes.node}", value)
            long_ago = self._context.clock.now_ms() - int(limits.HEARTBEAT_KEPT_SECONDS * 1000)
            await observations.forget(session, _PREFIX, long_ago)


async def processes(context: Context) -> list[Process]:
    """Every process that told of itself in a day, the living and the dead."""
    now = context.clock.now_ms()
    async with context.database.read() as session:
        rows = await observations.named(session, _PREFIX)
    return [
        Process(
            int(row.name.removeprefix(_PREFIX)),
            tuple(row.value["queues"]),
            str(row.value["version"]),
            int(row.value["pid"]),
            int(row.value["started_ms"]),
            (now - row.made_ms) / 1000,
        )
        for row in rows
    ]


async def unserved(context: Context) -> list[str]:
    """The queues that no living process runs."""
    living = {queue for process in await processes(context) if not process.late for queue in process.queues}
    return sorted(set(context.part(Heartbeat).wanted) - living)
