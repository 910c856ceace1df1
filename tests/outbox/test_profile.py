"""An edited profile reaches the followers whole, and several edits in a row together."""

from __future__ import annotations

from typing import Any

from actors.models import Actor
from fediverse_ai.core.limits import PROFILE_PAUSE_SECONDS
from outbox import profile
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, receive


async def test_an_edit_is_sent_as_an_update_of_the_whole_actor(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    async with home.context.database.write() as session:
        actor = await session.get(Actor, alice.id)
        assert actor is not None
        await profile.edit(session, actor, {"name": "Alice A.", "summary": "Pictures <of> fog"})
    await deliver_all(home)
    update = await good.arrival("Update")
    served = (await home.client.get("/users/alice", headers={"accept": "application/activity+json"})).json()
    assert update["object"] == {key: value for key, value in served.items() if key != "@context"}
    assert served["name"] == "Alice A."
    assert served["summary"] == "<p>Pictures &lt;of&gt; fog</p>"
    assert served["publicKey"]["id"] == f"{alice.uri}#main-key"


async def edit(home: House, actor: Actor, **changes: Any) -> None:
    async with home.context.database.write() as session:
        await profile.edit(session, await session.get_one(Actor, actor.id), changes)


async def updates(home: House, good: Peer) -> list[str]:
    await deliver_all(home)
    return [one["object"]["name"] for one in good.activities("Update")]


async def test_several_edits_are_told_together(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    """The first goes at once; what follows within the pause goes once, as it then is, at its end."""
    await receive(home, bob, bob.activity("Follow", alice.uri))
    for name in ("One", "Two", "Three"):
        await edit(home, alice, name=name)
    assert await updates(home, good) == ["One"]
    [waiting] = [job for job in await home.context.jobs.waiting(10) if job.name == profile.tell_later.name]
    assert (waiting.ids, waiting.delayed) == ([alice.id], True)
    served = (await home.client.get("/users/alice", headers={"accept": "application/activity+json"})).json()
    assert served["name"] == "Three", "who asks is told at once"
    await profile.tell_later.function(home.context, waiting.ids)
    assert await updates(home, good) == ["One", "Three"]
    home.clock.forward(PROFILE_PAUSE_SECONDS - 1)
    await edit(home, alice, name="Four")
    assert await updates(home, good) == ["One", "Three"]
    home.clock.forward(1)
    await edit(home, alice, name="Five")
    assert await updates(home, good) == ["One", "Three", "Five"]


async def test_nobody_is_told_of_who_left_meanwhile(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    await edit(home, alice, name="One")
    await edit(home, alice, name="Two")
    async with home.context.database.write() as session:
        (await session.get_one(Actor, alice.id)).deleted_ms = home.context.clock.now_ms()
    await profile.tell_later.function(home.context, [alice.id])
    assert await updates(home, good) == ["One"]


async def test_hashtags_of_the_bio_are_links_and_stand_in_tag(home: House, alice: Actor) -> None:
    await edit(home, alice, summary="Fog and #Dunes, #dunes; see https://x.test/?#none\n\n#Boats")
    served = (await home.client.get("/users/alice", headers={"accept": "application/activity+json"})).json()
    assert served["tag"] == [
        {"type": "Hashtag", "name": "#Dunes", "href": f"{home.origin}/tags/dunes"},
        {"type": "Hashtag", "name": "#Boats", "href": f"{home.origin}/tags/boats"},
    ]
    for tag in served["tag"]:
        assert f'<a href="{tag["href"]}" class="mention hashtag" rel="tag">' in served["summary"]
        assert (await home.client.get(tag["href"])).status_code == 200
    await edit(home, alice, summary="Nothing")
    home.clock.forward(PROFILE_PAUSE_SECONDS)
    assert (await home.client.get("/users/alice", headers={"accept": "application/activity+json"})).json()["tag"] == []
