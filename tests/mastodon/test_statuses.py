"""Statuses: posted, read, changed and taken back, by the routes that apps use."""

from __future__ import annotations

import re

import pytest

from outbox import edit
from outbox.models import Post, Revision, Visibility
from tests.mastodon.app import App
from tests.mastodon.test_rules import picture
from tests.support.house import House
from tests.support.rooms import picture_of, published

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_post_is_shown_to_its_author_only_until_the_gate_has_spoken(alice: App, bob: App) -> None:
    made = await alice.post("/api/v1/statuses", {"status": "Good morning", "visibility": "public"})
    assert made["fediverse_ai"]["state"] == "waiting"
    assert "Only you can see this" in made["content"]
    assert "Good morning" in made["content"]
    assert made["visibility"] == "public"
    assert MOMENT.fullmatch(made["created_at"])
    assert made["id"].isdigit()
    assert (await alice.get(f"/api/v1/statuses/{made['id']}"))["id"] == made["id"]
    assert await bob.get(f"/api/v1/statuses/{made['id']}", status=404) == {"error": "Record not found"}
    assert made["id"] in [one["id"] for one in await alice.get("/api/v1/timelines/home")]
    assert made["id"] not in [one["id"] for one in await bob.get("/api/v1/timelines/public")]


async def test_the_same_key_gives_the_same_status_until_it_is_deleted(alice: App, home: House) -> None:
    key = {"Idempotency-Key": "once"}
    body = {"status": "Only once"}
    first = await alice.post("/api/v1/statuses", body, headers=key)
    assert (await alice.post("/api/v1/statuses", body, headers=key))["id"] == first["id"]
    other = await alice.post("/api/v1/statuses", body, headers={"Idempotency-Key": "another"})
    assert other["id"] != first["id"]
    gone = await alice.ask("DELETE", f"/api/v1/statuses/{first['id']}")
    assert gone["text"] == "Only once"
    again = await alice.post("/api/v1/statuses", body, headers=key)
    assert again["id"] != first["id"]
    home.clock.forward(3601)
    assert (await alice.post("/api/v1/statuses", body, headers=key))["id"] != again["id"]
    assert len(await home.rows(Post, text="Only once")) == 3


@pytest.mark.parametrize("word", ["public", "unlisted", "private", "direct"])
async def test_visibilities_are_translated_both_ways(alice: App, word: str) -> None:
    made = await alice.post("/api/v1/statuses", {"status": f"To {word}", "visibility": word})
    assert made["visibility"] == word


async def test_what_cannot_be_posted_is_said(alice: App) -> None:
    for body in (
        {"status": ""},
        {"status": "x", "visibility": "local"},
        {"status": "x", "poll": {"options": ["a", "b"], "expires_in": 3600}},
        {"status": "x", "media_ids": ["12"]},
        {"status": "x", "media_ids": ["nonsense"]},
        {"status": "x" * 5001},
        {"status": "x", "scheduled_at": "2020-01-01T00:00:00Z"},
    ):
        assert "error" in await alice.post("/api/v1/statuses", body, status=422)
    assert "error" in await alice.post("/api/v1/statuses", {"status": "x", "in_reply_to_id": "1"}, status=404)


async def test_imagine_in_the_text_and_prompt_as_a_field_ask_for_a_picture(alice: App, home: House) -> None:
    by_text = await alice.post(
        "/api/v1/statuses", {"status": "/imagine a red fox --seed 42 --size 640x480 --no snow\nGood morning #fox"}
    )
    [row] = await home.rows(Post, id=int(by_text["id"]))
    assert row.text == "Good morning #fox"
    assert row.request is not None
    image = row.request["image"]
    assert (image["prompt"], image["seed"], image["width"], image["height"]) == ("a red fox", 42, 640, 480)
    assert image["negative_prompt"] == "snow"
    by_field = await alice.post("/api/v1/statuses", {"status": "Look", "prompt": "a lighthouse", "seed": 7})
    [row] = await home.rows(Post, id=int(by_field["id"]))
    assert row.request is not None
    assert row.request["image"]["prompt"] == "a lighthouse"
    assert by_field["fediverse_ai"]["progress"]["words"] == "waiting for its turn"


async def test_the_label_is_seen_by_apps_that_know_nothing_of_it(alice: App, bob: App, home: House) -> None:
    post = await published(home, alice.actor, "A #harbour", picture=True, visibility=Visibility.PUBLIC)
    shown = await bob.get(f"/api/v1/statuses/{post.id}")
    assert "AI-generated" in shown["content"]
    assert [tag["name"] for tag in shown["tags"]] == ["harbour", "AIGenerated"]
    assert shown["fediverse_ai"]["ai_generated"] is True
    [picture] = shown["media_attachments"]
    assert picture["fediverse_ai"]["ai_generated"] is True
    assert picture["fediverse_ai"]["recipe"]["prompt"] == "a lighthouse"
    assert picture["type"] == "image"
    assert picture["url"].startswith(home.origin)
    assert picture["meta"]["original"]["size"] == "4x3"
    assert picture["description"] == "A lighthouse at dawn"
    assert "pinned" not in shown


