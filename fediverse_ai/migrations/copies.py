"""A copy of the SQLite database before its shape changes, kept until the next change."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from fediverse_ai.core import room
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.failpoints import fp

PART = ".part"


def path_of(database: Path, revision: str) -> Path:
    """Where the copy lies that was made before the migration to `revision`."""
    return database.with_name(f"{database.name}.before-{revision}")


def make(database: Path, revision: str) -> Path:
    """Copy the committed state, durably, and drop the copy of the migration before; the file is its owner's alone.

    Nobody may write meanwhile, or their rows are in the one and not in the other. Raises Misconfigured when there is
    no room for it.
    """
    wanted = path_of(database, revision)
    size = sum(path.stat().st_size for path in (database, Path(f"{database}-wal")) if path.exists())
    if room.free_bytes(database.parent) < size:
        raise Misconfigured(
            f"There is no room in {database.parent} for a copy of the database before the migration "
            f"({size / 1e6:.0f} MB): make room, or run `fediverse-ai db migrate --no-backup`."
        )
    part = wanted.with_name(wanted.name + PART)
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        with (
            closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as source,
            closing(sqlite3.connect(part)) as target,
        ):
            source.backup(target)
    except sqlite3.Error as error:
        part.unlink(missing_ok=True)
        raise Misconfigured(f"The database could not be copied before the migration: {error}") from error
    fp("migrate.copied")
    _keep(part, wanted)
    for old in database.parent.glob(f"{database.name}.before-*"):
        if old != wanted:
            old.unlink(missing_ok=True)
    return wanted


def _keep(part: Path, wanted: Path) -> None:
    """Name a finished file, so that it survives a power cut under this name."""
    with part.open("rb") as file:
        os.fsync(file.fileno())
    part.replace(wanted)
    descriptor = os.open(wanted.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
