"""After a restore without the list of what came later: follows are asked for again, peers may know better."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
import pytest_asyncio
from sqlmodel import delete

from actors import follows, queries
from actors.models import Actor, Follow, FollowState
from actors.remote import ensure
from actors.restorations import DAY_MS, Restoration
from fediverse_ai.activitypub import synchronization
from fediverse_ai.backup.reconcile import reconcile
from fediverse_ai.core import limits
from fediverse_ai.core.http import Budget
from inbox import synchronize
from outbox import follow
from outbox.activities import new_uri
from tests.support import rooms
from tests.support.house import House, house
from tests.support.peer import Peer, RemoteActor, peer

pytestmark = pytest.mark.asyncio(loop_scope="module")

_names = count()


@dataclass
class Stage:
    home: House
    good: Peer
    ann: Actor

    def stranger(self) -> RemoteActor:
        return self.good.actor(f"one{next(_names)}")

    async def known(self, remote: RemoteActor) -> Actor:
        context = self.home.context
        await ensure(context, remote.uri, Budget(clock=context.clock))
        [row] = await self.home.rows(Actor, uri=remote.uri)
        return row

    async def follow(self, state: FollowState = FollowState.ACCEPTED) -> Follow:
        target = await self.known(self.stranger())
        async with self.home.context.database.write() as session:
            return await follows.add(session, self.ann, target, new_uri(self.home.context), state)

    async def restored(self, **columns: Any) -> Restoration:
        """As if the server had been restored this moment."""
        now = self.home.clock.now_ms()
        values = {"made_ms": now, "floor_ms": now, "restored_ms": now, "backup": "backup.tar"} | columns
        row = Restoration(id=self.home.context.ids.new(), **values)
        async with self.home.context.database.write() as session:
            await session.exec(delete(Restoration))
            session.add(row)
        self.home.clock.forward(0.01)
        return row

    async def now(self) -> Restoration:
        [row] = await self.home.rows(Restoration)
        return row


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with house(tmp_path_factory.mktemp("home")) as home, peer() as good:
        yield Stage(home, good, await home.make_actor("ann"))


async def test_without_a_list_every_follow_is_asked_for_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECONCILED_FOLLOWS", 2)
    before = [await stage.follow(state) for state in (FollowState.ACCEPTED, FollowState.PENDING, FollowState.ACCEPTED)]
    await stage.restored()
    target = await stage.known(stage.stranger())
    async with stage.home.context.database.write() as session:
        new = await follow.ask(session, stage.ann, target)
    for asked in (3, 4):
        await reconcile(stage.home.context)
        await rooms.deliver_all(stage.home)
        assert len(stage.good.activities("Follow")) == asked
    await reconcile(stage.home.context)
    assert (await stage.now()).reconciled_ms is not None
    await reconcile(stage.home.context)
    await rooms.deliver_all(stage.home)
    assert len(stage.good.activities("Follow")) == 4
    assert [row.uri for row in await stage.home.rows(Follow, id=new.id)] == [new.uri]
    rows = {row.id: row for row in await stage.home.rows(Follow)}
    for old in before:
        assert rows[old.id].state == old.state, "what was granted stays granted while it is asked for again"
        assert rows[old.id].uri != old.uri


async def test_who_cannot_be_found_is_given_up(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECONCILED_TRIES", 2)
    lost, found = f"{stage.good.origin}/users/nobody", stage.stranger()
    entry = {"at": 1, "kind": "accept", "uri": "https://b.example/1", "whom": stage.ann.uri}
    await stage.restored(complete=True, follows=[entry | {"who": lost}, entry | {"who": found.uri}])
    await reconcile(stage.home.context)
    row = await stage.now()
    assert [(left["who"], left["tries"]) for left in row.follows] == [(lost, 1)]
    assert row.reconciled_ms is None
    await reconcile(stage.home.context)
    row = await stage.now()
    assert (row.follows, row.reconciled_ms is not None) == ([], True)
    follower = await stage.known(found)
    async with stage.home.context.database.read() as session:
        made = await queries.follow_of(session, follower.id, stage.ann.id)
    assert made is not None
    assert made.state == FollowState.ACCEPTED


@pytest.mark.parametrize(("age", "complete", "taken"), [(0, False, True), (0, True, False), (1, False, False)])
async def test_what_a_peer_knows_better_is_taken_over_for_a_while(
    stage: Stage, age: int, complete: bool, taken: bool
) -> None:
    """FEP-8fcf: the peer lists ann as a follower, and the restored server does not know why."""
    then = stage.home.clock.now_ms() - limits.RECONCILE_DAYS * DAY_MS + (60_000 if age == 0 else 0)
    await stage.restored(restored_ms=then, complete=complete)
    remote = stage.stranger()
    target = await stage.known(remote)
    url = f"{remote.uri}/followers_synchronization"
    listed = {"id": url, "type": "OrderedCollection", "orderedItems": [stage.ann.uri]}
    stage.good.serve({"@context": "https://www.w3.org/ns/activitystreams", **listed})
    before = len(stage.good.activities("Undo"))
    digest = synchronization.digest([stage.ann.uri])
    await synchronize.synchronize.function(stage.home.context, [target.id, url, digest])
    await rooms.deliver_all(stage.home)
    async with stage.home.context.database.read() as session:
        made = await queries.follow_of(session, stage.ann.id, target.id)
    assert (made is not None) is taken
    assert len(stage.good.activities("Undo")) == before + (not taken)
