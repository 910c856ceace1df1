"""POST to an outbox: every row of the table through the real route, and every refusal with words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from actors.models import Actor, Block, Follow
from actors.remote import ensure
from fediverse_ai.core import limits
from fediverse_ai.core.http import Budget
from fediverse_ai.core.limits import OUTBOX_PER_ACCOUNT, POST_MENTIONS, RateLimiter
from outbox.c2s import TABLE
from outbox.edit import revise
from outbox.models import Activity, Delivery, Notification, Post, Reaction, Report, Revision
from tests.social.client import Client, person
from tests.support.house import House
from tests.support.painter import carry_on
from tests.support.peer import PUBLIC, Peer, RemoteActor
from tests.support.rooms import deliver_all
from tests.support.tokens import bearer, token_for

SAID = Path(__file__).read_text()

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def known(home: House, remote: RemoteActor) -> Actor:
    await ensure(home.context, remote.uri, Budget(clock=home.context.clock))
    [row] = await home.rows(Actor, uri=remote.uri)
    return row


# Create


async def test_a_post_is_answered_with_its_address_and_the_whole_activity(amy: Client) -> None:
    """Rule 19 of tests/mastodon/test_rules.py: an empty body, or one without an id, crashes `ap`."""
    note = {"@context": PUBLIC.partition("#")[0], "type": "Note", "content": "<p>Here</p>", "to": [PUBLIC]}
    sent = {**amy.headers, "Content-Type": "application/activity+json"}
    answer = await amy.home.client.post(f"{amy.actor.uri}/outbox", json=note, headers=sent)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == made["id"]
    assert answer.headers["content-type"].startswith("application/activity+json")
    assert (made["type"], made["object"]["type"], made["object"]["content"]) == ("Create", "Note", "<p>Here</p>")
    assert await amy.get(made["id"])


async def test_a_bare_object_is_wrapped_with_its_addresses_and_gets_ids_of_ours(amy: Client) -> None:
    made = await amy.send({"@context": "x:y", "type": "Note", "content": "<p>Good morning</p>", "to": "as:Public",
                           "id": "https://elsewhere.example/1", "published": "1990-01-01T00:00:00Z"})  # fmt: skip
    assert (made["type"], made["actor"]) == ("Create", amy.actor.uri)
    assert made["id"].startswith(f"{amy.home.origin}/activities/")
    note = made["object"]
    assert note["id"].startswith(f"{amy.home.origin}/notes/")
    assert (note["type"], note["attributedTo"], note["content"]) == ("Note", amy.actor.uri, "<p>Good morning</p>")
    assert (note["state"], note["to"], made["to"]) == ("waiting", [PUBLIC], [PUBLIC])
    assert note["published"] > "2026"
    assert {"likes", "shares", "replies", "contentMap"} <= note.keys()


@pytest.mark.parametrize(
    ("addresses", "visibility"),
    [
        ({"to": [PUBLIC]}, "public"),
        ({"to": "Public", "cc": ["FOLLOWERS"]}, "public"),
        ({"audience": ["as:Public"]}, "public"),
        ({"to": ["FOLLOWERS"], "cc": [PUBLIC]}, "quiet"),
        ({"to": ["FOLLOWERS"]}, "followers"),
        ({"to": [], "cc": []}, "direct"),
        ({}, "direct"),
    ],
)
async def test_addresses_become_one_of_four_visibilities(amy: Client, addresses: Any, visibility: str) -> None:
    given = json.loads(json.dumps(addresses).replace("FOLLOWERS", f"{amy.actor.uri}/followers"))
    create = {"type": "Create", "object": {"type": "Note", "content": "x"}, **given}
    for activity in (create, {"type": "Create", "object": {"type": "Note", "content": "x", **given}}):
        made = await amy.send(activity)
        [post] = await amy.home.rows(Post, uri=made["object"]["id"])
        assert post.visibility == visibility


async def test_hidden_addressees_are_reached_and_never_shown(ann: Client, ben: Client, bob: RemoteActor) -> None:
    made = await ann.send(
        {"type": "Create", "bto": [bob.uri], "object": {"type": "Note", "content": "Psst", "bcc": [ben.actor.uri]}}
    )
    assert not {"bto", "bcc"} & (made.keys() | made["object"].keys())
    [post] = await ann.home.rows(Post, uri=made["object"]["id"])
    post = await carry_on(ann.home, post.id)
    assert (post.bcc, post.visibility) == ([bob.uri, ben.actor.uri], "direct")
    await deliver_all(ann.home)
    sent = await bob.peer.arrival("Create")
    assert [uri for uri in (bob.uri, ben.actor.uri) if uri in json.dumps(sent)] == []
    assert (await ben.get(post.uri))["content"] == "<p>Psst</p>"
    assert [item["object"]["id"] for item in await ben.items(f"{ben.actor.uri}/inbox")] == [post.uri]
    assert ben.actor.uri not in json.dumps(await ben.get(post.uri))
    carl = await person(ann.home, "carl")
    await carl.get(post.uri, 404)


@pytest.mark.parametrize(
    ("addresses", "words"),
    [
        ({"bto": [PUBLIC]}, "in secret"),
        ({"bcc": ["FOLLOWERS"]}, "in secret"),
        ({"to": ["SELF/following"]}, "only the followers"),
        ({"to": ["http://127.0.0.1:9/nobody"]}, "Nobody can be reached"),
        ({"to": ["ORIGIN/actor"]}, "Nobody can be reached"),
        ({"cc": [f"http://127.0.0.1:9/{number}" for number in range(POST_MENTIONS + 1)]}, "At most 10"),
    ],
)
async def test_an_audience_that_we_would_have_to_change_is_refused(amy: Client, addresses: Any, words: str) -> None:
    text = json.dumps(addresses).replace("FOLLOWERS", f"{amy.actor.uri}/followers").replace("SELF", amy.actor.uri)
    given = json.loads(text.replace("ORIGIN", amy.home.origin))
    before = mine(amy.home)
    told = await amy.send({"type": "Create", "object": {"type": "Note", "content": "x"}, **given}, 422)
    assert words in told["detail"]
    assert mine(amy.home) == before


async def test_html_becomes_what_an_author_types_and_its_source_counts_where_it_is_plain(amy: Client) -> None:
    html = (
        '<p>Hello <a href="https://h.example/@bo" class="mention">@<span>bo</span></a>, see '
        '<a href="https://w.example/a/long/way">w.example/a/…</a> and <a href="https://x.example/">this</a><br>'
        '<a href="https://tags.pub/sea">#sea</a></p><p>Bye<script>alert(1)</script></p>'
    )
    tag = [{"type": "Mention", "href": "https://h.example/@bo", "name": "@bo@h.example"}]
    made = await amy.send({"type": "Note", "content": html, "tag": tag, "summary": "<b>Sun</b>", "sensitive": True,
                           "contentMap": {"de": html}})  # fmt: skip
    [post] = await amy.home.rows(Post, uri=made["object"]["id"])
    assert post.text == (
        "Hello @bo@h.example, see https://w.example/a/long/way and this (https://x.example/)\n#sea\nBye"
    )
    assert (post.summary, post.sensitive, post.language) == ("Sun", True, "de")
    typed = {"mediaType": "text/plain", "content": "As <typed>"}
    made = await amy.send({"type": "Note", "content": "<p>otherwise</p>", "source": typed})
    [post] = await amy.home.rows(Post, uri=made["object"]["id"])
    assert post.text == "As <typed>"


async def test_an_answer_and_a_quote_name_posts_that_may_be_seen(ann: Client, ben: Client) -> None:
    open_, closed = await ben.write("Seen", to=[PUBLIC]), await ben.write("Not seen")
    made = await ann.send({"type": "Note", "content": "Yes", "inReplyTo": open_.uri, "quote": open_.uri, "to": PUBLIC})
    [post] = await ann.home.rows(Post, uri=made["object"]["id"])
    assert (post.in_reply_to_id, post.quote_uri) == (open_.id, open_.uri)
    await carry_on(ann.home, post.id)
    assert [item["id"] for item in await ben.items(f"{ben.actor.uri}/inbox")] == [made["id"]]
    for uri in (closed.uri, f"{ann.home.origin}/notes/1"):
        for name in ("inReplyTo", "quoteUri"):
            told = await ann.send({"type": "Note", "content": "x", name: uri}, 404)
            assert told["type"].endswith("#object-does-not-exist")


async def test_a_post_of_another_server_is_fetched_before_it_is_answered(ann: Client, bob: RemoteActor) -> None:
    note = bob.note("From afar")
    bob.peer.serve(note)
    made = await ann.send({"type": "Note", "content": "Hello", "inReplyTo": note["id"], "to": [PUBLIC, bob.uri]})
    [post] = await ann.home.rows(Post, uri=made["object"]["id"])
    assert (post.in_reply_to_uri, [one["uri"] for one in post.mentions]) == (note["id"], [bob.uri])
    assert bob.uri in made["cc"]


async def test_the_same_key_or_id_gives_the_same_post(ann: Client, ben: Client) -> None:
    note = {"type": "Note", "content": "Once"}
    first = await ann.send(note, Idempotency_Key="a")
    assert (await ann.send(note, 200, Idempotency_Key="a"))["id"] == first["id"]
    assert (await ann.send(note, Idempotency_Key="b"))["id"] != first["id"]
    assert (await ben.send(note, Idempotency_Key="a"))["id"] != first["id"]
    named = {"id": "urn:uuid:1", **note}
    assert (await ann.send(named))["id"] == (await ann.send(named, 200))["id"]
    await ann.send(note, 400, Idempotency_Key="k" * 256)
    post = await carry_on(ann.home, int(first["object"]["id"].rpartition("/")[2]))
    again = await ann.send(note, 200, Idempotency_Key="a")
    assert (again["id"], "state" in again["object"]) == (post.activity_uri, False)


# Update and Delete


async def test_an_update_replaces_what_it_names_and_null_removes(ann: Client, bob: RemoteActor) -> None:
    post = await ann.write("<p>Old</p>", summary="Take care", to=[PUBLIC, bob.uri])
    made = await ann.send({"type": "Update", "object": {"id": post.uri, "type": "Note", "content": ["new", "words"]}})
    assert (made["type"], made["object"]["id"], made["object"]["state"]) == ("Update", post.uri, "waiting")
    await revised(ann)
    post = await ann.fresh(post)
    assert (post.text, post.summary) == ("new words", "Take care")
    served = await ann.get(made["id"])
    assert (served["id"], served["object"]["content"]) == (made["id"], "<p>new words</p>")
    await ann.send({"type": "Update", "object": {"id": post.uri, "summary": None}})
    await revised(ann)
    assert (await ann.fresh(post)).summary is None


async def revised(client: Client) -> None:
    waiting = await client.home.rows(Revision, state="waiting")
    for revision in waiting:
        await revise.function(client.home.context, [revision.id])


@pytest.mark.parametrize("change", [
    {"to": [PUBLIC]}, {"attributedTo": "IVO"}, {"published": "2020-01-01T00:00:00Z"}, {"inReplyTo": "https://x.example/1"},
    {"likes": "https://x.example/likes"}, {"attachment": [{"type": "Image", "url": "https://x.example/1.png"}]},
])  # fmt: skip
async def test_what_an_update_cannot_change(amy: Client, ivo: Client, change: Any) -> None:
    post = await amy.write("Stays")
    change = json.loads(json.dumps(change).replace("IVO", ivo.actor.uri))
    status = 400 if "attributedTo" in change else 403
    await amy.send({"type": "Update", "object": {"id": post.uri, **change}}, status)
    whole = await amy.get(post.uri)
    whole.pop("@context")
    assert (await amy.send({"type": "Update", "object": whole | {"content": "Whole"}}))["object"]["content"] == "Whole"


async def test_the_own_profile_is_changed_but_not_its_keys_or_addresses(ann: Client) -> None:
    uri = ann.actor.uri
    changed = {"id": uri, "type": "Person", "name": "Ann A.", "summary": "<p>Paints</p>", "indexable": True}
    made = await ann.send({"type": "Update", "object": changed})
    assert (made["object"]["name"], made["object"]["summary"]) == ("Ann A.", "<p>Paints</p>")
    assert (await ann.get(uri))["indexable"] is True
    for name, value in (("inbox", "https://evil.example/"), ("publicKey", {"id": uri}), ("preferredUsername", "root"),
                        ("followers", None), ("endpoints", {})):  # fmt: skip
        await ann.send({"type": "Update", "object": {"id": uri, "type": "Person", name: value}}, 403)


async def test_a_deleted_post_is_a_tombstone(ann: Client, ben: Client) -> None:
    out, waiting = await ann.write("Out", to=[PUBLIC]), await ann.write("Not out", out=False)
    assert (await ben.get(out.uri))["content"] == "<p>Out</p>"
    for post in (out, waiting):
        made = await ann.send({"type": "Delete", "object": post.uri})
        assert (made["object"]["type"], made["object"]["id"]) == ("Tombstone", post.uri)
        await ann.send({"type": "Delete", "object": post.uri}, 410)
        assert made["id"] in [item["id"] for item in await ann.items(f"{ann.actor.uri}/outbox")]
    assert made["to"] == []
    gone = await ann.home.client.get(out.uri, headers=ben.headers)
    assert (gone.status_code, gone.json()["type"]) == (410, "Tombstone")
    await ann.send({"type": "Delete", "object": ann.actor.uri}, 403)


# Follow, Accept, Reject


async def test_a_follow_waits_for_the_answer_and_can_be_undone(ann: Client, bob: RemoteActor) -> None:
    made = await ann.send({"type": "Follow", "object": bob.uri, "to": [bob.uri]})
    assert (await ann.send({"type": "Follow", "object": bob.uri}, 200))["id"] == made["id"]
    assert [item["id"] for item in await ann.items(f"{ann.actor.uri}/pendingFollowing")] == [made["id"]]
    await deliver_all(ann.home)
    assert (await bob.peer.arrival("Follow"))["id"] == made["id"]
    undone = await ann.send({"type": "Undo", "object": {"type": "Follow", "object": bob.uri, "id": made["id"]}})
    assert undone["object"]["id"] == made["id"]
    assert await ann.items(f"{ann.actor.uri}/pendingFollowing") == []
    await ann.send({"type": "Undo", "object": made["id"]}, 404)


async def test_neighbours_follow_and_find_it_in_their_boxes(ann: Client, ben: Client) -> None:
    made = await ann.send({"type": "Follow", "object": ben.actor.uri})
    assert [item["id"] for item in await ben.items(f"{ben.actor.uri}/inbox")] == [made["id"]]
    assert [item["type"] for item in await ann.items(f"{ann.actor.uri}/inbox")] == ["Accept"]
    assert await ann.items(f"{ann.actor.uri}/following") == [ben.actor.uri]
    await ben.send({"type": "Reject", "object": made["id"]})
    assert await ann.items(f"{ann.actor.uri}/following") == []


@pytest.mark.parametrize("by_id", [True, False])
@pytest.mark.parametrize("answer", ["Accept", "Reject"])
async def test_whoever_asks_a_locked_account_is_answered(home: House, ann: Client, answer: str, by_id: bool) -> None:
    lena = await person(home, "lena", manually_approves=True)
    asked = await ann.send({"type": "Follow", "object": lena.actor.uri})
    [waiting] = await lena.items(f"{lena.actor.uri}/pendingFollowers")
    assert (waiting["id"], waiting["actor"], waiting["type"]) == (asked["id"], ann.actor.uri, "Follow")
    value = asked["id"] if by_id else {"type": "Follow", "actor": ann.actor.uri, "object": lena.actor.uri}
    await ann.send({"type": answer, "object": value}, 404)
    made = await lena.send({"type": answer, "object": value})
    assert made["object"]["id"] == asked["id"]
    assert await lena.items(f"{lena.actor.uri}/pendingFollowers") == []
    assert len(await home.rows(Follow, follower_id=ann.actor.id, state="accepted")) == (answer == "Accept")
    await lena.send({"type": answer, "object": value}, 200 if answer == "Accept" else 404)


# Like, Announce


@pytest.mark.parametrize(("kind", "collection"), [("Like", "likes"), ("Announce", "shares")])
async def test_a_reaction_is_made_once_and_taken_back(ann: Client, ben: Client, kind: str, collection: str) -> None:
    post = await ben.write("Look", to=[PUBLIC])
    made = await ann.send({"type": kind, "object": post.uri})
    assert (made["object"], ben.actor.uri in [*made["to"], *made.get("cc", [])]) == (post.uri, True)
    assert (await ann.send({"type": kind, "object": post.uri}, 200))["id"] == made["id"]
    [item] = (await ann.get(f"{post.uri}/{collection}"))["items"]
    assert (item["id"], item["actor"]) == (made["id"], ann.actor.uri)
    assert made["id"] in [one["id"] for one in await ben.items(f"{ben.actor.uri}/inbox")]
    assert await ann.items(f"{ann.actor.uri}/liked") == ([post.uri] if kind == "Like" else [])
    await ben.send({"type": "Undo", "object": item}, 404)
    await ben.send({"type": "Undo", "object": made["id"]}, 404)
    undone = await ann.send({"type": "Undo", "object": {"type": kind, "object": post.uri} if kind == "Like" else item})
    assert undone["object"]["id"] == made["id"]
    assert (await ann.get(f"{post.uri}/{collection}"))["items"] == []
    await ann.send({"type": "Undo", "object": item}, 404)


async def test_reactions_that_we_would_have_to_change_are_refused(amy: Client, ivo: Client) -> None:
    post, quiet = await ivo.write("Look", to=[PUBLIC]), await amy.write("Mine alone")
    await amy.send({"type": "Like", "object": post.uri, "content": "Nice"}, 422)
    await amy.send({"type": "Announce", "object": post.uri, "to": [f"{amy.actor.uri}/followers"]}, 422)
    await amy.send({"type": "Announce", "object": quiet.uri}, 422)
    assert await amy.home.rows(Reaction, actor_id=amy.actor.id) == []


# Add, Remove, Block, Flag, Move


async def test_featured_posts_are_added_and_removed(ann: Client, ben: Client) -> None:
    post, featured = await ann.write("Best", to=[PUBLIC]), f"{ann.actor.uri}/collections/featured"
    add = {"type": "Add", "object": post.uri, "target": featured}
    made = await ann.send(add)
    assert (await ann.get(featured))["orderedItems"] == [post.uri]
    assert (await ann.send(add, 200))["id"] == made["id"]
    await ann.send({"type": "Remove", "object": post.uri, "target": featured})
    assert (await ann.get(featured))["orderedItems"] == []
    await ann.send({"type": "Remove", "object": post.uri, "target": featured}, 404)
    await ann.send({"type": "Add", "object": post.uri}, 400)
    for target in (f"{ben.actor.uri}/collections/featured", f"{ann.actor.uri}/followers"):
        await ann.send({"type": "Add", "object": post.uri, "target": target}, 403)


async def test_a_block_ends_follows_and_is_in_a_list_of_ones_own(ann: Client, ben: Client) -> None:
    await ben.send({"type": "Follow", "object": ann.actor.uri})
    made = await ann.send({"type": "Block", "object": ben.actor.uri})
    assert (await ann.send({"type": "Block", "object": ben.actor.uri}, 200))["id"] == made["id"]
    assert await ann.items(f"{ann.actor.uri}/followers") == []
    assert [item["object"] for item in await ann.items(f"{ann.actor.uri}/blocked")] == [ben.actor.uri]
    assert (await ann.get(made["id"]))["object"] == ben.actor.uri
    await ben.get(made["id"], 404)
    assert [item for item in await ben.items(f"{ben.actor.uri}/inbox") if item["type"] == "Block"] == []
    undone = await ann.send({"type": "Undo", "object": {"type": "Block", "object": ben.actor.uri}})
    assert (undone["object"]["id"], await ann.home.rows(Block, blocker_id=ann.actor.id)) == (made["id"], [])


async def test_a_report_reaches_the_moderators_and_another_server_without_a_name(ann: Client, bob: RemoteActor) -> None:
    note = bob.note("Rude")
    bob.peer.serve(note)
    await ann.send({"type": "Like", "object": note["id"]})
    flag = {"type": "Flag", "object": [bob.uri, note["id"]], "content": "<p>This is rude</p>", "to": [bob.uri]}
    made = await ann.send(flag)
    [row] = [row for row in await ann.home.rows(Report) if row.reporter_id == ann.actor.id]
    assert (made["actor"], row.comment, row.posts, row.forwarded) == (ann.actor.uri, "This is rude", [note["id"]], True)
    await deliver_all(ann.home)
    sent = await bob.peer.arrival("Flag")
    assert (sent["actor"], ann.actor.uri in json.dumps(sent)) == (f"{ann.home.origin}/actor", False)


async def test_an_account_moves_where_it_is_expected(ann: Client, bob: RemoteActor, good: Peer) -> None:
    await ann.send({"type": "Move", "object": ann.actor.uri, "target": bob.uri}, 422)
    new = good.actor("newann", alsoKnownAs=[ann.actor.uri])
    made = await ann.send({"type": "Move", "object": ann.actor.uri, "target": new.uri})
    assert made["target"] == new.uri
    assert (await ann.get(ann.actor.uri))["movedTo"] == new.uri
    await ann.send({"type": "Move", "object": f"{ann.home.origin}/users/nobody", "target": new.uri}, 403)


# Refusals


OTHERS: list[tuple[Any, int]] = [
    ({"type": "View", "object": "https://x.example/1"}, 400),
    ({"type": "Arrive", "location": {"type": "Place", "name": "Here"}}, 400),
    ({"type": "Leave", "object": "https://x.example/1"}, 400),
    ({"type": "Travel", "target": {"type": "Place", "name": "There"}}, 400),
    ({"type": "https://x.example/ns#Paint", "object": "https://x.example/1"}, 400),
    ({"type": "EmojiReact", "object": "https://x.example/1", "content": "x"}, 422),
    ({"type": "Create", "object": {"type": "Article", "content": "long"}}, 400),
    ({"type": "Create", "object": {"type": "CollectionPage", "nameMap": {"en": ["Mine"]}}}, 400),
    ({"type": "Create", "object": {"type": "Question", "content": "?", "oneOf": []}}, 400),
    ({"type": "Create", "object": {"type": "Person", "preferredUsername": "x"}}, 400),
    ({"type": "Question", "content": "?"}, 400),
    ({"type": "Create"}, 400),
    ({"type": "Undo", "object": {"type": "Delete", "object": "https://x.example/1"}}, 400),
    ({"type": "Undo"}, 404),
    ({"type": "Accept", "object": {"type": "Offer"}}, 400),
    ({"content": "no type"}, 400),
    ({"type": ["Note", "Article"], "content": "two"}, 400),
    ([], 400),
    ({"type": "Note", "content": "x", "publicKey": {"id": "x"}}, 400),
    ({"type": "Create", "object": {"type": "Note", "content": "x", "proof": {"type": "DataIntegrityProof"}}}, 400),
    ({"type": "Note", "content": ""}, 422),
    ({"type": "Note", "name": "A title", "content": "x"}, 422),
    ({"type": "Note", "content": "x", "attachment": [{"type": "Image", "url": "https://x.example/1.png"}]}, 422),
    ({"type": "Note", "content": "x", "sensitive": "yes"}, 422),
    ({"type": "Follow", "object": "http://127.0.0.1:9/nobody"}, 404),
    ({"type": "Follow", "object": "not an address"}, 400),
    ({"type": "Like", "object": "http://127.0.0.1:9/1"}, 404),
    ({"type": "Create", "object": [{"type": "Note", "content": "a"}, {"type": "Note", "content": "b"}]}, 400),
]


@pytest.mark.parametrize(("activity", "status"), OTHERS)
async def test_everything_else_is_refused_with_words_and_changes_nothing(
    amy: Client, activity: Any, status: int
) -> None:
    before = mine(amy.home)
    told = await amy.send(activity, status)
    if status == 400 and "is not taken here" in told["detail"]:
        assert told["type"].endswith("#unsupported-type")
        assert "What is taken: Accept, Add, " in told["detail"]
    assert mine(amy.home) == before


def mine(home: House) -> dict[str, str]:
    """Every table of ours that a person could change."""
    names = {model.__tablename__ for model in (Post, Activity, Delivery, Reaction, Follow, Block, Report, Notification)}
    return {table: digest for table, digest in home.dump().items() if table in names}


async def test_nobody_speaks_for_another(amy: Client, ivo: Client) -> None:
    """AUT-33, AUT-34: no other actor, author, outbox or object; and what one may not see looks like what is missing."""
    before = mine(amy.home)
    note = {"type": "Note", "content": "x"}
    for activity in (
        {"type": "Create", "actor": ivo.actor.uri, "object": note},
        {**note, "attributedTo": ivo.actor.uri},
        {"type": "Create", "object": {**note, "attributedTo": [ivo.actor.uri]}},
    ):
        assert (await amy.send(activity, 400))["type"].endswith("#principal-actor-mismatch")
    await amy.post(f"{ivo.actor.uri}/outbox", note, 403)
    await amy.post(f"{amy.home.origin}/users/nobody/outbox", note, 404)
    assert mine(amy.home) == before
    post = await ivo.write("Ben's", to=[PUBLIC])
    before = mine(amy.home)
    for kind in ("Update", "Delete"):
        await amy.send({"type": kind, "object": {"id": post.uri, "type": "Note", "content": "Ann's"}}, 403)
    featured = f"{ivo.actor.uri}/collections/featured"
    await amy.send({"type": "Add", "object": post.uri, "target": featured}, 403)
    await amy.send({"type": "Update", "object": {"id": ivo.actor.uri, "type": "Person", "name": "Ann"}}, 403)
    await amy.send({"type": "Add", "object": post.uri, "target": f"{amy.actor.uri}/collections/featured"}, 404)
    assert mine(amy.home) == before


async def test_a_private_post_answers_every_verb_like_a_missing_one(amy: Client, ivo: Client) -> None:
    """VIS-03: the same bytes, and nothing changes."""
    featured = f"{amy.actor.uri}/collections/featured"
    hidden = [await ivo.write("Closed"), await ivo.write("Waits", out=False, to=[PUBLIC])]
    gone = await ivo.write("Gone", to=[PUBLIC])
    await ivo.send({"type": "Delete", "object": gone.uri})
    before = mine(amy.home)
    for kind in ("Like", "Announce", "Delete", "Update", "Add", "Remove", "Flag"):
        told = []
        for uri in (f"{amy.home.origin}/notes/{amy.home.context.ids.new()}", *(post.uri for post in (*hidden, gone))):
            activity = {"type": kind, "object": {"id": uri}, "target": featured}
            told.append(await amy.send(activity, 404))
        assert told.count(told[0]) == 4, kind
    assert mine(amy.home) == before


async def test_who_may_post(amy: Client, home: House) -> None:
    """401 with a challenge without a token, 403 for one that may only read or is an app's own."""
    url, note = f"{amy.actor.uri}/outbox", {"type": "Note", "content": "x"}
    asks = {"accept": "application/activity+json", "content-type": "application/activity+json"}
    for headers, status in (({}, 401), (bearer("nonsense"), 401),
                            (bearer(await token_for(home, amy.actor.username, "read")), 403),
                            (bearer(await token_for(home, amy.actor.username, "write:statuses")), 403)):  # fmt: skip
        answer = await home.client.post(url, json=note, headers={**asks, **headers})
        assert answer.status_code == status
        assert ("www-authenticate" in answer.headers) is (status == 401)
        assert answer.headers["access-control-allow-origin"] == "*"
    for media_type, status in (("text/plain", 415), ("", 415), ("application/json", 201), ("application/ld+json", 201)):
        headers = {**amy.headers, "content-type": media_type}
        answer = await home.client.post(url, content=json.dumps(note), headers=headers)
        assert answer.status_code == status, media_type
    answer = await home.client.post(url, content=b"{", headers={**amy.headers, "content-type": "application/json"})
    assert answer.status_code == 400


