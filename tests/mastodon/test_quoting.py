"""Quotes, muted conversations, and what a new post begins with."""

from __future__ import annotations

import pytest

from outbox.models import Post, QuoteState, Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_quote_is_shown_listed_and_taken_back(home: House, alice: App, bob: App) -> None:
    quoted = await published(home, alice.actor, "Quote me", visibility=Visibility.PUBLIC)
    made = await bob.post("/api/v1/statuses", {"status": "As she says", "quoted_status_id": str(quoted.id)})
    assert made["quote"]["state"] == "pending"
    quoting = await published(home, bob.actor, "Indeed", visibility=Visibility.PUBLIC, quote_uri=quoted.uri)
    shown = await alice.get(f"/api/v1/statuses/{quoting.id}")
    assert shown["quote"]["state"] == "accepted"
    assert shown["quote"]["quoted_status"]["id"] == str(quoted.id)
    first = await alice.get(f"/api/v1/statuses/{quoted.id}")
    assert first["quotes_count"] == 1
    assert first["quote_approval"] == {"automatic": ["public"], "manual": [], "current_user": "automatic"}
    assert [one["id"] for one in await alice.get(f"/api/v1/statuses/{quoted.id}/quotes")] == [str(quoting.id)]
    path = f"/api/v1/statuses/{quoted.id}/quotes/{quoting.id}/revoke"
    await bob.post(path, status=404)
    assert (await alice.post(path))["quote"] == {"state": "revoked", "quoted_status": None}
    assert await alice.get(f"/api/v1/statuses/{quoted.id}/quotes") == []
    private = await published(home, alice.actor, "Not this", visibility=Visibility.FOLLOWERS)
    body = {"status": "Look", "quoted_status_id": str(private.id)}
    assert await bob.post("/api/v1/statuses", body, status=404)


async def test_who_may_quote_follows_from_the_visibility(home: House, alice: App, bob: App) -> None:
    post = await published(home, alice.actor, "Open", visibility=Visibility.PUBLIC)
    path = f"/api/v1/statuses/{post.id}/interaction_policy"
    assert (await alice.ask("PUT", path, json={"quote_approval_policy": "public"}))["id"] == str(post.id)
    await alice.ask("PUT", path, json={"quote_approval_policy": "nobody"}, status=422)
    await bob.ask("PUT", path, json={"quote_approval_policy": "public"}, status=404)


async def test_a_muted_conversation_tells_nothing_more(home: House, alice: App, bob: App) -> None:
    post = await published(
        home, alice.actor, "A long talk", visibility=Visibility.PUBLIC, context_uri="https://c.test/1"
    )
    before = len(await alice.get("/api/v1/notifications"))
    assert (await alice.post(f"/api/v1/statuses/{post.id}/mute"))["muted"] is True
    await published(home, bob.actor, "And on", visibility=Visibility.PUBLIC, context_uri="https://c.test/1",
                    in_reply_to_id=post.id, in_reply_to_uri=post.uri)  # fmt: skip
    await bob.post(f"/api/v1/statuses/{post.id}/favourite")
    assert len(await alice.get("/api/v1/notifications")) == before
    await alice.post(f"/api/v1/statuses/{post.id}/unmute")
    await bob.post(f"/api/v1/statuses/{post.id}/reblog")
    assert len(await alice.get("/api/v1/notifications")) == before + 1


async def test_a_new_post_begins_as_its_author_chose(home: House, alice: App) -> None:
    await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={
        "source": {"privacy": "private", "sensitive": True, "language": "de"},
    })  # fmt: skip
    made = await alice.post("/api/v1/statuses", {"status": "Guten Morgen"})
    assert (made["visibility"], made["sensitive"], made["language"]) == ("private", True, "de")
    said = await alice.post("/api/v1/statuses", {"status": "x", "visibility": "public", "sensitive": False})
    assert (said["visibility"], said["sensitive"]) == ("public", False)
    wanted = await alice.get("/api/v1/preferences")
    assert wanted["posting:default:visibility"] == "private"
    assert wanted["posting:default:language"] == "de"
    await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"source": {"privacy": "x"}}, status=422)


async def test_a_refused_quote_of_what_is_gone(home: House, alice: App) -> None:
    [row] = await home.rows(Post, text="Indeed")
    assert row.quote_state == QuoteState.REVOKED
    assert await alice.post("/api/v1/statuses", {"status": "x", "quoted_status_id": "12"}, status=404)
