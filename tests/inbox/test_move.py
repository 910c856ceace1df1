"""Move through the real route: followers here are carried over, if both accounts say so now (AUT-17)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlmodel import select

from actors.models import Account, Actor, Block, Follow, FollowState
from fediverse_ai.core import limits
from outbox.models import Notification
from tests.inbox.stage import Document, Stage, changed, stage_in
from tests.support.house import House, house
from tests.support.peer import RemoteActor
from tests.support.rooms import deliver_all

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def stage(home: House) -> AsyncIterator[Stage]:
    async with stage_in(home) as made:
        await made.follow(made.bob)
        yield made


def new_bob(stage: Stage, **changes: object) -> RemoteActor:
    """Bob's new account on the other server, which names the old one."""
    return stage.evil.actor("newbob", key=4, **({"alsoKnownAs": [stage.bob.uri]} | changes))


def moving(sender: RemoteActor, old: str, new: str) -> Document:
    return sender.activity("Move", old, to=[sender.followers]) | {"target": new}


async def followed(stage: Stage) -> set[tuple[str, str]]:
    """(URI, state) of whom alice follows."""
    rows = await stage.home.rows(Follow, follower_id=stage.alice.id)
    found = set()
    for row in rows:
        [target] = await stage.home.rows(Actor, id=row.followed_id)
        found.add((target.uri, row.state))
    return found


async def test_who_decides_herself_is_told_and_stays(stage: Stage) -> None:
    new = new_bob(stage)
    async with stage.home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == stage.alice.id))).one()
        account.carry_follows = False
        session.add(account)
    assert (await stage.receive(stage.bob, moving(stage.bob, stage.bob.uri, new.uri))).state == "done"
    assert await followed(stage) == {(stage.bob.uri, FollowState.ACCEPTED)}
    await deliver_all(stage.home)
    assert stage.evil.activities("Follow") == stage.good.activities("Undo") == []
    [told] = await stage.home.rows(Notification, actor_id=stage.alice.id, kind="moved")
    assert told.from_id == (await stage.row_of(new)).id


async def test_alice_follows_the_new_account_and_leaves_the_old(stage: Stage) -> None:
    new = new_bob(stage)
    move = moving(stage.bob, stage.bob.uri, new.uri)
    assert (await stage.receive(stage.bob, move)).state == "done"
    assert await followed(stage) == {(new.uri, FollowState.PENDING)}
    await deliver_all(stage.home)
    assert (await stage.evil.arrival("Follow"))["object"] == new.uri
    assert (await stage.good.arrival("Undo"))["object"]["object"] == stage.bob.uri
    assert (await stage.row_of(stage.bob)).moved_to_uri == new.uri
    assert [row.kind for row in await stage.home.rows(Notification, actor_id=stage.alice.id)] == ["moved"]


async def test_a_move_without_a_link_back_moves_nobody(stage: Stage) -> None:
    for other in (stage.mal, stage.evil.actor("claims", key=4, alsoKnownAs=[stage.eve.uri])):
        await stage.row_of(other)
        before = stage.world()
        move = moving(stage.bob, stage.bob.uri, other.uri)
        assert (await stage.receive(stage.bob, move)).state == "dropped"
        # The target was asked anew, which may refresh its copy and nothing else.
        assert set(changed(before, stage.world())) <= {"actor"}
        assert await followed(stage) == {(stage.bob.uri, FollowState.ACCEPTED)}


async def test_a_link_back_that_was_taken_away_does_not_count(stage: Stage) -> None:
    """Akkoma 3.13: a Move worked on stale data."""
    new = new_bob(stage)
    assert (await stage.row_of(new)).also_known_as == [stage.bob.uri]
    new.changes["alsoKnownAs"] = []
    move = moving(stage.bob, stage.bob.uri, new.uri)
    assert (await stage.receive(stage.bob, move)).state == "dropped"
    assert await followed(stage) == {(stage.bob.uri, FollowState.ACCEPTED)}


