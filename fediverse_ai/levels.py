"""What rises and falls on this server, for metrics: queues, deliveries, posts, disk and database, read when asked."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from sqlalchemy import func, text
from sqlmodel import col, select

from actors.stops import Scope, StopSwitch
from fediverse_ai import __version__, heartbeat
from fediverse_ai.core import limits, queues
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.core.metrics import Level
from fediverse_ai.core.nodes import SEQUENCE_BITS
from inbox.models import Received
from outbox.models import Delivery, HostState, Post, PostState

_VERSION = Level("info", "Which version of the program this process runs; always 1.", version=None)
_JOBS = Level("jobs_waiting", "Jobs that could begin now.", queue=None)
_RUNNING = Level("jobs_running", "Jobs that have begun, or are claimed by a process.", queue=None)
_OLDEST = Level("jobs_oldest_seconds", "How long the first of those that could begin has waited.", queue=None)
_PROCESSES = Level("processes", "Processes that run queues, by their last sign of life.", state=("living", "late"))
_DELIVERIES = Level("deliveries_waiting", "Deliveries still to be made.", state=("pending", "lane"))
_DELIVERY_AGE = Level("deliveries_oldest_seconds", "Age of the oldest delivery still to be made.")
_HOSTS = Level("hosts_failing", "Servers whose last delivery failed.")
_ARRIVED = Level("received_waiting", "Activities that arrived and are not handled yet.")
_ARRIVED_AGE = Level("received_oldest_seconds", "Age of the oldest of them.")
_POSTS = Level("posts_unfinished", "Posts of this server on their way.", state=("waiting", "pick", "scheduled", "held"))
_STOPPED = Level("stopped", "Whether the stop switch is off for this: 1 while it stands still.", scope=tuple(Scope))
_DISK = Level("disk_bytes", "Room on the disk of the data folder and of pictures.", disk=("data", "media"),
              kind=("free", "total"))  # fmt: skip
_DATABASE = Level("database_bytes", "Size of the database, its log included.")


class Levels:
    """A part of the context: looks at most every SCRAPE_SECONDS, however often it is asked."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._looked: float | None = None
        self._looking = asyncio.Lock()

    async def look(self) -> None:
        """Bring every level up to date."""
        async with self._looking:
            now = self._context.clock.monotonic()
            if self._looked is not None and now - self._looked < limits.SCRAPE_SECONDS:
                return
            await _work(self._context)
            await _federation(self._context)
            await _house(self._context)
            self._looked = now


async def _work(context: Context) -> None:
    for level in (_JOBS, _RUNNING, _OLDEST):
        level.clear()
    found = {depth.queue: depth for depth in await queues.depths(context.database)}
    for name in {*context.part(heartbeat.Heartbeat).wanted, *found}:
        depth = found.get(name, queues.Depth(name))
        _JOBS.is_at(depth.waiting, name)
        _RUNNING.is_at(depth.running, name)
        _OLDEST.is_at(depth.oldest_seconds, name)
    late = [process.late for process in await heartbeat.processes(context)]
    _PROCESSES.is_at(late.count(False), "living")
    _PROCESSES.is_at(late.count(True), "late")


async def _federation(context: Context) -> None:
    def age(first: int | None) -> float:
        # Ids begin with the time; the indexes hold them, so no row is read.
        return max(0.0, (context.clock.now_ms() - (first >> SEQUENCE_BITS)) / 1000) if first else 0.0

    states = ("pending", "lane")
    waiting = select(Delivery.state, func.count(), func.min(Delivery.id)).where(col(Delivery.state).in_(states))
    arrived = select(func.count(), func.min(Received.id)).where(Received.state == "stored")
    failing = select(func.count(col(HostState.failing_since_ms)))
    async with context.database.read() as session:
        rows = {state: (number, first) for state, number, first in
                await session.exec(waiting.group_by(col(Delivery.state)))}  # fmt: skip
        number, first = (await session.exec(arrived)).one()
        _HOSTS.is_at((await session.exec(failing)).one())
    for state in states:
        _DELIVERIES.is_at(rows.get(state, (0, None))[0], state)
    _DELIVERY_AGE.is_at(max((age(oldest) for _number, oldest in rows.values()), default=0.0))
    _ARRIVED.is_at(number)
    _ARRIVED_AGE.is_at(age(first))


async def _house(context: Context) -> None:
    _VERSION.is_at(1, __version__)
    states = (PostState.WAITING, PostState.PICK, PostState.SCHEDULED, PostState.HELD)
    query = select(Post.state, func.count()).where(col(Post.local).is_(True), col(Post.state).in_(states))
    async with context.database.read() as session:
        found: dict[str, int] = dict((await session.exec(query.group_by(col(Post.state)))).all())
    for state in states:
        _POSTS.is_at(found.get(state, 0), state)
    standing = {stop.scope for stop in await context.part(StopSwitch).now()}
    for scope in Scope:
        _STOPPED.is_at(scope in standing, scope)
    _DATABASE.is_at(await database_bytes(context))
    for name, folder in (("data", context.config.data_dir), ("media", context.config.media_dir)):
        if folder.exists():
            usage = shutil.disk_usage(folder)
            _DISK.is_at(usage.free, name, "free")
            _DISK.is_at(usage.total, name, "total")


async def database_bytes(context: Context) -> int:
    """How large the database is, with its log."""
    if context.database.dialect == "postgresql":
        async with context.database.read() as session:
            return int((await session.execute(text("SELECT pg_database_size(current_database())"))).scalar_one())
    return sum(_size(context.config.data_dir / f"{SQLITE_FILE}{end}") for end in ("", "-wal"))


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return 0
