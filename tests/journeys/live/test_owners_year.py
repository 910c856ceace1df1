"""The owner's year: onto a domain behind Caddy, followers, a backup, misfortunes, a fire, an upgrade, a stop, a move.

Everything the owner does is a command that the documents show, run as its own process. After each chapter the same is
asked: what was acknowledged is there, and no follower's server got anything twice.
"""

from __future__ import annotations

import asyncio
import re
import resource
import shutil
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest

from fediverse_ai import migrations
from fediverse_ai.core.config import load
from tests.deploy.live.proxies import ACCOUNTS, NAMES, OURS, THEIRS, Behind, command
from tests.docs import shown
from tests.house.docs import ROOT
from tests.support.light_policy import light
from tests.support.peer import Peer, RemoteActor, peer
from tests.support.processes import Program, eventually, free_port
from tests.support.tls import Authority
from tests.support.tokens import bearer
from tests.support.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

AP = {"accept": "application/activity+json"}
POSTS = 10
SHOWN = [one.words for page in shown.pages() for one in shown.commands(page)]
REFERENCE = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")


def documented(words: tuple[str, ...]) -> None:
    """The command stands in a document as something to type, and each of its options in the reference."""
    verb = re.escape(" ".join(words[:2] if words[0] in ("backup", "user", "db") else words[:1]))
    assert any(re.search(rf"\bfediverse-ai (--\w+ \S+ )*{verb}\b", one) for one in SHOWN), f"no document shows {words}"
    for option in (word for word in words if word.startswith("--")):
        assert f"`{option}" in REFERENCE or any(option in one for one in SHOWN), f"no document tells of {option}"


class Owned(Behind):
    """A server whose owner types documented commands; its folder can be another one than at its start."""

    async def type(self, *words: str, expect: int | None = 0) -> dict[str, Any]:
        documented(words)
        return (await self.cli(*words, expect=expect))[-1]

    async def rest(self) -> None:
        """Nothing is under way any more."""
        waiting = (
            "select (select count(*) from post where state = 'waiting')"
            " + (select count(*) from delivery where state in ('pending', 'lane'))"
        )

        async def rested() -> bool:
            return self.query(waiting) == [(0,)]

        await eventually(rested, "nothing is left to do", seconds=90)


class Year:
    """Both servers and the owner's promises."""

    def __init__(self, folder: Path, town: Town, fans: Peer) -> None:
        self.folder, self.town, self.fans = folder, town, fans
        home = light(folder)
        judged = {f"moderation.{key}": value for key, value in home.items()}
        backups = {"backup.folder": str(folder / "backups")}
        self.ours = Owned(folder / "ours", town, OURS, {"server.account_domain": ACCOUNTS, **judged, **backups})
        self.theirs = Owned(folder / "theirs", town, THEIRS, judged)
        self.fan: RemoteActor = fans.actor("fan")
        self.promised: list[str] = []
        """Posts that were acknowledged; of them some are `deleted`, and some `lost` with the machine."""
        self.deleted: list[str] = []
        self.lost: list[str] = []
        self.took: dict[str, float] = {}
        self._began = time.monotonic()

    async def post(self, prompt: str) -> str:
        """By the command; what it acknowledged is promised."""
        told = await self.ours.type("post", prompt, "--as", "ann")
        assert told["state"] == "published"
        self.promised.append(told["uri"])
        return str(told["uri"])

    async def closes(self, chapter: str) -> None:
        """What holds after every chapter."""
        await self.ours.rest()
        for uri in self.promised:
            answer = await self.ours.client.get(uri, headers=AP)
            expected = 410 if uri in self.deleted else 404 if uri in self.lost else 200
            assert answer.status_code == expected, (chapter, uri)
        kept = [uri for uri in self.promised if uri not in self.deleted]

        async def all_there() -> bool:
            there = self.theirs.query("select uri from post where local = 0 and state = 'published'")
            return {uri for (uri,) in there} >= set(kept)

        await eventually(all_there, f"{chapter}: every post at the follower's", seconds=30)
        self._nothing_twice(chapter)
        now = time.monotonic()
        self.took[chapter] = round(now - self._began, 1)
        self._began = now

    def _nothing_twice(self, chapter: str) -> None:
        assert [one.problem for one in self.fans.arrivals if one.problem is not None] == [], chapter
        sent = Counter(str(one.activity["id"]) for one in self.fans.arrivals)
        assert [uri for uri, times in sent.items() if times > 1] == [], chapter
        made = Counter(str(one["object"]["id"]) for one in self.fans.activities("Create"))
        assert [uri for uri, times in made.items() if times > 1] == [], chapter
        assert set(made) == set(self.promised), chapter

    async def stop(self) -> None:
        for server in (self.ours, self.theirs):
            assert await server.stop() == 0, server.running.output()[-4000:]


