"""Lists and their timelines, whom one keeps away, and requests to follow."""

from __future__ import annotations

import pytest

from outbox.prepare import prepare
from tests.mastodon.app import App
from tests.support.house import House

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def said(app: App, text: str, **more: object) -> str:
    """The id of a published post of this person."""
    made = await app.post("/api/v1/statuses", {"status": text, "visibility": "public", **more})
    await prepare.function(app.home.context, [int(made["id"])])
    return str(made["id"])


async def shown(app: App, path: str) -> list[str]:
    return [one["id"] for one in await app.get(path)]


async def test_a_list_shows_its_members_and_keeps_them_from_home(home: House, alice: App, bob: App) -> None:
    made = await alice.post("/api/v1/lists", {"title": "Makers", "replies_policy": "none"})
    assert made == {"id": made["id"], "title": "Makers", "replies_policy": "none", "exclusive": False}
    people, feed = f"/api/v1/lists/{made['id']}/accounts", f"/api/v1/timelines/list/{made['id']}"
    await alice.post(people, {"account_ids": [bob.id]}, status=404)
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    await alice.post(people, {"account_ids": [bob.id]})
    await alice.post(people, {"account_ids": [bob.id]}, status=422)
    assert [one["id"] for one in await alice.get(people)] == [bob.id]
    assert [one["id"] for one in await alice.get(f"/api/v1/accounts/{bob.id}/lists")] == [made["id"]]

    post = await said(bob, "A fox for the list")
    assert await shown(alice, feed) == [post]
    assert post in await shown(alice, "/api/v1/timelines/home")
    answer = await said(bob, "And an answer", in_reply_to_id=post)
    assert await shown(alice, feed) == [post], "this list shows no replies"
    await alice.ask("PUT", f"/api/v1/lists/{made['id']}", json={"replies_policy": "list", "exclusive": True})
    assert await shown(alice, feed) == [answer, post]
    assert post not in await shown(alice, "/api/v1/timelines/home")

    assert (await bob.get(feed, status=404)) == {"error": "Record not found"}
    await alice.ask("DELETE", people, params={"account_ids[]": bob.id})
    assert await shown(alice, feed) == []
    await alice.ask("DELETE", f"/api/v1/lists/{made['id']}")
    assert await alice.get("/api/v1/lists") == []
    await alice.post(f"/api/v1/accounts/{bob.id}/unfollow")


async def test_a_mute_hides_for_its_time_and_may_leave_notifications(home: House, alice: App, bob: App) -> None:
    await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    post = await said(bob, "Muted words")
    tie = await alice.post(f"/api/v1/accounts/{bob.id}/mute", {"duration": 3600, "notifications": False})
    assert (tie["muting"], tie["muting_notifications"]) == (True, False)
    assert post not in await shown(alice, "/api/v1/timelines/home")
    assert post not in await shown(alice, "/api/v1/timelines/public")
    assert await shown(alice, "/api/v1/mutes") == [bob.id]
    mention = await said(bob, "@alice do you hear?")
    heard = [one["status"]["id"] for one in await alice.get("/api/v1/notifications", **{"types[]": "mention"})]
    assert mention in heard
    home.clock.forward(3601)
    assert post in await shown(alice, "/api/v1/timelines/home")
    assert await shown(alice, "/api/v1/mutes") == []
    await alice.post(f"/api/v1/accounts/{bob.id}/mute")
    unheard = await said(bob, "@alice and now?")
    heard = [one["status"]["id"] for one in await alice.get("/api/v1/notifications", **{"types[]": "mention"})]
    assert unheard not in heard
    await alice.post(f"/api/v1/accounts/{bob.id}/unmute")


async def test_notes_are_for_oneself(alice: App, bob: App) -> None:
    tie = await alice.post(f"/api/v1/accounts/{bob.id}/note", {"comment": "draws foxes"})
    assert tie["note"] == "draws foxes"
    [tie] = await bob.get("/api/v1/accounts/relationships", **{"id[]": alice.id})
    assert tie["note"] == ""


async def test_requests_are_answered_and_blocks_listed(home: House, alice: App, bob: App) -> None:
    await bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"locked": True})
    await alice.post(f"/api/v1/accounts/{bob.id}/unfollow")
    tie = await alice.post(f"/api/v1/accounts/{bob.id}/follow")
    assert (tie["requested"], tie["following"]) == (True, False)
    assert await shown(bob, "/api/v1/follow_requests") == [alice.id]
    tie = await bob.post(f"/api/v1/follow_requests/{alice.id}/authorize")
    assert tie["followed_by"] is True
    await bob.post(f"/api/v1/follow_requests/{alice.id}/reject", status=404)
    await bob.ask("PATCH", "/api/v1/accounts/update_credentials", json={"locked": False})
    await alice.post(f"/api/v1/accounts/{bob.id}/block")
    assert await shown(alice, "/api/v1/blocks") == [bob.id]
    await alice.post(f"/api/v1/accounts/{bob.id}/unblock")
    assert await shown(alice, "/api/v1/blocks") == []


async def test_a_silenced_server_is_gone_from_sight(home: House, alice: App) -> None:
    await alice.post("/api/v1/domain_blocks", {"domain": "Noise.Example"})
    await alice.post("/api/v1/domain_blocks", {"domain": "noise.example"})
    assert await alice.get("/api/v1/domain_blocks") == ["noise.example"]
    await alice.post("/api/v1/domain_blocks", {"domain": home.context.config.host}, status=422)
    await alice.post("/api/v1/domain_blocks", {"domain": "no host"}, status=422)
    await alice.ask("DELETE", "/api/v1/domain_blocks", data={"domain": "noise.example"})
    assert await alice.get("/api/v1/domain_blocks") == []
