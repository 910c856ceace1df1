"""toot, a real program from PyPI: login, a post with a picture, reading, reacting, searching."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.mastodon.test_rules import picture
from tests.support.environments import environment
from tests.support.login import code_for
from tests.support.processes import eventually
from tests.support.server import Server, server

pytestmark = pytest.mark.asyncio(loop_scope="module")

APPS = Path(__file__).parents[1] / "peers" / "apps"


class Toot:
    """The command `toot` with a folder of its own."""

    def __init__(self, folder: Path, ours: Server) -> None:
        self.command = environment(APPS).parent / "toot"
        self.ours = ours
        self.env = {**os.environ, "XDG_CONFIG_HOME": str(folder), "HOME": str(folder), "PYTHONUNBUFFERED": "1",
                    "TERM": "dumb", "BROWSER": "true"}  # fmt: skip

    async def __call__(self, *words: str) -> str:
        program = await self._start(*words)
        out, err = await asyncio.wait_for(program.communicate(), 60)
        assert program.returncode == 0, (words, out.decode(), err.decode())
        return out.decode()

    async def _start(self, *words: str) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            str(self.command), *words, env=self.env, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip

    async def login(self, username: str) -> None:
        """It prints the address of the consent page and waits for the code."""
        program = await self._start("login", "-i", self.ours.origin)
        assert program.stdin is not None
        assert program.stdout is not None
        program.stdin.write(b"n\n")
        said = ""
        while (found := re.search(r"(http://\S+/oauth/authorize\S+)\s", said)) is None:
            piece = await asyncio.wait_for(program.stdout.read(1000), 30)
            assert piece, said
            said += piece.decode()
        code = await code_for(self.ours, username, found[1])
        out, err = await asyncio.wait_for(program.communicate(f"{code}\n".encode()), 30)
        assert program.returncode == 0, (said, out.decode(), err.decode())


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(tmp_path_factory.mktemp("toot") / "ours", "ann", "ben") as running:
        yield running


async def out(ours: Server, status_id: str) -> None:
    """Wait until the gate has let a post out."""

    async def published() -> bool:
        return ours.query("select state from post where id = ?", int(status_id)) == [("published",)]

    await eventually(published, f"status {status_id} is out", seconds=60)


async def test_a_day_with_toot(ours: Server, tmp_path: Path) -> None:
    toot = Toot(tmp_path, ours)
    await toot.login("ann")
    image = tmp_path / "meadow.png"
    image.write_bytes(picture(256))
    words = ("post", "A grey morning", "-m", str(image), "-d", "A meadow", "--json", "--visibility", "public")
    posted = json.loads(await toot(*words))
    assert posted["media_attachments"][0]["description"] == "A meadow"
    await out(ours, posted["id"])
    home = await toot("timelines", "home", "--no-pager")
    assert "A grey morning" in home
    assert "AI-generated" in home
    await toot("favourite", posted["id"])
    assert "@ben" in await toot("search", "ben")
    await toot("delete", posted["id"])
    assert ours.query("select state from post") == [("deleted",)]


@pytest.mark.live
async def test_further_commands_of_toot(ours: Server, tmp_path: Path) -> None:
    """What somebody does besides: answers, boosts, threads, lists of people, what happened, who one is."""
    ann, ben = Toot(tmp_path / "ann", ours), Toot(tmp_path / "ben", ours)
    for folder, one, name in ((tmp_path / "ann", ann, "ann"), (tmp_path / "ben", ben, "ben")):
        folder.mkdir()
        await one.login(name)
    posted = json.loads(await ann("post", "Who is there?", "--json", "--visibility", "public"))
    await out(ours, posted["id"])
    words = ("post", "I am @ann", "--reply-to", posted["id"], "--json", "--visibility", "public")
    answer = json.loads(await ben(*words))
    await out(ours, answer["id"])
    for command in ("favourite", "reblog", "bookmark"):
        await ben(command, posted["id"])
    assert "ben" in await ann("reblogged-by", posted["id"])
    thread = await ann("thread", posted["id"])
    assert "Who is there?" in thread
    assert "I am @ann" in thread
    assert "Who is there?" in await ben("bookmarks")
    await ann("follow", "ben")
    assert "ben" in await ann("following")
    told = await ann("notifications")
    for said in ("favourited", "boosted", "mentioned"):
        assert said in told, told
    assert "@ann" in await ann("whoami")
    assert "compatible; fediverse-ai" in await ann("instance")
    assert "I am @ann" in await ann("timelines", "home", "--no-pager")
    for command in ("unfavourite", "unreblog", "unbookmark"):
        await ben(command, posted["id"])
    await ann("mute", "ben")
    assert "ben" in await ann("muted")
    await ann("unmute", "ben")
    await ann("block", "ben")
    assert "I am @ann" not in await ann("thread", posted["id"])
    await ann("unblock", "ben")
    await ann("delete", posted["id"])
