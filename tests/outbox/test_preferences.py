"""The receiver's choice: what a host asked for is honoured for every kind of activity, and said in public."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from actors import follows, queries
from actors.models import Actor, FollowState
from fediverse_ai.core.errors import Malformed
from outbox import edit, preferences, publish, react
from outbox.models import Activity, Delivery, HostState, Post
from outbox.preferences import Wish
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor, peer
from tests.support.rooms import deliver_all, picture_of, published, receive, settle, verdict, waiting_post


@pytest.fixture
async def far() -> AsyncIterator[Peer]:
    """A second server, under the name localhost, so that a wish can be about one of the two."""
    async with peer("localhost") as made:
        yield made


@pytest.fixture
async def dora(home: House, alice: Actor, bob: RemoteActor, far: Peer) -> RemoteActor:
    """Somebody of `localhost` who follows alice, as bob does."""
    made = far.actor("dora", key=1)
    for follower in (bob, made):
        await receive(home, follower, follower.activity("Follow", alice.uri))
    return made


async def wish(home: House, host: str, wanted: Wish, by: str = "") -> None:
    async with home.context.database.write() as session:
        await preferences.state_wish(session, host, wanted, by=by)


def posts_at(server: Peer) -> list[str]:
    return [one["object"]["id"] for one in server.activities("Create")]


async def test_a_host_without_ai_posts_gets_the_words_and_not_the_pictures(
    home: House, alice: Actor, good: Peer, dora: RemoteActor
) -> None:
    await wish(home, "LOCALHOST", Wish.NO_AI)
    words = await published(home, alice, "Only words")
    picture = await published(home, alice, "A picture", picture=True)
    await deliver_all(home)
    assert posts_at(good) == [words.uri, picture.uri]
    assert posts_at(dora.peer) == [words.uri]
    [held] = await home.rows(Delivery, state="withheld")
    assert (held.host, held.last_error) == (dora.peer.host, "localhost wants no posts with AI-made pictures")
    assert held.done_ms is not None


async def test_a_host_that_wants_replies_gets_answers_to_its_people_only(
    home: House, alice: Actor, good: Peer, dora: RemoteActor
) -> None:
    asked = dora.note("<p>How?</p>", tag=[{"type": "Mention", "href": alice.uri, "name": "@alice"}])
    await receive(home, dora, dora.create(asked))
    await wish(home, "localhost", Wish.REPLIES)
    [question] = await home.rows(Post, local=False)
    await published(home, alice, "News for everybody")
    answer = await published(home, alice, "Like this", in_reply_to_uri=question.uri, in_reply_to_id=question.id)
    await deliver_all(home)
    assert posts_at(dora.peer) == [answer.uri]
    assert len(posts_at(good)) == 2


async def test_edits_and_boosts_of_what_is_unwished_stay_here_and_deletes_go_out(
    home: House, alice: Actor, good: Peer, dora: RemoteActor
) -> None:
    """A wish made later stops what follows; what is there already can still be taken back."""
    post = await published(home, alice, "A picture", picture=True)
    await deliver_all(home)
    await wish(home, "localhost", Wish.NO_AI)
    async with home.context.database.write() as session:
        fresh = await session.get(Post, post.id)
        assert fresh is not None
        await edit.edit(session, alice, fresh, edit.Change(text="The same picture"))
        await react.boost(session, alice, fresh)
    await settle(home)
    assert dora.peer.activities("Announce") == []
    assert len(good.activities("Announce")) == 1
    async with home.context.database.write() as session:
        fresh = await session.get(Post, post.id)
        assert fresh is not None
        await publish.remove(session, fresh)
    await deliver_all(home)
    assert [one["object"]["id"] for one in dora.peer.activities("Delete")] == [post.uri]


async def test_relations_are_not_posts(home: House, alice: Actor, dora: RemoteActor) -> None:
    await wish(home, "localhost", Wish.REPLIES)
    eve = dora.peer.actor("eve", key=2)
    await receive(home, eve, eve.activity("Follow", alice.uri))
    assert len(dora.peer.activities("Accept")) == 2


async def test_a_boost_of_anothers_ai_picture_is_an_ai_post(
    home: House, alice: Actor, bob: RemoteActor, dora: RemoteActor
) -> None:
    async with home.context.database.write() as session:
        row = await queries.by_uri(session, bob.uri)
        assert row is not None
        await follows.add(session, alice, row, f"{home.origin}/activities/1", FollowState.ACCEPTED)
    source = "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    image = {"type": "Image", "mediaType": "image/png", "url": f"{bob.peer.origin}/a.png", "digitalSourceType": source}
    await receive(home, bob, bob.create(bob.note("<p>Look</p>", attachment=[image])))
    await wish(home, "localhost", Wish.NO_AI)
    [post] = await home.rows(Post, local=False)
    async with home.context.database.write() as session:
        fresh = await session.get(Post, post.id)
        assert fresh is not None
        await react.boost(session, alice, fresh)
    await deliver_all(home)
    assert dora.peer.activities("Announce") == []
    assert bob.peer.activities("Announce")


async def test_a_wish_covers_the_hosts_below_and_the_nearest_counts(home: House) -> None:
    await wish(home, "example.test", Wish.REPLIES)
    await wish(home, "art.example.test", Wish.EVERYTHING)
    await wish(home, "talk.example.test", Wish.NO_AI)
    async with home.context.database.read() as session:
        hosts = ("example.test", "a.example.test", "x.talk.example.test:8443", "notexample.test")
        found = [await preferences.wish_of(session, host) for host in hosts]
    assert found == [Wish.REPLIES, Wish.REPLIES, Wish.NO_AI, Wish.EVERYTHING]


async def test_a_server_speaks_for_itself_and_not_against_the_admin(home: House) -> None:
    """The function that a signed request will call."""
    await wish(home, "good.test", Wish.NO_AI, by="https://good.test/actor")
    [state] = await home.rows(HostState, host="good.test")
    assert (state.wish, state.wish_by) == ("no-ai", "https://good.test/actor")
    with pytest.raises(Malformed):
        await wish(home, "good.test", Wish.EVERYTHING, by="https://evil.test/actor")
    await wish(home, "good.test", Wish.REPLIES)
    await wish(home, "good.test", Wish.EVERYTHING, by="https://good.test/actor")
    [state] = await home.rows(HostState, host="good.test")
    assert (state.wish, state.wish_by) == ("replies", "")


async def test_a_wish_of_everything_is_no_wish(home: House, alice: Actor, dora: RemoteActor) -> None:
    await wish(home, "localhost", Wish.NO_AI)
    await wish(home, "localhost", Wish.EVERYTHING)
    post = await waiting_post(home, alice, "A picture")
    await picture_of(home, post)
    judgement = await verdict(home, post)
    async with home.context.database.write() as session:
        session.add(post)
        await publish.publish(session, post, judgement)
    await deliver_all(home)
    assert posts_at(dora.peer) == [post.uri]


async def test_a_wish_recalls_what_is_queued(home: House, alice: Actor, good: Peer, dora: RemoteActor) -> None:
    """Of one host, whether it waits for its first try or in a lane; relations and deletions still go."""

    async def broken(
        method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        return 503, {}, b""

    dora.peer.behaviours["/inbox"] = broken
    gone = await published(home, alice, "Soon gone")
    waiting = await published(home, alice, "In the lane", picture=True)
    await deliver_all(home)
    async with home.context.database.write() as session:
        await publish.remove(session, await session.get(Post, gone.id))  # type: ignore[arg-type]
    await deliver_all(home)
    fresh = await published(home, alice, "Words")
    await wish(home, "localhost", Wish.REPLIES)
    rows = await home.rows(Delivery, host=dora.peer.host)
    withheld = [row for row in rows if row.state == "withheld"]
    unwished, deleted = "localhost wants only replies to its people", "deleted before it was taken"
    assert sorted(row.last_error or "" for row in withheld) == [deleted, unwished, unwished]
    assert all(row.done_ms is not None for row in withheld)
    kinds = {row.id: row.type for row in await home.rows(Activity)}
    assert sorted(kinds[row.activity_id] for row in withheld) == ["Create", "Create", "Create"]
    assert [kinds[row.activity_id] for row in rows if row.state == "lane"] == ["Delete"]
    await deliver_all(home)
    assert posts_at(good) == [gone.uri, waiting.uri, fresh.uri], "another host gets what it got"
