"""What the job seam promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from fediverse_ai.core import job_rows
from fediverse_ai.core import jobs as core_jobs
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, JobsSection
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import AsyncSession, Database, GroupCommit
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.jobs import Clockwork, enqueue
from tests.contracts.job_worker import DIARY, SPECS, failing, note, opened, running, slow

ROOT = Path(__file__).parents[2]
# Not as __main__: a job's name is its module's.
WORKER = "import asyncio; from tests.contracts.job_worker import main; asyncio.run(main())"
Diary = list[tuple[int, str, str, int]]


@pytest.fixture
async def config(any_config: Config) -> Config:
    database = await Database.open(any_config, SystemClock())
    async with database.write() as session:
        await session.execute(text(DIARY))
    await database.close()
    return any_config


async def diary(context: Context, event: str | None = None) -> Diary:
    async with context.database.read() as session:
        rows = (await session.execute(text("SELECT at_ms, event, name, pid FROM diary ORDER BY at_ms"))).all()
    return [(at, what, name, pid) for at, what, name, pid in rows if event in (None, what)]


async def until(context: Context, enough: Callable[[Diary], bool], seconds: float = 20.0) -> Diary:
    async with asyncio.timeout(seconds):
        while not enough(entries := await diary(context)):  # noqa: ASYNC110
            await asyncio.sleep(0.03)
    return entries


@asynccontextmanager
async def worker(
    config: Config, concurrency: int = 4, failpoints: str = ""
) -> AsyncIterator[asyncio.subprocess.Process]:
    arguments = [sys.executable, "-c", WORKER, str(config.data_dir), config.database.url, str(concurrency)]
    environment = os.environ | {"FEDIVERSE_AI_FAILPOINTS": failpoints, "PYTHONPATH": str(ROOT)}
    process = await asyncio.create_subprocess_exec(*arguments, stdout=asyncio.subprocess.PIPE, env=environment)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_a_job_shares_the_fate_of_its_transaction(config: Config) -> None:
    async with running(config) as context:
        with pytest.raises(KeyError):  # noqa: PT012
            async with context.database.write() as session:
                await enqueue(session, note, ["rolled back"])
                raise KeyError
        async with context.database.write() as session:
            await enqueue(session, note, ["kept"])
            await enqueue(session, note, [2**62])
            await asyncio.sleep(0.5)  # two polls
            waiting_inside = await asyncio.create_task(diary(context), context=__import__("contextvars").Context())
        entries = await until(context, lambda found: len(found) >= 2)
        await asyncio.sleep(0.3)
        assert waiting_inside == []
        assert sorted(name for _, _, name, _ in await diary(context)) == sorted(["kept", str(2**62)])
        assert len(entries) == 2


async def test_each_job_runs_once_under_eight_workers(config: Config) -> None:
    async with opened(config) as context:
        async with context.database.write() as session:
            for number in range(80):
                await enqueue(session, note, [number])
        count = 1 if context.database.dialect == "sqlite" else 2
        async with worker(config, 8 // count) as first:
            more = [worker(config, 8 // count) for _ in range(count - 1)]
            for process in more:
                await process.__aenter__()
            entries = await until(context, lambda found: len(found) >= 80, 40)
            await asyncio.sleep(0.5)
            entries = await diary(context)
            for process in more:
                await process.__aexit__(None, None, None)
            assert first.returncode is None
    runs = Counter(name for _, _, name, _ in entries)
    assert runs == {str(number): 1 for number in range(80)}
    if count > 1:
        assert len({pid for *_, pid in entries}) > 1


@pytest.mark.parametrize("point", ["jobs.before_run", "jobs.after_run"])
async def test_a_job_comes_back_after_kill_9(config: Config, point: str) -> None:
    async with opened(config) as context:
        async with context.database.write() as session:
            await enqueue(session, note, ["survivor"])
        async with worker(config, failpoints=f"{point}:kill9") as process:
            async with asyncio.timeout(20):
                assert await process.wait() == -9
        before = len(await diary(context))
        assert before == (0 if point == "jobs.before_run" else 1)
        await context.jobs.start(context, SPECS, [])
        # At least once: after the crash it runs again, even where it had already written its line.
        entries = await until(context, lambda found: len(found) > before)
        await asyncio.sleep(0.3)
        assert {name for _, _, name, _ in entries} == {"survivor"}
        assert await context.jobs.waiting() == []


async def test_another_process_takes_over_from_one_that_is_gone(
    postgresql_url: str, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not config.database.url:
        return await _a_second_server_is_refused(config)
    monkeypatch.setattr(core_jobs, "_TAKEOVER_SECONDS", 0.5)
    async with opened(config) as context:
        async with worker(config) as process:
            assert process.stdout is not None
            await process.stdout.readline()
            async with context.database.write() as session:
                await enqueue(session, slow, ["orphan", "30"])
            await until(context, lambda found: len(found) == 1)
            # This process lives and holds another number, so it is not the dead one's own restart that helps.
            await context.jobs.start(context, SPECS, [])
            process.kill()
            await process.wait()
            entries = await until(context, lambda found: len(found) == 2)
        assert [(event, name) for _, event, name, _ in entries] == [("begin", "orphan")] * 2
        assert entries[1][3] == os.getpid()
    return None


async def _a_second_server_is_refused(config: Config) -> None:
    async with running(config), opened(config) as second:
        with pytest.raises(Misconfigured, match="already running"):
            await second.jobs.start(second, SPECS, [])


async def test_one_at_a_time_for_each_key_and_in_order(config: Config) -> None:
    async with running(config) as context:
        async with context.database.write() as session:
            for number in range(4):
                for key in ("a.example", "b.example"):
                    await enqueue(session, slow, [f"{key} {number}", "0.1"], key=key)
        entries = await until(context, lambda found: len(found) == 16)
    for key in ("a.example", "b.example"):
        own = [(event, name) for _, event, name, _ in entries if name.startswith(key)]
        assert own == [(event, f"{key} {number}") for number in range(4) for event in ("begin", "end")]
    lanes = [name[0] for _, event, name, _ in entries]
    assert lanes != sorted(lanes), "the two keys took turns only after each other"


async def test_delay_priority_and_once(config: Config) -> None:
    async with opened(config) as context:
        before_ms = context.clock.now_ms()  # the delay counts from the enqueueing, not from the commit
        async with context.database.write() as session:
            await enqueue(session, note, ["late"], delay=2.0, priority=50)  # last, however slow the machine is
            for name, priority in (("third", 30), ("second", 20), ("first", 10)):
                await enqueue(session, note, [name], priority=priority)
            await enqueue(session, note, ["only"], once="x", priority=40)
            await enqueue(session, note, ["never"], once="x", priority=40)
        waiting = await context.jobs.waiting()
        assert {(item.name, item.delayed) for item in waiting if item.ids == ["late"]} == {(note.name, True)}
        assert [item.ids for item in waiting if item.priority == 40] == [["only"]]
        one_by_one = config.model_copy(update={"jobs": JobsSection(poll_seconds=0.2, concurrency={"work": 1})})
        async with running_in(context, one_by_one):
            async with context.database.write() as session:
                await enqueue(session, note, ["never"], once="x")
            entries = await until(context, lambda found: len(found) >= 5)
            await asyncio.sleep(0.4)
            entries = await diary(context)
    assert [name for _, _, name, _ in entries] == ["first", "second", "third", "only", "late"]
    assert entries[-1][0] - before_ms >= 2000


@asynccontextmanager
async def running_in(context: Context, config: Config) -> AsyncIterator[None]:
    """Run jobs with another configuration in a context that is open already."""
    await context.jobs.stop()
    context.jobs = core_jobs.Jobs(config)
    await context.jobs.connect(context.database)
    await context.jobs.start(context, SPECS, [])
    yield


async def test_soon_does_not_wait_for_the_poll(config: Config) -> None:
    lazy = config.model_copy(update={"jobs": JobsSection(poll_seconds=4.0)})
    async with running(lazy) as context:
        await asyncio.sleep(0.5)  # the polls at the start
        started = context.clock.monotonic()
        async with context.database.write() as session:
            await enqueue(session, note, ["now"], soon=True)
            await enqueue(session, note, ["now, in its lane"], soon=True, key="k")
        await until(context, lambda found: len(found) == 2)
        assert context.clock.monotonic() - started < 1.5
        await asyncio.sleep(0.2)  # the look after a job
        async with context.database.write() as session:
            await enqueue(session, note, ["whenever"])
        await asyncio.sleep(1.0)
        assert len(await diary(context)) == 2, "without `soon` it waits, or this test shows nothing"


async def test_a_busy_writer_does_not_starve_the_jobs(config: Config) -> None:
    async def flush(session: AsyncSession, items: list[int]) -> list[int]:
        rows = [{"at": 0, "event": "flood", "name": str(item), "pid": 0} for item in items]
        await session.execute(text("INSERT INTO diary VALUES (:at, :event, :name, :pid)"), rows)
        return items

    async with running(config) as context:
        writer = GroupCommit(context.database, flush)
        writer.start()

        async def flood() -> None:
            while not done.is_set():
                await writer.submit(1)

        done = asyncio.Event()
        floods = [asyncio.create_task(flood()) for _ in range(40)]
        async with context.database.write() as session:
            for number in range(10):
                await enqueue(session, note, [number])
        await until(context, lambda found: len([entry for entry in found if entry[1] == "done"]) == 10)
        done.set()
        await asyncio.gather(*floods)
        await writer.stop()


async def test_what_may_heal_is_tried_again_and_ends(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_jobs, "_RETRY_FIRST_SECONDS", 0.1)
    async with running(config) as context:
        async with context.database.write() as session:
            for name in ("unreachable", "nonsense", "unforeseen"):
                await enqueue(session, failing, [name], key=name if name == "unreachable" else None)
        await until(context, lambda found: len(found) >= 7)
        await asyncio.sleep(1.5)
        tries = Counter(name for _, _, name, _ in await diary(context))
        assert tries == {"unreachable": 3, "nonsense": 1, "unforeseen": 3}
        assert await context.jobs.waiting() == []


def test_backoff_grows_and_ends_and_listens() -> None:
    assert [core_jobs.retry_delay(n, None) for n in (1, 2, 3)] == [10, 40, 160]
    assert core_jobs.retry_delay(20, None) == 3600
    assert core_jobs.retry_delay(1, 120) == 120
    assert core_jobs.retry_delay(1, 10**9) == 86_400
    assert core_jobs.retry_delay(1, -5) == 10


async def test_a_command_beside_the_server_only_enqueues(config: Config) -> None:
    async with running(config) as server, opened(config) as command:
        assert server.jobs.runs
        assert not command.jobs.runs
        async with command.database.write() as session:
            await enqueue(session, note, ["from outside"], soon=True)
        entries = await until(server, lambda found: len(found) == 1)
    assert entries[0][2] == "from outside"


async def test_clockwork_runs_in_one_engine_only_and_survives_errors(config: Config) -> None:
    ticks: list[str] = []

    async def tick(context: Context) -> None:
        ticks.append("tick")
        if len(ticks) == 1:
            raise ZeroDivisionError

    clockwork = [Clockwork("test.tick", 0.05, tick)]
    async with opened(config):
        await asyncio.sleep(0.3)
        assert ticks == []
    async with running(config, clockwork=clockwork), asyncio.timeout(10):
        while len(ticks) < 3:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    count = len(ticks)
    await asyncio.sleep(0.2)
    assert len(ticks) == count


async def test_stop_is_quick_and_puts_back_what_was_running(config: Config) -> None:
    async with running(config) as context:
        async with context.database.write() as session:
            await enqueue(session, slow, ["long", 60], soon=True)
        await until(context, lambda found: len(found) == 1)
        started = context.clock.monotonic()
        await context.jobs.stop(0.5)
        assert context.clock.monotonic() - started < 4.5
        await context.jobs.connect(context.database)
        assert [item.ids for item in await context.jobs.waiting()] == [["long", 60]]


async def test_finished_jobs_are_forgotten(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(config) as context:
        async with context.database.write() as session:
            await enqueue(session, note, ["gone"])
            await enqueue(session, note, ["kept"], once="kept")
        await until(context, lambda found: len(found) == 2)
        await asyncio.sleep(1.1)
        monkeypatch.setattr(job_rows, "_KEEP_DONE_SECONDS", -5)
        assert await context.jobs.purge() == 1
        async with context.database.write() as session:
            await enqueue(session, note, ["ignored"], once="kept")
        await asyncio.sleep(0.6)
        assert len(await diary(context)) == 2
        assert context.jobs._client is not None
        left = await asyncio.to_thread(context.jobs._client.list_workflows)
        assert [row.workflow_id for row in left] == [f"{note.name}:kept"]


async def test_a_job_whose_outcome_could_not_be_written_is_enqueued_again(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a full disk the engine cannot note that a job ended: in its table the job runs for ever, in no process."""
    monkeypatch.setattr(core_jobs, "_MEND_SECONDS", 0.1)
    async with running(config) as context:
        table = "workflow_status" if context.database.dialect == "sqlite" else "dbos.workflow_status"
        async with context.database.write() as session:
            await enqueue(session, note, ["again"], once="again")
            await enqueue(session, slow, ["long", 60], soon=True)
        await until(context, lambda found: {name for _, _, name, _ in found} == {"again", "long"})
        async with context.database.write() as session:
            lost = f"UPDATE {table} SET status = 'PENDING' WHERE workflow_uuid = '{note.name}:again'"
            assert (await session.execute(text(lost))).rowcount == 1
        await asyncio.sleep(0.5)
        assert len(await diary(context)) == 2, "nothing failed, so nobody looks"
        context.jobs._mender.write_failed = True
        names = Counter(name for _, _, name, _ in await until(context, lambda found: len(found) == 3))
        assert names == {"again": 2, "long": 1}, "what runs here is left alone"


async def test_a_job_carries_ids_and_nothing_else(config: Config) -> None:
    async with opened(config) as context, context.database.write() as session:
        for wrong in ([{"a": 1}], [b"bytes"], list(range(513))):
            with pytest.raises(ValueError, match="ids"):
                await enqueue(session, note, wrong)


async def test_the_engine_obeys_no_environment(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBOS__APPVERSION", "other")
    monkeypatch.setenv("DBOS__CONDUCTOR_URL", "https://example.com")
    async with opened(config):
        assert not [name for name in os.environ if name.startswith("DBOS_")]