@pytest.mark.parametrize("kind", ["EmojiReact", "Like"])
async def test_a_reaction_says_one_emoji(amy: Client, good: Peer, kind: str) -> None:
    """FEP-c0e0, both spellings; it goes out as it was asked for, and is taken back whole."""
    bob = good.actor(f"bob{kind.lower()}")
    note = bob.note("A picture of a fox")
    for wrong in ("nice", "", ":blobcat:", "\U0001f98a\U0001f98a\U0001f98a" * 9):
        if wrong or kind == "EmojiReact":
            await amy.send({"type": kind, "object": note["id"], "content": wrong}, 422)
    made = await amy.send({"type": kind, "object": note["id"], "content": "\U0001f98a"})
    assert (made["type"], made["content"]) == (kind, "\U0001f98a")
    again = await amy.send({"type": kind, "object": note["id"], "content": "\U0001f98a"}, 200)
    assert again["id"] == made["id"]
    await deliver_all(amy.home)
    assert (await good.arrival(kind))["content"] == "\U0001f98a"
    [row] = await amy.home.rows(Reaction, uri=made["id"])
    assert (row.kind, row.emoji) == ("like", "\U0001f98a")
    assert note["id"] in await amy.items(f"{amy.actor.uri}/liked")
    await amy.send({"type": "Undo", "object": {"type": kind, "id": made["id"], "object": note["id"]}})
    await deliver_all(amy.home)
    assert (await good.arrival("Undo"))["object"]["id"] == made["id"]
    assert await amy.home.rows(Reaction, uri=made["id"]) == []


