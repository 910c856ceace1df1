"""A stage for tests of handlers: one house for a module, and for each test a person of ours, bob, and a stranger.

`unmoved` and `refused` are the oracles: the tables stay as they were, and nobody was asked anything.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlmodel import SQLModel

from actors import follows
from actors.models import Actor, FollowState
from actors.remote import ensure
from fediverse_ai.core.http import Budget
from inbox.models import Received
from outbox.activities import new_uri
from outbox.models import Post
from tests.support import rooms
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor, peer

Document = dict[str, Any]

_serial = count(1)

# What a refusal may write: the row that says so. Rows of the job engine are not ours to look at.
_MAY_CHANGE = frozenset({"received"})


@dataclass
class Stage:
    """Alice lives here, bob on `good`, eve is his neighbour, mal lives on `evil`; all are known by their keys."""

    home: House
    alice: Actor
    good: Peer
    evil: Peer
    bob: RemoteActor
    eve: RemoteActor
    mal: RemoteActor

    async def row_of(self, remote: RemoteActor) -> Actor:
        """Our row of a remote actor, fetched if need be."""
        context = self.home.context
        await ensure(context, remote.uri, Budget(clock=context.clock))
        [row] = await self.home.rows(Actor, uri=remote.uri)
        return row

    async def follow(self, remote: RemoteActor, state: FollowState = FollowState.ACCEPTED) -> str:
        """Alice follows (or has asked to follow) a remote actor; the Follow's id."""
        target = await self.row_of(remote)
        uri = new_uri(self.home.context)
        async with self.home.context.database.write() as session:
            await follows.add(session, self.alice, target, uri, state)
        return uri

    async def receive(self, sender: RemoteActor, activity: Document) -> Received:
        return await rooms.receive(self.home, sender, activity)

    async def post_of(self, note: Document) -> Post:
        [post] = await self.home.rows(Post, uri=note["id"])
        return post

    async def fresh(self, post: Post) -> Post:
        """The row as it is now."""
        [found] = await self.home.rows(Post, id=post.id)
        return found

    def world(self) -> dict[str, str]:
        """Digests of every table of ours but the list of what was received."""
        ours = SQLModel.metadata.tables.keys() - _MAY_CHANGE
        return {table: digest for table, digest in self.home.dump().items() if table in ours}

    def asked(self) -> int:
        """How many GETs our server made of either peer."""
        return sum(one.method == "GET" for side in (self.good, self.evil) for one in side.asked)

    async def refused(self, sender: RemoteActor, activity: Document, *, egress: bool = False) -> Received:
        """Send what may have no effect: 202, then dropped, ignored or unsupported; no row moves, nobody is asked."""
        before, asked = self.world(), self.asked()
        row = await self.receive(sender, activity)
        assert row.state in ("dropped", "ignored", "unsupported"), (row.state, row.detail)
        moved = changed(before, self.world())
        assert moved == [], f"{row.state} ({row.detail}), and yet changed: {moved}"
        assert egress or self.asked() == asked, "somebody was asked"
        return row


def changed(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """The tables that differ."""
    return sorted(table for table in before.keys() | after.keys() if before.get(table) != after.get(table))


@asynccontextmanager
async def stage_in(home: House) -> AsyncIterator[Stage]:
    """A stage with people of its own; the peers' ports are new, so no lane or cool-down of another test is met."""
    alice = await home.make_actor(f"alice{next(_serial)}")
    async with peer() as good, peer() as evil:
        bob, eve, mal = good.actor("bob"), good.actor("eve", key=1), evil.actor("mal", key=2)
        made = Stage(home, alice, good, evil, bob, eve, mal)
        for remote in (bob, eve, mal):
            await made.row_of(remote)
        yield made
