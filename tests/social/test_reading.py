"""What an owner's client reads: inbox, outbox with what waits, private collections; and that nobody else does."""

from __future__ import annotations

import pytest

from actors.models import Actor
from fediverse_ai.core.limits import COLLECTION_ITEMS
from outbox import react
from outbox.models import Post
from tests.inbox.stage import stage_in
from tests.social.client import Client, person
from tests.support.house import House
from tests.support.peer import PUBLIC
from tests.support.rooms import published, receive
from tests.support.tokens import app_token, bearer, token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

PRIVATE = ("inbox", "liked", "pendingFollowers", "pendingFollowing", "blocked", "events")


async def test_the_actor_document_tells_clients_where_everything_is(ann: Client) -> None:
    body, uri = await ann.get(ann.actor.uri), ann.actor.uri
    for name in (
        "inbox",
        "outbox",
        "followers",
        "following",
        "liked",
        "pendingFollowers",
        "pendingFollowing",
        "blocked",
    ):
        assert body[name] == f"{uri}/{name}"
    # What lets Mastodon believe the author that our pages name (fediverse:creator).
    assert body["attributionDomains"] == [ann.home.origin.partition("://")[2]]
    assert body["endpoints"] == {
        "sharedInbox": f"{ann.home.origin}/inbox",
        "oauthAuthorizationEndpoint": f"{ann.home.origin}/oauth/authorize",
        "oauthTokenEndpoint": f"{ann.home.origin}/oauth/token",
        "oauthRegistrationEndpoint": f"{ann.home.origin}/oauth/register",
        "uploadMedia": f"{uri}/uploads",
        "proxyUrl": f"{uri}/proxy",
        "eventStream": f"{uri}/events",
    }
    assert "proxyUrl" not in (await ann.get(f"{ann.home.origin}/actor"))["endpoints"]


async def test_the_inbox_lists_what_was_received_and_what_neighbours_did(home: House, ben: Client) -> None:
    async with stage_in(home) as stage:
        alice = Client(home, stage.alice, await token_for(home, stage.alice.username))
        await stage.follow(stage.bob)
        note = stage.bob.note("To all")
        await receive(home, stage.bob, stage.bob.create(note))
        await receive(home, stage.mal, stage.mal.activity("Follow", alice.actor.uri))
        await receive(home, stage.eve, stage.eve.create(stage.eve.note("To nobody here")))
        await ben.send({"type": "Follow", "object": alice.actor.uri})
        await ben.write("Near", to=[PUBLIC, alice.actor.uri])
        found = await alice.items(f"{alice.actor.uri}/inbox")
        assert [(item["type"], item["actor"]) for item in found] == [
            ("Create", ben.actor.uri),
            ("Follow", ben.actor.uri),
            ("Follow", stage.mal.uri),
            ("Create", stage.bob.uri),
        ]
        assert found[-1]["object"]["content"] == note["content"]
        assert all({"id", "summary", "published", "actor", "type"} <= item.keys() for item in found)
        await receive(home, stage.bob, stage.bob.activity("Delete", note["id"], to=[PUBLIC]))
        shown = [item["type"] for item in await alice.items(f"{alice.actor.uri}/inbox")]
        assert shown == ["Delete", "Create", "Follow", "Follow"]
        await alice.send({"type": "Block", "object": stage.mal.uri})
        await ben.send({"type": "Block", "object": alice.actor.uri})
        assert [item["type"] for item in await alice.items(f"{alice.actor.uri}/inbox")] == ["Delete"]


async def test_posts_for_followers_are_in_the_inboxes_of_followers(ann: Client, ben: Client) -> None:
    await ben.send({"type": "Follow", "object": ann.actor.uri})
    post = await ann.write("For you", to=[f"{ann.actor.uri}/followers"])
    own = await ann.write("For me")
    found = [item["object"] for item in await ben.items(f"{ben.actor.uri}/inbox") if item["type"] == "Create"]
    assert [item["id"] for item in found] == [post.uri]
    await ben.get(own.uri, 404)
    assert (await ben.get(post.uri))["content"] == "<p>For you</p>"
    await ben.send({"type": "Undo", "object": {"type": "Follow", "object": ann.actor.uri}})
    assert [item for item in await ben.items(f"{ben.actor.uri}/inbox") if item["type"] == "Create"] == []
    await ben.get(post.uri, 404)


