"""The database's shape over time: Alembic, run by the server at its start and by `db migrate`."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from fediverse_ai.core import room
from fediverse_ai.core.database import database_url
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.nodes import LOCK_CLASS, NODES
from fediverse_ai.migrations import copies

if TYPE_CHECKING:
    from alembic.config import Config as AlembicConfig
    from sqlalchemy import Connection

    from fediverse_ai.core.config import Config

FOLDER = Path(__file__).parent
LOCK = 0x6665646961  # one number for all our processes: who holds this advisory lock on PostgreSQL may migrate
BUSY_SECONDS = 30.0


def newest() -> str:
    """The revision that this program needs: files are called NUMBER_words.py, and the greatest number is the newest."""
    return max(path.name for path in (FOLDER / "versions").glob("[0-9]*.py")).partition("_")[0]


def current(config: Config) -> str | None:
    """The revision of the configured database; None when it is empty. Raises Misconfigured when it cannot be read."""
    with connect(config) as connection:
        return _revision(connection)


def upgrade(config: Config, revision: str = "head", *, copy: bool = True) -> tuple[str | None, str | None]:
    """Bring the database to `revision` in one transaction; gives the revisions before and after.

    Killed at any moment, or without power, the database is as it was before or as it is afterwards. An SQLite database
    with something in it is copied first (migrations/copies.py) unless not `copy`. Costs one look when there is nothing
    to do. Raises Misconfigured when the database belongs to a newer program or there is no room.
    """
    with connect(config) as connection:
        before = _revision(connection)
        _refuse_newer(before)
        if before == (newest() if revision == "head" else revision):
            return before, before
        from alembic import command

        if copy and before is not None and connection.dialect.name == "sqlite":
            copies.make(Path(str(connection.engine.url.database)), newest() if revision == "head" else revision)
        event.listen(connection, "before_cursor_execute", lambda *_: fp("migrate.statement"))
        command.upgrade(settings(connection), revision)
        _check_foreign_keys(connection)
        fp("migrate.before_commit")
        after = _revision(connection)
    fp("migrate.committed")
    return before, after


def ready(config: Config) -> None:
    """Have the database as this program needs it, or raise Misconfigured with the one thing to do about it.

    On SQLite it is migrated here, but never beneath a server that runs; on PostgreSQL, where several processes share
    it, only `db migrate` does that.
    """
    found = current(config)
    _refuse_newer(found)
    if found == newest():
        return
    if config.database.resolved():
        raise Misconfigured(
            f"The database is at revision {found or 'nothing'}, this program needs {newest()}: stop every process of "
            "the older program and run `fediverse-ai db migrate`."
        )
    if found is not None and _is_held(config):
        raise Misconfigured(
            f"The database is at revision {found}, this program needs {newest()}, and an older program serves it: "
            "stop that one and start this one, which migrates by itself."
        )
    upgrade(config)


def processes(config: Config) -> int:
    """How many processes of ours are connected to the PostgreSQL database; 0 on SQLite."""
    with connect(config) as connection:
        if connection.dialect.name == "sqlite":
            return 0
        query = text(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = :class "
            "AND objid < :nodes AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        return int(connection.execute(query, {"class": LOCK_CLASS, "nodes": NODES}).scalar_one())


def _refuse_newer(found: str | None) -> None:
    if found is not None and found > newest():
        raise Misconfigured(
            f"The database is at revision {found}, this program knows {newest()}: install the newer program again."
        )


def _is_held(config: Config) -> bool:
    """Whether a process that runs jobs has this SQLite file."""
    path = Path(f"{database_url(config).database}.locks") / "engine"
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return False
    with os.fdopen(descriptor) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def downgrade(config: Config, revision: str) -> None:
    """Take the database back to `revision` ("base" for nothing); what the newer tables held is lost."""
    from alembic import command

    with connect(config) as connection:
        command.downgrade(settings(connection), revision)
        _check_foreign_keys(connection)


def differences(config: Config) -> list[Any]:
    """What the models declare and the database lacks, or the other way round; empty when they agree."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from fediverse_ai.migrations import tables

    with connect(config) as connection:
        context = MigrationContext.configure(connection, opts=tables.comparison())
        return list(compare_metadata(context, tables.metadata))


def settings(connection: Connection) -> AlembicConfig:
    """Alembic's own configuration: our folder, and the connection that env.py shall use."""
    from alembic.config import Config as AlembicConfig

    found = AlembicConfig()
    found.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


@contextmanager
def connect(config: Config) -> Iterator[Connection]:
    """One transaction that nobody else migrates in. Alembic is not asynchronous, so this is a plain engine."""
    url = database_url(config)
    sqlite = url.get_backend_name() == "sqlite"
    if sqlite:
        # SQLite gives its log files the modes of the database, and the database those of the one who was first.
        os.close(os.open(str(url.database), os.O_RDWR | os.O_CREAT, 0o600))
        engine = create_engine(
            url.set(drivername="sqlite"),
            poolclass=NullPool,
            connect_args={"isolation_level": None, "timeout": BUSY_SECONDS},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    else:
        engine = create_engine(url, poolclass=NullPool)
    try:
        with engine.begin() as connection:
            if not sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            yield connection
    except DBAPIError as error:
        why = "there is no room left on its disk" if room.is_full(error) else error.orig
        raise Misconfigured(f"The database cannot be used: {why}.") from error
    finally:
        engine.dispose()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    # Does something in an empty file only: free pages can be given back to the disk later, a few at a time.
    cursor.execute("PRAGMA auto_vacuum=INCREMENTAL")
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    # Changing a column means making the table anew; with foreign keys on, dropping the old one deletes its children.
    cursor.execute("PRAGMA foreign_keys=OFF")
    cursor.close()


def _check_foreign_keys(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise Misconfigured(f"The migration would leave {len(broken)} rows without their parents; nothing changed.")


def _revision(connection: Connection) -> str | None:
    if not connection.dialect.has_table(connection, "alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)
