"""Notifications put aside: by the policy of an app, shown as requests, let in or dismissed, and whole afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Account, Actor, Severity
from fediverse_ai.core import limits
from outbox.models import Notification, Post, Visibility
from outbox.shelves import Conversation, LetIn
from outbox.told import Told
from tests.mastodon.app import App
from tests.mastodon.test_streaming import listening
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")

POLICY = "/api/v2/notifications/policy"
REQUESTS = "/api/v1/notifications/requests"


async def set_policy(app: App, **values: str) -> Any:
    usual = dict.fromkeys(
        ("for_not_following", "for_not_followers", "for_new_accounts", "for_private_mentions"), "accept"
    )
    return await app.ask("PATCH", POLICY, json={**usual, "for_limited_accounts": "drop", **values})


async def mention(home: House, author: App, reader: App, text: str, visibility: str = Visibility.PUBLIC,
                  **columns: Any) -> Post:  # fmt: skip
    named = [{"uri": reader.actor.uri, "handle": reader.actor.handle}]
    return await published(home, author.actor, text, visibility=visibility, mentions=named, **columns)


async def told(app: App, **params: str) -> list[tuple[str, str]]:
    return [(one["type"], one["account"]["id"]) for one in await app.get("/api/v1/notifications", **params)]


async def test_what_is_filtered_waits_as_a_request_and_is_let_in(home: House, alice: App, bob: App) -> None:
    post = await published(home, alice.actor, "Like me", visibility=Visibility.PUBLIC)
    changed = await set_policy(alice, for_not_following="filter")
    assert changed["for_not_following"] == "filter"
    async with listening(alice, "?stream=user") as ear:
        await bob.post(f"/api/v1/statuses/{post.id}/favourite")
        said = await mention(home, bob, alice, "@alice hello")
        secret = await mention(home, bob, alice, "@alice between us", Visibility.DIRECT)
        assert await ear.silent()
        assert await told(alice) == []
        assert (await alice.get("/api/v2/notifications"))["notification_groups"] == []
        assert (await alice.get("/api/v1/notifications/unread_count"))["count"] == 0
        assert (await alice.get("/api/v2/notifications/unread_count"))["count"] == 0
        assert await alice.get("/api/v1/conversations") == []
        kinds = [("mention", bob.id), ("mention", bob.id), ("favourite", bob.id)]
        assert await told(alice, include_filtered="true", account_id=bob.id) == kinds
        groups = (await alice.get("/api/v2/notifications", include_filtered="true"))["notification_groups"]
        assert len(groups) == 3
        await alice.get(f"/api/v2/notifications/{groups[-1]['group_key']}", status=404)

        assert (await alice.get(POLICY))["summary"] == {"pending_requests_count": 1, "pending_notifications_count": 3}
        [request] = await alice.get(REQUESTS)
        assert (request["id"], request["account"]["id"]) == (bob.id, bob.id)
        assert (request["notifications_count"], request["last_status"]["id"]) == ("3", str(secret.id))
        assert await alice.get(f"{REQUESTS}/{bob.id}") == request
        # Nobody else's, and nothing by the number of a person who does not wait.
        for verb in ("", "/accept", "/dismiss"):
            await bob.ask("POST" if verb else "GET", f"{REQUESTS}/{bob.id}{verb}", status=404)
            await alice.ask("POST" if verb else "GET", f"{REQUESTS}/{alice.id}{verb}", status=404)
        await alice.post("/api/v1/notifications/clear")
        await alice.post("/api/v1/markers", {"notifications": {"last_read_id": str(secret.id + 2**40)}})
        assert len(await home.rows(Notification, actor_id=alice.actor.id, aside=True)) == 3

        assert await alice.post(f"{REQUESTS}/{bob.id}/accept") == {}
        heard = [await ear.hear() for _ in range(1)]
        assert [(one["event"], one["payload"]) for one in heard] == [("notifications_merged", "1")]
    assert await told(alice) == kinds
    assert (await alice.get("/api/v1/notifications/unread_count"))["count"] == 3
    assert (await alice.get(f"{REQUESTS}/merged"))["merged"] is True
    [thread] = await alice.get("/api/v1/conversations")
    assert thread["last_status"]["id"] == str(secret.id)
    assert await alice.get(REQUESTS) == []
    await alice.post(f"{REQUESTS}/{bob.id}/accept", status=404)
    # From now on.
    await bob.post(f"/api/v1/statuses/{post.id}/reblog")
    assert (await told(alice))[0] == ("reblog", bob.id)
    assert said.id


async def test_what_is_dismissed_is_forgotten_and_comes_anew(home: House, alice: App) -> None:
    await set_policy(alice, for_not_followers="filter")
    fans = [await App.of(home, f"fan{number}") for number in range(3)]
    for fan in fans:
        await mention(home, fan, alice, "@alice look")
    found = await alice.get(REQUESTS, limit=2)
    assert [one["id"] for one in found] == [fans[2].id, fans[1].id]
    assert alice.last is not None
    older = alice.last.headers["link"].split(">")[0].partition("?")[2]
    assert [one["id"] for one in await alice.get(f"{REQUESTS}?{older}")] == [fans[0].id]
    assert await alice.post(f"{REQUESTS}/{fans[0].id}/dismiss") == {}
    assert await alice.post(f"{REQUESTS}/dismiss", {"id": [fans[1].id, "1"]}) == {}
    assert [one["id"] for one in await alice.get(REQUESTS)] == [fans[2].id]
    await mention(home, fans[0], alice, "@alice again")
    assert {one["id"] for one in await alice.get(REQUESTS)} == {fans[0].id, fans[2].id}
    assert await alice.ask("POST", f"{REQUESTS}/accept", data={"id[]": [fans[0].id, fans[2].id]}) == {}
    assert await alice.get(REQUESTS) == []
    assert len(await home.rows(LetIn, actor_id=alice.actor.id)) >= 2
    # Whoever is blocked leaves nothing behind.
    fourth = await App.of(home, "fan4")
    await mention(home, fourth, alice, "@alice me too")
    await alice.post(f"/api/v1/accounts/{fourth.id}/block")
    assert await alice.get(REQUESTS) == []
    assert (await alice.get(POLICY))["summary"]["pending_requests_count"] == 0


async def test_every_group_has_its_word(home: House, alice: App) -> None:
    """Direct posts alone, unless they answer one's own; the limited are dropped or put aside; kinds that are off stay
    off; and whoever is followed is heard, whatever group they belong to."""
    await alice.post("/api/v1/notifications/clear")
    await set_policy(alice, for_private_mentions="filter")
    gil = await App.of(home, "gil")
    await mention(home, gil, alice, "@alice openly")
    await mention(home, gil, alice, "@alice secretly", Visibility.DIRECT)
    assert [one["notifications_count"] for one in await alice.get(REQUESTS)] == ["1"]
    own = await published(home, alice.actor, "For @gil", visibility=Visibility.DIRECT,
                          mentions=[{"uri": gil.actor.uri, "handle": "gil"}])  # fmt: skip
    await mention(home, gil, alice, "@alice my answer", Visibility.DIRECT, in_reply_to_id=own.id,
                  in_reply_to_uri=own.uri)  # fmt: skip
    assert len(await told(alice)) == 2

    hal = await App.of(home, "hal")
    async with home.context.database.write() as session:
        row = await session.get_one(Actor, hal.actor.id)
        row.severity = Severity.LIMIT
        session.add(row)
    await set_policy(alice)
    await mention(home, hal, alice, "@alice dropped")
    await set_policy(alice, for_limited_accounts="filter")
    await mention(home, hal, alice, "@alice kept")
    [request] = [one for one in await alice.get(REQUESTS) if one["id"] == hal.id]
    assert request["notifications_count"] == "1"
    await alice.ask("PATCH", POLICY, json={"for_limited_accounts": "accept"}, status=422)
    await alice.ask("PATCH", POLICY, json={"for_new_accounts": "maybe"}, status=422)

    ida = await App.of(home, "ida")
    await set_policy(alice, for_not_following="filter", for_not_followers="drop")
    await mention(home, ida, alice, "@alice nothing")
    assert ida.id not in {one["id"] for one in await alice.get(REQUESTS)}
    await ida.post(f"/api/v1/accounts/{alice.id}/follow")
    await mention(home, ida, alice, "@alice aside")
    assert ida.id in {one["id"] for one in await alice.get(REQUESTS)}
    await alice.post(f"/api/v1/accounts/{ida.id}/follow")
    await mention(home, ida, alice, "@alice told")
    assert (await told(alice))[0] == ("mention", ida.id)
    [account] = await home.rows(Account, actor_id=alice.actor.id)
    assert Told.of(account) == Told(frozenset(), frozenset({"not_followers"}), frozenset({"not_followed"}))


async def test_threads_of_who_is_let_in_are_bounded(home: House, alice: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ASIDE_THREADS", 3)
    await set_policy(alice, for_private_mentions="filter")
    for number in (2, 3, 4):
        many = await App.of(home, f"many{number}")
        posts = [await mention(home, many, alice, f"@alice {n}", Visibility.DIRECT) for n in range(number)]
        known = {row.last_post_id for row in await home.rows(Conversation, actor_id=alice.actor.id)}
        assert not known & {post.id for post in posts}
        await alice.post(f"{REQUESTS}/{many.id}/accept")
        after = {row.last_post_id for row in await home.rows(Conversation, actor_id=alice.actor.id)}
        assert after - known == {post.id for post in posts[-3:]}
        assert len([one for one in await told(alice, account_id=many.id) if one[0] == "mention"]) == number


async def test_portraits_alone_for_most_of_a_group(home: House, alice: App) -> None:
    await set_policy(alice)
    await alice.post("/api/v1/notifications/clear")
    post = await published(home, alice.actor, "Liked by many", visibility=Visibility.PUBLIC)
    fans = [await App.of(home, f"fan{number}") for number in range(3)]
    for fan in fans:
        await fan.post(f"/api/v1/statuses/{post.id}/favourite")
    found = await alice.get("/api/v2/notifications", expand_accounts="partial_avatars")
    assert [one["id"] for one in found["accounts"]] == [fans[2].id]
    assert {one["id"] for one in found["partial_accounts"]} == {fans[0].id, fans[1].id}
    assert len((await alice.get("/api/v2/notifications"))["accounts"]) == 3
