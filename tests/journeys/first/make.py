"""How `instance.sql` and its files were made: by the code of the first revision, with work left undone.

In a checkout of commit e52308d, the last one whose newest migration is 0001: `python make.py FOLDER`. Not to be run
with later code, which would write other rows.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from actors import accounts, queries
from actors.models import Actor
from outbox import bookmarks, follow, react
from outbox.compose import Draft, compose
from outbox.models import Delivery, Post
from tests.support import house as houses
from tests.support.house import House, house
from tests.support.peer import Peer, RemoteActor, listening, wire
from tests.support.processes import eventually
from tests.support.rooms import published
from tests.support.tokens import token_for

OURS, THEIRS, OTHERS = 51111, 52222, 53333
"""Ports that stand for those of a later day, wherever they are written."""


async def write(home: House, who: Actor, **values: object) -> Post:
    async with home.context.database.write() as session:
        actor = await session.get_one(Actor, who.id)
        return await compose(session, actor, Draft(**values))  # type: ignore[arg-type]


async def first_day(home: House, peer: Peer, bob: RemoteActor, carol: RemoteActor) -> dict[str, str]:
    """With the engine: followers, posts that went out, answers that came."""
    ann, ben = await home.make_actor("ann", role="owner"), await home.make_actor("ben")
    assert (await bob.deliver(home.inbox, bob.activity("Follow", ann.uri))).status_code == 202
    assert (await carol.deliver(home.inbox, carol.activity("Follow", ann.uri))).status_code == 202
    await peer.arrival("Accept")
    await carol.peer.arrival("Accept")
    picture = await write(home, ann, text="A fox at dawn", prompt="a red fox at dawn", seed=7, width=256, height=256,
                          visibility="public", alt_text="A red fox")  # fmt: skip
    words = await write(home, ann, text="Only words, for followers", visibility="followers")
    await peer.arrival("Create", 2, seconds=60)
    await carol.peer.arrival("Create", 2, seconds=60)
    quiet = await write(home, ben, text="Ben is quiet", visibility="quiet")
    created = bob.create(bob.note("<p>What a fox</p>", inReplyTo=picture.uri))
    assert (await bob.deliver(home.inbox, created)).status_code == 202
    assert (await bob.deliver(home.inbox, bob.activity("Like", picture.uri))).status_code == 202

    async def liked() -> bool:
        [row] = await home.rows(Post, id=picture.id)
        return (row.likes, row.replies) == (1, 1)

    await eventually(liked, "like and reply are counted")
    async with home.context.database.write() as session:
        ben_here, post = await session.get_one(Actor, ben.id), await session.get_one(Post, picture.id)
        await react.like(session, ben_here, post)
        await bookmarks.add(session, ben_here, post)
        await follow.ask(session, ben_here, await session.get_one(Actor, ann.id))
    await write(home, ann, text="Not finished", prompt="a draft of a boat", keep=True)
    await asyncio.sleep(2)
    return {"picture": picture.uri, "words": words.uri, "quiet": quiet.uri}


async def evening(home: House, bob: RemoteActor, found: dict[str, str]) -> None:
    """Without it: what is promised and was not done when the old program stopped for good."""
    async with home.context.database.read() as session:
        ann = await queries.by_handle(session, "ann", None)
    assert ann is not None
    found["queued"] = (await published(home, ann, "Queued, never sent", visibility="public")).uri
    found["waiting"] = (await write(home, ann, text="Waits for the gate", visibility="public")).uri
    assert (await bob.deliver(home.inbox, bob.activity("Like", found["quiet"]))).status_code == 202
    async with home.context.database.write() as session:
        account = await accounts.account_of(session, "ann")
        assert account is not None
        found["session"] = await accounts.open_session(session, account.id, "A browser of the first day")
    found["token"] = await token_for(home, "ann")


async def try_in_vain(home: House, bob: RemoteActor) -> Post:
    """A post whose first delivery to Bob's server fails, so that it waits in the lane of that host."""

    async def busy(*_: object) -> tuple[int, dict[str, str], bytes]:
        return 503, {}, b""

    bob.peer.behaviours["/inbox"] = bob.peer.behaviours["/users/bob/inbox"] = busy
    async with home.context.database.read() as session:
        ann = await queries.by_handle(session, "ann", None)
    assert ann is not None
    post = await write(home, ann, text="Tried once", visibility="public")

    async def in_lane() -> bool:
        return bool(await home.rows(Delivery, state="lane"))

    await eventually(in_lane, "the delivery waits in its lane")
    await asyncio.sleep(2)
    return post


async def main(folder: Path) -> None:
    houses.free_port = lambda: OURS  # type: ignore[attr-defined]
    place = folder / "instance"
    async with wire.client(None) as client:
        peer, other = (Peer(f"http://127.0.0.1:{port}", client) for port in (THEIRS, OTHERS))
        async with listening(peer, port=THEIRS), listening(other, port=OTHERS):
            bob, carol = peer.actor("bob"), other.actor("carol", key=1)
            async with house(place, engine=True, jobs={"poll_seconds": 0.2}) as home:
                found = await first_day(home, peer, bob, carol)
                found["lane"] = (await try_in_vain(home, bob)).uri
            async with house(place) as home:
                await evening(home, bob, found)
                found["made_ms"] = str(home.clock.now_ms())
    with closing(sqlite3.connect(place / "fediverse.db")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        lines = list(connection.iterdump())
    (folder / "instance.sql").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "facts.json").write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    shutil.copy(place / "secret.key", folder / "secret.key")
    shutil.copytree(place / "media", folder / "media", dirs_exist_ok=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
