"""The seam to the job engine: what is enqueued in a transaction is done after it, once, and again after a crash."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from fediverse_ai.core import bells, log
from fediverse_ai.core.bells import Bell
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import WRITE_WAIT, Database, after_commit
from fediverse_ai.core.errors import FediverseError, Misconfigured, NoRoom, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.limits import JOB_IDS, NO_ROOM_WAIT_SECONDS
from fediverse_ai.core.metrics import SLOW, Count, Time

if TYPE_CHECKING:
    from dbos import DBOS, DBOSClient, Queue
    from sqlmodel.ext.asyncio.session import AsyncSession

    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context

JobFunction = Callable[["Context", list[int | str]], Awaitable[None]]

# The engine runs only jobs of its own version; ours are data, so every version of the program may run them.
_VERSION: Final = "1"
_APPLICATION: Final = "fediverse-ai"
_SCHEMA: Final = "dbos"
_CONCURRENCY: Final = 8
_RECOVERIES: Final = 20
_RETRY_FIRST_SECONDS: Final = 10.0
_RETRY_LAST_SECONDS: Final = 3600.0
_KEEP_DONE_SECONDS: Final = 3600
_PURGE_SECONDS: Final = 600.0
_PURGE_JOBS: Final = 500
_TAKEOVER_SECONDS: Final = 30.0
_MEND_SECONDS: Final = 2.0
# Of jobs without a queue, which ours never are.
_QUEUE_OF_LAST_RESORT: Final = "_dbos_internal_queue"
_BUSY_SECONDS: Final = 30.0
# Then SQLite's own lock decides: better than waiting for ever, should the turn never come.
_TURN_SECONDS: Final = 5.0
_LOOK_AGAIN_SECONDS: Final = 0.02
# Ids of jobs without a `once` begin like this; nothing remembers them, so they may go soon after they are done.
_ONE_OFF: Final = "j-"

JOB_SECONDS = Time("job_seconds", "How long jobs took, tries that failed among them.", SLOW, job=None)
TROUBLE = Count(
    "job_troubles", "Jobs that failed: tried again, given up, or waiting for room on the disk.",
    kind=("again", "given_up", "no_room"),
)  # fmt: skip

_log = log.get("jobs")


@dataclass(frozen=True)
class JobSpec:
    """A function that can be enqueued. `attempts` counts all tries; `name` is what the queue's rows carry."""

    name: str
    function: JobFunction
    queue: str
    attempts: int

    async def __call__(self, context: Context, ids: list[int | str]) -> None:
        await self.function(context, ids)


@dataclass(frozen=True)
class Clockwork:
    """Something done again and again by one engine process of the database."""

    name: str
    every_seconds: float
    function: Callable[[Context], Awaitable[None]]


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


async def with_room(context: Context, name: str, work: Callable[[], Awaitable[None]]) -> None:
    """Do it; on a full disk again and again until there is room. What was done in the world and cannot be written
    down yet is written later, not done again."""
    while True:
        try:
            return await work()
        except NoRoom as error:
            _log.warning("job waits for room on the disk", job=name, reason=error.detail)
            TROUBLE.add("no_room")
        await context.clock.sleep(NO_ROOM_WAIT_SECONDS)


class JobFailed(Exception):
    """What the engine keeps as the outcome of a job that was given up."""


def job(*, queue: str, attempts: int = 3) -> Callable[[JobFunction], JobSpec]:
    """Make `async (context, ids) -> None` a job of `queue`. Nothing is registered: wiring hands specs to `Jobs.start`.

    A job carries ids only, may run twice, and does nothing when its work is done already. It is tried again when it
    raises Unreachable, Unavailable or what nobody foresaw, at most `attempts` times; other errors of ours end it.
    """

    def decorate(function: JobFunction) -> JobSpec:
        name = f"{function.__module__}.{getattr(function, '__name__', 'job')}"
        return JobSpec(name=name, function=function, queue=queue, attempts=attempts)

    return decorate


