"""Alice quotes: the request, the stamp that comes back, what her Note says meanwhile, what is refused (FEP-044f)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from actors import follows
from actors.models import Actor, FollowState
from actors.remote import ensure
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.http import Budget
from inbox import quotes
from outbox import quote as quote_verbs
from outbox.activities import new_uri
from outbox.compose import Draft, compose
from outbox.models import Activity, Notification, Post, QuoteStamp, QuoteState, Visibility
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive, verdict


async def bobs_post(home: House, alice: Actor, bob: RemoteActor, **values: Any) -> Post:
    """A post of bob's, whom alice follows."""
    await ensure(home.context, bob.uri, Budget(clock=home.clock))
    [row] = await home.rows(Actor, uri=bob.uri)
    async with home.context.database.write() as session:
        await follows.add(session, alice, row, new_uri(home.context), FollowState.ACCEPTED)
    note = bob.note("<p>mine</p>", **values)
    await receive(home, bob, bob.create(note))
    [post] = await home.rows(Post, uri=note["id"])
    return post


async def quoting(home: House, alice: Actor, quoted: Post, **columns: Any) -> Post:
    """A post of alice's that quotes, through the gate and out."""
    return await published(home, alice, "look", quote_uri=quoted.uri, **columns)


def note_of(post: Post) -> dict[str, Any]:
    return json.loads(post.document or b"{}")  # type: ignore[no-any-return]


async def fresh(home: House, post: Post) -> Post:
    [row] = await home.rows(Post, id=post.id)
    return row


def stamp(bob: RemoteActor, request: dict[str, Any], **changes: Any) -> str:
    made = {
        "id": f"{bob.peer.origin}/stamps/1",
        "type": "QuoteAuthorization",
        "attributedTo": bob.uri,
        "interactingObject": request["instrument"]["id"],
        "interactionTarget": request["object"],
        **changes,
    }
    bob.peer.serve(made)
    return str(made["id"])