async def test_a_collection_of_ones_own(amy: Client, ivo: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made, filled, renamed and deleted by its owner's client, and seen by nobody else; nothing of it is sent."""
    sent = len(await amy.home.rows(Delivery))
    made = await amy.send({"type": "Collection", "nameMap": {"en": ["Foxes"]}})
    uri = made["object"]["id"]
    assert (made["type"], made["object"]["type"], made["object"]["name"]) == ("Create", "OrderedCollection", "Foxes")
    one, two = "https://far.example/notes/1", (await ivo.write("A fox", to=[PUBLIC])).uri
    added = await amy.send({"type": "Add", "object": one, "target": uri})
    assert (added["object"], added["target"]) == (one, uri)
    await amy.send({"type": "Add", "object": one, "target": uri}, 200)
    monkeypatch.setattr(limits, "OWN_ITEMS", 2)
    await amy.send({"type": "Add", "object": two, "target": uri})
    await amy.send({"type": "Add", "object": "https://far.example/notes/3", "target": uri}, 422)
    assert await amy.items(uri) == [two, one]
    assert (await amy.get(uri))["totalItems"] == 2
    await amy.send({"type": "Update", "object": {"id": uri, "type": "OrderedCollection", "name": "Foxes & co"}})
    assert (await amy.get(uri))["name"] == "Foxes & co"
    for other in (ivo.headers, {}):
        assert (await amy.home.client.get(uri, headers=other)).status_code == 404
        assert (await amy.home.client.get(made["id"], headers=other)).status_code == 404
    await ivo.send({"type": "Add", "object": one, "target": uri}, 403)
    await ivo.send({"type": "Delete", "object": uri}, 404)
    await amy.send({"type": "Remove", "object": one, "target": uri})
    await amy.send({"type": "Remove", "object": one, "target": uri}, 404)
    assert await amy.items(uri) == [two]
    monkeypatch.setattr(limits, "OWN_COLLECTIONS", 1)
    await amy.send({"type": "OrderedCollection", "name": "Another"}, 422)
    gone = await amy.send({"type": "Delete", "object": uri})
    assert gone["object"]["formerType"] == "OrderedCollection"
    await amy.get(uri, 404)
    await amy.send({"type": "OrderedCollection", "name": "Open", "to": [PUBLIC]}, 422)
    await amy.send({"type": "Collection", "items": [one]}, 422)
    assert len(await amy.home.rows(Delivery)) == sent


async def test_an_outbox_takes_so_many_activities(ann: Client) -> None:
    like = {"type": "Like", "object": f"{ann.home.origin}/notes/1"}
    limiter = ann.home.context.part(RateLimiter)
    limiter.check(f"outbox:{ann.actor.id}", OUTBOX_PER_ACCOUNT, OUTBOX_PER_ACCOUNT.count - 1)
    await ann.send(like, 404)
    told = await ann.send(like, 429)
    assert told["type"].endswith("#rate-limit-exceeded")


async def test_every_row_of_the_table_is_tested_here() -> None:
    assert [kind for kind, _ in TABLE if f'"{kind}"' not in SAID] == []
    assert len(TABLE) == 24
