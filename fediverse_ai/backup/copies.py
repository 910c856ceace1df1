"""Consistent copies of a database that is in use, and putting one back: SQLite's backup API, PostgreSQL's own tools."""

from __future__ import annotations

import gzip
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, inspect, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from fediverse_ai.core import room
from fediverse_ai.core.config import Config
from fediverse_ai.core.database import database_url
from fediverse_ai.core.errors import Misconfigured, NoRoom, Unprocessable

BUSY_SECONDS = 30.0
CHUNK = 1 << 20
# The least compression: a backup is made every day on a machine that does other things, too.
GZIP_LEVEL = 1

COUNTS = {
    "accounts": "SELECT count(*) FROM account WHERE disabled_ms IS NULL",
    "posts": "SELECT count(*) FROM post WHERE local AND state = 'published'",
    "posts_of_others": "SELECT count(*) FROM post WHERE NOT local AND state = 'published'",
    "people_elsewhere": "SELECT count(*) FROM actor WHERE NOT local AND deleted_ms IS NULL",
    "follows": "SELECT count(*) FROM follow WHERE state = 'accepted'",
    "open_deliveries": "SELECT count(*) FROM delivery WHERE state IN ('pending', 'lane')",
}
"""What a backup says that it holds, and what verifying counts again."""


FUNCTIONS = """
SELECT CAST(CAST(oid AS regprocedure) AS text) FROM pg_proc WHERE pronamespace = CAST('public' AS regnamespace)
AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
"""Those of the tables, with their arguments; not those of PostgreSQL's extensions."""


@dataclass(frozen=True)
class Facts:
    """What a copy holds: its revision and its counts."""

    revision: str
    counts: dict[str, int]


def sqlite_path(config: Config) -> Path | None:
    """The file of an SQLite database; None on PostgreSQL."""
    url = database_url(config)
    return Path(str(url.database)) if url.get_backend_name() == "sqlite" else None


def copy_sqlite(source: Path, target: Path) -> Facts:
    """Copy a database that others read and write; `target` is one closed file of mode 0600.

    Raises Unprocessable when the copy is damaged, which means that the original is, NoRoom on a full disk.
    """
    if not source.is_file():
        raise Misconfigured(f"There is no database at {source}.")
    os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with closing(sqlite3.connect(target)) as copy:
            with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True, timeout=BUSY_SECONDS)) as original:
                original.execute("PRAGMA wal_autocheckpoint=0")
                # All pages in one step: in WAL one read transaction keeps nobody from writing, and a copy in pieces
                # begins anew with every write of somebody else.
                original.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            copy.execute("PRAGMA synchronous=FULL")
    except sqlite3.Error as error:
        if room.is_full(error):
            raise NoRoom("There is no room for the backup.", str(error)) from None
        raise Unprocessable(f"The database cannot be copied: {error}.") from None
    return check_sqlite(target)


def check_sqlite(path: Path) -> Facts:
    """Open a copy and look at all of it. Raises Unprocessable when it is damaged."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as connection:
            found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)")]
            if found != ["ok"]:
                raise Unprocessable("The copy of the database is damaged.", "; ".join(found))
            if connection.execute("PRAGMA foreign_key_check").fetchone() is not None:
                raise Unprocessable("The copy of the database has rows without their parents.")
            revision = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            counts = {name: int(connection.execute(query).fetchone()[0]) for name, query in COUNTS.items()}
            return Facts(str(revision[0]), counts)
    except (sqlite3.DatabaseError, TypeError) as error:
        raise Unprocessable("The copy of the database cannot be read.", str(error)) from None


def pack(source: Path, target: Path) -> None:
    with (
        source.open("rb") as read,
        target.open("wb") as raw,
        gzip.GzipFile(filename="", mode="wb", compresslevel=GZIP_LEVEL, fileobj=raw, mtime=0) as file,
    ):
        shutil.copyfileobj(read, file, CHUNK)


def unpack(source: Path, target: Path) -> None:
    """Raises Unprocessable for what is not whole."""
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        try:
            with gzip.open(source, "rb") as read:
                shutil.copyfileobj(read, file, CHUNK)
        except (OSError, EOFError) as error:
            raise Unprocessable("The copy of the database cannot be unpacked.", str(error)) from None
        file.flush()
        os.fsync(file.fileno())


def dump_postgresql(config: Config, target: Path) -> Facts:
    """Dump a database that others use, with pg_dump, and count in the very same snapshot."""
    url = database_url(config)
    engine = create_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    try:
        with engine.begin() as connection:
            snapshot = str(connection.scalar(text("SELECT pg_export_snapshot()")))
            facts = facts_of(connection)
            os.close(os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
            options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={target}"]
            run_tool(config, "pg_dump", url, options)
            return facts
    except DBAPIError as error:
        raise Misconfigured(f"The database cannot be used: {error.orig}") from None
    finally:
        engine.dispose()


def facts_of(connection: Connection) -> Facts:
    """What a PostgreSQL database holds. Raises sqlalchemy's DBAPIError where its tables are not there."""
    revision = str(connection.scalar(text("SELECT version_num FROM alembic_version")))
    return Facts(revision, {name: int(connection.scalar(text(query)) or 0) for name, query in COUNTS.items()})


