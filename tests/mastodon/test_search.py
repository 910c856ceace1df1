"""Search, trends, suggestions, conversations, scheduled posts and reports."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from outbox.models import Report, Visibility
from outbox.prepare import prepare
from outbox.schedule import publish_due
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_people_posts_and_hashtags_are_found(home: House, alice: App, bob: App) -> None:
    hidden = await published(home, bob.actor, "A marmalade lighthouse", visibility=Visibility.PUBLIC)
    await bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"indexable": True, "discoverable": True})
    quiet = await published(home, bob.actor, "A quiet marmalade", visibility=Visibility.QUIET)
    own = await published(home, alice.actor, "My marmalade, for #breakfast", visibility=Visibility.FOLLOWERS)
    found = await alice.get("/api/v2/search", q="MARMALADE")
    assert [one["id"] for one in found["statuses"]] == [str(own.id), str(hidden.id)]
    assert str(quiet.id) not in str(found)
    assert (found["accounts"], found["hashtags"]) == ([], [])
    await bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"indexable": False})
    found = await alice.get("/api/v2/search", q="marmalade")
    assert [one["id"] for one in found["statuses"]] == [str(own.id)], "who does not agree is not searched"
    assert (await alice.get("/api/v2/search", q="100%"))["statuses"] == []

    assert [one["id"] for one in (await alice.get("/api/v2/search", q="@bo"))["accounts"]] == [bob.id]
    assert [one["id"] for one in await alice.get("/api/v1/accounts/search", q=f"bob@{home.context.config.host}")] == [
        bob.id
    ]
    await published(home, bob.actor, "#breakfast in bed", visibility=Visibility.PUBLIC)
    tags = (await alice.get("/api/v2/search", q="break", type="hashtags"))["hashtags"]
    assert [one["name"] for one in tags] == ["breakfast"]

    stranger = App.stranger(home)
    assert (await stranger.get("/api/v2/search", q="marmalade"))["statuses"] == []
    await stranger.get("/api/v2/search", q="bob", resolve="true", status=401)
    resolved = await alice.get("/api/v2/search", q=hidden.url or "", resolve="true")
    assert [one["id"] for one in resolved["statuses"]] == [str(hidden.id)]
    resolved = await alice.get("/api/v2/search", q=bob.actor.uri, resolve="true")
    assert [one["id"] for one in resolved["accounts"]] == [bob.id]


async def test_trends_suggestions_and_the_directory(home: House, alice: App, bob: App) -> None:
    stranger = App.stranger(home)
    picture = await published(home, bob.actor, "#sunrise", picture=True, visibility=Visibility.PUBLIC)
    await alice.post(f"/api/v1/statuses/{picture.id}/favourite")
    assert [one["id"] for one in await stranger.get("/api/v1/trends/statuses")] == [str(picture.id)]
    names = [one["name"] for one in await stranger.get("/api/v1/trends/tags")]
    assert "sunrise" in names
    assert await stranger.get("/api/v1/trends/links") == []
    assert await alice.get("/api/v1/announcements") == []
    await bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"discoverable": True})
    assert [one["account"]["id"] for one in await alice.get("/api/v2/suggestions")] == [bob.id]
    assert bob.id in [one["id"] for one in await stranger.get("/api/v1/directory", local="true")]
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    assert await alice.get("/api/v1/suggestions") == []
    [found] = await alice.get("/api/v1/accounts/familiar_followers", **{"id[]": bob.id})
    assert (found["id"], found["accounts"]) == (bob.id, [])


async def test_conversations_are_each_persons_own(home: House, alice: App, bob: App) -> None:
    first = await alice.post("/api/v1/statuses", {"status": "@bob a secret", "visibility": "direct"})
    await prepare.function(home.context, [int(first["id"])])
    [mine], [theirs] = await alice.get("/api/v1/conversations"), await bob.get("/api/v1/conversations")
    assert (mine["unread"], theirs["unread"]) == (False, True)
    assert [one["id"] for one in mine["accounts"]] == [bob.id]
    assert [one["id"] for one in theirs["accounts"]] == [alice.id]
    assert theirs["last_status"]["id"] == first["id"]
    read = await bob.post(f"/api/v1/conversations/{theirs['id']}/read")
    assert read["unread"] is False
    await alice.post(f"/api/v1/conversations/{theirs['id']}/read", status=404)
    answer = await bob.post(
        "/api/v1/statuses", {"status": "@alice kept", "visibility": "direct", "in_reply_to_id": first["id"]}
    )
    await prepare.function(home.context, [int(answer["id"])])
    [mine] = await alice.get("/api/v1/conversations")
    assert (mine["unread"], mine["last_status"]["id"]) == (True, answer["id"])
    await alice.ask("DELETE", f"/api/v1/conversations/{mine['id']}")
    assert await alice.get("/api/v1/conversations") == []
    assert len(await bob.get("/api/v1/conversations")) == 1


async def test_a_scheduled_post_is_moved_taken_back_or_goes_out(home: House, alice: App, bob: App) -> None:
    at = datetime.fromtimestamp(home.clock.now_ms() / 1000 + 3600, UTC)
    made = await alice.post("/api/v1/statuses", {"status": "Later", "scheduled_at": at.isoformat()})
    await prepare.function(home.context, [int(made["id"])])
    assert [one["id"] for one in await alice.get("/api/v1/scheduled_statuses")] == [made["id"]]
    await bob.get(f"/api/v1/scheduled_statuses/{made['id']}", status=404)
    later = datetime.fromtimestamp(at.timestamp() + 3600, UTC).isoformat()
    moved = await alice.ask("PUT", f"/api/v1/scheduled_statuses/{made['id']}", json={"scheduled_at": later})
    assert moved["scheduled_at"] > made["scheduled_at"]
    other = await alice.post("/api/v1/statuses", {"status": "Never", "scheduled_at": at.isoformat()})
    await prepare.function(home.context, [int(other["id"])])
    await alice.ask("DELETE", f"/api/v1/scheduled_statuses/{other['id']}")
    home.clock.forward(7201)
    await publish_due(home.context)
    assert await alice.get("/api/v1/scheduled_statuses") == []
    assert (await bob.get(f"/api/v1/statuses/{made['id']}"))["id"] == made["id"]
    await bob.get(f"/api/v1/statuses/{other['id']}", status=404)


async def test_a_report_reaches_the_moderators(home: House, alice: App, bob: App) -> None:
    post = await published(home, bob.actor, "Spam, spam", visibility=Visibility.PUBLIC)
    made = await alice.post(
        "/api/v1/reports",
        {"account_id": bob.id, "status_ids": [str(post.id)], "comment": "Only spam", "category": "spam"},
    )
    assert (made["category"], made["action_taken"], made["target_account"]["id"]) == ("spam", False, bob.id)
    [row] = await home.rows(Report)
    assert (row.comment, row.posts) == ("[spam] Only spam", [post.uri])
    named = {"account_id": bob.id, "comment": "Not labelled", "rule_ids": ["1", "99"]}
    made = await alice.post("/api/v1/reports", named)
    assert (made["category"], made["rule_ids"]) == ("violation", ["1"])
    [row] = await home.rows(Report)
    assert row.comment.endswith("[violation; Pictures made with AI are labelled as such.] Not labelled")
    assert (await alice.post("/api/v1/reports", {**named, "category": "spam"}))["rule_ids"] is None
    await alice.post("/api/v1/reports", {"account_id": alice.id}, status=422)
    await alice.get("/api/v1/polls/1", status=404)


async def test_whom_one_blocked_is_found_by_their_whole_name_alone(home: House, alice: App) -> None:
    """So that a program which looks people up by name can take the block back; nobody is found whom others blocked."""
    vic = await App.of(home, "victor")
    await alice.post(f"/api/v1/accounts/{vic.id}/block")
    for words, found in (("victor", [vic.id]), ("@victor", [vic.id]), ("vict", []), ("alice", [alice.id])):
        assert [one["id"] for one in (await alice.get("/api/v2/search", q=words, type="accounts"))["accounts"]] == found
    assert (await vic.get("/api/v2/search", q="alice", type="accounts"))["accounts"] == []
    await alice.post(f"/api/v1/accounts/{vic.id}/unblock")


async def test_a_hashtag_is_asked_for_with_a_sign_before_it(home: House, alice: App) -> None:
    post = await published(home, alice.actor, "A #colonnade", visibility=Visibility.PUBLIC)
    for name in ("colonnade", ":Colonnade", "%23colonnade"):
        assert [one["id"] for one in await alice.get(f"/api/v1/timelines/tag/{name}")] == [str(post.id)]
