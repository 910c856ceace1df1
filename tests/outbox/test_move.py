"""Alice moves away, and somebody moves to her: what her document says, and whom she tells."""

from __future__ import annotations

import pytest

from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Conflict, Malformed, Unprocessable
from outbox import follow as follow_verbs
from outbox import move as moves
from outbox.models import Activity
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, receive


async def target_of(home: House, remote: RemoteActor) -> Actor:
    actor_id = await moves.find_target(home.context, remote.uri)
    [row] = await home.rows(Actor, id=actor_id)
    return row


async def test_followers_hear_of_a_move_and_the_document_says_it(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    new = good.actor("newalice", key=3, alsoKnownAs=[alice.uri])
    lena = await home.make_actor("lena")
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        await follow_verbs.ask(session, lena, alice)
    target = await target_of(home, new)
    async with home.context.database.write() as session:
        await moves.move(session, alice, target)
    await deliver_all(home)
    told = await good.arrival("Move")
    assert (told["actor"], told["object"], told["target"]) == (alice.uri, alice.uri, new.uri)
    assert told["to"] == [f"{alice.uri}/followers"]
    home.clock.forward(3)
    assert (await bob.get(alice.uri)).json()["movedTo"] == new.uri
    rows = await home.rows(Follow, follower_id=lena.id)
    assert [(row.followed_id, row.state) for row in rows] == [(target.id, FollowState.PENDING)]
    asked = await receive(home, bob, bob.activity("Follow", alice.uri))
    assert asked.state == "dropped"
    assert (await good.arrival("Reject"))["object"]["object"] == alice.uri


async def test_a_move_needs_the_consent_of_the_new_account_now(home: House, alice: Actor, good: Peer) -> None:
    new = good.actor("newalice", key=3, alsoKnownAs=[alice.uri])
    await target_of(home, new)
    new.changes["alsoKnownAs"] = []
    target = await target_of(home, new)
    async with home.context.database.write() as session:
        with pytest.raises(Unprocessable, match="alsoKnownAs"):
            await moves.move(session, alice, target)
        with pytest.raises(Unprocessable):
            await moves.move(session, alice, alice)
    assert await home.rows(Activity, type="Move") == []


async def test_one_move_in_thirty_days(home: House, alice: Actor, good: Peer) -> None:
    first, second = (good.actor(name, key=3, alsoKnownAs=[alice.uri]) for name in ("one", "two"))
    one, two = await target_of(home, first), await target_of(home, second)
    async with home.context.database.write() as session:
        await moves.move(session, alice, one)
    async with home.context.database.write() as session:
        with pytest.raises(Conflict):
            await moves.move(session, alice, two)
    home.clock.forward(limits.MOVE_SECONDS)
    async with home.context.database.write() as session:
        await moves.move(session, alice, two)
        await moves.stay(session, alice)
    assert b"movedTo" not in (alice.document or b"").partition(b'"id"')[2]


async def test_aliases_are_in_the_document_and_followers_are_told(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        await moves.set_aliases(session, alice, [bob.uri, bob.uri, alice.uri])
        with pytest.raises(Unprocessable):
            await moves.set_aliases(session, alice, [f"https://else.test/{n}" for n in range(limits.ALIASES + 1)])
        with pytest.raises(Malformed):
            await moves.set_aliases(session, alice, ["javascript:alert(1)"])
    await deliver_all(home)
    assert (await good.arrival("Update"))["object"]["alsoKnownAs"] == [bob.uri]
    home.clock.forward(3)
    document = (await bob.get(alice.uri)).json()
    assert document["alsoKnownAs"] == [bob.uri]
    assert document["featured"] == f"{alice.uri}/collections/featured"