def list_dump(config: Config, dump: Path) -> int:
    """How many entries pg_restore finds in a dump. Raises Unprocessable when it cannot read it."""
    listed = _run([_program(config, "pg_restore"), "--list", str(dump)], dict(os.environ))
    return sum(bool(line) and not line.startswith(";") for line in listed.splitlines())


def load_postgresql(config: Config, dump: Path) -> None:
    """Put a dump into the configured database in one transaction. Raises Misconfigured if it holds tables."""
    if not is_empty(config):
        raise Misconfigured("The database of the configuration is not empty: make a new one and name it.")
    load_into(config, database_url(config), dump)


def load_into(config: Config, url: URL, dump: Path) -> None:
    """Put a dump into an empty database in one transaction. Raises Unprocessable, NoRoom."""
    options = ["--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction", str(dump)]
    run_tool(config, "pg_restore", url, options)


def clear_postgresql(config: Config) -> None:
    """Take everything out of the configured database that `load_postgresql` has put there. Raises Misconfigured."""
    with connected(database_url(config)) as connection:
        quoted = connection.dialect.identifier_preparer.quote
        for name in inspect(connection).get_table_names(schema="public"):
            connection.execute(text(f"DROP TABLE public.{quoted(name)} CASCADE"))
        for signature in connection.scalars(text(FUNCTIONS)).all():
            connection.execute(text(f"DROP FUNCTION {signature} CASCADE"))
        connection.execute(text("DROP SCHEMA IF EXISTS dbos CASCADE"))
        connection.commit()


def is_empty(config: Config) -> bool:
    """Has the configured PostgreSQL database no table in any schema? Raises Misconfigured."""
    with connected(database_url(config)) as connection:
        looked = inspect(connection)
        return not any(looked.get_table_names(schema=schema) for schema in ("public", "dbos"))


@contextmanager
def connected(url: URL, **options: Any) -> Iterator[Connection]:
    """A connection of one's own, with options of SQLAlchemy's engine. Raises Misconfigured."""
    engine = create_engine(url, poolclass=NullPool, **options)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as error:
        raise Misconfigured(f"The database cannot be used: {error.orig}") from None
    finally:
        engine.dispose()


def run_tool(config: Config, name: str, url: URL, options: Sequence[str]) -> None:
    """Run one of PostgreSQL's tools on a database; the password goes by environment, where nobody else sees it."""
    environment = {**os.environ, "PGAPPNAME": "fediverse-ai backup"}
    if url.password is not None:
        environment["PGPASSWORD"] = str(url.password)
    address = url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    _run([_program(config, name), f"--dbname={address}", *options], environment)


def _program(config: Config, name: str) -> str:
    chosen = config.backup.pg_tools
    found = shutil.which(name, path=chosen) if chosen else shutil.which(name)
    if found is None:
        where = f"in {chosen}" if chosen else "on the PATH"
        raise Misconfigured(f"{name} is not {where}: install PostgreSQL's client programs, or set backup.pg_tools.")
    return found


def _run(words: Sequence[str], environment: dict[str, str]) -> str:
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)  # noqa: S603 - our words
    if done.returncode == 0:
        return done.stdout
    said = " ".join(re.sub(r"\s+", " ", done.stderr).strip().split(" ")[:60])
    if "No space left" in said:
        raise NoRoom("There is no room for the backup.", said)
    raise Unprocessable(f"{Path(words[0]).name} failed: {said}")


def size_of(config: Config) -> int:
    """Bytes of the database, to know how much room its copy needs."""
    path = sqlite_path(config)
    if path is not None:
        return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.is_file())
    with connected(database_url(config)) as connection:
        found: Any = connection.scalar(text("SELECT pg_database_size(current_database())"))
        return int(found)
