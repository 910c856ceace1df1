"""Alice pins posts: the collection, who is told, and how many there may be; and the hashtags that she uses."""

from __future__ import annotations

import pytest

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing, Unprocessable
from outbox import pin, publish
from outbox.models import Visibility
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import deliver_all, published, receive


async def test_a_pin_is_listed_and_followers_are_told(home: House, alice: Actor, good: Peer, bob: RemoteActor) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    posts = [await published(home, alice, f"number {number}") for number in range(2)]
    await deliver_all(home)
    for post in posts:
        home.clock.forward(1)
        async with home.context.database.write() as session:
            await pin.pin(session, alice, post)
            await pin.pin(session, alice, post)
    await deliver_all(home)
    await good.arrival("Add", 2)
    added = {one["object"]: one["target"] for one in good.activities("Add")}
    collection = f"{alice.uri}/collections/featured"
    assert added == {post.uri: collection for post in posts}
    assert (await bob.get(alice.uri)).json()["featured"] == collection
    listed = (await bob.get(collection)).json()
    assert listed["type"] == "OrderedCollection"
    assert (listed["totalItems"], listed["orderedItems"]) == (2, [posts[1].uri, posts[0].uri])
    async with home.context.database.write() as session:
        await pin.unpin(session, alice, posts[1])
        await pin.unpin(session, alice, posts[1])
    await deliver_all(home)
    assert (await good.arrival("Remove"))["object"] == posts[1].uri
    assert (await bob.get(collection)).json()["orderedItems"] == [posts[0].uri]
    async with home.context.database.write() as session:
        await publish.remove(session, posts[0])
    assert (await bob.get(collection)).json()["orderedItems"] == []


async def test_what_can_be_pinned(home: House, alice: Actor) -> None:
    lena = await home.make_actor("lena")
    private = await published(home, alice, visibility=Visibility.FOLLOWERS)
    others = await published(home, lena)
    posts = [await published(home, alice) for _ in range(limits.PINS + 1)]
    async with home.context.database.write() as session:
        with pytest.raises(Unprocessable):
            await pin.pin(session, alice, private)
        with pytest.raises(Missing):
            await pin.pin(session, alice, others)
        for post in posts[:-1]:
            await pin.pin(session, alice, post)
        with pytest.raises(Unprocessable, match="At most 5"):
            await pin.pin(session, alice, posts[-1])


async def test_the_hashtags_an_author_uses(home: House, alice: Actor, bob: RemoteActor) -> None:
    for text in ("#Sea and #sky", "#sea", "#Harbour"):
        await published(home, alice, text, picture=True)
    await published(home, alice, "#secret", visibility=Visibility.FOLLOWERS)
    found = (await bob.get(f"{alice.uri}/collections/tags")).json()
    assert [item["name"] for item in found["items"]] == ["#sea", "#harbour", "#sky"]
    assert found["items"][0]["href"] == f"{home.origin}/tags/sea"
    assert (await bob.get(alice.uri)).json()["featuredTags"] == found["id"]
    assert (await bob.get(f"{home.origin}/users/nobody/collections/tags")).status_code == 404
