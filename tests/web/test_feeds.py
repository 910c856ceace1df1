"""What members read: feeds, notifications, search, lists, threads; each through its page, for the right eyes only."""

from __future__ import annotations

from typing import Any

import pytest

from actors import blocks, follows
from actors.models import Actor, FollowState, Mute
from outbox import filters, react
from outbox.belongings import Bookmark
from outbox.models import Notification, Post
from outbox.shelves import Conversation
from tests.web.site import Browser, Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = (
    "/home", "/local", "/federated", "/notifications", "/notifications?only=mentions", "/follow-requests", "/search",
    "/search?q=fox", "/bookmarks", "/favourites", "/lists", "/conversations",
)  # fmt: skip


async def far(site: Site, username: str, **columns: Any) -> Actor:
    """Somebody of another server, as it is kept here."""
    uri = f"https://far.test/users/{username}"
    values: dict[str, Any] = {
        "id": site.context.ids.new(), "uri": uri, "username": username, "username_lower": username, "host": "far.test",
        "inbox_url": f"{uri}/inbox", "name": username.capitalize(), **columns,
    }  # fmt: skip
    actor = Actor(**values)
    async with site.context.database.write() as session:
        session.add(actor)
    return actor


async def far_post(site: Site, author: Actor, words: str, **columns: Any) -> Post:
    number = site.context.ids.new()
    values: dict[str, Any] = {
        "uri": f"https://far.test/notes/{number}", "url": f"https://far.test/@{author.username}/{number}",
        "local": False, "visibility": "public", "text": "", "content": f"<p>{words}</p>", "pictures": 0, **columns,
    }  # fmt: skip
    return await site.post(author, **values)


async def follow(site: Site, follower: Actor, followed: Actor, state: FollowState = FollowState.ACCEPTED) -> None:
    async with site.context.database.write() as session:
        await follows.add(session, follower, followed, f"https://x.test/{site.context.ids.new()}", state)


async def words_of(browser: Browser, path: str) -> str:
    page = await browser.get(path)
    assert page.status == 200, page.body[:2000]
    return page.text()


def sound(page: Page) -> None:
    """One h1, words for every field and picture, unique ids, nothing inline, every form with its token."""
    page.one("h1")
    labelled = {label.attrs.get("for") for label in page.all("label")}
    for element in page.all("input") + page.all("textarea") + page.all("select"):
        if element.attrs.get("type") != "hidden":
            assert element.attrs["id"] in labelled
    ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
    assert sorted({one for one in ids if ids.count(one) > 1}) == []
    for element in page.elements:
        assert "style" not in element.attrs
        assert not any(name.startswith("on") for name in element.attrs)
        assert not any(name.startswith("hx-on") for name in element.attrs)
    posts = [form for form in page.all("form") if form.attrs.get("method") == "post"]
    assert len(page.all("input", name="csrf")) == len(posts)


async def test_every_page_is_sound_and_for_members_only(site: Site) -> None:
    ann = await site.person("ann")
    bob = await site.person("bob")
    zoe = await far(site, "zoe", summary="<p>Paints foxes.</p>", fields=[{"name": "Home", "value": "far"}])
    await follow(site, ann, bob)
    mine = await site.post(ann, text="My own fox", visibility="public")
    await site.post(bob, text="Bob's fox", summary="foxes", pictures=2)
    theirs = await far_post(site, zoe, "A far fox", poll={"options": [{"title": "Red", "votes": 3}], "voters": 3})
    browser, stranger = await site.member("ann"), site.browser()
    further = [f"/posts/{mine.id}/{name}" for name in ("reply", "quote", "edit", "history", "delete")]
    further += [f"/people/{zoe.id}/report", "/@zoe@far.test", f"/@zoe@far.test/{theirs.id}"]
    for path in (*PAGES, *further):
        page = await browser.get(path)
        assert page.status == 200, (path, page.body[-3000:])
        sound(page)
        assert page.response.headers["cache-control"] == "private, no-store"
        assert (await stranger.get(path)).status == (404 if "@far" in path else 401), path
    assert (await stranger.get(f"/@ann@127.0.0.1:8321/{mine.id}")).response.headers["location"] == f"/@ann/{mine.id}"
    assert "Paints foxes." in await words_of(browser, "/@zoe@far.test")
    assert "Red" in await words_of(browser, f"/@zoe@far.test/{theirs.id}")
