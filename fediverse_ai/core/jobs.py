"""The seam to the job engine: what is enqueued in a transaction is done after it, once, and again after a crash."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from sqlalchemy import event

from fediverse_ai.core import bells, job_engine, job_rows, log
from fediverse_ai.core.bells import Bell
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import Database, after_commit
from fediverse_ai.core.errors import FediverseError, Misconfigured, NoRoom, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.limits import JOB_IDS, NO_ROOM_WAIT_SECONDS
from fediverse_ai.core.metrics import SLOW, Count, Time

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from fediverse_ai.core.config import Config
    from fediverse_ai.core.context import Context
    from fediverse_ai.core.job_engine import Client, Engine

JobFunction = Callable[["Context", list[int | str]], Awaitable[None]]

_CONCURRENCY: Final = 8
_RETRY_FIRST_SECONDS: Final = 10.0
_RETRY_LAST_SECONDS: Final = 3600.0
_PURGE_SECONDS: Final = 600.0
_TAKEOVER_SECONDS: Final = 30.0
_MEND_SECONDS: Final = 2.0
_LOOK_AGAIN_SECONDS: Final = 0.02

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
    function: Callable[[Context], Awaitable[object]]


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
    return f"{queue}{job_rows.LANES}"


class Jobs:
    """The jobs of one database, as this process sees them.

    After `connect` jobs can be enqueued: that is all that a command beside a running server, or a web process of a
    distributed one, does. After `start` this process also runs them, on its own event loop. One per process.
    """

    def __init__(self, config: Config, concurrency: Mapping[str, int] | None = None) -> None:
        self._config = config.jobs
        self._concurrency = {**(concurrency or {}), **config.jobs.concurrency}
        self._client: Client | None = None
        self._engine: sa.Engine | None = None
        self._context: Context | None = None
        self._queues: dict[str, _Queue] = {}
        self._running: set[asyncio.Task[None]] = set()
        self._begun: set[str] = set()
        self._mender = job_rows.Mender()
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
        job_engine.ignore_environment()
        self._engine = job_engine.connections(database)
        event.listen(self._engine, "handle_error", self._mender.notice)
        self._client = await asyncio.to_thread(job_engine.open_client, self._engine, database.dialect)

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
            job_id = f"{spec.name}:{once}" if once else f"{job_rows.ONE_OFF}{context_of(session).ids.new():016x}"
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

    async def waiting(self, limit: int = 1000) -> list[job_rows.Waiting]:
        """See `job_rows.waiting`."""
        if self._client is None:
            raise RuntimeError("Jobs.connect comes first")
        return await job_rows.waiting(self._client, limit)

    async def purge(self) -> int:
        """See `job_rows.purge`."""
        assert self._client is not None
        assert self._context is not None
        return await job_rows.purge(self._client, self._context.clock, self._config.keep_days)

    async def drop_unfinished(self) -> int:
        """See `job_rows.drop_unfinished`."""
        assert self._client is not None
        return await job_rows.drop_unfinished(self._client)

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
        nodes = context.database.nodes
        assert nodes is not None, "the database was not opened"
        if context.database.dialect == "sqlite" and not await nodes.lead():
            raise Misconfigured(f"Another server is already running on {context.config.data_dir}; stop it first.")
        await self.connect(context.database)
        names = [spec.name for spec in specs]
        if len(set(names)) != len(names):
            raise ValueError(f"two jobs have one name: {sorted(names)}")
        self._context, self._loop, self._stopping = context, asyncio.get_running_loop(), False
        served = {spec.queue for spec in specs} if queues is None else set(queues)
        client, connections = self._client, self._engine
        assert client is not None
        assert connections is not None
        engine = job_engine.launch(connections, nodes.node, {spec.name: self._runner(spec) for spec in specs})
        for name in sorted(served):
            await self._serve(engine, name)
        await job_rows.take_over(client, nodes)
        keep_days = self._config.keep_days
        own = [
            Clockwork("jobs.purge", _PURGE_SECONDS, lambda context: job_rows.purge(client, context.clock, keep_days)),
            Clockwork("jobs.takeover", _TAKEOVER_SECONDS, lambda _: job_rows.take_over(client, nodes)),
            Clockwork("database.tidy", _PURGE_SECONDS, lambda context: context.database.tidy()),
        ]
        self._clockwork = [asyncio.create_task(self._tick(item), name=item.name) for item in [*own, *clockwork]]
        self._clockwork.append(asyncio.create_task(self._look_around(context), name="jobs.look"))
        self._clockwork.append(asyncio.create_task(self._mend(context, client, nodes.node), name="jobs.mend"))

    async def _serve(self, engine: Engine, name: str) -> None:
        slots = self._concurrency.get(name, _CONCURRENCY)
        # Some more are claimed than run, so that a finished job's slot is never empty until the next poll;
        # not where jobs are long and few, such as generation, which other machines could begin at once.
        queue = _Queue(name, slots if slots <= 2 else 2 * slots, asyncio.Semaphore(slots))
        for lane in (False, True):
            registered = await asyncio.to_thread(
                job_engine.register,
                _lanes(name) if lane else name,
                queue.claims,
                lanes=lane,
                poll_seconds=self._config.poll_seconds,
            )
            bell = queue.bells[lane] = Bell()
            queue.threads.append(job_engine.worker(engine, registered, bell))
        self._queues[name] = queue
        for thread in queue.threads:
            thread.start()
        for bell in queue.bells.values():
            bell.ring()

    def _runner(self, spec: JobSpec) -> Callable[[list[Any]], Awaitable[None]]:
        async def run(arguments: list[Any]) -> None:
            ids, attempt, key, priority = arguments
            task = asyncio.current_task()
            assert task is not None
            workflow_id = job_engine.current_job()
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
        table = job_engine.status_table(context.database.dialect)
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
        first = job_engine.current_job().partition("~")[0]
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

    async def _mend(self, context: Context, client: Client, node: int) -> None:
        while True:
            await context.clock.sleep(_MEND_SECONDS)
            try:
                await self._mender.look(client, node, self._begun)
            except Exception as error:  # the worker loop: still no room; the next look tries again
                _log.warning("what was begun cannot be enqueued again yet", reason=str(error)[:200])

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
            await asyncio.to_thread(job_engine.destroy)
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


def retry_delay(attempt: int, retry_after: int | None) -> float:
    """Seconds until the attempt after this one: 10, 40, 160, … at most an hour, or what the other side asked for."""
    if retry_after is not None:
        return float(min(max(retry_after, _RETRY_FIRST_SECONDS), 86_400.0))
    return float(min(_RETRY_FIRST_SECONDS * 4.0 ** (attempt - 1), _RETRY_LAST_SECONDS))