async def test_another_account_behind_the_old_address_does_not_count(stage: Stage) -> None:
    """The address that had the link back now answers with somebody else: the old copy is not believed."""
    new = new_bob(stage)
    await stage.row_of(new)

    async def answers_mal(*_: object) -> tuple[int, dict[str, str], bytes]:
        return stage.evil._document("/users/mal")

    stage.evil.behaviours["/users/newbob"] = answers_mal
    move = moving(stage.bob, stage.bob.uri, new.uri)
    assert (await stage.receive(stage.bob, move)).state == "ignored"
    assert await followed(stage) == {(stage.bob.uri, FollowState.ACCEPTED)}


async def test_nobody_moves_another(stage: Stage) -> None:
    """By another server, by a neighbour on bob's own; nobody is asked for it."""
    new = new_bob(stage, alsoKnownAs=[stage.bob.uri, stage.mal.uri, stage.eve.uri])
    for other in (stage.mal, stage.eve):
        await stage.refused(other, moving(other, stage.bob.uri, new.uri))
    await stage.refused(stage.bob, moving(stage.bob, stage.eve.uri, new.uri))


async def test_a_second_move_within_thirty_days_is_not_followed(stage: Stage) -> None:
    new = new_bob(stage)
    await stage.receive(stage.bob, moving(stage.bob, stage.bob.uri, new.uri))
    third = stage.evil.actor("third", key=5, alsoKnownAs=[stage.bob.uri])
    await stage.follow(stage.bob)
    await deliver_all(stage.home)
    await stage.refused(stage.bob, moving(stage.bob, stage.bob.uri, third.uri))
    bob = await stage.row_of(stage.bob)
    assert bob.moved_ms is not None
    async with stage.home.context.database.write() as session:
        bob.moved_ms -= limits.MOVE_SECONDS * 1000
        session.add(bob)
    assert (await stage.receive(stage.bob, moving(stage.bob, stage.bob.uri, third.uri))).state == "done"
    assert (third.uri, FollowState.PENDING) in await followed(stage)


async def test_a_chain_of_moves_ends_at_once(stage: Stage) -> None:
    new = new_bob(stage, movedTo=stage.mal.uri)
    move = moving(stage.bob, stage.bob.uri, new.uri)
    assert (await stage.receive(stage.bob, move)).state == "dropped"
    assert await followed(stage) == {(stage.bob.uri, FollowState.ACCEPTED)}


async def test_a_person_of_ours_is_moved_to_only_by_their_own_word(stage: Stage) -> None:
    lena = await stage.home.make_actor(f"lena{stage.alice.id}"[:20])
    move = moving(stage.bob, stage.bob.uri, lena.uri)
    await stage.refused(stage.bob, move)
    async with stage.home.context.database.write() as session:
        lena.also_known_as = [stage.bob.uri]
        session.add(lena)
    again = moving(stage.bob, stage.bob.uri, lena.uri)
    assert (await stage.receive(stage.bob, again)).state == "done"
    assert await followed(stage) == {(lena.uri, FollowState.ACCEPTED)}


async def test_whom_alice_blocked_she_does_not_follow_again(stage: Stage) -> None:
    new = new_bob(stage)
    row = await stage.row_of(new)
    block_id = stage.home.context.ids.new()
    async with stage.home.context.database.write() as session:
        session.add(Block(id=block_id, blocker_id=stage.alice.id, blocked_id=row.id, created_ms=0))
    await stage.receive(stage.bob, moving(stage.bob, stage.bob.uri, new.uri))
    assert await followed(stage) == set()


async def test_a_move_of_somebody_nobody_follows_asks_nobody(stage: Stage) -> None:
    new = stage.good.actor("neweve", key=4, alsoKnownAs=[stage.eve.uri])
    await stage.refused(stage.eve, moving(stage.eve, stage.eve.uri, new.uri))
