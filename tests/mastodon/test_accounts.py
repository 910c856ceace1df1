"""Accounts, their relations and their lists; oEmbed; and that nobody reaches what is another's by its number."""

from __future__ import annotations

import html
import re

import pytest

from outbox.models import Visibility
from tests.mastodon.app import App
from tests.mastodon.test_rules import picture
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_an_account_with_its_counters(home: House, alice: App, bob: App) -> None:
    await published(home, alice.actor, "One", visibility=Visibility.PUBLIC)
    await published(home, alice.actor, "For followers", visibility=Visibility.FOLLOWERS)
    await bob.post(f"/api/v1/accounts/{alice.id}/follow")
    shown = await App.stranger(home).get(f"/api/v1/accounts/{alice.id}")
    assert (shown["statuses_count"], shown["followers_count"], shown["following_count"]) == (1, 1, 0)
    assert (shown["acct"], shown["username"]) == ("alice", "alice")
    for name in ("alice", "@alice", f"alice@{home.context.config.host}"):
        assert (await bob.get("/api/v1/accounts/lookup", acct=name))["id"] == alice.id
    for name in ("nobody", "", "a b", "x@elsewhere.test"):
        await bob.get("/api/v1/accounts/lookup", acct=name, status=404)
    await bob.get("/api/v1/accounts/1", status=404)
    mine = await alice.get("/api/v1/accounts/verify_credentials")
    assert mine["source"]["privacy"] == "unlisted"
    assert (mine["role"]["name"], mine["role"]["permissions"]) == ("", "0")


async def test_statuses_of_an_account_as_each_reader_may_see_them(home: House, alice: App, bob: App) -> None:
    path = f"/api/v1/accounts/{alice.id}/statuses"
    stranger = App.stranger(home)
    private = await published(home, alice.actor, "A #needle", picture=True, visibility=Visibility.FOLLOWERS)
    await alice.post("/api/v1/statuses", {"status": "Waiting"})
    ids = {name: {one["id"] for one in await app.get(path)}
           for name, app in (("stranger", stranger), ("bob", bob), ("alice", alice))}  # fmt: skip
    assert str(private.id) not in ids["stranger"]
    assert str(private.id) in ids["bob"]
    assert ids["stranger"] < ids["bob"] < ids["alice"]
    assert [one["id"] for one in await bob.get(path, only_media="true")] == [str(private.id)]
    assert [one["id"] for one in await bob.get(path, tagged="Needle")] == [str(private.id)]
    assert await stranger.get(path, tagged="needle") == []
    assert await stranger.get(path, pinned="true") == []


async def test_relations_and_their_lists(alice: App, bob: App) -> None:
    both = await alice.get(f"/api/v1/accounts/relationships?id[]={bob.id}&id[]={alice.id}&id[]=7")
    assert [one["id"] for one in both] == [bob.id, alice.id]
    assert both[0]["followed_by"] is True
    assert (await alice.get("/api/v1/accounts/relationships", id=bob.id))[0]["id"] == bob.id
    assert [one["id"] for one in await alice.get(f"/api/v1/accounts/{alice.id}/followers")] == [bob.id]
    assert [one["id"] for one in await alice.get(f"/api/v1/accounts/{bob.id}/following")] == [alice.id]
    assert (await alice.post(f"/api/v1/accounts/{bob.id}/remove_from_followers"))["followed_by"] is False
    assert (await bob.post(f"/api/v1/accounts/{alice.id}/follow", {"reblogs": False}))["showing_reblogs"] is False
    blocked = await alice.post(f"/api/v1/accounts/{bob.id}/block")
    assert (blocked["blocking"], blocked["followed_by"]) == (True, False)
    await bob.post(f"/api/v1/accounts/{alice.id}/follow", status=403)
    assert await bob.get(f"/api/v1/accounts/{alice.id}/statuses") == []
    assert (await alice.post(f"/api/v1/accounts/{bob.id}/unblock"))["blocking"] is False
    await alice.post(f"/api/v1/accounts/{alice.id}/follow", status=422)
    await alice.post("/api/v1/accounts/12/follow", status=404)


