"""FI-06 as a program: a real server on a real small disk that fills while it works, and then has room again.

`python -m tests.faults.full_disk FOLDER [limit]` prints the figures as JSON. The disk is a tmpfs in a mount namespace
of this process, which nobody else sees and which ends with it. Where a machine forbids that, the server's files may not
grow instead (RLIMIT_FSIZE, set from outside while it runs): another error of the system, met at the same writes.
"""

from __future__ import annotations

import asyncio
import ctypes
import io
import json
import os
import re
import resource
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx2 as httpx
from PIL import Image

from tests.support.peer import Peer, RemoteActor, peer
from tests.support.processes import eventually
from tests.support.server import Server
from tests.support.tokens import bearer

MEGABYTES = 14
CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_REC, MS_PRIVATE = 16384, 1 << 18
HONEST = {507, 503}
LIMIT_BYTES = 65_536
HALF_WRITTEN = re.compile(r"\.part$|^\..*\.\d+$")


@dataclass
class Figures:
    """What is reported."""

    disk: str = ""
    acknowledged: int = 0
    unfinished: int = 0
    """Arrivals, posts and deliveries that waited in the middle of their work when room came back."""
    refused: dict[str, int] = field(default_factory=dict)
    """What was asked, with the status -> how often."""
    reads: int = 0
    recovered_seconds: float = 0.0
    """From room until everything that was acknowledged is done and the next arrival is taken."""
    lost: int = 0
    doubled: int = 0
    commands: list[str] = field(default_factory=list)
    """What the command line said on the full disk."""


