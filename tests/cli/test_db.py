"""`db migrate|check|compact`, and what every command does with a database of another revision."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from fediverse_ai import migrations
from fediverse_ai.cli import folder
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import SQLITE_FILE
from tests.cli.conftest import Inside
from tests.cli.test_commands import settled

__all__ = ["settled"]


def back_to_the_first(path: Path) -> Config:
    """The folder's database as the first version of the program left it."""
    config = Config(data_dir=path)
    migrations.downgrade(config, "0001")
    return config


def run(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path / SQLITE_FILE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def test_a_migration_is_told_with_its_copy_and_done_once(settled: Inside) -> None:
    config, newest = back_to_the_first(settled.folder), migrations.newest()
    found = settled("--json", "db", "check")
    assert (found.code, found.facts["revision"], found.facts["needed"]) == (1, "0001", newest)
    with folder.held(config):
        refused = settled("db", "migrate")
    assert (refused.code, "already runs" in refused.err) == (1, True)
    copy = str(settled.folder / f"{SQLITE_FILE}.before-{newest}")
    assert settled("--json", "db", "migrate").facts == {"before": "0001", "after": newest, "copy": copy}
    assert settled("--json", "db", "migrate").facts == {"before": newest, "after": newest, "copy": None}
    assert settled("--json", "db", "check").facts["sound"] is True
    Path(copy).unlink()
    back_to_the_first(settled.folder)
    assert settled("--json", "db", "migrate", "--no-backup").facts["copy"] is None


def test_any_command_brings_an_older_database_along_and_refuses_a_newer_one(settled: Inside) -> None:
    config = back_to_the_first(settled.folder)
    assert settled("user", "list").code == 0
    assert migrations.current(config) == migrations.newest()
    run(settled.folder, "UPDATE alembic_version SET version_num = '9999'")
    for command in (("user", "list"), ("serve",), ("db", "migrate")):
        done = settled(*command)
        assert done.code == 1
        assert "revision 9999" in done.err
        assert "install the newer program again" in done.err
        assert done.err.count("\n") == 1, "one line"
    assert settled("--json", "db", "check").facts["sound"] is False


def test_what_is_wrong_with_a_database_is_told(settled: Inside) -> None:
    run(settled.folder, "DROP INDEX ix_post_author", "PRAGMA foreign_keys=OFF",
        "INSERT INTO post_tag (post_id, name) VALUES (77, 'x')")  # fmt: skip
    found = settled("--json", "db", "check").facts
    assert (len(found["differences"]), found["damaged"]) == (1, ["1 rows lack the row they belong to"])


def test_a_file_with_free_pages_is_written_anew(settled: Inside) -> None:
    path = settled.folder / SQLITE_FILE
    # As in the first version: free pages stay in the file for ever.
    run(settled.folder, "PRAGMA auto_vacuum=NONE", "VACUUM", "CREATE TABLE large (x)",
        "INSERT INTO large VALUES (zeroblob(2000000))", "DROP TABLE large",
        "PRAGMA wal_checkpoint(TRUNCATE)")  # fmt: skip
    before = path.stat().st_size
    with folder.held(Config(data_dir=settled.folder)):
        assert settled("db", "compact").code == 1
    facts = settled("--json", "db", "compact").facts
    assert (facts["before"], facts["after"]) == (before, path.stat().st_size)
    assert before - path.stat().st_size > 1_900_000
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA auto_vacuum").fetchone() == (2,), "incremental, as in new servers"
