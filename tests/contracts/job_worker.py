"""The jobs of the contract suite, and `main`, which runs them in a process of its own: DIR URL CONCURRENCY."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import text

from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, DatabaseSection, JobsSection
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import Database
from fediverse_ai.core.errors import Nonsense, Unreachable
from fediverse_ai.core.http import Http
from fediverse_ai.core.jobs import Clockwork, Jobs, JobSpec, job
from fediverse_ai.core.storage import FolderStorage

DIARY = "CREATE TABLE diary (at_ms BIGINT, event TEXT, name TEXT, pid INTEGER)"


async def write_down(context: Context, event: str, name: Any) -> None:
    async with context.database.write() as session:
        values = {"at": context.clock.now_ms(), "event": event, "name": str(name), "pid": os.getpid()}
        await session.execute(text("INSERT INTO diary VALUES (:at, :event, :name, :pid)"), values)


@job(queue="work")
async def note(context: Context, ids: list[int | str]) -> None:
    await write_down(context, "done", ids[0])


@job(queue="work")
async def slow(context: Context, ids: list[int | str]) -> None:
    await write_down(context, "begin", ids[0])
    await asyncio.sleep(float(ids[1]))
    await write_down(context, "end", ids[0])


@job(queue="work", attempts=3)
async def failing(context: Context, ids: list[int | str]) -> None:
    await write_down(context, "tried", ids[0])
    errors = {"unreachable": Unreachable("no"), "nonsense": Nonsense("no"), "unforeseen": ZeroDivisionError("no")}
    raise errors[str(ids[0])]


SPECS = [note, slow, failing]


@asynccontextmanager
async def opened(config: Config) -> AsyncIterator[Context]:
    """A context whose jobs are connected but not started; the diary exists."""
    clock = SystemClock()
    database = await Database.open(config, clock)
    context = Context(
        config=config,
        clock=clock,
        ids=database.ids,
        database=database,
        http=Http(config, clock),
        jobs=Jobs(config),
        storage=FolderStorage(config.media_dir, "http://media.test"),
    )
    database.bind(context)
    await context.jobs.connect(database)
    try:
        yield context
    finally:
        await context.jobs.stop(1.0)
        await database.close()


@asynccontextmanager
async def running(
    config: Config, specs: Sequence[JobSpec] = SPECS, clockwork: Sequence[Clockwork] = ()
) -> AsyncIterator[Context]:
    """A context whose jobs run."""
    async with opened(config) as context:
        await context.jobs.start(context, specs, clockwork)
        yield context


async def main() -> None:
    data_dir, url, concurrency = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    section = JobsSection(poll_seconds=0.2, concurrency={"work": concurrency})
    config = Config(data_dir=data_dir, database=DatabaseSection(url=url), jobs=section)
    async with running(config):
        print("ready", flush=True)
        await asyncio.sleep(600)