async def enqueue(
    session: AsyncSession,
    spec: JobSpec,
    ids: Sequence[int | str],
    *,
    key: str | None = None,
    delay: float | None = None,
    priority: int | None = None,
    once: str | None = None,
    soon: bool = False,
) -> None:
    """Have `spec` done with `ids` after this session's transaction commits; a rollback takes it back.

    `key`: jobs of one queue with one key run one at a time, in order of priority and age. `delay`: not before so
    many seconds. `priority`: 1 comes before 2; none comes first. `once`: a second job of this name and `once` is
    ignored, as long as the first is remembered (jobs.keep_days). `soon`: somebody waits, so this process looks for it
    right after the commit instead of at its next poll.
    """
    await context_of(session).jobs.add(
        session, spec, ids, key=key, delay=delay, priority=priority, once=once, soon=soon
    )


@dataclass
class _Queue:
    """One queue as this process serves it: `claims` are taken from the database, `slots` of them run at once."""

    name: str
    claims: int
    slots: asyncio.Semaphore
    bells: dict[bool, Bell] = field(default_factory=dict)
    threads: list[threading.Thread] = field(default_factory=list)
    looking: set[bool] = field(default_factory=set)


def _lanes(queue: str) -> str:
    return f"{queue}.lanes"


class Jobs:
    """The jobs of one database, as this process sees them.

    After `connect` jobs can be enqueued: that is all that a command beside a running server, or a web process of a
    distributed one, does. After `start` this process also runs them, on its own event loop. One per process.
    """

    def __init__(self, config: Config, concurrency: Mapping[str, int] | None = None) -> None:
        self._config = config.jobs
        self._concurrency = {**(concurrency or {}), **config.jobs.concurrency}
        self._client: DBOSClient | None = None
        self._engine: sa.Engine | None = None
        self._context: Context | None = None
        self._queues: dict[str, _Queue] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._begun: set[str] = set()
        self._lost: set[str] = set()
        self._write_failed = False
        self._clockwork: list[asyncio.Task[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = False

    @property
    def runs(self) -> bool:
        """Whether this process runs jobs, rather than only enqueueing them."""
        return bool(self._queues)

    async def connect(self, database: Database) -> None:
        """Make enqueueing possible, creating the engine's tables where they are missing."""
        if self._client is not None:
            return
        for name in [name for name in os.environ if name.startswith("DBOS_")]:
            del os.environ[name]  # the engine would obey them, telemetry and a remote console included
        self._engine = _sync_engine(database)
        event.listen(self._engine, "handle_error", self._notice)
        self._client = await asyncio.to_thread(_open_client, self._engine, database.dialect)

    async def add(
        self,
        session: AsyncSession,
        spec: JobSpec,
        ids: Sequence[int | str],
        *,
        key: str | None = None,
        delay: float | None = None,
        priority: int | None = None,
        once: str | None = None,
        soon: bool = False,
        attempt: int = 1,
        job_id: str | None = None,
    ) -> None:
        """See `enqueue`."""
        client = self._client
        if client is None:
            raise RuntimeError("enqueue before Jobs.connect")
        if len(ids) > JOB_IDS or not all(isinstance(item, (int, str)) for item in ids):
            raise ValueError(f"a job carries at most {JOB_IDS} ids, and nothing else")
        if job_id is None:
            job_id = f"{spec.name}:{once}" if once else f"{_ONE_OFF}{context_of(session).ids.new():016x}"
        options: dict[str, Any] = {
            "workflow_name": spec.name,
            "queue_name": spec.queue if key is None else _lanes(spec.queue),
            "workflow_id": job_id,
            "priority": priority,
        }
        if key is not None:
            options["queue_partition_key"] = key
        if delay:
            options["delay_seconds"] = delay
        arguments = [list(ids), attempt, key, priority]
        await session.run_sync(
            lambda plain: client.enqueue_in_transaction(plain, options, arguments)  # type: ignore[arg-type]
        )
        if soon and not delay:
            self._ring_after(session, spec.queue, lane=key is not None)

    def _ring_after(self, session: AsyncSession, queue: str, *, lane: bool) -> None:
        served = self._queues.get(queue)
        if served is not None:
            after_commit(session, served.bells[lane].ring)

    async def waiting(self, limit: int = 1000) -> list[Waiting]:
        """Jobs that have not begun, oldest first."""
        if self._client is None:
            raise RuntimeError("Jobs.connect comes first")
        rows = await asyncio.to_thread(
            self._client.list_workflows, status=["ENQUEUED", "DELAYED"], limit=limit, load_output=False
        )
        return [_waiting(row) for row in rows]

    async def start(
        self,
        context: Context,
        specs: Sequence[JobSpec],
        clockwork: Sequence[Clockwork],
        queues: Sequence[str] | None = None,
    ) -> None:
        """Run jobs of `queues` (all that occur in `specs` when None) and the clockwork, on the running loop.

        Raises Misconfigured when another process already runs the jobs of this SQLite file.
        """
        assert context.database.nodes is not None, "the database was not opened"
        if context.database.dialect == "sqlite" and not await context.database.nodes.lead():
            raise Misconfigured(f"Another server is already running on {context.config.data_dir}; stop it first.")
        await self.connect(context.database)
        names = [spec.name for spec in specs]
        if len(set(names)) != len(names):
            raise ValueError(f"two jobs have one name: {sorted(names)}")
        self._context, self._loop, self._stopping = context, asyncio.get_running_loop(), False
        served = {spec.queue for spec in specs} if queues is None else set(queues)
        engine = self._launch(specs, f"node-{context.database.nodes.node}")
        for name in sorted(served):
            await self._serve(engine, name)
        await self._take_over()
        own = [
            Clockwork("jobs.purge", _PURGE_SECONDS, self._purge),
            Clockwork("jobs.takeover", _TAKEOVER_SECONDS, lambda _: self._take_over()),
            Clockwork("database.tidy", _PURGE_SECONDS, lambda context: context.database.tidy()),
        ]
        self._clockwork = [asyncio.create_task(self._tick(item), name=item.name) for item in [*own, *clockwork]]
        self._clockwork.append(asyncio.create_task(self._look_around(context), name="jobs.look"))
        self._clockwork.append(asyncio.create_task(self._mend_again_and_again(context), name="jobs.mend"))

    def _launch(self, specs: Sequence[JobSpec], executor: str) -> DBOS:
        from dbos import DBOS, DBOSPortableJSONSerializer

        assert self._engine is not None
        engine = DBOS(
            config={
                "name": _APPLICATION,
                "system_database_url": self._engine.url.render_as_string(hide_password=False),
                "system_database_engine": self._engine,
                "dbos_system_schema": _SCHEMA,
                "application_version": _VERSION,
                "executor_id": executor,
                "serializer": DBOSPortableJSONSerializer(),
                "enable_otlp": False,
                "log_level": "WARNING",
                "max_executor_threads": 8,
            }
        )
        # Its own handler would write past ours.
        logging.getLogger("dbos").handlers.clear()
        logging.getLogger("dbos").propagate = True
        for spec in specs:
            DBOS.workflow(name=spec.name, max_recovery_attempts=_RECOVERIES)(self._runner(spec))
        # No thread of its own for our queues: ours run the same loop, but with a bell.
        DBOS.listen_queues([])
        DBOS.launch()
        return engine

    async def _serve(self, engine: DBOS, name: str) -> None:
        from dbos._queue import queue_worker_thread

        slots = self._concurrency.get(name, _CONCURRENCY)
        # Some more are claimed than run, so that a finished job's slot is never empty until the next poll;
        # not where jobs are long and few, such as generation, which other machines could begin at once.
        queue = _Queue(name, slots if slots <= 2 else 2 * slots, asyncio.Semaphore(slots))
        for lane in (False, True):
            registered = await asyncio.to_thread(self._register, _lanes(name) if lane else name, queue.claims, lane)
            bell = queue.bells[lane] = Bell()
            thread = threading.Thread(
                target=queue_worker_thread, args=(bell, engine, registered), name=f"jobs-{name}", daemon=True
            )
            queue.threads.append(thread)
        self._queues[name] = queue
        for thread in queue.threads:
            thread.start()
        for bell in queue.bells.values():
            bell.ring()

    def _register(self, name: str, claims: int, lane: bool) -> Queue:
        from dbos import DBOS

        registered = DBOS.register_queue(
            name,
            worker_concurrency=claims,
            partition_concurrency=1 if lane else None,
            polling_interval_sec=self._config.poll_seconds,
            on_conflict="always_update",
        )
        registered.database_backed_queue = False  # or it would be read anew at every poll
        return registered

    def _runner(self, spec: JobSpec) -> Callable[[list[Any]], Awaitable[None]]:
        async def run(arguments: list[Any]) -> None:
            ids, attempt, key, priority = arguments
            from dbos import DBOS

            task = asyncio.current_task()
            assert task is not None
            workflow_id = str(DBOS.workflow_id)
            self._begun.add(workflow_id)
            # The task ends after the engine has written down the outcome, which `stop` waits for too.
            self._running.add(task)
            task.add_done_callback(self._running.discard)
            task.add_done_callback(lambda _: self._begun.discard(workflow_id))
            queue = self._queues.get(spec.queue)
            try:
                if queue is None or self._stopping:
                    raise asyncio.CancelledError
                async with queue.slots:
                    with log.bound(job=spec.name, job_id=workflow_id):
                        await self._run(spec, ids, attempt, key, priority)
            finally:
                if queue is not None:
                    self._look_again(queue, key is not None)

        run.__name__ = run.__qualname__ = spec.name
        return run

    def _look_again(self, queue: _Queue, lane: bool) -> None:
        """After a job: its slot or its lane is free, so look for the next now, not at the next poll."""
        if lane not in queue.looking and self._loop is not None:
            queue.looking.add(lane)
            # A moment later, when the engine has written down that this one is done; one look serves many.
            self._loop.call_later(_LOOK_AGAIN_SECONDS, self._look, queue, lane)

    async def _look_around(self, context: Context) -> None:
        """Poll by poll, wake the queues that have work."""
        sides = [(queue, lane) for queue in self._queues.values() for lane in queue.bells]
        known = {_lanes(queue.name) if lane else queue.name: queue.bells[lane] for queue, lane in sides}
        table = "workflow_status" if context.database.dialect == "sqlite" else f"{_SCHEMA}.workflow_status"
        while True:
            await context.clock.sleep(self._config.poll_seconds * context.clock.uniform(0.95, 1.05))
            try:
                await bells.ring(context.database, table, known)
            except Exception as error:  # the worker loop: what fails now is found at the next look
                _log.error("looking for jobs failed", exc_info=error)

    def _look(self, queue: _Queue, lane: bool) -> None:
        queue.looking.discard(lane)
        queue.bells[lane].ring()

    async def _run(
        self, spec: JobSpec, ids: list[int | str], attempt: int, key: str | None, priority: int | None
    ) -> None:
        assert self._context is not None
        context, clock = self._context, self._context.clock
        started = clock.monotonic()
        fp("jobs.before_run")
        try:
            await with_room(context, spec.name, lambda: spec.function(context, ids))
        except Exception as caught:  # the worker loop: whatever a job raises ends here
            error = caught
            await with_room(context, spec.name, lambda: self._failed(spec, ids, attempt, key, priority, error))
        fp("jobs.after_run")
        JOB_SECONDS.took(clock.monotonic() - started, spec.name)

    async def _failed(
        self,
        spec: JobSpec,
        ids: list[int | str],
        attempt: int,
        key: str | None,
        priority: int | None,
        error: Exception,
    ) -> None:
        """Enqueue the next attempt; or raise JobFailed, which ends the job with its reason."""
        from dbos import DBOS

        assert self._context is not None
        foreseen = isinstance(error, FediverseError)
        heals = not foreseen or isinstance(error, (Unreachable, Unavailable))
        facts = {"job": spec.name, "ids": ids[:10], "attempt": attempt, "reason": f"{type(error).__name__}: {error}"}
        if not heals or attempt >= spec.attempts:
            _log.error("job given up", **facts, exc_info=None if foreseen else error)
            TROUBLE.add("given_up")
            raise JobFailed(facts["reason"]) from None
        TROUBLE.add("again")
        delay = retry_delay(attempt, getattr(error, "retry_after", None)) * self._context.clock.uniform(0.8, 1.2)
        _log.warning("job will be tried again", **facts, seconds=round(delay), exc_info=None if foreseen else error)
        first = str(DBOS.workflow_id).partition("~")[0]
        async with self._context.database.write() as session:
            await self.add(
                session,
                spec,
                ids,
                key=key,
                priority=priority,
                delay=delay,
                attempt=attempt + 1,
                job_id=f"{first}~{attempt + 1}",
            )

    async def _tick(self, item: Clockwork) -> None:
        assert self._context is not None
        context, nodes = self._context, self._context.database.nodes
        assert nodes is not None
        wait = min(item.every_seconds, 5.0)
        while True:
            await context.clock.sleep(wait * context.clock.uniform(0.9, 1.1))
            wait = item.every_seconds
            try:
                if await nodes.lead():
                    await item.function(context)
            except Exception as error:  # the worker loop: a failing clock must not stop the others, nor itself
                _log.error("clockwork failed", clockwork=item.name, exc_info=error)

    async def _purge(self, _context: Context) -> None:
        await self.purge()

    async def purge(self) -> int:
        """Forget finished jobs: one-off ones after an hour, failed ones and those with a `once` after keep_days.

        Gives how many they were. Only in a process that runs jobs.
        """
        assert self._client is not None
        assert self._context is not None
        now = self._context.clock.now().timestamp()
        done = {"status": ["SUCCESS"], "workflow_id_prefix": _ONE_OFF}
        old = {"status": ["SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"]}
        dropped = 0
        for filters, age in ((done, _KEEP_DONE_SECONDS), (old, self._config.keep_days * 86_400)):
            before, number = datetime.fromtimestamp(now - age, UTC).isoformat(), _PURGE_JOBS
            while number == _PURGE_JOBS:
                number = await asyncio.to_thread(_delete_before, self._client, filters, before)
                dropped += number
                await self._context.clock.sleep(0.05)  # others want the write lock too
        return dropped

    async def drop_unfinished(self) -> int:
        """Forget every job that is not done, on a database that nobody runs jobs of; how many there were."""
        assert self._client is not None
        dropped = 0
        while found := await asyncio.to_thread(
            self._client.list_workflows,
            status=["ENQUEUED", "DELAYED", "PENDING"],
            limit=_PURGE_JOBS,
            load_input=False,
            load_output=False,
        ):
            await asyncio.to_thread(self._client.delete_workflows, [row.workflow_id for row in found])
            dropped += len(found)
        return dropped

    async def _take_over(self) -> None:
        """Give back what processes that are no more had begun."""
        from dbos import DBOS

        assert self._client is not None
        assert self._context is not None
        nodes = self._context.database.nodes
        assert nodes is not None
        begun = await asyncio.to_thread(
            self._client.list_workflows, status="PENDING", limit=10_000, load_input=False, load_output=False
        )
        for executor in {row.executor_id for row in begun if row.executor_id}:
            if await nodes.is_vacant(int(executor.removeprefix("node-"))):
                _log.warning("taking over the jobs of a process that is gone", executor=executor)
                await asyncio.to_thread(DBOS._recover_pending_workflows, [executor])

    def _notice(self, failure: Any) -> None:
        """The engine could not read or write; what it wanted to write down may be an outcome."""
        self._write_failed = self._write_failed or failure.connection is not None

    async def _mend_again_and_again(self, context: Context) -> None:
        while True:
            await context.clock.sleep(_MEND_SECONDS)
            try:
                if self._write_failed:
                    await self._mend(context)
            except Exception as error:  # the worker loop: still no room; the next look tries again
                _log.warning("what was begun cannot be enqueued again yet", reason=str(error)[:200])

    async def _mend(self, context: Context) -> None:
        """After a failed write (a full disk, an I/O error): jobs that are begun in the table but run nowhere in this
        process, at two looks, are enqueued again. Their outcome was lost; they find their work done, or do it."""
        assert self._client is not None
        assert context.database.nodes is not None
        executor, system = f"node-{context.database.nodes.node}", self._client._sys_db
        begun = await asyncio.to_thread(
            self._client.list_workflows, status="PENDING", limit=10_000, load_input=False, load_output=False
        )
        lost = {row.workflow_id for row in begun if row.executor_id == executor} - self._begun
        again, self._lost = lost & self._lost, lost
        self._write_failed = bool(lost)
        for workflow_id in again:
            await asyncio.to_thread(system.reenqueue_for_recovery, workflow_id, [executor], _QUEUE_OF_LAST_RESORT)
            _log.warning("a job whose outcome could not be written is enqueued again", job=workflow_id)

    async def stop(self, grace: float = 3.0) -> None:
        """Take no more jobs, give those that run `grace` seconds, put the rest back, and let go of the database."""
        self._stopping = True
        for task in self._clockwork:
            task.cancel()
        await asyncio.gather(*self._clockwork, return_exceptions=True)
        self._clockwork = []
        for queue in self._queues.values():
            for bell in queue.bells.values():
                bell.set()
        if self._queues:
            await asyncio.to_thread(self._join_threads)
            if self._running:
                await asyncio.wait(self._running, timeout=grace)
            for task in list(self._running):
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)
            await asyncio.to_thread(self._destroy)
            self._queues = {}
        if self._client is not None:
            self._client.destroy()
            self._client = None
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _join_threads(self) -> None:
        for queue in self._queues.values():
            for thread in queue.threads:
                thread.join(timeout=5.0)

    def _destroy(self) -> None:
        from dbos import DBOS
        from dbos._utils import GlobalParams

        DBOS._recover_pending_workflows([GlobalParams.executor_id])  # another process may begin them at once
        DBOS.destroy(destroy_registry=True)


def retry_delay(attempt: int, retry_after: int | None) -> float:
    """Seconds until the attempt after this one: 10, 40, 160, … at most an hour, or what the other side asked for."""
    if retry_after is not None:
        return float(min(max(retry_after, _RETRY_FIRST_SECONDS), 86_400.0))
    return float(min(_RETRY_FIRST_SECONDS * 4.0 ** (attempt - 1), _RETRY_LAST_SECONDS))


def _sync_engine(database: Database) -> sa.Engine:
    """The engine's own connections: on SQLite to the same file, as durable as ours, and never folding the log."""
    if database.dialect == "postgresql":
        return sa.create_engine(database.url, pool_size=5, max_overflow=5, pool_pre_ping=True, hide_parameters=True)
    url = sa.URL.create("sqlite", database=database.url.database)
    engine = sa.create_engine(
        url, pool_size=1, max_overflow=0, hide_parameters=True, connect_args={"timeout": _BUSY_SECONDS}
    )

    @event.listens_for(engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=0", "cache_size=-2048"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "before_cursor_execute")
    def _before_write(connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")) and "turn" not in connection.info:
            began = database.clock.monotonic()
            connection.info["turn"] = database.turns.take_blocking(_TURN_SECONDS)
            WRITE_WAIT.took(database.clock.monotonic() - began, "engine")

    @event.listens_for(engine, "checkin")
    def _after_commit(_connection: Any, record: Any) -> None:
        if record.info.pop("turn", False):
            database.turns.leave()

    return engine


def _open_client(engine: sa.Engine, dialect: str) -> DBOSClient:
    from dbos import DBOSClient, DBOSPortableJSONSerializer

    client = DBOSClient(
        system_database_engine=engine,
        dbos_system_schema=_SCHEMA if dialect == "postgresql" else None,
        serializer=DBOSPortableJSONSerializer(),
        application_name=_APPLICATION,
        lazy=True,
        retry_connection_errors=False,
    )
    client._sys_db.run_migrations()
    return client


def _delete_before(client: DBOSClient, filters: dict[str, Any], before: str) -> int:
    """Delete one batch of at most _PURGE_JOBS; how many there were."""
    rows = client.list_workflows(
        **filters, completed_before=before, limit=_PURGE_JOBS, load_input=False, load_output=False
    )
    if rows:
        client.delete_workflows([row.workflow_id for row in rows])
    return len(rows)


def _waiting(row: Any) -> Waiting:
    arguments = row.input["args"][0] if isinstance(row.input, dict) else json.loads(row.input)["args"][0]
    ids, _attempt, key, priority = arguments
    return Waiting(
        job_id=row.workflow_id,
        name=row.name,
        ids=ids,
        queue=row.queue_name.removesuffix(".lanes"),
        key=key,
        priority=priority,
        delayed=row.status == "DELAYED",
    )
