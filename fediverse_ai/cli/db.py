"""`db migrate|check|compact`: the database's shape, whether it is sound, and the room that it takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fediverse_ai.cli import console, folder

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command()
def migrate(
    no_backup: Annotated[
        bool, typer.Option("--no-backup", help="Make no copy of an SQLite database before it is changed.")
    ] = False,
    while_running: Annotated[
        bool, typer.Option("--while-running", help="Even while processes of ours use the PostgreSQL database.")
    ] = False,
) -> None:
    """Apply what is missing; `serve` on SQLite does this by itself at every start.

    An SQLite database is copied first; the copy stays beside it until the next migration. Interrupted at any moment,
    it is run again. Exit code 1 when it cannot be done, with the reason.
    """
    from fediverse_ai import migrations
    from fediverse_ai.core.errors import Misconfigured

    config = console.existing_config()
    with folder.held(config):
        pending = migrations.current(config) != migrations.newest()
        if pending and not while_running and (number := migrations.processes(config)):
            raise Misconfigured(
                f"{number} processes of this server still use the database: stop them first, or the older program "
                "runs on tables that it does not know. (--while-running does it all the same.)"
            )
        before, after = migrations.upgrade(config, copy=not no_backup)
    copy = _copy_of(config, after) if before not in (None, after) else None
    words = f"The database is at revision {after}" + ("." if before == after else f" (was: {before or 'empty'}).")
    if copy is not None:
        words += f" As it was before: {copy}"
    console.tell(words, before=before, after=after, copy=str(copy) if copy else None)


def _copy_of(config: Config, revision: str | None) -> Path | None:
    from fediverse_ai.core.database import database_url
    from fediverse_ai.migrations import copies

    if config.database.resolved() or revision is None:
        return None
    path = copies.path_of(Path(str(database_url(config).database)), revision)
    return path if path.exists() else None


@app.command()
def check() -> None:
    """Is it sound, and as this program needs it? Reads only, beside a running server too; exit code 1 if not."""
    from fediverse_ai import migrations

    config = console.existing_config()
    found = migrations.current(config)
    facts: dict[str, Any] = {"revision": found, "needed": migrations.newest(), "differences": [], "damaged": []}
    if found == migrations.newest():
        facts["differences"] = [str(one)[:300] for one in migrations.differences(config)]
    if not config.database.resolved():
        facts["damaged"] = _damage(config)
    said = [f"The database is at revision {found or 'nothing'}."]
    if found != migrations.newest():
        said = [f"The database is at revision {found or 'nothing'}, this program needs {migrations.newest()}."]
    for key, words in (("differences", "Tables differ from the program"), ("damaged", "Damaged")):
        said += [f"{words}: {one}" for one in facts[key]]
    sound = found == migrations.newest() and len(said) == 1
    console.tell("\n".join([*said, "It is sound."] if sound else said), sound=sound, **facts)
    if not sound:
        raise typer.Exit(1)


def _damage(config: Config) -> list[str]:
    """What SQLite finds wrong with its file, read without keeping anybody from writing."""
    import sqlite3
    from contextlib import closing

    from fediverse_ai.core.database import database_url

    with closing(sqlite3.connect(f"file:{database_url(config).database}?mode=ro", uri=True)) as connection:
        found = [str(row[0]) for row in connection.execute("PRAGMA integrity_check(5)") if row[0] != "ok"]
        orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
    return found + ([f"{len(orphans)} rows lack the row they belong to"] if orphans else [])


@app.command()
def compact() -> None:
    """Write the SQLite file anew without its free pages; the server must be stopped, and there must be room for two.

    Afterwards, as in every new server, free pages are given back by themselves. Does nothing on PostgreSQL, which
    cleans up by itself.
    """
    import sqlite3
    from contextlib import closing

    from fediverse_ai.core import room
    from fediverse_ai.core.database import database_url
    from fediverse_ai.core.errors import Misconfigured

    config = console.existing_config()
    if config.database.resolved():
        console.tell("PostgreSQL cleans up by itself; nothing was done.", before=None, after=None)
        return
    path = Path(str(database_url(config).database))
    with folder.held(config):
        before = path.stat().st_size
        if room.free_bytes(path.parent) < 2 * before:
            raise Misconfigured(
                f"There is no room in {path.parent} to write the database anew ({before / 1e6:.0f} MB)."
            )
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA auto_vacuum=INCREMENTAL")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    after = path.stat().st_size
    console.tell(f"The database takes {after / 1e6:.1f} MB (was: {before / 1e6:.1f}).", before=before, after=after)