async def test_the_outbox_shows_its_owner_everything_and_others_what_is_public(ann: Client, ben: Client) -> None:
    url = f"{ann.actor.uri}/outbox"
    out = await ann.write("Out", to=[PUBLIC])
    waiting = await ann.write("Waits", out=False, to=[PUBLIC])
    direct = await ann.write("Direct", to=[ben.actor.uri])
    liked = await ann.send({"type": "Like", "object": out.uri})
    found = await ann.items(url)
    assert (await ann.get(url))["totalItems"] == len(found) == 4
    assert [item["id"] for item in found] == [
        liked["id"], direct.activity_uri, f"{ann.home.origin}/activities/{waiting.id}", out.activity_uri,
    ]  # fmt: skip
    assert [item["object"].get("state") for item in found if item["type"] == "Create"] == [None, "waiting", None]
    for reader in (ben, None):
        headers = reader.headers if reader else {"accept": "application/activity+json"}
        page = (await ann.home.client.get(f"{url}?page=true", headers=headers)).json()
        assert [item["id"] for item in page["orderedItems"]] == [out.activity_uri]
    for uri in (waiting.uri, f"{ann.home.origin}/activities/{waiting.id}", direct.activity_uri or "", liked["id"]):
        assert (await ann.get(uri))["id"] == uri
        await ben.get(uri, 404)


async def test_what_ended_badly_says_why_to_its_author(ann: Client, ben: Client) -> None:
    post = await ann.write("How to build a bomb", out=False)
    async with ann.home.context.database.write() as session:
        row = await session.get(Post, post.id)
        assert row is not None
        row.state, row.reason, row.rule = "refused", "The gate says no.", "weapons"
        session.add(row)
    note = await ann.get(post.uri)
    assert (note["state"], note["reason"], note["progress"]) == ("refused", "The gate says no.", f"{post.uri}/progress")
    told = await ann.get(note["progress"])
    assert (told["type"], told["state"], told["reason"]) == ("Progress", "refused", "The gate says no.")
    for url in (post.uri, note["progress"]):
        await ben.get(url, 404)
    for number in (12, 2**63):
        await ann.get(f"{ann.home.origin}/notes/{number}/progress", 404)
        await ann.get(f"{ann.home.origin}/activities/{number}", 404)


async def test_pages_go_on_until_there_are_no_more(home: House, ann: Client, ben: Client) -> None:
    for number in range(COLLECTION_ITEMS + 3):
        post = await published(home, ben.actor, f"Post {number}", visibility="public")
        async with home.context.database.write() as session:
            me, row = await session.get(Actor, ann.actor.id), await session.get(Post, post.id)
            assert me is not None
            assert row is not None
            await react.like(session, me, row)
    for name in ("outbox", "liked"):
        found = await ann.items(f"{ann.actor.uri}/{name}")
        assert len(found) == len({str(item) for item in found}) == COLLECTION_ITEMS + 3
    arrived = await ben.items(f"{ben.actor.uri}/inbox")
    assert [item["type"] for item in arrived] == ["Like"] * (COLLECTION_ITEMS + 3)
    for before in ("x", "-1", "1.5", "9" * 20, str(2**63), "٣"):
        await ann.get(f"{ann.actor.uri}/liked?page=true&before={before}", 400)


async def test_private_collections_are_their_owners_alone(home: House, ann: Client, ben: Client) -> None:
    reads = bearer(await token_for(home, ann.actor.username, "read:statuses"))
    accept = {"accept": "application/activity+json"}
    for name in PRIVATE:
        url = f"{ann.actor.uri}/{name}"
        assert (await home.client.get(url, headers=accept)).status_code == 401
        assert (await home.client.get(url, headers=accept | bearer(await app_token(home)))).status_code == 422
        assert (await home.client.get(url, headers=accept | reads)).status_code == 403
        assert (await home.client.get(url, headers=accept | ben.headers)).status_code == 403
        assert (await home.client.get(f"{home.origin}/users/nobody/{name}", headers=ann.headers)).status_code == 404


async def test_a_reader_that_has_the_newest_version_gets_304(ann: Client) -> None:
    for url in (f"{ann.actor.uri}/inbox", f"{ann.actor.uri}/outbox?page=true", f"{ann.actor.uri}/liked?page=true"):
        first = await ann.home.client.get(url, headers=ann.headers)
        assert first.headers["cache-control"] == "private, no-store"
        again = await ann.home.client.get(url, headers={**ann.headers, "if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")


async def test_who_liked_is_told_to_people_of_this_server(ann: Client, ben: Client) -> None:
    post = await ann.write("Look", to=[PUBLIC])
    await ben.send({"type": "Like", "object": post.uri})
    accept = {"accept": "application/activity+json"}
    stranger = await ann.home.client.get(f"{post.uri}/likes", headers=accept)
    assert (stranger.json()["totalItems"], "items" in stranger.json()) == (1, False)
    assert "Authorization" in stranger.headers["vary"]
    carl = await person(ann.home, "carl")
    assert [item["actor"] for item in await carl.items(f"{post.uri}/likes")] == [ben.actor.uri]
    await carl.send({"type": "Block", "object": ben.actor.uri})
    assert await carl.items(f"{post.uri}/likes") == []
    closed = await ann.write("Closed")
    await carl.get(f"{closed.uri}/likes", 404)
    assert await ann.items(f"{closed.uri}/likes") == []
