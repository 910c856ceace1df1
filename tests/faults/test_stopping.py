"""FI-20: told to stop under load, again and again. Nobody who was let in goes without an answer, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.stopping import Load
from tests.support.peer import Peer, peer
from tests.support.processes import eventually
from tests.support.server import Server
from tests.support.tokens import token_for

LONG = bool(os.environ.get("LONG"))
pytestmark = [pytest.mark.live, pytest.mark.timeout(1_800 if LONG else 420)]
STOPS = 20 if LONG else 3
STOP_SECONDS = 5.0
RELEASED = "select count(*) from workflow_status where status = 'PENDING'"


async def test_stops_under_load(tmp_path: Path) -> None:
    chance = random.Random(20)
    # An hour's worth of posts and uploads of one person is soon used up: each stop has people of its own.
    people = [f"p{number}" for number in range(STOPS)]
    ours = Server(tmp_path / "ours", settings={"jobs.poll_seconds": 0.1})
    told: Counter[str] = Counter()
    seconds, starts = [], []
    unsure = 0
    pictures: list[str] = []
    words: dict[str, str] = {}
    async with peer() as elsewhere:
        try:
            await ours.furnish(*people)
            async with ours.beside() as context:
                tokens = {name: await token_for(context, name) for name in people}
            for name in people:
                began = time.monotonic()
                await ours.start()
                starts.append(time.monotonic() - began)
                await _follow(ours, elsewhere, name)
                load = Load(ours.port, tokens[name])
                load.start()
                await asyncio.sleep(chance.uniform(1.5, 3.5))
                began = time.monotonic()
                assert await ours.stop() == 0, ours.running.output()[-3000:]
                seconds.append(time.monotonic() - began)
                await load.end()
                told += load.told
                assert not [what for what in told if what.startswith("lost")], told
                unsure += load.unsure
                pictures += load.pictures
                words |= dict.fromkeys(load.words, name)
                _is_well(ours)
            await ours.start()
            await _all_came_out(ours, elsewhere, pictures, words, unsure)
            assert await ours.stop() == 0
            _is_well(ours)
        finally:
            await ours.close()
    took = f"{STOPS} stops in {min(seconds):.1f} to {max(seconds):.1f} s, starts in at most {max(starts):.1f} s"
    print(f"FI-20: {took}; {dict(told)}; {len(pictures)} pictures and {len(words)} posts acknowledged, none lost")
    assert told["200"] > 20 * STOPS
    assert told["503"], "nobody was there while it stopped"
    assert told["stream ended"] == 3 * STOPS
    assert told["socket closed"] + told["socket refused"] == 2 * STOPS
    assert told["socket closed"]
    assert pictures
    assert words
    assert max(seconds) < STOP_SECONDS


async def _follow(ours: Server, elsewhere: Peer, name: str) -> None:
    bob = elsewhere.actors.get("bob") or elsewhere.actor("bob")
    before = len(elsewhere.activities("Accept"))
    assert (await bob.deliver(ours.inbox, bob.activity("Follow", ours.actor(name)))).status_code == 202
    await elsewhere.arrival("Accept", before + 1)


def _is_well(ours: Server) -> None:
    """What the stopped server leaves: a whole database, no job that somebody still holds, and no cry in the log."""
    with closing(sqlite3.connect(ours.folder / "fediverse.db")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        assert database.execute("pragma foreign_key_check").fetchall() == []
        assert database.execute(RELEASED).fetchone() == (0,), "jobs were not given back"
    lines = [json.loads(line) for line in ours.running.output().splitlines() if line.startswith("{")]
    cries = [line for line in lines if line.get("level") in ("error", "critical")]
    assert not cries, cries[:3]
    assert "Traceback" not in ours.running.output()


async def _all_came_out(ours: Server, elsewhere: Peer, pictures: list[str], words: dict[str, str], unsure: int) -> None:
    """Everything that was acknowledged is published once, and each post reached the follower, under one id."""

    async def waiting() -> bool:
        ids = ",".join([*pictures, *words])
        return ours.query(f"select 1 from post where id in ({ids}) and state != 'published' limit 1") == []

    await eventually(waiting, "everything acknowledged is out", seconds=120)

    def sent() -> Counter[str]:
        return Counter(one["object"]["id"].rpartition("/")[2] for one in elsewhere.activities("Create"))

    async def arrived() -> bool:
        return set(words) | set(pictures) <= set(sent())

    await eventually(arrived, "every post at the follower", seconds=60)
    [(rows,)] = ours.query("select count(*) from post")
    assert 0 <= rows - len(pictures) - len(words) <= unsure
    doubled = {post: times for post, times in sent().items() if times > 1}
    print(f"FI-20: {len(doubled)} of {len(sent())} activities reached the follower more than once, under the same id")