class Disk:
    """A small disk: a tmpfs of this process's own, or a limit to how far the server's files may grow."""

    def __init__(self, place: Path, *, limit: bool) -> None:
        self.place, self.ballast = place, place / "ballast"
        self.how = "tmpfs" if not limit and _mounted(place) else "limit"
        self.server: Server | None = None

    def fill(self) -> None:
        """Nothing more can be written."""
        if self.how == "limit":
            self._limit(LIMIT_BYTES)
            return
        with self.ballast.open("ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while True:
                        file.write(bytes(size))
                except OSError:
                    continue

    def free(self) -> None:
        if self.how == "limit":
            self._limit(resource.RLIM_INFINITY)
        else:
            self.ballast.unlink()

    def _limit(self, size: int) -> None:
        """Of the server, and of the commands that are started from here."""
        assert self.server is not None
        for pid in (self.server.running.pid, os.getpid()):
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _mounted(place: Path) -> bool:
    """Take a mount namespace, as root or as root of a user namespace, and mount a tmpfs there that only we see."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNS) != 0:
        if libc.unshare(CLONE_NEWNS | CLONE_NEWUSER) != 0:
            return False
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    if libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None) != 0:
        return False
    return bool(libc.mount(b"tmpfs", str(place).encode(), b"tmpfs", 0, f"size={MEGABYTES}m".encode()) == 0)


class Day:
    """What is asked of the server, and what was promised for it."""

    def __init__(self, server: Server, bob: RemoteActor, token: str, liked: str, figures: Figures) -> None:
        self.server, self.bob, self.token, self.post, self.figures = server, bob, token, liked, figures
        self.notes: list[str] = []
        self.statuses: list[str] = []
        self.refused: Counter[str] = Counter()
        self.number = 0

    async def arrive(self) -> int:
        """A reply of another server's person, of 20 kB; the status that it got."""
        self.number += 1
        note = self.bob.note(f"<p>{self.number}: {'words ' * 3_500}</p>", inReplyTo=self.post)
        answer = await self.bob.deliver(self.server.inbox, self.bob.create(note))
        if answer.status_code == 202:
            self.notes.append(note["id"])
        return self._counted("arrival", answer)

    async def write(self) -> int:
        """A post of words by an app."""
        self.number += 1
        fields = {"status": f"Number {self.number}: {'words ' * 500}", "visibility": "public"}
        answer = await self.server.client.post("/api/v1/statuses", data=fields, headers=bearer(self.token))
        if answer.status_code in (200, 202):
            self.statuses.append(answer.json()["uri"])
        return self._counted("post", answer)

    async def upload(self) -> int:
        file = {"file": ("a.png", _picture(), "image/png")}
        answer = await self.server.client.post("/api/v2/media", files=file, headers=bearer(self.token))
        return self._counted("upload", answer)

    def _counted(self, what: str, answer: httpx.Response) -> int:
        if answer.status_code >= 400:
            self.refused[f"{what} {answer.status_code}"] += 1
            assert answer.status_code in HONEST, (what, answer.status_code, answer.text[:500])
            assert "retry-after" in answer.headers, (what, answer.headers)
            said = answer.json()
            assert "room" in (said.get("detail") or said.get("error") or "").lower() or answer.status_code == 503, said
        return answer.status_code

    async def read(self) -> None:
        """A note, its page and a timeline: reading goes on."""
        client = self.server.client
        for path, accept in (
            (self.post, "application/activity+json"),
            (self.post, "text/html"),
            ("/explore", "text/html"),
        ):
            answer = await client.get(path, headers={"accept": accept}, follow_redirects=True)
            assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
            self.figures.reads += 1
        home = await client.get("/api/v1/timelines/home", headers=bearer(self.token))
        assert home.status_code == 200
        self.figures.reads += 1


def _picture() -> bytes:
    """A PNG that cannot be packed well."""
    made = io.BytesIO()
    Image.effect_noise((900, 900), 80).convert("RGB").save(made, "PNG")
    return made.getvalue()


async def _full(disk: Disk, day: Day) -> None:
    """Work until the disk is full in the middle of it; then ask everything for a while."""
    for _ in range(3):
        assert await day.arrive() == 202
        assert await day.write() in (200, 202)
    crowd = [ask() for _ in range(6) for ask in (day.arrive, day.write)]
    await asyncio.gather(*crowd, asyncio.to_thread(disk.fill))
    started = time.monotonic()
    while sum(day.refused.values()) < 12 or time.monotonic() - started < 5:
        assert time.monotonic() - started < 60, "it is full and nothing is refused"
        for ask in (day.arrive, day.arrive, day.write, day.upload, day.read):
            await ask()
        await asyncio.sleep(0.5)
    assert {what.partition(" ")[0] for what in day.refused} == {"arrival", "post", "upload"}, day.refused


async def _commands(server: Server, figures: Figures) -> None:
    """Beside the server: each ends with one clear line, and leaves nothing."""
    for words in (("post", "--text", "never", "--no-wait"), ("user", "create", "never"), ("backup", "create")):
        program = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "fediverse_ai.cli", "--data", str(server.folder), *words,
            env={**os.environ, **server.env}, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await asyncio.wait_for(program.communicate(), 60)
        said = err.decode().strip()
        assert program.returncode == 1, (words, program.returncode, out.decode(), said)
        assert "Traceback" not in said, said
        figures.commands.append(said.splitlines()[-1][:200])


async def _recovers(disk: Disk, day: Day) -> None:
    waiting = (
        "select (select count(*) from received where state = 'stored')"
        " + (select count(*) from post where state = 'waiting')"
        " + (select count(*) from delivery where state != 'delivered')"
    )
    [(day.figures.unfinished,)] = day.server.query(waiting)
    disk.free()
    began = time.monotonic()

    async def taken() -> bool:
        return await day.arrive() == 202

    async def done() -> bool:
        return day.server.query(waiting) == [(0,)]

    await eventually(taken, "the next arrival is taken", seconds=30)
    await eventually(done, "everything acknowledged is done", seconds=60)
    day.figures.recovered_seconds = round(time.monotonic() - began, 1)


async def _books(day: Day, fans: Peer) -> None:
    query = day.server.query
    assert query("pragma integrity_check") == [("ok",)]
    assert query("pragma foreign_key_check") == []
    stored = Counter(uri for (uri,) in query("select uri from post where state = 'published'"))
    promised = [*day.notes, *day.statuses]
    day.figures.acknowledged = len(promised)
    day.figures.lost = sum(stored[uri] != 1 for uri in promised)
    [(replies,)] = query("select replies from post where uri = ?", day.post)
    assert replies == len(day.notes), "a counter is its recount"
    arrived = Counter(one["object"]["id"] for one in fans.activities("Create"))
    day.figures.lost += sum(uri not in arrived for uri in day.statuses)
    ids = Counter(one["object"]["id"] for one in {one["id"]: one for one in fans.activities("Create")}.values())
    day.figures.doubled = sum(number > 1 for number in ids.values())
    folder = day.server.folder
    names = [path.name for path in folder.rglob("*") if path.is_file()]
    left = [name for name in names if HALF_WRITTEN.search(name)]
    assert left == [], f"nothing half written stays: {left}"


async def main(place: Path, *, limit: bool = False) -> Figures:
    """The whole programme; `limit` takes the other way without trying the first."""
    disk, figures = Disk(place, limit=limit), Figures()
    figures.disk = disk.how
    async with peer() as fans:
        settings: dict[str, Any] = {"media.reserve_bytes": 0, "moderation.moderators": ["lists"]}
        server = Server(place / "instance", settings=settings)
        disk.server = server
        try:
            await _open(server)
            bob = fans.actor("bob")
            assert (await bob.deliver(server.inbox, bob.activity("Follow", server.actor("ann")))).status_code == 202
            await fans.arrival("Accept")
            day = Day(server, bob, await server.token("ann"), "", figures)
            await day.write()
            day.post = day.statuses[0]
            await fans.arrival("Create")
            await _full(disk, day)
            await _commands(server, figures)
            await _recovers(disk, day)
            await _books(day, fans)
            figures.refused = dict(day.refused)
            assert await server.stop() == 0
        finally:
            await server.close()
    return figures


async def _open(server: Server) -> None:
    from tests.support.light_policy import light

    await server.furnish("ann")
    server.env["FEDIVERSE_AI__MODERATION__POLICY_FILE"] = light(server.folder)["policy_file"]
    await server.start()


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    print(json.dumps(asdict(asyncio.run(main(Path(sys.argv[1]), limit="limit" in sys.argv[2:])))))