async def test_a_bio_is_given_back_as_it_was_typed(home: House, alice: App) -> None:
    """An app that shows it for editing and saves it changes nothing."""
    typed = "Fog & dunes\nby the sea\n\n#Boats <too>"
    changed = await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"note": typed})
    assert changed["source"]["note"] == typed
    assert f'{home.origin}/tags/boats"' in changed["note"]
    again = await alice.ask("PATCH", "/api/v1/accounts/update_credentials", json={"note": changed["source"]["note"]})
    assert again["note"] == changed["note"]


async def test_a_portrait_is_kept_shown_and_removed(home: House, alice: App) -> None:
    before = (await alice.get("/api/v1/accounts/verify_credentials"))["avatar"]
    changed = await alice.ask("PATCH", "/api/v1/accounts/update_credentials",
                              files={"avatar": ("a.png", picture(64)), "header": ("b.png", picture(96))})  # fmt: skip
    for name in ("avatar", "header"):
        answer = await home.client.get(changed[name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    document = (await home.client.get(alice.actor.uri, headers={"Accept": "application/activity+json"})).json()
    assert (document["icon"]["url"], document["image"]["url"]) == (changed["avatar"], changed["header"])
    assert (await alice.ask("DELETE", "/api/v1/profile/avatar"))["avatar"] == before
    wrong = {"avatar": ("a.png", b"nonsense")}
    await alice.ask("PATCH", "/api/v1/accounts/update_credentials", status=422, files=wrong)
    long = {"display_name": "x" * 501}
    await alice.ask("PATCH", "/api/v1/accounts/update_credentials", status=422, json=long)


async def test_what_is_anothers_is_not_there(home: House, alice: App, bob: App) -> None:
    """VIS-11: every route with an id, asked by somebody else, answers as if there were nothing."""
    upload = await alice.ask("POST", "/api/v2/media", files={"file": ("a.png", picture())})
    draft = await alice.post("/api/v1/statuses", {"status": "Mine alone"})
    for method, path in (
        ("GET", f"media/{upload['id']}"), ("PUT", f"media/{upload['id']}"), ("DELETE", f"media/{upload['id']}"),
        *(("POST", f"statuses/{draft['id']}/{verb}") for verb in (
            "favourite", "unfavourite", "reblog", "unreblog", "bookmark", "unbookmark", "pin", "unpin", "mute",
            "unmute")),
        *(("GET", f"statuses/{draft['id']}{part}") for part in (
            "", "/context", "/history", "/card", "/source", "/favourited_by", "/reblogged_by", "/quotes")),
        ("PUT", f"statuses/{draft['id']}"), ("DELETE", f"statuses/{draft['id']}"),
    ):  # fmt: skip
        found = await bob.ask(method, f"/api/v1/{path}", status=404)
        assert found == await bob.ask(method, f"/api/v1/{path.replace(path.split('/')[1], '9')}", status=404), path
    body = {"status": "Stolen", "media_ids": [upload["id"]]}
    await bob.post("/api/v1/statuses", body, status=422)
    assert (await alice.get(f"/api/v1/statuses/{draft['id']}"))["favourites_count"] == 0


async def test_oembed_of_what_everybody_may_see(home: House, alice: App) -> None:
    post = await published(home, alice.actor, "Embed me", picture=True, visibility=Visibility.PUBLIC)
    page = (await home.client.get(post.url or "", headers={"Accept": "text/html"})).text
    link = re.search(r'application/json\+oembed" href="([^"]+)"', page)
    assert link is not None
    shown = (await home.client.get(html.unescape(link[1]))).json()
    assert (shown["type"], shown["title"], shown["version"]) == ("photo", "A lighthouse at dawn", "1.0")
    covered = await published(home, alice.actor, "Covered", picture=True, visibility=Visibility.PUBLIC, sensitive=True)
    stranger = App.stranger(home)
    assert (await stranger.get("/api/oembed", url=covered.url))["type"] == "link"
    private = await published(home, alice.actor, "Private", visibility=Visibility.FOLLOWERS)
    for url in (private.url, "https://elsewhere.test/@alice/1", "nonsense", f"{home.origin}/@bob/{post.id}", ""):
        assert await stranger.get("/api/oembed", url=url, status=404) == {"error": "Record not found"}
