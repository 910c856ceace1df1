"""What the commands of each page stand on, and the commands that the sandbox does not run, each with its reason."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass

from sqlmodel import select

from actors import announcements, invites, requests
from actors.models import Actor
from actors.requests import Applicant
from fediverse_ai.core.config import load
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.wiring import close_context, open_context
from outbox import appeals
from outbox.models import Post
from tests.docs.sandbox import Sandbox

INSTALLS = "installs packages of the system or from PyPI"
ROOTS = "needs root and systemd"
STAYS = "serves until it is ended"

# Each expression is matched against a whole command; one that no page shows any more fails.
ELSEWHERE: dict[str, str] = {
    r"make run\b.*": f"{INSTALLS} and {STAYS}: quickstart, which it calls, is run by tests/cli/test_quickstart.py",
    r"make test\b.*": "this is what runs the tests",
    r"(sudo )?apt install .*": INSTALLS,
    r".*pip install .*": INSTALLS,
    r".*python3 -m venv .*": INSTALLS,
    r"sudo (useradd|systemctl|cp) .*": ROOTS,
    r"journalctl .*": ROOTS,
    r"sudo git clone .*": "asks another machine",
    r"alias fediverse-ai=.*": "names the program in a reader's own shell; the lines after it are run by that name",
    r"cd /var/lib/fediverse-ai": "what follows is done in an empty folder: the database here is of other pages too",
    r"(tar -xf|age -d -i) .*": "needs `age`: tests/backup/test_create.py has a second reader of its format",
    r"fediverse-ai --data /var/lib/fediverse-ai doctor": "looks at art.example from outside: tests/doctor",
    r"docker compose .*": "needs a docker daemon: tests/deploy/live/test_confined.py does what the Dockerfile does",
    r"fediverse-ai (--data \S+ )?(follow|user alias|user move) .*": (
        "asks another server: tests/journeys/live/test_owners_year.py"
    ),
    r".*fediverse-ai demo": "starts two servers: tests/cli/test_commands.py",
}
HELD = "a castle in the style of Greg Rutkowski"
"""A prompt that the shipped policy holds."""


@dataclass(frozen=True)
class Stage:
    """`prepare` makes what the page's words in capitals stand for; `empty` begins without a server's folder.

    `served` is for pages whose commands a running server answers: they run in `make test-live`.
    """

    prepare: Callable[[Sandbox], dict[str, str]] = lambda _sandbox: {}
    empty: bool = False
    served: bool = False


def posted(sandbox: Sandbox, *words: str) -> str:
    """Post something as the page's reader would, and give its number."""
    done = sandbox.ours(["--json", "post", *words])
    return str(json.loads(done.printed.splitlines()[-1])["id"])


def _held(sandbox: Sandbox) -> dict[str, str]:
    return {"ID": posted(sandbox, HELD)}


def _appealed(sandbox: Sandbox) -> dict[str, str]:
    post_id = int(posted(sandbox, HELD))

    async def ask() -> int:
        context = await open_context(load(sandbox.instance, env=sandbox.env), engine=False)
        try:
            async with context.database.write() as session:
                post = (await session.exec(select(Post).where(Post.id == post_id))).one()
                author = (await session.exec(select(Actor).where(Actor.id == post.author_id))).one()
                return (await appeals.appeal(session, author, post, "A statue.")).id
        finally:
            await close_context(context)

    return {"APPEAL": str(asyncio.run(ask()))}


def _asked(sandbox: Sandbox) -> dict[str, str]:
    """Two who ask to join, an invitation and an announcement."""

    async def make() -> dict[str, str]:
        context = await open_context(load(sandbox.instance, env=sandbox.env), engine=False)
        try:
            async with context.database.write() as session:
                await requests.ask(session, Applicant("carl", "no hash", "Lighthouses, mostly."))
                await requests.ask(session, Applicant("dora", "no hash", "My shop."))
                invite, _secret = await invites.make(session, None)
                row = await announcements.write(session, None, "The gallery rests on Sunday.", publish=True)
            return {"INVITE": str(invite.id), "NUMBER": str(row.id)}
        finally:
            await close_context(context)

    return asyncio.run(make())


def _drawn(sandbox: Sandbox) -> dict[str, str]:
    """A picture that was posted, by its number and as a file; the tutorial, which is read first, has made one."""
    query = "SELECT post_id, file FROM attachment JOIN post ON post.id = post_id WHERE state = 'published'"
    with closing(sqlite3.connect(sandbox.instance / SQLITE_FILE)) as database:
        if database.execute(query).fetchone() is None:
            posted(sandbox, "a lighthouse")
        number, file = database.execute(query).fetchone()
    shutil.copy(sandbox.instance / "media" / file, sandbox.home / "fox.jpg")
    return {"POST": str(number)}


def _copied(sandbox: Sandbox) -> dict[str, str]:
    """A copy as a migration makes it, in the folder where the commands run."""
    shutil.copy(sandbox.instance / SQLITE_FILE, sandbox.home / f"{SQLITE_FILE}.before-1")
    return {"NUMBER": "1"}


def _watched(sandbox: Sandbox) -> dict[str, str]:
    """Pictures, and files as a server makes them: those of a test may be read by all."""
    for path in sandbox.instance.glob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    return _drawn(sandbox)


STAGES: dict[str, Stage] = {
    "docs/tutorial/first-picture.md": Stage(served=True),
    "docs/tutorial/first-follower.md": Stage(empty=True),
    "docs/howto/domain.md": Stage(empty=True),
    "docs/explanation/provenance.md": Stage(_drawn, served=True),
    "docs/howto/appeal.md": Stage(_appealed, served=True),
    "docs/howto/moderation.md": Stage(_held, served=True),
    "docs/howto/people.md": Stage(_asked),
    "docs/howto/upgrade.md": Stage(_copied),
    "docs/howto/watch.md": Stage(_watched, served=True),
}


def elsewhere(words: str) -> str | None:
    """The expression of ELSEWHERE that a command fits; None for one that is run."""
    return next((pattern for pattern in ELSEWHERE if re.fullmatch(pattern, words)), None)
