"""Notifications in groups: one entry for what belongs together, whole on every page."""

from __future__ import annotations

import pytest

from actors.models import Account
from outbox.models import Visibility
from outbox.told import Told
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_likes_of_one_post_are_one_group(home: House, alice: App, bob: App) -> None:
    carol = await App.of(home, "carol")
    first = await published(home, alice.actor, "One", visibility=Visibility.PUBLIC)
    second = await published(home, alice.actor, "Two", visibility=Visibility.PUBLIC)
    for fan in (bob, carol):
        await fan.post(f"/api/v1/statuses/{first.id}/favourite")
    await bob.post(f"/api/v1/statuses/{second.id}/favourite")
    await carol.post(f"/api/v1/statuses/{first.id}/reblog")
    mention = await published(home, bob.actor, "@alice hello", visibility=Visibility.PUBLIC,
                              mentions=[{"uri": alice.actor.uri, "handle": "alice"}])  # fmt: skip
    found = await alice.get("/api/v2/notifications")
    groups = found["notification_groups"]
    assert [(one["type"], one["notifications_count"], one["status_id"]) for one in groups] == [
        ("mention", 1, str(mention.id)),
        ("reblog", 1, str(first.id)),
        ("favourite", 1, str(second.id)),
        ("favourite", 2, str(first.id)),
    ]
    both = groups[-1]
    assert set(both["sample_account_ids"]) == {bob.id, carol.id}
    assert {one["id"] for one in found["accounts"]} == {bob.id, carol.id}
    assert {one["id"] for one in found["statuses"]} == {str(first.id), str(second.id), str(mention.id)}
    assert await alice.get("/api/v2/notifications/unread_count") == {"count": 4}

    path = f"/api/v2/notifications/{both['group_key']}"
    assert (await alice.get(path))["notification_groups"] == [both]
    assert {one["id"] for one in await alice.get(f"{path}/accounts")} == {bob.id, carol.id}
    await bob.get(path, status=404)
    plain = await alice.get("/api/v2/notifications", **{"grouped_types[]": "follow"})
    assert len(plain["notification_groups"]) == 5
    one = await alice.get("/api/v2/notifications", limit=1)
    assert [group["type"] for group in one["notification_groups"]] == ["mention"]
    assert alice.last is not None
    assert 'rel="next"' in alice.last.headers["link"]
    await alice.post(f"{path}/dismiss")
    await alice.get(path, status=404)
    assert len((await alice.get("/api/v2/notifications"))["notification_groups"]) == 3
    assert (await alice.get("/api/v2/notifications/policy"))["for_bots"] == "accept"


async def test_the_policy_is_the_one_of_the_page(home: House, alice: App) -> None:
    path = "/api/v2/notifications/policy"
    open_to_all = dict.fromkeys(
        ("for_not_following", "for_not_followers", "for_new_accounts", "for_private_mentions"), "accept"
    )
    summary = {"pending_requests_count": 0, "pending_notifications_count": 0}
    known = await alice.get(path)
    assert known == {**open_to_all, "for_bots": "accept", "for_limited_accounts": "drop", "summary": summary}
    changed = await alice.ask("PATCH", path, json={"for_not_following": "drop", "for_private_mentions": "drop"})
    assert (changed["for_not_following"], changed["for_private_mentions"]) == ("drop", "drop")
    [account] = await home.rows(Account, actor_id=alice.actor.id)
    assert (Told.of(account).not_from, account.direct_from) == ({"not_followed"}, "followed")
    again = await alice.ask("PUT", path, data={"for_not_following": "accept"})
    assert again == await alice.get(path)
    assert (again["for_not_following"], again["for_private_mentions"]) == ("accept", "drop")
    for wrong in ({"for_limited_accounts": "accept"}, {"for_not_following": "x"}):
        told = await alice.ask("PATCH", path, json=wrong, status=422)
        assert ("heard whom you follow" if "for_limited_accounts" in wrong else "`filter` or `drop`") in told["error"]
    assert await alice.get(path) == again
    assert await alice.get("/api/v1/notifications/requests") == []
    assert await alice.get("/api/v1/notifications/requests/merged") == {"merged": True}
    await alice.get("/api/v1/notifications/requests/1", status=404)
