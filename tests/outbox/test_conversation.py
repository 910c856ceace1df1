"""A conversation is one collection, whoever adds to it."""

from __future__ import annotations

from actors.models import Actor
from outbox.compose import Draft, compose
from outbox.models import Post
from outbox.publish import publish
from tests.support.house import House
from tests.support.peer import ACTIVITY_JSON, Peer, RemoteActor
from tests.support.rooms import receive, verdict


async def _post(home: House, author: Actor, draft: Draft) -> Post:
    async with home.context.database.write() as session:
        post = await compose(session, author, draft)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        session.add(post)
        await publish(session, post, judgement)
    return post


async def test_replies_share_the_context_of_the_first_post(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    ben = await home.make_actor("ben")
    first = await _post(home, alice, Draft(text="first"))
    second = await _post(home, ben, Draft(text="second", in_reply_to_id=first.id))
    # Whole seconds of a peer may lie before our milliseconds; a time to come counts as the time of arrival.
    later = "2999-01-01T00:00:00Z"
    note = bob.note("third", inReplyTo=second.uri, context=first.context_uri, published=later)
    await receive(home, bob, bob.create(note))
    secret = await _post(home, ben, Draft(text="secret", in_reply_to_id=first.id, visibility="direct"))
    assert second.context_uri == first.context_uri == secret.context_uri
    answer = await home.client.get(first.context_uri or "", headers={"accept": ACTIVITY_JSON})
    assert answer.json()["orderedItems"] == [first.uri, second.uri, note["id"]]
    served = (await home.client.get(f"/notes/{second.id}", headers={"accept": ACTIVITY_JSON})).json()
    assert served["context"] == served["conversation"] == first.context_uri


async def test_a_private_thread_has_no_collection(home: House, alice: Actor) -> None:
    first = await _post(home, alice, Draft(text="first", visibility="followers"))
    answer = await home.client.get(first.context_uri or "", headers={"accept": ACTIVITY_JSON})
    assert answer.status_code == 404
