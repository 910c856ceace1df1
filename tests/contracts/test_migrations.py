"""Migrations: up, no difference to the models, down, up again; on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from fediverse_ai import migrations
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import SQLITE_FILE, Database
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.jobs import Jobs
from fediverse_ai.migrations import tables


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
