"""Migrations: up, no difference to the models, down, up again; on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from fediverse_ai import migrations
from fediverse_ai.core import room
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import SQLITE_FILE, Database
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.jobs import Jobs
from fediverse_ai.migrations import copies, tables
from tests.support import filled


def _names(config: Config) -> set[str]:
    with migrations.connect(config) as connection:
        return set(inspect(connection).get_table_names())


def test_up_down_up(any_config: Config) -> None:
    assert migrations.current(any_config) is None
    assert migrations.upgrade(any_config) == (None, migrations.newest())
    assert migrations.differences(any_config) == []
    assert _names(any_config) == tables.NAMES | {"alembic_version"}
    migrations.downgrade(any_config, "base")
    assert _names(any_config) == {"alembic_version"}
    assert migrations.upgrade(any_config) == (None, migrations.newest())
    assert migrations.differences(any_config) == []


def test_second_upgrade_changes_nothing(any_config: Config) -> None:
    migrations.upgrade(any_config)
    newest = migrations.newest()
    assert migrations.upgrade(any_config) == (newest, newest)


def test_a_difference_is_seen(any_config: Config) -> None:
    migrations.upgrade(any_config)
    changes = ["ALTER TABLE post ADD COLUMN colour VARCHAR", "DROP INDEX ix_post_author", "DROP TABLE tombstone"]
    for number, change in enumerate(changes, start=1):
        with migrations.connect(any_config) as connection:
            connection.execute(text(change))
        assert len(migrations.differences(any_config)) == number


def test_database_of_a_newer_program_is_refused(any_config: Config) -> None:
    migrations.upgrade(any_config)
    with migrations.connect(any_config) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Misconfigured, match="install the newer program"):
        migrations.upgrade(any_config)


def test_failed_migration_leaves_nothing(any_config: Config) -> None:
    """Both databases change tables inside transactions: a clash in the middle takes everything back."""
    with migrations.connect(any_config) as connection:
        connection.execute(text("CREATE TABLE tombstone (uri VARCHAR)"))
    with pytest.raises(Misconfigured, match="tombstone"):
        migrations.upgrade(any_config)
    assert _names(any_config) == {"tombstone"}


async def test_job_engine_keeps_its_tables(any_config: Config) -> None:
    """On SQLite they lie in the same file; they are no difference, and going down leaves them."""
    migrations.upgrade(any_config)
    database = await Database.open(any_config, SystemClock())
    jobs = Jobs(any_config)
    await jobs.connect(database)
    await jobs.stop()
    await database.close()
    before = _names(any_config)
    assert migrations.differences(any_config) == []
    migrations.downgrade(any_config, "base")
    assert _names(any_config) == before - tables.NAMES


def test_several_processes_at_once(any_config: Config) -> None:
    """Web processes of one server start together: one migrates, the others wait and find it done."""
    program = (
        "import sys; from pathlib import Path; from fediverse_ai import migrations;"
        "from fediverse_ai.core.config import load; print(migrations.upgrade(load(Path(sys.argv[1])))[0])"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(any_config.data_dir)],
            stdout=subprocess.PIPE,
            text=True,
            env={"FEDIVERSE_AI__DATABASE__URL": any_config.database.url},
            cwd=Path(__file__).parents[2],
        )
        for _ in range(2)
    ]
    said = sorted(process.communicate(timeout=60)[0].strip() for process in processes)
    assert said == [migrations.newest(), "None"]


def test_sqlite_file_is_its_owners_alone(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "new")
    mask = os.umask(0o022)
    try:
        migrations.upgrade(config)
    finally:
        os.umask(mask)
    assert (config.data_dir / SQLITE_FILE).stat().st_mode & 0o077 == 0
    assert config.data_dir.stat().st_mode & 0o077 == 0


def _at(config: Config, revision: str) -> None:
    with migrations.connect(config) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


def test_ready_refuses_what_does_not_fit_and_migrates_sqlite_alone(any_config: Config) -> None:
    migrations.upgrade(any_config, "0001")
    if any_config.database.url:
        with pytest.raises(Misconfigured, match=r"at revision 0001, this program needs \d+: stop every process"):
            migrations.ready(any_config)
        migrations.upgrade(any_config)
    migrations.ready(any_config)
    assert migrations.current(any_config) == migrations.newest()
    _at(any_config, "9999")
    with pytest.raises(Misconfigured, match=r"revision 9999, this program knows .*: install the newer program again"):
        migrations.ready(any_config)
    assert migrations.current(any_config) == "9999"


async def test_nothing_is_migrated_beneath_a_server_that_runs(any_config: Config) -> None:
    migrations.upgrade(any_config, "0001")
    assert migrations.processes(any_config) == 0
    database = await Database.open(any_config, SystemClock())
    assert database.nodes is not None
    await database.nodes.lead()
    try:
        sqlite = database.dialect == "sqlite"
        with pytest.raises(Misconfigured, match="an older program serves it" if sqlite else "stop every process"):
            migrations.ready(any_config)
        assert migrations.processes(any_config) == (0 if sqlite else 1), "for `db migrate`, which refuses too"
    finally:
        await database.close()
    assert migrations.current(any_config) == "0001"
    assert migrations.processes(any_config) == 0


def test_a_copy_is_kept_until_the_next_migration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(data_dir=tmp_path)
    migrations.upgrade(config, "0001")
    assert list(tmp_path.glob("*before*")) == [], "there was nothing to copy"
    with migrations.connect(config) as connection:
        connection.execute(text("INSERT INTO tombstone (uri, owner_uri, created_ms) VALUES ('u', 'o', 1)"))
    older = tmp_path / f"{SQLITE_FILE}.before-0001"
    older.write_bytes(b"of the migration before")
    monkeypatch.setattr(room, "free_bytes", lambda _folder: 1_000)
    with pytest.raises(Misconfigured, match=r"no room .* --no-backup"):
        migrations.upgrade(config)
    assert migrations.current(config) == "0001"
    monkeypatch.undo()
    migrations.upgrade(config)
    copy = copies.path_of(tmp_path / SQLITE_FILE, migrations.newest())
    assert list(tmp_path.glob("*before*")) == [copy]
    assert copy.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchall() == [("0001",)]
        assert connection.execute("SELECT uri FROM tombstone").fetchall() == [("u",)]
    # Put back, it is a database of the older program again.
    copy.replace(tmp_path / SQLITE_FILE)
    assert migrations.current(config) == "0001"
    migrations.upgrade(config, copy=False)
    assert list(tmp_path.glob("*before*")) == []


def test_rows_that_were_there_survive_every_revision(any_config: Config) -> None:
    """An empty table bears what a full one does not: columns without a value for the rows that are there."""
    migrations.upgrade(any_config, "0001")
    with migrations.connect(any_config) as connection:
        filled.fill(connection, 200)
    with migrations.connect(any_config) as connection:
        columns, before = filled.columns_of(connection), filled.digest(connection)
    migrations.upgrade(any_config)
    with migrations.connect(any_config) as connection:
        assert filled.digest(connection, columns) == before
    migrations.downgrade(any_config, "0001")
    with migrations.connect(any_config) as connection:
        assert filled.digest(connection) == before
