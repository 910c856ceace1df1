"""FI-22 with real processes: a backup by the command while the server works, a fire, a restore by the command.

LONG=1 tells it with ten times as many posts.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support import verbs
from tests.support.peer import Peer, RemoteActor, peer
from tests.support.processes import eventually
from tests.support.server import Server

pytestmark = [pytest.mark.live, pytest.mark.timeout(900)]

LONG = bool(os.environ.get("LONG"))
POSTS = 300 if LONG else 30
KILLED = -9
BUSY_SECONDS = 30.0 if LONG else 5.0


class Burnt(Server):
    """A server whose folder can be another one than at its start, at the same address."""

    def moved(self, folder: Path) -> None:
        self.folder = folder


async def work(ours: Server, fan: RemoteActor, done: list[str], gone: list[str]) -> None:
    """Posts, replies of the peer and deletions, until cancelled."""
    number = 0
    while True:
        number += 1
        uri = await verbs.write(ours, "ann", f"Under load {number}")
        done.append(uri)
        with suppress(OSError):
            await fan.deliver(ours.inbox, fan.activity("Like", uri))
        if number % 4 == 0:
            await verbs.remove(ours, done[-2])
            gone.append(done[-2])


async def at_rest(ours: Server) -> None:
    async def rested() -> bool:
        waiting = (
            "select (select count(*) from post where state = 'waiting')"
            " + (select count(*) from delivery where state in ('pending', 'lane'))"
        )
        return ours.query(waiting) == [(0,)]

    await eventually(rested, "nothing is left to do", seconds=120)


def seen(peers: Peer) -> Counter[str]:
    return Counter(str(one.activity["id"]) for one in peers.arrivals if one.problem is None)


async def test_yesterdays_backup_after_a_fire(tmp_path: Path) -> None:
    async with peer() as fans:
        fan, late = fans.actor("fan"), fans.actor("late", key=1)
        ours = Burnt(tmp_path / "ours", settings={"backup.folder": str(tmp_path / "backups")})
        done: list[str] = []
        gone: list[str] = []
        try:
            await ours.furnish("ann", "carol")
            await ours.start()
            await fan.deliver(ours.inbox, fan.activity("Follow", ours.actor("ann")))
            await fans.arrival("Accept")
            done += [await verbs.write(ours, "ann", f"Before {number}") for number in range(POSTS)]
            await at_rest(ours)
            worker = asyncio.create_task(work(ours, fan, done, gone))
            await ours.cli("backup", "create", expect=KILLED, failpoints="backup.before_rename:kill9")
            assert list((tmp_path / "backups").glob("*.tar")) == [], "whole, or not there"
            [made] = await ours.cli("backup", "create")
            known = ours.query("select count(*) from post")[0][0]
            await asyncio.sleep(BUSY_SECONDS)
            worker.cancel()
            await asyncio.gather(worker, return_exceptions=True)
            assert ours.query("select count(*) from post")[0][0] > known

            # Yesterday's backup; today one leaves, one post goes, and somebody new follows.
            await verbs.remove(ours, done[0])
            gone.append(done[0])
            await late.deliver(ours.inbox, late.activity("Follow", ours.actor("ann")))
            await fans.arrival("Accept", 2)
            await at_rest(ours)
            last = max(number for (number,) in ours.query("select id from post union select id from activity"))
            await _listed(tmp_path / "backups" / "afterwards.jsonl", done[0])
            await _listed(tmp_path / "backups" / "afterwards.jsonl", late.uri)
            before = seen(fans)
            ours.running.kill()
            await ours.running.ended()

            secret = str(ours.folder / "secret.key")
            lost = ours.folder
            ours.moved(tmp_path / "new")
            again = ("backup", "restore", made["file"], "--secret-key", secret)
            await ours.cli(*again, expect=KILLED, failpoints="restore.settled:kill9")
            assert [path.name for path in ours.folder.iterdir()] == [".restoring"], "no server yet"
            began = time.monotonic()
            [told] = await ours.cli(*again)
            took = time.monotonic() - began
            assert lost.exists()
            assert told["problems"] == []
            [checked] = await ours.cli("backup", "verify", made["file"])
            assert checked["good"]

            await ours.start()
            new = await verbs.write(ours, "ann", "After the fire")
            await fans.arrival("Create", sum(before_of(fans, before, "Create").values()) + 1)
            await at_rest(ours)
            since = seen(fans) - before
            assert set(since).isdisjoint(before), "nothing old is sent again"
            creates = [one for one in fans.activities("Create") if one["id"] in since]
            assert [one["object"]["id"] for one in creates] == [new]
            assert int(new.rpartition("/")[2]) > last, "ids are never used twice"
            for uri in gone:
                known_states = ours.query("select state from post where uri = ?", uri)
                assert known_states in ([], [("deleted",)]), uri
                answer = await ours.client.get(uri, headers={"accept": "application/activity+json"})
                assert answer.status_code in (404, 410)

            # Whoever the backup does not know is asked for first, soon after the start.
            async def both() -> bool:
                query = "select a.uri from follow f join actor a on a.id = f.follower_id where f.state = 'accepted'"
                return {uri for (uri,) in ours.query(query)} == {fan.uri, late.uri}

            await eventually(both, "who followed after the backup is a follower again", seconds=120)
            assert ours.query("pragma integrity_check") == [("ok",)]
            assert ours.query("pragma foreign_key_check") == []
            print(f"posts {len(done)}, create {made['seconds']} s, restore {took:.1f} s, sent again 0")
            assert await ours.stop() == 0
        finally:
            await ours.close()


def before_of(fans: Peer, before: Counter[str], kind: str) -> Counter[str]:
    """Of what had arrived, that of one type."""
    ids = {str(one["id"]) for one in fans.activities(kind)}
    return Counter({uri: count for uri, count in before.items() if uri in ids})


async def _listed(path: Path, uri: str) -> None:
    def look() -> bool:
        return path.exists() and uri in path.read_text()

    async def there() -> bool:
        return await asyncio.to_thread(look)

    await eventually(there, "the list beside the backups tells of it", seconds=60)
