"""What the database seam promises, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Field, SQLModel, select

from fediverse_ai.core import sqlite
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, DatabaseSection
from fediverse_ai.core.database import (
    AsyncSession,
    Database,
    GroupCommit,
    after_commit,
    big_id,
    forbid_in_transaction,
    in_transaction,
    json_column,
)
from fediverse_ai.core.errors import Misconfigured, Unavailable
from fediverse_ai.core.http import Http
from fediverse_ai.core.limits import GROUP_COMMIT_GATHER_SECONDS


class Counter(SQLModel, table=True):
    __tablename__ = "contract_counter"
    id: int = Field(primary_key=True, sa_type=big_id())
    value: int = 0
    name: str = Field(default="", unique=True)
    facts: dict[str, int] = Field(default_factory=dict, sa_column=json_column())


TABLES = [SQLModel.metadata.tables["contract_counter"]]


@pytest.fixture
async def database(any_config: Config) -> AsyncIterator[Database]:
    database = await Database.open(any_config, SystemClock())
    async with database.writer.begin() as connection:
        await connection.run_sync(lambda plain: SQLModel.metadata.create_all(plain, tables=TABLES))
    yield database
    await database.close()


async def _count(database: Database) -> int:
    async with database.read() as session:
        return (await session.exec(select(func.count()).select_from(Counter))).one()


async def test_concurrent_changes_are_not_lost(database: Database) -> None:
    async with database.write() as session:
        session.add(Counter(id=1, name="one"))

    async def change() -> None:
        for _ in range(10):
            async with database.write() as session:
                row = (await session.exec(select(Counter).where(Counter.id == 1).with_for_update())).one()
                await asyncio.sleep(0)
                row.value += 1

    await asyncio.gather(*(change() for _ in range(8)))
    async with database.read() as session:
        row = await session.get(Counter, 1)
    assert row is not None
    assert row.value == 80


async def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with pytest.raises(KeyError):  # noqa: PT012
        async with database.write() as session:
            session.add(Counter(id=1, name="gone"))
            await session.flush()
            raise KeyError
    assert await _count(database) == 0
    async with database.write() as session:
        session.add(Counter(id=2, name="kept", facts={"a": 1}))
    assert await _count(database) == 1


async def test_rows_stay_usable_after_the_commit(database: Database) -> None:
    async with database.write() as session:
        row = Counter(id=2**62, name="big", facts={"a": 1})
        session.add(row)
    assert (row.id, row.name) == (2**62, "big")
    async with database.read() as session:
        again = await session.get(Counter, 2**62)
    assert again is not None
    assert again.facts == {"a": 1}


@pytest.mark.parametrize(("outer", "inner"), [("write", "write"), ("write", "read"), ("read", "write")])
async def test_transactions_do_not_nest(database: Database, outer: str, inner: str) -> None:
    with pytest.raises(RuntimeError, match="inside a transaction"):
        async with getattr(database, outer)(), getattr(database, inner)():
            pass
    assert not in_transaction()
    async with database.write():
        assert in_transaction()


async def test_a_task_that_outlives_its_transaction_is_free(database: Database) -> None:
    ended = asyncio.Event()

    async def later() -> bool:
        await ended.wait()
        return in_transaction()

    async with database.write():
        task = asyncio.create_task(later())
        await asyncio.sleep(0)
    ended.set()
    assert await task is False


async def test_no_network_inside_a_transaction(database: Database, any_config: Config) -> None:
    http = Http(any_config, SystemClock())
    for opened in (database.write, database.read):
        async with opened():
            with pytest.raises(RuntimeError, match="inside a database transaction"):
                await http.get("https://example.com/")
            with pytest.raises(RuntimeError, match="inside a database transaction"):
                await http.post("https://example.com/", body=b"", headers={})
            with pytest.raises(RuntimeError, match="a model"):
                forbid_in_transaction("a model")
    forbid_in_transaction("outside it is fine, what")


async def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"readonly|read-only"):
        async with database.read() as session:
            await session.execute(insert(Counter).values(id=1, value=1, name="no", facts={}))
    assert await _count(database) == 0


async def test_hooks_run_after_the_commit_and_only_then(database: Database) -> None:
    calls: list[str] = []
    with pytest.raises(KeyError):  # noqa: PT012
        async with database.write() as session:
            after_commit(session, lambda: calls.append("rolled back"))
            raise KeyError
    async with database.write() as session:
        after_commit(session, lambda: calls.append(f"committed, in transaction: {in_transaction()}"))
        assert calls == []
    assert calls == ["committed, in transaction: False"]


async def test_group_commit_writes_many_at_once_and_gives_each_its_result(database: Database) -> None:
    sizes: list[int] = []

    async def flush(session: AsyncSession, items: list[int]) -> list[str]:
        sizes.append(len(items))
        await session.execute(insert(Counter), [{"id": n, "value": n, "name": f"n{n}", "facts": {}} for n in items])
        return [f"row {n}" for n in items]

    writer = GroupCommit(database, flush, limit=64)
    writer.start()
    results = await asyncio.gather(*(writer.submit(n) for n in range(200)))
    await writer.stop()
    assert results == [f"row {n}" for n in range(200)]
    assert await _count(database) == 200
    assert max(sizes) <= 64
    assert len(sizes) < 20


async def test_a_hook_that_fails_after_the_commit_undoes_nothing(database: Database) -> None:
    async def flush(session: AsyncSession, items: list[int]) -> list[int]:
        await session.execute(insert(Counter), [{"id": n, "value": n, "name": f"n{n}", "facts": {}} for n in items])
        after_commit(session, lambda: called.append(len(items) // 0))
        after_commit(session, lambda: called.append(len(items)))
        return items

    called: list[int] = []
    writer = GroupCommit(database, flush)
    writer.start()
    assert await asyncio.gather(*(writer.submit(n) for n in range(4))) == [0, 1, 2, 3]
    await writer.stop()
    assert await _count(database) == sum(called) == 4


async def test_who_gives_up_waiting_for_the_end_leaves_nobody_hanging(database: Database) -> None:
    begun, gate = asyncio.Event(), asyncio.Event()

    async def flush(_session: AsyncSession, items: list[int]) -> list[int]:
        begun.set()
        await gate.wait()
        return items

    writer = GroupCommit(database, flush)
    writer.start()
    waiting = asyncio.create_task(writer.submit(1))
    await begun.wait()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(writer.stop(), 0.05)
    gate.set()
    assert await asyncio.wait_for(waiting, 5) == 1


async def test_in_a_crowd_those_who_come_again_join_one_group(database: Database) -> None:
    sizes: list[int] = []

    async def flush(session: AsyncSession, items: list[int]) -> list[int]:
        sizes.append(len(items))
        await session.execute(insert(Counter), [{"id": n, "value": n, "name": f"n{n}", "facts": {}} for n in items])
        return items

    writer = GroupCommit(database, flush)
    writer.start()

    async def again_and_again(first: int) -> None:
        for n in range(first, first + 20):
            await writer.submit(n)
            await asyncio.sleep(GROUP_COMMIT_GATHER_SECONDS / 5)

    await asyncio.gather(*(again_and_again(100 * client) for client in range(8)))
    await writer.stop()
    assert sum(sizes) == 160
    assert len(sizes) < 30, f"{sizes}: two halves that take turns"


async def test_group_commit_gives_an_error_to_the_one_at_fault_only(database: Database) -> None:
    async def flush(session: AsyncSession, items: list[int]) -> list[int]:
        rows = [{"id": n, "value": n, "name": "same" if n in (3, 17) else f"n{n}", "facts": {}} for n in items]
        await session.execute(insert(Counter), rows)
        return items

    writer = GroupCommit(database, flush)
    writer.start()
    results = await asyncio.gather(*(writer.submit(n) for n in range(30)), return_exceptions=True)
    await writer.stop()
    failed = [n for n, result in enumerate(results) if isinstance(result, IntegrityError)]
    assert len(failed) == 1
    assert failed[0] in (3, 17)
    assert await _count(database) == 29


async def test_group_commit_refuses_when_stopped(database: Database) -> None:
    async def flush(session: AsyncSession, items: list[int]) -> list[int]:
        return items

    writer = GroupCommit(database, flush)
    with pytest.raises(Unavailable):
        await writer.submit(1)
    writer.start()
    assert await writer.submit(1) == 1
    await writer.stop()
    with pytest.raises(Unavailable):
        await writer.submit(2)


_KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from sqlalchemy import text
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config, DatabaseSection
from fediverse_ai.core.database import Database, GroupCommit

async def main():
    config = Config(data_dir=Path(sys.argv[1]), database=DatabaseSection(url=sys.argv[2]))
    database = await Database.open(config, SystemClock())
    async def flush(session, items):
        for n in items:
            await session.execute(text(f"INSERT INTO contract_counter VALUES ({n}, 0, 'k{n}', '{{}}')"))
        return items
    writer = GroupCommit(database, flush, limit=8)
    writer.start()
    async def one(n):
        print(await writer.submit(n), flush=True)
        if n == 40:
            os.kill(os.getpid(), signal.SIGKILL)
    await asyncio.gather(*(one(n) for n in range(200)))
asyncio.run(main())
"""


