"""The table of commands, and the one place where their errors become a line and an exit code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.main

from fediverse_ai.cli import (
    announcements,
    backup,
    config,
    console,
    db,
    demo,
    doctor,
    federation,
    follow,
    front,
    generate,
    init,
    media,
    moderation,
    moving,
    people,
    post,
    provenance,
    quickstart,
    reports,
    serve,
    signups,
    stop,
    trace,
    upscale,
    user,
)
from fediverse_ai.cli import worker as queues
from fediverse_ai.core import room
from fediverse_ai.core.errors import FediverseError

app = typer.Typer(
    name="fediverse-ai",
    help="A federated, open image network: make pictures with AI on your own server and share them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _options(
    data: Annotated[Path, typer.Option("--data", metavar="DIR", help="The server's folder.")] = Path("instance"),
    file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Configuration instead of DIR/config.toml.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON, for programs.")] = False,
) -> None:
    console.chosen.set(console.Options(data, file, json))


app.command()(quickstart.quickstart)
app.command()(demo.demo)
app.command()(init.init)
app.command()(front.front)
app.command()(serve.serve)
app.command()(queues.worker)
app.command()(post.post)
app.command()(upscale.upscale)
app.command()(generate.generate)
app.command()(follow.follow)
app.add_typer(user.app, name="user")
user.app.command()(people.role)
user.app.command()(people.suspend)
user.app.command()(people.restore)
user.app.command()(people.quota)
user.app.command()(moving.alias)
user.app.command()(moving.move)
user.app.command()(moving.stay)
user.app.command()(signups.signups)
user.app.command()(signups.invite)
user.app.command()(signups.invites)
user.app.command()(signups.revoke_invite)
user.app.command()(signups.requests)
user.app.command()(signups.approve)
user.app.command()(signups.deny)
app.add_typer(announcements.app, name="announcement")
app.add_typer(media.app, name="media")
app.add_typer(moderation.app, name="moderation")
app.add_typer(federation.app, name="federation")
app.add_typer(provenance.app, name="provenance")
moderation.app.add_typer(reports.app, name="reports")
app.add_typer(config.app, name="config")
app.add_typer(db.app, name="db")
app.add_typer(backup.app, name="backup")
app.command()(doctor.doctor)
app.command()(trace.trace)
app.command()(stop.stop)
app.command()(stop.start)
app.command()(stop.stopped)


@cache
def _command() -> Callable[..., Any]:
    """All the commands with their options: 70 ms of work, done once by a process that runs several."""
    return typer.main.get_command(app)


def run(words: Sequence[str]) -> int:
    """Run the command line `words` and give its exit code; every error of ours is told in one line."""
    try:
        _command()(console.hoist(words), prog_name="fediverse-ai")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except FediverseError as error:
        console.complain(error.public)
    except OSError as error:
        # An unwritable folder, a full disk, a missing file: the system's own sentence is the clearest.
        where = f"{error.filename}: " if error.filename else ""
        console.complain(f"{where}{error.strerror or error}")
    except Exception as error:  # the outermost handler: a database says in its own way that the disk is full
        if not room.is_full(error):
            raise
        console.complain(room.FULL)
    return 1
