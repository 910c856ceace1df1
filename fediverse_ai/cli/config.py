"""`config check`: every setting, its value and where it comes from."""

from __future__ import annotations

import typer

from fediverse_ai.cli import console

app = typer.Typer(help="The configuration.", no_args_is_help=True)


@app.callback()
def _config() -> None:
    """Keep `check` a command of its own while it is the only one."""


@app.command()
def check() -> None:
    """Read the configuration as the server would, and show value and origin of every key; secrets are hidden."""
    config = console.load_config()
    rows = [{"key": key, "value": value, "origin": origin} for key, value, origin in config.explain()]
    console.table({"key": "key", "value": "value", "origin": "from"}, rows)
    # Needed in production, and only known to be missing when it is used.
    _ = config.public_url
