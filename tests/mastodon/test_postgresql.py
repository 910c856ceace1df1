"""The API's queries on PostgreSQL: what is read most is asked once through the real routes."""

from __future__ import annotations

from pathlib import Path

from outbox import staff_view
from outbox.models import Visibility
from tests.mastodon.app import App
from tests.support.house import House, house
from tests.support.rooms import published

PATHS = (
    "/api/v1/timelines/home", "/api/v1/timelines/home?min_id=1", "/api/v1/timelines/public?local=true&only_media=true",
    "/api/v1/timelines/public?remote=true", "/api/v1/timelines/tag/harbour?any[]=sea&none[]=fog",
    "/api/v1/notifications", "/api/v2/notifications", "/api/v1/accounts/verify_credentials", "/api/v1/favourites",
    "/api/v1/bookmarks",
    "/api/v1/instance", "/api/v2/instance", "/api/v1/preferences", "/api/v2/search?q=bob", "/api/v1/conversations",
    "/api/v1/trends/tags", "/api/v1/trends/statuses", "/api/v1/directory", "/api/v2/suggestions",
    "/api/v1/instance/activity", "/api/v1/instance/domain_blocks",
)  # fmt: skip


async def test_what_is_read_most(tmp_path: Path, postgresql_url: str) -> None:
    async with house(tmp_path / "house", database={"url": postgresql_url}) as home:
        alice, bob = await App.of(home, "alice"), await App.of(home, "bob")
        post = await published(home, alice.actor, "A #harbour", picture=True, visibility=Visibility.PUBLIC)
        await bob.post(f"/api/v1/accounts/{alice.id}/follow")
        for verb in ("favourite", "bookmark", "mute"):
            await bob.post(f"/api/v1/statuses/{post.id}/{verb}")
        await alice.post(f"/api/v1/statuses/{post.id}/reblog")
        await bob.post("/api/v1/statuses", {"status": "A reply", "in_reply_to_id": str(post.id)})
        for path in PATHS:
            await bob.get(path)
        shown = await bob.get("/api/v1/timelines/home")
        assert str(post.id) in {one["reblog"]["id"] if one["reblog"] else one["id"] for one in shown}
        for part in ("", "/context", "/history", "/favourited_by", "/reblogged_by", "/quotes"):
            await bob.get(f"/api/v1/statuses/{post.id}{part}")
        for part in ("", "/statuses", "/statuses?exclude_replies=true&tagged=harbour", "/followers", "/following"):
            await bob.get(f"/api/v1/accounts/{alice.id}{part}")
        assert (await bob.get(f"/api/v1/accounts/relationships?id[]={alice.id}"))[0]["following"] is True
        await _aside(home, alice, bob)


async def _aside(home: House, alice: App, bob: App) -> None:
    """Put aside, counted, let in; and what moderators may read."""
    await alice.ask("PATCH", "/api/v2/notifications/policy", json={"for_not_following": "filter"})
    named = [{"uri": alice.actor.uri, "handle": "alice"}]
    secret = await published(home, bob.actor, "@alice hm", visibility=Visibility.DIRECT, mentions=named)
    assert (await alice.get("/api/v2/notifications/policy"))["summary"]["pending_notifications_count"] == 1
    [request] = await alice.get("/api/v1/notifications/requests?since_id=1")
    assert (request["id"], request["last_status"]["id"]) == (bob.id, str(secret.id))
    await alice.post(f"/api/v1/notifications/requests/{bob.id}/accept")
    assert [one["last_status"]["id"] for one in await alice.get("/api/v1/conversations")] == [str(secret.id)]
    async with home.context.database.read() as session:
        assert not await staff_view.came_before(session, secret)