async def test_reactions_and_what_they_answer(alice: App, bob: App, home: House) -> None:
    post = await published(home, alice.actor, "React to this", visibility=Visibility.PUBLIC)
    path = f"/api/v1/statuses/{post.id}"
    assert (await bob.post(f"{path}/favourite"))["favourited"] is True
    assert (await bob.post(f"{path}/favourite"))["favourites_count"] == 1
    wrapper = await bob.post(f"{path}/reblog")
    assert wrapper["id"] != str(post.id)
    assert wrapper["reblog"]["id"] == str(post.id)
    assert wrapper["content"] == ""
    assert (await bob.get(f"/api/v1/statuses/{wrapper['id']}"))["reblog"]["reblogged"] is True
    assert (await bob.post(f"{path}/bookmark"))["bookmarked"] is True
    assert (await bob.post(f"{path}/mute"))["muted"] is True
    assert [one["id"] for one in await bob.get("/api/v1/favourites")] == [str(post.id)]
    assert [one["id"] for one in await bob.get("/api/v1/bookmarks")] == [str(post.id)]
    assert [one["id"] for one in await alice.get(f"{path}/favourited_by")] == [bob.id]
    assert [one["id"] for one in await alice.get(f"{path}/reblogged_by")] == [bob.id]
    for back, name in (
        ("unfavourite", "favourited"),
        ("unreblog", "reblogged"),
        ("unbookmark", "bookmarked"),
        ("unmute", "muted"),
    ):
        assert (await bob.post(f"{path}/{back}"))[name] is False
    assert (await alice.post(f"{path}/pin"))["pinned"] is True
    assert [one["id"] for one in await bob.get(f"/api/v1/accounts/{alice.id}/statuses", pinned="true")] == [
        str(post.id)
    ]
    assert await bob.post(f"{path}/pin", status=404) == {"error": "There is no such post of yours."}


async def test_a_thread_is_shown_whole_and_in_order(alice: App, bob: App, home: House) -> None:
    first = await published(home, alice.actor, "One", visibility=Visibility.PUBLIC)
    second = await published(home, bob.actor, "Two", visibility=Visibility.PUBLIC, in_reply_to_id=first.id,
                             in_reply_to_uri=first.uri)  # fmt: skip
    third = await published(home, alice.actor, "Three", visibility=Visibility.PUBLIC, in_reply_to_id=second.id,
                            in_reply_to_uri=second.uri)  # fmt: skip
    hidden = await published(home, alice.actor, "Not yours", visibility=Visibility.FOLLOWERS, in_reply_to_id=second.id,
                             in_reply_to_uri=second.uri)  # fmt: skip
    found = await bob.get(f"/api/v1/statuses/{second.id}/context")
    assert [one["id"] for one in found["ancestors"]] == [str(first.id)]
    assert [one["id"] for one in found["descendants"]] == [str(third.id)]
    assert str(hidden.id) in [
        one["id"] for one in (await alice.get(f"/api/v1/statuses/{first.id}/context"))["descendants"]
    ]
    shown = await bob.get(f"/api/v1/statuses/{third.id}")
    assert (shown["in_reply_to_id"], shown["in_reply_to_account_id"]) == (str(second.id), bob.id)


async def test_an_edit_waits_for_the_gate_and_history_tells_versions(alice: App, bob: App, home: House) -> None:
    post = await published(home, alice.actor, "First words", visibility=Visibility.PUBLIC)
    path = f"/api/v1/statuses/{post.id}"
    assert (await alice.get(f"{path}/source"))["text"] == "First words"
    assert await bob.get(f"{path}/source", status=404)
    changed = await alice.ask("PUT", path, json={"status": "Second words"})
    assert "First words" in changed["content"]
    await alice.ask("PUT", path, json={"status": "Third words"}, status=409)
    versions = await bob.get(f"{path}/history")
    assert [one["content"] for one in versions] == ["<p>First words</p>"]
    assert await bob.ask("PUT", path, json={"status": "Not mine"}, status=404)


async def test_an_edit_changes_language_description_and_focus(alice: App, home: House) -> None:
    post = await published(home, alice.actor, "Guten Morgen", visibility=Visibility.PUBLIC)
    await picture_of(home, post, picture(64, "JPEG"), recipe=None)
    path = f"/api/v1/statuses/{post.id}"
    [shown] = (await alice.get(path))["media_attachments"]
    attributes = [{"id": shown["id"], "description": "Ein Bild", "focus": "0.5,-9"}]
    await alice.ask("PUT", path, json={"status": "Guten Abend", "language": "de", "media_attributes": attributes})
    [revision] = await home.rows(Revision, post_id=post.id, state="waiting")
    await edit.revise.function(home.context, [revision.id])
    changed = await alice.get(path)
    assert (changed["language"], changed["edited_at"] is not None) == ("de", True)
    [shown] = changed["media_attachments"]
    assert (shown["description"], shown["meta"]["focus"]) == ("Ein Bild", {"x": 0.5, "y": -1.0})
    note = (await home.client.get(post.uri, headers={"accept": "application/activity+json"})).json()
    assert list(note["contentMap"]) == ["de"]
    assert note["attachment"][0]["focalPoint"] == [0.5, -1.0]
    # What an edit does not name stays.
    await alice.ask("PUT", path, json={"status": "Gute Nacht"})
    [revision] = await home.rows(Revision, post_id=post.id, state="waiting")
    await edit.revise.function(home.context, [revision.id])
    changed = await alice.get(path)
    assert (changed["language"], changed["media_attachments"][0]["meta"]["focus"]["x"]) == ("de", 0.5)


async def test_deleting_gives_the_text_once_more(alice: App, bob: App, home: House) -> None:
    post = await published(home, alice.actor, "To be redrafted", picture=True, visibility=Visibility.PUBLIC)
    await bob.ask("DELETE", f"/api/v1/statuses/{post.id}", status=404)
    gone = await alice.ask("DELETE", f"/api/v1/statuses/{post.id}")
    assert (gone["text"], len(gone["media_attachments"])) == ("To be redrafted", 1)
    await alice.get(f"/api/v1/statuses/{post.id}", status=404)
