"""Filters in both versions, markers, and hashtags that are followed and featured."""

from __future__ import annotations

import pytest

from outbox.models import Visibility
from tests.mastodon.app import App
from tests.support.house import House
from tests.support.rooms import published

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_filter_marks_what_it_finds_until_it_ends(home: House, alice: App, bob: App) -> None:
    made = await alice.post("/api/v2/filters", {
        "title": "No boats", "context": ["home", "public"], "filter_action": "hide", "expires_in": 3600,
        "keywords_attributes": [{"keyword": "boat", "whole_word": True}],
    })  # fmt: skip
    assert (made["title"], made["filter_action"], made["statuses"]) == ("No boats", "hide", [])
    [word] = made["keywords"]
    assert (word["keyword"], word["whole_word"]) == ("boat", True)
    found = await published(home, bob.actor, "A boat at sea", visibility=Visibility.PUBLIC)
    other = await published(home, bob.actor, "Boatswain", visibility=Visibility.PUBLIC)
    status = await alice.get(f"/api/v1/statuses/{found.id}")
    [result] = status["filtered"]
    assert (result["filter"]["id"], result["keyword_matches"], result["status_matches"]) == (made["id"], ["boat"], None)
    assert (await alice.get(f"/api/v1/statuses/{other.id}"))["filtered"] == []
    assert (await bob.get(f"/api/v1/statuses/{found.id}"))["filtered"] == [], "nobody else's filters count"

    mark = await alice.post(f"/api/v2/filters/{made['id']}/statuses", {"status_id": str(other.id)})
    [result] = (await alice.get(f"/api/v1/statuses/{other.id}"))["filtered"]
    assert result["status_matches"] == [str(other.id)]
    assert await alice.get(f"/api/v2/filters/{made['id']}/statuses") == [mark]
    await alice.ask("DELETE", f"/api/v2/filters/statuses/{mark['id']}")
    await bob.get(f"/api/v2/filters/{made['id']}", status=404)
    await bob.get(f"/api/v2/filters/keywords/{word['id']}", status=404)

    changed = await alice.ask("PUT", f"/api/v2/filters/{made['id']}", json={
        "keywords_attributes": [{"id": word["id"], "_destroy": True}, {"keyword": "swain"}], "expires_in": "",
    })  # fmt: skip
    assert [one["keyword"] for one in changed["keywords"]] == ["swain"]
    assert (await alice.get(f"/api/v1/statuses/{found.id}"))["filtered"] == []
    assert (await alice.get(f"/api/v1/statuses/{other.id}"))["filtered"] != []
    await alice.ask("PUT", f"/api/v2/filters/{made['id']}", json={"expires_in": 60})
    home.clock.forward(61)
    assert (await alice.get(f"/api/v1/statuses/{other.id}"))["filtered"] == []
    await alice.post("/api/v2/filters", {"title": "None", "context": ["nowhere"]}, status=422)
    await alice.ask("DELETE", f"/api/v2/filters/{made['id']}")
    assert await alice.get("/api/v2/filters") == []


async def test_older_apps_filter_by_phrase(alice: App) -> None:
    made = await alice.post("/api/v1/filters", {"phrase": "two words", "context": ["home"], "irreversible": True})
    assert made == {"id": made["id"], "phrase": "two words", "context": ["home"], "whole_word": False,
                    "expires_at": None, "irreversible": True}  # fmt: skip
    assert await alice.get("/api/v1/filters") == [made]
    [modern] = await alice.get("/api/v2/filters")
    assert (modern["filter_action"], modern["keywords"][0]["keyword"]) == ("hide", "two words")
    changed = await alice.ask("PUT", f"/api/v1/filters/{made['id']}", json={"phrase": "one", "context": ["public"]})
    assert (changed["phrase"], changed["context"]) == ("one", ["public"])
    await alice.ask("DELETE", f"/api/v1/filters/{made['id']}")
    assert await alice.get("/api/v2/filters") == []


async def test_markers_are_the_same_in_all_apps(alice: App, bob: App) -> None:
    saved = await alice.post("/api/v1/markers", {"home": {"last_read_id": "103194548672408537"}})
    assert saved["home"]["version"] == 0
    assert saved["home"]["last_read_id"] == "103194548672408537"
    again = await alice.ask("POST", "/api/v1/markers", data={"home[last_read_id]": "103194548672408538"})
    assert again["home"]["version"] == 1
    assert await alice.get("/api/v1/markers", **{"timeline[]": ["home", "notifications"]}) == again
    assert await bob.get("/api/v1/markers", **{"timeline[]": "home"}) == {}


async def test_followed_hashtags_come_home(home: House, alice: App, bob: App) -> None:
    tag = await alice.post("/api/v1/tags/Harbour/follow")
    assert (tag["name"], tag["following"], len(tag["history"])) == ("harbour", True, 7)
    assert all(isinstance(one[key], str) for one in tag["history"] for key in ("day", "uses", "accounts"))
    post = await published(home, bob.actor, "Look, #harbour", visibility=Visibility.PUBLIC)
    quiet = await published(home, bob.actor, "Hush, #harbour", visibility=Visibility.FOLLOWERS)
    seen = [one["id"] for one in await alice.get("/api/v1/timelines/home")]
    assert str(post.id) in seen
    assert str(quiet.id) not in seen
    assert (await alice.get("/api/v1/tags/harbour"))["history"][0]["uses"] == "1"
    assert [one["name"] for one in await alice.get("/api/v1/followed_tags")] == ["harbour"]
    await alice.post("/api/v1/tags/harbour/unfollow")
    assert str(post.id) not in [one["id"] for one in await alice.get("/api/v1/timelines/home")]
    await alice.post("/api/v1/tags/123/follow", status=404)


async def test_hashtags_together_and_without_each_other(home: House, alice: App, bob: App) -> None:
    both, pier, gull = [
        str((await published(home, bob.actor, words, visibility=Visibility.PUBLIC)).id)
        for words in ("#pier #gull", "#pier", "#gull")
    ]

    async def found(query: str) -> set[str]:
        return {one["id"] for one in await alice.get(f"/api/v1/timelines/tag/pier?{query}")}

    assert await found("") == {both, pier}
    assert await found("any[]=gull") == {both, pier, gull}
    assert await found("all[]=gull") == {both}
    assert await found("none[]=gull") == {pier}


async def test_hashtags_on_the_profile(home: House, alice: App) -> None:
    await published(home, alice.actor, "Mine: #foxes", visibility=Visibility.PUBLIC)
    made = await alice.post("/api/v1/featured_tags", {"name": "#Foxes"})
    assert (made["name"], made["statuses_count"]) == ("foxes", "1")
    assert await App.stranger(home).get(f"/api/v1/accounts/{alice.id}/featured_tags") == [made]
    assert [one["name"] for one in await alice.get("/api/v1/featured_tags/suggestions")] == ["foxes"]
    await alice.ask("DELETE", f"/api/v1/featured_tags/{made['id']}")
    assert await alice.get("/api/v1/featured_tags") == []