async def test_what_group_commit_acknowledged_survives_kill_9(database: Database, any_config: Config) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _KILLED, str(any_config.data_dir), any_config.database.url, stdout=subprocess.PIPE
    )
    output, _ = await process.communicate()
    assert process.returncode == -9
    acknowledged = [int(line) for line in output.split()]
    assert 40 in acknowledged
    async with database.read() as session:
        stored = set((await session.exec(select(Counter.id))).all())
    assert set(acknowledged) <= stored
    assert len(stored) < 200


async def test_ids_are_unique_and_rise_and_two_processes_do_not_meet(database: Database, any_config: Config) -> None:
    other = await Database.open(any_config, SystemClock())
    try:
        ours, theirs = [database.ids.new() for _ in range(5000)], [other.ids.new() for _ in range(5000)]
    finally:
        await other.close()
    assert ours == sorted(set(ours))
    assert not set(ours) & set(theirs)
    assert len({len(str(n)) for n in ours}) == 1


async def test_a_node_number_is_free_again_when_its_process_is_gone(database: Database, any_config: Config) -> None:
    assert database.nodes is not None
    other = await Database.open(any_config, SystemClock())
    assert other.nodes is not None
    theirs = other.nodes.node
    assert theirs != database.nodes.node
    assert not await database.nodes.is_vacant(theirs)
    assert await database.nodes.lead()
    assert not await other.nodes.lead()
    await other.close()
    async with asyncio.timeout(5):
        while not await database.nodes.is_vacant(theirs):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert not await database.nodes.is_vacant(database.nodes.node)


