"""By what a Note lets others know the very bytes of its pictures (FEP-1311)."""

from __future__ import annotations

import hashlib

from actors.models import Actor
from fediverse_ai.activitypub import linked_data
from fediverse_ai.activitypub.proofs import from_multibase
from outbox.models import Visibility
from outbox.publish import publish
from tests.support.house import House
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor
from tests.support.rooms import deliver_all, picture_of, receive, verdict, waiting_post


async def test_the_file_is_the_one_that_the_note_describes(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    post = await waiting_post(home, alice, "Two", visibility=Visibility.PUBLIC)
    await picture_of(home, post, b"not a real picture", position=0, size=18)
    await picture_of(home, post, b"an older row", position=1)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        session.add(post)
        await publish(session, post, judgement)
    await deliver_all(home)
    sent = (await good.arrival("Create"))["object"]["attachment"]
    data = (await home.client.get(sent[0]["url"])).content
    assert sent[0]["size"] == len(data)
    assert from_multibase(sent[0]["digestMultibase"]) == b"\x12\x20" + hashlib.sha256(data).digest()
    assert "size" not in sent[1], "nothing is said that is not known"
    note = (await home.client.get(post.uri, headers={"accept": ACTIVITY_JSON})).json()
    [expanded] = linked_data.expand(note)
    picture = expanded["https://www.w3.org/ns/activitystreams#attachment"][0]
    assert picture["https://joinpeertube.org/ns#size"] == [{"@value": len(data)}]
    [digest] = picture["https://w3id.org/security#digestMultibase"]
    assert digest["@value"] == sent[0]["digestMultibase"]