def caddyfile(year: Year, texts: list[str], http: int) -> str:
    """What `init` and `front` printed, with our certificates and ports instead of the world's."""
    head = "{\n\tservers {"
    options = f"{{\n\tadmin off\n\thttp_port {http}\n\thttps_port {year.town.port(OURS)}\n\tdefault_bind 127.0.0.1"
    first, *others = texts
    assert head in first
    # One Caddyfile has one block of options.
    whole = "\n".join([first.replace(head, f"{options}\n\tservers {{", 1), *(text.partition("\n}\n")[2] or text
                       if head in text else text for text in others)])  # fmt: skip
    for name in (OURS, THEIRS, ACCOUNTS):
        chain, key = year.town.authority.certificate(name)
        assert f"\n{name} {{\n" in whole, (name, whole)
        whole = whole.replace(f"\n{name} {{\n", f"\n{name} {{\n\ttls {chain} {key}\n")
    return whole


async def _open(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


@asynccontextmanager
async def begun(folder: Path) -> AsyncIterator[Year]:
    """`init` on a domain, what it printed in front of it, and both servers running."""
    town = Town(Authority(folder / "tls"))
    https, http = free_port(), free_port()
    town.ports = dict.fromkeys(NAMES, https)
    async with peer() as fans, town.client(alone=True) as client:
        fans.client = client
        year = Year(folder, town, fans)
        password = folder / "password"
        password.write_text("correct horse battery staple\n")
        owner = ("--password-file", str(password), "--port")
        made = await year.ours.type("init", "--domain", OURS, "--account-domain", ACCOUNTS, "--admin", "ann", *owner,
                                    str(year.ours.port))  # fmt: skip
        assert made["admin"] == f"ann@{ACCOUNTS}"
        await year.theirs.type("init", "--domain", THEIRS, "--admin", "ben", *owner, str(year.theirs.port))
        there = (await year.theirs.type("front", "caddy"))["text"]
        home = folder / "caddy"
        home.mkdir()
        text = caddyfile(year, [made["front"]["caddy"], there, made["front"]["accounts-caddy"]], http)
        env = {"XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
        proxy = Program(command("caddy", home, text), env=env, log=folder / "caddy.log")
        try:
            await proxy.ready(lambda: _open(https))
            await asyncio.gather(year.ours.start(), year.theirs.start())
            yield year
        finally:
            await year.ours.close()
            await year.theirs.close()
            proxy.kill()


async def test_the_owners_year(tmp_path: Path) -> None:
    async with begun(tmp_path) as year:
        # Development mode, loopback and a certificate of our own are of the sandbox; nothing may be a problem.
        findings = (await year.ours.type("doctor", expect=None))["findings"]
        assert [one for one in findings if one["level"] == "problem"] == []
        await _first_followers(year)
        for number in range(POSTS):
            await year.post(f"a lighthouse above a stormy sea, number {number}")
        await year.closes("ten posts")
        await _upgrade(year)
        await _killed(year)
        await _full(year)
        made = await _backed_up(year)
        await _a_day_later(year)
        await _fire(year, made)
        await _stopped(year)
        await _away_and_back(year)
        await year.stop()
        print(" ".join(f"{chapter}: {seconds} s." for chapter, seconds in year.took.items()))


async def _first_followers(year: Year) -> None:
    answer = await year.theirs.type("follow", f"@ann@{ACCOUNTS}", "--as", "ben")
    assert answer["state"] == "accepted"
    follow = year.fan.activity("Follow", year.ours.actor("ann"))
    assert (await year.fan.deliver(year.ours.inbox, follow)).status_code == 202
    await year.fans.arrival("Accept")
    await year.closes("first followers")


async def _upgrade(year: Year) -> None:
    """The tables are taken back to the first revision, as its program left them; today's is started on them."""
    assert await year.ours.stop() == 0
    config = load(year.ours.folder, env=year.ours.env)
    migrations.downgrade(config, "0001")
    assert migrations.current(config) == "0001"
    told = await year.ours.type("db", "migrate")
    assert told["after"] == migrations.newest() or migrations.newest() in str(told)
    await year.ours.start()
    await year.post("a red fox in the snow, after the upgrade")
    await year.closes("upgrade")


async def _killed(year: Year) -> None:
    """kill -9 with a post under way: it is finished by the next start, once."""
    told = await year.ours.type("post", "a harbour at dawn", "--as", "ann", "--no-wait", expect=None)
    year.ours.running.kill()
    await year.ours.running.ended()
    await year.ours.start()
    [(uri,)] = year.ours.query("select uri from post where id = ?", int(told["id"]))

    async def out() -> bool:
        return year.ours.query("select state from post where uri = ?", uri) == [("published",)]

    await eventually(out, "the post goes out after all", seconds=60)
    year.promised.append(uri)
    await year.closes("kill -9")


async def _full(year: Year) -> None:
    """No file of the server may grow: who writes is told so, who reads is answered, and it goes on by itself."""
    token = bearer(await year.ours.token("ann"))

    def grow(size: int) -> None:
        resource.prlimit(year.ours.running.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    async def write(words: str) -> httpx.Response:
        return await year.ours.client.post("/api/v1/statuses", data={"status": words * 400}, headers=token)

    grow(4096)
    refused = [await write(f"No room {number} ") for number in range(3)]
    assert {answer.status_code for answer in refused} <= {503, 507}, [answer.text for answer in refused]
    assert (await year.ours.client.get(year.promised[0], headers=AP)).status_code == 200
    grow(resource.RLIM_INFINITY)

    async def taken() -> str | None:
        answer = await write("Room again ")
        return str(answer.json()["uri"]) if answer.status_code == 200 else None

    # What is tried while it is still full is refused, so nothing is written twice by asking again.
    year.promised.append(str(await eventually(taken, "posts are taken again", seconds=10)))
    await year.closes("disk full")


async def _backed_up(year: Year) -> str:
    made = await year.ours.type("backup", "create", "--keys")
    checked = await year.ours.type("backup", "verify", made["file"])
    assert checked["good"]
    await year.closes("backup")
    return str(made["file"])


async def _a_day_later(year: Year) -> None:
    """A post since the backup, and one that was taken back: what is deleted is known beside the backups."""
    ours, deleted = year.ours, year.promised[0]
    answer = await ours.client.delete(
        f"/api/v1/statuses/{deleted.rpartition('/')[2]}", headers=bearer(await ours.token("ann"))
    )
    assert answer.status_code == 200
    year.deleted.append(deleted)
    await year.post("a castle on a hill, after the backup")
    listed = year.folder / "backups" / "afterwards.jsonl"

    async def known() -> bool:
        return listed.exists() and deleted in listed.read_text("utf-8")

    await eventually(known, "the deletion is known beside the backups", seconds=30)
    await year.closes("a day later")


async def _fire(year: Year, made: str) -> None:
    """The machine is gone, and its folder with it; what was said since the backup is at its readers' only."""
    ours = year.ours
    last = max(number for (number,) in ours.query("select id from post union select id from activity"))
    ours.running.kill()
    await ours.running.ended()
    shutil.rmtree(ours.folder)
    ours.folder = year.folder / "new"
    year.lost.append(year.promised[-1])
    told = await ours.type("backup", "restore", made)
    assert told["problems"] == []
    await ours.start()
    new = await year.post("a ship in a bottle, after the fire")
    assert int(new.rpartition("/")[2]) > last, "no number is given twice"
    await year.closes("fire and restore")
    followers = ours.query("select a.uri from follow f join actor a on a.id = f.follower_id where f.state = 'accepted'")
    assert {uri for (uri,) in followers} == {year.fan.uri, year.theirs.actor("ben")}


async def _stopped(year: Year) -> None:
    """Nothing leaves while the switch is off, everybody reads why, and then it goes out in order."""
    before = len(year.fans.arrivals)
    await year.ours.type("stop", "outbox", "--reason", "The owner is away until Monday.")
    await year.ours.type("post", "a garden at night", "--as", "ann", "--no-wait", expect=None)
    page = await year.ours.client.get("/", headers={"accept": "text/html"})
    assert "The owner is away until Monday." in page.text
    await asyncio.sleep(2)
    assert len(year.fans.arrivals) == before
    await year.ours.type("start", "outbox")
    arrived = await year.fans.arrival("Create", len(year.promised) + 1)
    year.promised.append(str(arrived["object"]["id"]))
    await year.closes("stop switch")


async def _away_and_back(year: Year) -> None:
    """ann goes to the other server and comes back; ben's follow goes along both times."""
    away, home = f"cleo@{THEIRS}", f"ann@{ACCOUNTS}"
    await year.theirs.type("user", "create", "cleo")
    await year.theirs.type("user", "alias", "cleo", home)
    await year.ours.type("user", "move", "ann", away, "--yes")
    await eventually(lambda: _follows(year, year.theirs.actor("cleo")), "ben follows cleo", seconds=30)
    await year.fans.arrival("Move")
    await year.ours.type("user", "stay", "ann")
    await year.ours.type("user", "alias", "ann", away)
    await year.theirs.type("user", "move", "cleo", home, "--yes")
    await eventually(lambda: _follows(year, year.ours.actor("ann")), "ben follows ann again", seconds=30)
    await year.post("a lighthouse at home again")
    await year.closes("away and back")


async def _follows(year: Year, uri: str) -> bool:
    found = year.theirs.query(
        "select a.uri from follow f join actor a on a.id = f.followed_id join actor b on b.id = f.follower_id"
        " where b.username = 'ben' and f.state = 'accepted'"
    )
    return found == [(uri,)]
