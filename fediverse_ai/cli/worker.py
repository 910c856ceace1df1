"""`worker`: run queues in a process of its own, on PostgreSQL."""

from __future__ import annotations

from typing import Annotated

import typer

from fediverse_ai.cli import checks, console, settle


def worker(
    queues: Annotated[str, typer.Option(help="Names of queues with commas between; empty for all.")] = "",
) -> None:
    """Run queues beside any number of web processes. Needs PostgreSQL; on SQLite `serve` runs them itself (exit 2)."""
    config = console.existing_config()
    if not config.database.resolved().startswith("postgres"):
        console.complain(
            "a worker of its own needs PostgreSQL (database.url): SQLite allows one server process, "
            "and `serve` runs the queues in it already."
        )
        raise typer.Exit(2)
    from fediverse_ai import migrations
    from fediverse_ai import worker as work
    from fediverse_ai.cli.folder import check_packages
    from fediverse_ai.core import log
    from fediverse_ai.core.clock import SystemClock

    check_packages()
    checks.clock(SystemClock())
    migrations.ready(config)
    checks.ids(config)
    checks.keys(config)
    checks.reachable(config)
    log.configure(config.log)
    wanted = [name.strip() for name in queues.split(",") if name.strip()]
    settle()
    console.wait_for(work.run(config, wanted or None))
