"""Alice blocks bob: effective at once, told in the order Undo, Reject, Block, and taken back by an Undo."""

from __future__ import annotations

import json

import pytest

from actors.models import Actor, Block, Follow, FollowState
from actors.remote import ensure
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.http import Budget
from outbox import block as blocks
from outbox import follow as follow_verbs
from outbox.models import Activity, Delivery, Visibility
from tests.support.house import House, house
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


async def known(home: House, remote: RemoteActor) -> Actor:
    await ensure(home.context, remote.uri, Budget(clock=home.clock))
    [row] = await home.rows(Actor, uri=remote.uri)
    return row


async def each_follows_the_other(home: House, alice: Actor, bob: RemoteActor) -> Actor:
    row = await known(home, bob)
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        follow = await follow_verbs.ask(session, alice, row)
        follow.state = FollowState.ACCEPTED
        session.add(follow)
    await deliver_all(home)
    return row


async def kinds(home: House, alice: Actor) -> list[str]:
    rows = await home.rows(Activity, actor_id=alice.id)
    return [row.type for row in sorted(rows, key=lambda row: row.id)]


async def test_a_block_cuts_here_at_once_and_tells_the_other_server(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    row = await each_follows_the_other(home, alice, bob)
    post = await published(home, alice, visibility=Visibility.FOLLOWERS)
    assert (await bob.get(post.uri)).status_code == 200
    async with home.context.database.write() as session:
        made = await blocks.block(session, alice, row)
    assert await home.rows(Follow) == []
    assert (await bob.get(post.uri)).status_code == 404, "before anything was delivered"
    await deliver_all(home)
    told = await good.arrival("Block")
    assert (told["id"], told["actor"], told["object"]) == (made.uri, alice.uri, bob.uri)
    assert (await good.arrival("Reject"))["object"]["actor"] == bob.uri
    assert (await good.arrival("Undo"))["object"]["type"] == "Follow"
    assert (await kinds(home, alice))[-3:] == ["Undo", "Reject", "Block"]
    block_paths = [one.path for one in good.arrivals if one.activity["type"] == "Block"]
    assert block_paths == ["/users/bob/inbox"], "never a shared inbox"


async def test_a_block_is_taken_back_with_the_whole_original_inside(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    row = await known(home, bob)
    async with home.context.database.write() as session:
        first = await blocks.block(session, alice, row)
        assert (await blocks.block(session, alice, row)).id == first.id, "a second block is the first"
    await deliver_all(home)
    async with home.context.database.write() as session:
        assert await blocks.unblock(session, alice, row)
        assert not await blocks.unblock(session, alice, row)
    assert await home.rows(Block) == []
    await deliver_all(home)
    told = await good.arrival("Block")
    undo = await good.arrival("Undo")
    assert undo["object"] == {name: value for name, value in told.items() if name != "@context"}
    assert (await receive(home, bob, bob.activity("Follow", alice.uri))).state == "done"


async def test_a_block_is_not_public(home: House, alice: Actor, bob: RemoteActor) -> None:
    row = await known(home, bob)
    async with home.context.database.write() as session:
        made = await blocks.block(session, alice, row)
    assert made.uri is not None
    assert (await bob.get(made.uri)).status_code == 404
    [activity] = await home.rows(Activity, type="Block")
    assert json.loads(activity.body)["to"] == [bob.uri]


async def test_neighbours_block_without_a_word(home: House, alice: Actor) -> None:
    lena = await home.make_actor("lena")
    async with home.context.database.write() as session:
        await follow_verbs.ask(session, alice, lena)
        await follow_verbs.ask(session, lena, alice)
    async with home.context.database.write() as session:
        await blocks.block(session, alice, lena)
        for wrong in (alice,):
            with pytest.raises(Unprocessable):
                await blocks.block(session, alice, wrong)
    assert await home.rows(Follow) == []
    # The follows are there for their owners' clients; of the block there is nothing, and nothing is delivered.
    assert {row.type for row in await home.rows(Activity)} == {"Follow", "Accept"}
    assert await home.rows(Delivery) == []


async def test_a_server_may_keep_its_blocks_to_itself(tmp_path, good: Peer, bob: RemoteActor) -> None:  # type: ignore[no-untyped-def]
    """FED-15: peers show a Block to the blocked person, so an admin may choose Undo and Reject alone."""
    async with house(tmp_path / "quiet", federation={"send_blocks": False}) as home:
        alice = await home.make_actor("alice")
        row = await each_follows_the_other(home, alice, bob)
        async with home.context.database.write() as session:
            await blocks.block(session, alice, row)
        async with home.context.database.write() as session:
            assert await blocks.unblock(session, alice, row)
        await deliver_all(home)
        assert (await kinds(home, alice))[-2:] == ["Undo", "Reject"]
        assert good.activities("Block") == []
