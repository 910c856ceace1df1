"""An edited profile reaches the followers whole."""

from __future__ import annotations

from actors.models import Actor
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