async def test_a_quote_is_asked_for_stamped_and_sent_again(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    eve = good.actor("eve", key=1)
    await receive(home, eve, eve.activity("Follow", alice.uri))
    quoted = await bobs_post(home, alice, bob)
    post = await quoting(home, alice, quoted)
    note = note_of(post)
    assert {note[name] for name in ("quote", "quoteUri", "_misskey_quote")} == {quoted.uri}
    assert [tag["href"] for tag in note["tag"] if tag["type"] == "Link"] == [quoted.uri]
    assert "quoteAuthorization" not in note
    assert "quote-inline" in note["content"]
    assert "quote-inline" not in post.content, "our own pages show the quote itself"
    await deliver_all(home)
    request = await good.arrival("QuoteRequest")
    assert (request["actor"], request["object"], request["to"]) == (alice.uri, quoted.uri, [bob.uri])
    assert request["instrument"]["id"] == post.uri
    uri = stamp(bob, request)
    accept = bob.activity("Accept", {"type": "QuoteRequest", "id": request["id"]}) | {"result": uri}
    assert (await receive(home, bob, accept)).state == "done"
    assert (await fresh(home, post)).quote_state == QuoteState.PENDING, "not before the stamp was read at its home"
    await quotes.check.function(home.context, [post.id])
    await deliver_all(home)
    update = await good.arrival("Update")
    assert update["object"]["quoteAuthorization"] == uri
    home.clock.forward(3)
    assert (await eve.get(post.uri)).json()["quoteAuthorization"] == uri


@pytest.mark.parametrize("who", ["a stranger", "a neighbour"])
async def test_only_the_quoted_author_answers(
    home: House, alice: Actor, good: Peer, bob: RemoteActor, who: str
) -> None:
    """AUT-12: and no answer counts to a request that was never sent."""
    post = await quoting(home, alice, await bobs_post(home, alice, bob))
    await deliver_all(home)
    request = await good.arrival("QuoteRequest")
    other = good.actor("eve", key=1)
    for kind in ("Accept", "Reject"):
        for inner in (request, request["id"], request | {"actor": other.uri}):
            made = other.activity(kind, inner) | {"result": f"{good.origin}/stamps/9"}
            assert (await receive(home, other, made)).state == "dropped"
    never = {"id": f"{home.origin}/activities/1", "type": "QuoteRequest", "instrument": post.uri}
    assert (await receive(home, bob, bob.activity("Accept", never))).state in ("dropped", "unsupported")
    assert (await fresh(home, post)).quote_state == QuoteState.PENDING


@pytest.mark.parametrize(
    "changes",
    [
        {"interactingObject": "https://else.test/1"},
        {"interactionTarget": "https://else.test/1"},
        {"type": "Note"},
    ],
)
async def test_a_stamp_for_something_else_is_not_taken(
    home: House, alice: Actor, good: Peer, bob: RemoteActor, changes: dict[str, Any]
) -> None:
    """AUT-27: though the quoted author himself says Accept; his post is then not quoted."""
    post = await quoting(home, alice, await bobs_post(home, alice, bob))
    await deliver_all(home)
    request = await good.arrival("QuoteRequest")
    accept = bob.activity("Accept", request) | {"result": stamp(bob, request, **changes)}
    assert (await receive(home, bob, accept)).state == "done"
    await quotes.check.function(home.context, [post.id])
    row = await fresh(home, post)
    assert row.quote_state == QuoteState.REJECTED
    assert "quote" not in note_of(row)
    elsewhere = bob.activity("Accept", request) | {"result": "https://else.test/stamps/1"}
    assert (await receive(home, bob, elsewhere)).state == "dropped"


async def test_a_rejected_quote_leaves_the_note(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    eve = good.actor("eve", key=1)
    await receive(home, eve, eve.activity("Follow", alice.uri))
    post = await quoting(home, alice, await bobs_post(home, alice, bob))
    await deliver_all(home)
    request = await good.arrival("QuoteRequest")
    assert (await receive(home, bob, bob.activity("Reject", request))).state == "done"
    update = await good.arrival("Update")
    assert not {"quote", "quoteUri", "_misskey_quote"} & set(update["object"])
    assert "quote-inline" not in update["object"]["content"]
    assert (await fresh(home, post)).quote_state == QuoteState.REJECTED


async def test_a_revoked_stamp_ends_the_quote(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    post = await quoting(home, alice, await bobs_post(home, alice, bob))
    await deliver_all(home)
    request = await good.arrival("QuoteRequest")
    uri = stamp(bob, request)
    await receive(home, bob, bob.activity("Accept", request) | {"result": uri})
    await quotes.check.function(home.context, [post.id])
    assert "quoteAuthorization" in note_of(await fresh(home, post))
    assert (await receive(home, bob, bob.activity("Delete", uri))).state == "done"
    row = await fresh(home, post)
    assert (row.quote_state, "quote" in note_of(row)) == (QuoteState.REVOKED, False)


async def test_a_private_quoting_post_is_not_shown_to_the_quoted(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    post = await quoting(home, alice, await bobs_post(home, alice, bob), visibility=Visibility.FOLLOWERS)
    await deliver_all(home)
    assert (await good.arrival("QuoteRequest"))["instrument"] == post.uri


async def test_neighbours_are_quoted_by_their_own_policy(home: House, alice: Actor) -> None:
    lena = await home.make_actor("lena")
    theirs = await published(home, lena)
    post = await quoting(home, alice, theirs)
    [given] = await home.rows(QuoteStamp, post_id=theirs.id)
    assert note_of(post)["quoteAuthorization"] == f"{home.origin}/stamps/{given.id}"
    assert [row.kind for row in await home.rows(Notification, actor_id=lena.id)] == ["quote"]
    async with home.context.database.write() as session:
        await quote_verbs.revoke(session, given)
    assert "quote" not in note_of(await fresh(home, post))
    again = await quoting(home, alice, post)
    assert (again.quote_state, again.quote_stamp_uri) == (QuoteState.ACCEPTED, None), "one may quote oneself"
    assert await home.rows(Activity, type="QuoteRequest") == []


async def test_compose_takes_what_may_be_quoted(home: House, alice: Actor, bob: RemoteActor) -> None:
    private = await bobs_post(home, alice, bob, to=[bob.followers], cc=[])
    unseen = await published(home, await home.make_actor("lena"), visibility=Visibility.DIRECT)
    own = await published(home, alice, visibility=Visibility.FOLLOWERS)
    async with home.context.database.write() as session:
        with pytest.raises(Unprocessable):
            await compose(session, alice, Draft(text="look", quote_id=private.id))
        for missing in (unseen.id, 1):
            with pytest.raises(Missing):
                await compose(session, alice, Draft(text="look", quote_id=missing))
        made = await compose(session, alice, Draft(text="look", quote_id=own.id))
    assert made.quote_uri == own.uri
    assert made.quote_state is None, "nothing is asked before the gate has let it out"
    await verdict(home, made)
    assert await home.rows(Activity, type="QuoteRequest") == []