async def test_sqlite_waits_for_its_lock_and_then_says_busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fediverse_ai.core.database.BUSY_SECONDS", 0.1)
    database = await Database.open(Config(data_dir=tmp_path), SystemClock())
    other = await Database.open(Config(data_dir=tmp_path), SystemClock())
    async with other.write() as session:
        await session.execute(text("CREATE TABLE held (id INTEGER)"))
        # The same task may not nest, so the second writer is another task, as it would be in another process.
        with pytest.raises(Unavailable):
            await asyncio.create_task(_write(database), context=_fresh())
    await _write(database)
    await database.close()
    await other.close()


def _fresh() -> object:
    import contextvars

    return contextvars.Context()


async def _write(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("SELECT 1"))


async def test_sqlite_is_as_durable_and_private_as_promised(tmp_path: Path) -> None:
    database = await Database.open(Config(data_dir=tmp_path / "new"), SystemClock())
    async with database.write() as session:
        pragmas = {
            name: (await session.execute(text(f"PRAGMA {name}"))).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        }
        await session.execute(text("CREATE TABLE t (id INTEGER)"))
    await database.tidy()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}
    assert (tmp_path / "new" / "fediverse.db").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    await database.close()


@pytest.mark.parametrize("url", ["mysql://x/y", "nonsense", "postgresql://nobody@127.0.0.1:1/none"])
async def test_an_impossible_database_is_a_clear_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(Misconfigured, match=r"database\.url"):
        await Database.open(Config(data_dir=tmp_path, database=DatabaseSection(url=url)), SystemClock())


async def test_updates_with_core_are_seen_by_readers(database: Database) -> None:
    async with database.write() as session:
        session.add(Counter(id=1, name="one"))
    async with database.write() as session:
        await session.execute(update(Counter).where(Counter.id == 1).values(value=7))  # type: ignore[arg-type]
    async with database.read() as session:
        assert (await session.exec(select(Counter.value))).one() == 7


async def test_on_sqlite_a_statement_is_one_hop_to_its_thread(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Executed, fetched and closed at once; what SQLAlchemy reads of a cursor is all there."""
    if database.dialect != "sqlite":
        return
    hops: list[str] = []
    plain = sqlite.OneHop.in_thread

    async def counted(self: sqlite.OneHop, function: Any, sql: str, parameters: Any) -> Any:
        hops.append(sql.split()[0])
        return await plain(self, function, sql, parameters)

    monkeypatch.setattr(sqlite.OneHop, "in_thread", counted)
    async with database.write() as session:
        session.add_all([Counter(id=1, name="one"), Counter(id=2, name="two")])
        await session.flush()
        result = await session.exec(update(Counter).values(value=7))
        assert result.rowcount == 2
    assert hops == ["BEGIN", "INSERT", "UPDATE"]
    async with database.read() as session:
        rows = await session.exec(select(Counter.name, Counter.value).order_by(Counter.name))
        assert [tuple(row) for row in rows] == [("one", 7), ("two", 7)]
        with pytest.raises(DBAPIError):
            await session.exec(text("select nothing from nowhere"))  # type: ignore[call-overload]
        assert (await session.exec(select(Counter.id).where(Counter.id == 3))).first() is None
