"""Whose direct posts arrive, who may quote, and who sees followers: what people chose, held against signed bytes."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Account, Actor
from outbox import follow
from outbox.models import Notification, Post, Visibility
from outbox.quote import may_quote
from outbox.shelves import Conversation
from tests.support.house import House
from tests.support.peer import Peer, RemoteActor
from tests.support.rooms import receive, waiting_post

ACTIVITY = {"accept": "application/activity+json"}


def direct(bob: RemoteActor, alice: Actor, text: str) -> dict[str, Any]:
    mention = {"type": "Mention", "href": alice.uri, "name": "@alice"}
    return bob.create(bob.note(text, to=[alice.uri], cc=[], tag=[mention]))


async def change(home: House, actor: Actor, **columns: Any) -> None:
    [account] = await home.rows(Account, actor_id=actor.id)
    async with home.context.database.write() as session:
        for model, key in ((Account, account.id), (Actor, actor.id)):
            row = await session.get_one(model, key)
            for name, value in columns.items():
                if name in model.model_fields:
                    setattr(row, name, value)
            session.add(row)


async def test_direct_posts_arrive_only_from_whom_one_wants(home: House, alice: Actor, bob: RemoteActor) -> None:
    await change(home, alice, direct_from="nobody")
    await receive(home, bob, direct(bob, alice, "first"))
    assert await home.rows(Notification, actor_id=alice.id) == []
    assert await home.rows(Conversation, actor_id=alice.id) == []
    await change(home, alice, direct_from="followed")
    await receive(home, bob, direct(bob, alice, "second"))
    assert await home.rows(Notification, actor_id=alice.id) == []
    [row] = await home.rows(Actor, uri=bob.uri)
    async with home.context.database.write() as session:
        made = await follow.ask(session, await session.get_one(Actor, alice.id), await session.get_one(Actor, row.id))
        made.state = "accepted"
        session.add(made)
    await receive(home, bob, direct(bob, alice, "third"))
    assert [one.kind for one in await home.rows(Notification, actor_id=alice.id)] == ["mention"]
    assert len(await home.rows(Conversation, actor_id=alice.id)) == 1


async def test_people_in_charge_are_always_heard(home: House, alice: Actor) -> None:
    from outbox.told import takes_direct

    olga, mia = await home.make_actor("olga", role="moderator"), await home.make_actor("mia")
    await change(home, alice, direct_from="nobody")
    async with home.context.database.read() as session:
        me = await session.get_one(Actor, alice.id)
        assert await takes_direct(session, me, olga.id)
        assert not await takes_direct(session, me, mia.id)


@pytest.mark.parametrize(
    ("policy", "stranger", "follower"), [("anyone", True, True), ("followers", False, True), ("nobody", False, False)]
)
async def test_the_author_says_who_may_quote(
    home: House, alice: Actor, policy: str, stranger: bool, follower: bool
) -> None:
    from outbox.documents import who_may_quote

    sam, fay = await home.make_actor("sam"), await home.make_actor("fay")
    post = await waiting_post(home, alice, visibility=Visibility.PUBLIC)
    await change(home, alice, quote_policy=policy)
    async with home.context.database.write() as session:
        me, row = await session.get_one(Actor, alice.id), await session.get_one(Post, post.id)
        row.state = "published"
        session.add(row)
        await session.flush()
        await follow.ask(session, await session.get_one(Actor, fay.id), me)
        assert await may_quote(session, await session.get_one(Actor, sam.id), row) is stranger
        assert await may_quote(session, await session.get_one(Actor, fay.id), row) is follower
        assert await may_quote(session, me, row)
        said = {"anyone": "https://www.w3.org/ns/activitystreams#Public", "followers": me.followers_uri}
        assert who_may_quote(row, me) == [said.get(policy, me.uri)]


async def test_hidden_relations_are_counted_and_not_named(
    home: House, alice: Actor, good: Peer, bob: RemoteActor
) -> None:
    await receive(home, bob, bob.activity("Follow", alice.uri))
    page = f"{alice.uri}/followers?page=true"
    assert (await home.client.get(page, headers=ACTIVITY)).json()["orderedItems"] == [bob.uri]
    await change(home, alice, hides_relations=True)
    hidden = (await home.client.get(page, headers=ACTIVITY)).json()
    assert hidden["orderedItems"] == []
    assert "next" not in hidden
    assert (await home.client.get(f"{alice.uri}/followers", headers=ACTIVITY)).json()["totalItems"] == 1
    assert (await bob.get(page)).json()["orderedItems"] == []
    listed = await home.client.get(f"/api/v1/accounts/{alice.id}/followers")
    assert listed.json() == []
    found = (await home.client.get("/api/v1/accounts/lookup", params={"acct": "alice"})).json()
    assert (found["hide_collections"], found["followers_count"]) == (True, 1)
    assert good.origin
