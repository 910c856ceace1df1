"""The Epicyon peer: a whole server from PyPI, unchanged, behind a TLS front; driven as its own apps drive it.

It writes files, no database: what it accepted is read from the folder of its account. What it does is asked of it by
ActivityPub client to server: an activity posted to the outbox with the account's password.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.environments import environment
from tests.support.processes import Program, eventually, free_port
from tests.support.town import Town

SOURCE = Path(__file__).resolve().parents[1] / "peers" / "epicyon"
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
CONTEXT = "https://www.w3.org/ns/activitystreams"
NAME, PASSWORD = "epi", "only-for-tests"
# What it reads from the folder where it runs. Without `defaultcategories`: reading those takes it minutes.
DATA = ("theme", "translations", "img", "fonts", "emoji", "orgs", "*.css", "*.txt")
# Two of its habits need a web server in front, which it expects anyway: it says bare ld+json, which we take from nobody
# (NET-13), nor does Mastodon since 2024; and it sends the line that it signed as `(request-target)` as a header too,
# which cannot be one (RFC 9110 5.1): nginx drops it, our server refuses it.
WITH_PROFILE = (
    re.compile(rb"(?i)(?<=\r\ncontent-type: application/ld\+json)(?=\r\n)"),
    b'; profile="https://www.w3.org/ns/activitystreams"',
)
WITHOUT_TARGET = (re.compile(rb"\r\n\(request-target\):[^\r\n]*"), b"")
# Its inbox is read by a thread that a watchdog starts 20 s after the server; each activity then takes seconds.
SLOW = 60.0


@dataclass
class Epicyon:
    """A running peer with one account. `folder` is where its files are."""

    program: Program
    folder: Path
    origin: str
    client: httpx.AsyncClient
    numbers: Any = field(default_factory=lambda: count(116_000_000_000_000_000))

    @property
    def host(self) -> str:
        return self.origin.removeprefix("https://")

    @property
    def actor(self) -> str:
        return f"{self.origin}/users/{NAME}"

    @property
    def handle(self) -> str:
        return f"@{NAME}@{self.host}"

    @property
    def account(self) -> Path:
        return self.folder / "accounts" / f"{NAME}@{self.host}"

    async def act(self, kind: str, about: Any, to: list[str], **more: Any) -> dict[str, Any]:
        """Post an activity to the outbox, which sends it."""
        number = next(self.numbers)
        activity = {
            "@context": CONTEXT,
            "id": f"{self.actor}/statuses/{number}",
            "type": kind,
            "actor": self.actor,
            "object": about,
            "to": to,
            "cc": [],
            **more,
        }
        await self._post(activity)
        return activity

    async def write(self, text: str, to: list[str], cc: list[str], **members: Any) -> str:
        """Publish a Note; its id."""
        uri = f"{self.actor}/statuses/{next(self.numbers)}"
        published = "2026-01-01T00:00:00Z"
        note = {
            "id": uri,
            "type": "Note",
            "summary": None,
            "inReplyTo": None,
            "published": published,
            "url": f"{self.origin}/@{NAME}/{uri.rsplit('/', 1)[1]}",
            "attributedTo": self.actor,
            "to": to,
            "cc": cc,
            "sensitive": False,
            "content": f"<p>{text}</p>",
            "mediaType": "text/html",
            "attachment": [],
            "tag": [],
            "replies": {},
            **members,
        }
        await self._post(
            {"@context": CONTEXT, "id": f"{uri}/activity", "type": "Create", "actor": self.actor,
             "published": published, "to": to, "cc": cc, "object": note}
        )  # fmt: skip
        return uri

    async def _post(self, activity: dict[str, Any]) -> None:
        login = base64.b64encode(f"{NAME}:{PASSWORD}".encode()).decode()
        headers = {"host": self.host, "content-type": "application/json", "authorization": f"Basic {login}"}
        for _ in range(20):
            # Its answer announces no length and does not end: only its head counts.
            url = f"/users/{NAME}/outbox"
            async with self.client.stream("POST", url, content=json.dumps(activity), headers=headers) as answer:
                status = answer.status_code
            if status != 429:  # it takes one POST at a time
                break
            await asyncio.sleep(0.5)
        assert status < 300, f"{status}\n{self.program.output()[-3000:]}"

    def lines(self, name: str) -> list[str]:
        """One of its text files, such as followers.txt and following.txt."""
        file = self.account / name
        return file.read_text().split() if file.exists() else []

    def box(self, name: str) -> list[dict[str, Any]]:
        """The activities in one of its boxes, inbox or outbox; without one that it is just writing anew, in place."""
        return [one for file in sorted((self.account / name).glob("*.json")) if (one := _whole(file)) is not None]

    async def has(self, name: str, handle: str, wanted: bool = True) -> None:
        """Wait until a text file lists a handle, or no longer does."""

        async def look() -> bool:
            return (handle.lstrip("@") in self.lines(name)) == wanted

        await eventually(look, f"{handle} in {name}: {wanted}\n{self.program.output()[-3000:]}", SLOW)

    async def arrived(self, kind: str, about: str) -> dict[str, Any]:
        """Wait for an activity about the given id in the inbox."""

        async def look() -> dict[str, Any] | None:
            for one in self.box("inbox"):
                target = one.get("object")
                if one.get("type") == kind and about in (
                    target,
                    target.get("id") if isinstance(target, dict) else None,
                ):
                    return one
            return None

        activity = await eventually(look, f"{kind} of {about}\n{self.program.output()[-3000:]}", SLOW)
        assert isinstance(activity, dict)
        return activity


def _whole(file: Path) -> dict[str, Any] | None:
    try:
        found = json.loads(file.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    assert isinstance(found, dict)
    return found


@asynccontextmanager
async def epicyon(town: Town, folder: Path, host: str, *peers: str) -> AsyncIterator[Epicyon]:
    """Start the peer under `host`, which knows the names of `peers`; end it with the block."""
    python = environment(SOURCE, dependencies=False)
    packages = next((python.parents[1] / "lib").glob("python3*/site-packages"))
    home, backend = folder / host, free_port()
    home.mkdir()
    for pattern in DATA:
        for path in packages.glob(pattern):
            (home / path.name).symlink_to(path)
    program = [python, packages / "epicyon.py", "--path", home, "--domain", host]
    account = ["--addaccount", f"{NAME}@{host}", "--password", PASSWORD, "--noapproval"]
    made = Program([*program, *account], env={}, log=folder / f"{host}-account.log", cwd=home)
    assert await made.ended(120) == 0, made.output()
    assert "Account created" in made.output(), made.output()
    serve = ["--port", "443", "--proxy", str(backend), "--noapproval", "--allowdeletion", "--debug"]
    gates = {peer: free_port() for peer in peers}
    names = {"PEER_NAMES": json.dumps({**gates, host: town.port(host)})}
    env = {**town.environment(), **names}
    running = Program([*program, *serve], env=env, log=folder / f"{host}.log", cwd=home)
    try:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(town.front(host, backend, answers=WITH_PROFILE))
            for name, port in gates.items():
                front = town.front(name, town.port(name), port=port, tls=True, requests=WITHOUT_TARGET)
                await stack.enter_async_context(front)
            client = await stack.enter_async_context(
                httpx.AsyncClient(base_url=f"http://127.0.0.1:{backend}", timeout=60, trust_env=False)
            )
            peer = Epicyon(running, home, f"https://{host}", client)

            async def answers() -> bool:
                headers = {"host": host, "accept": "application/activity+json"}
                try:
                    return (await client.get(f"/users/{NAME}", headers=headers)).status_code == 200
                except httpx.TransportError:
                    return False

            await running.ready(answers, 60)
            yield peer
    finally:
        running.kill()
