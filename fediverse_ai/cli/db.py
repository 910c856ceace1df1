"""`db migrate`: bring the database to the newest revision."""

from __future__ import annotations

import typer

from fediverse_ai.cli import console

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.callback()
def _db() -> None:
    """Keep `migrate` a command of its own while it is the only one."""


@app.command()
def migrate() -> None:
    """Apply what is missing; `serve` on SQLite does this by itself at every start."""
    from fediverse_ai import migrations

    before, after = migrations.upgrade(console.existing_config())
    words = f"The database is at revision {after}" + ("." if before == after else f" (was: {before or 'empty'}).")
    console.tell(words, before=before, after=after)
