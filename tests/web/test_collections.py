"""Collections of a maker: private at first, public under judged words, in the order that their maker gives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from sqlmodel import col, select

from actors import audit
from actors.models import Actor, Follow, FollowState
from fediverse_ai.activitypub import document
from fediverse_ai.core import limits
from outbox import collected, publish
from outbox.models import Activity, Delivery, Post
from outbox.shelves import OwnCollection
from tests.web.site import ORIGIN, Browser, Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACTIVITY = {"Accept": "application/activity+json"}


async def made(browser: Browser, name: str, title: str, **fields: str) -> str:
    """The address of a new collection, made by its form."""
    answer = await browser.submit(f"/@{name}/collections", f"/@{name}/collections", name=title, **fields)
    return str(answer.response.headers["location"])


async def put(browser: Browser, post: Post, path: str, name: str) -> Page:
    number = path.rpartition("/")[2]
    return await browser.submit(f"/@{name}/collections", f"/@{name}/{post.id}/collect", into=number)


async def titles(browser: Browser, path: str) -> list[str]:
    """What stands in the sheet, in order."""
    page = await browser.get(path)
    assert page.status == 200, page.text()
    return [one.text for one in page.all("span", class_="caption")]


async def row_of(site: Site, path: str) -> OwnCollection:
    async with site.context.database.read() as session:
        return await session.get_one(OwnCollection, int(path.rpartition("/")[2]))


async def activity(site: Site, path: str) -> Any:
    answer = await site.browser().client.get(path, headers=ACTIVITY)
    return answer.json() if answer.status_code == 200 else answer.status_code


async def test_a_collection_is_for_its_maker_until_it_is_opened(site: Site) -> None:
    fay, eve, nobody = await site.member("fay"), await site.member("eve"), site.browser()
    me = await site.person("fay")
    one = await site.post(me, text="First light", visibility="public")
    two = await site.post(me, text="Second light", visibility="quiet")
    closed = await site.post(me, text="Candle light", visibility="followers")
    assert "No collections yet." in (await nobody.get("/@fay/collections")).text()
    path = await made(fay, "fay", "Lights  of\nthe coast")
    assert re.fullmatch(r"/@fay/collections/\d+", path)
    for post in (one, two, closed):
        assert (await put(fay, post, path, "fay")).status == 303
    assert "Stands in Lights of the coast" in (await fay.get(f"/@fay/{one.id}")).text()
    expected = ["Candle light", "Second light", "First light"]
    assert [text.split("Fay")[0].strip() for text in await titles(fay, path)] == expected
    number = path.rpartition("/")[2]
    uri = f"/users/fay/collections/{number}"
    for browser in (nobody, eve):
        assert (await browser.get(path)).status == 404
        assert path not in (await browser.get("/@fay/collections")).links()
        assert (await browser.get(f"{path}/feed.atom")).status == 404
    assert await activity(site, uri) == 404
    assert (await activity(site, "/users/fay/collections"))["orderedItems"] == []
    # Somebody else's form, and a post of somebody else.
    assert (await eve.submit("/make", path, verb="delete")).status == 404
    theirs = await site.post(await site.person("eve"), visibility="public")
    assert (await fay.submit(f"/@fay/{one.id}", f"/@fay/{theirs.id}/collect", into=number)).status == 404

    words = {"name": "Lights of the coast", "about": "Seen at dawn.\nAnd after.", "public": "1", "verb": "save"}
    assert (await fay.submit(path, path, **words)).status == 303
    page = await nobody.get(path)
    assert [text.split("Fay")[0].strip() for text in await titles(nobody, path)] == expected[1:]
    assert "Seen at dawn." in page.text()
    assert "2 posts" in page.text()
    assert "1 of them is not for everybody" in (await fay.get(path)).text()
    assert path in (await nobody.get("/@fay/collections")).links()
    assert "2 posts" in (await nobody.get("/@fay/collections")).text()
    for kind in ("atom", "rss"):
        feed = (await nobody.get(f"{path}/feed.{kind}")).response
        assert (feed.status_code, feed.text.count(f"{ORIGIN}/@fay/{two.id}") > 0) == (200, True)
        assert "Candle" not in feed.text
    told = await activity(site, uri)
    assert (told["type"], told["totalItems"], told["name"]) == ("OrderedCollection", 2, "Lights of the coast")
    assert told["url"] == f"{ORIGIN}{path}"
    assert "Seen at dawn." in told["summary"]
    assert (await activity(site, f"{uri}?page=true"))["orderedItems"] == [two.uri, one.uri]
    assert (await activity(site, "/users/fay/collections"))["orderedItems"] == [f"{ORIGIN}{uri}"]

    # What was removed is gone from it, and closed it is for its maker alone again.
    async with site.context.database.write() as session:
        await publish.remove(session, await session.get_one(Post, two.id))
    assert (await activity(site, f"{uri}?page=true"))["orderedItems"] == [one.uri]
    assert (await fay.submit(path, path, **{**words, "public": ""})).status == 303
    assert await activity(site, uri) == 404
    assert (await fay.submit(path, path, verb="delete")).status == 303
    assert (await fay.get(path)).status == 404


async def test_its_maker_puts_it_in_order(site: Site) -> None:
    gil, me = await site.member("gil"), await site.person("gil")
    posts = [await site.post(me, text=f"Number {number}", visibility="public") for number in range(3)]
    path = await made(gil, "gil", "In order", public="1")
    for post in posts:
        await put(gil, post, path, "gil")

    async def order() -> str:
        return "".join(re.findall(r"Number (\d)", " ".join(await titles(site.browser(), path))))

    assert await order() == "210"
    for verb, post, then in (
        ("up", posts[0], "201"), ("up", posts[0], "021"), ("up", posts[0], "021"),
        ("down", posts[2], "012"), ("down", posts[2], "012"), ("out", posts[1], "02"),
    ):  # fmt: skip
        answer = await gil.submit(path, path, verb=f"{verb}-{post.id}")
        assert answer.status == 303, answer.text()
        assert await order() == then
    assert "open" in (await gil.get(f"{path}?arrange=1")).one("details", id="arrange").attrs
    uri = f"/users/gil/collections/{path.rpartition('/')[2]}"
    assert (await activity(site, f"{uri}?page=true"))["orderedItems"] == [posts[0].uri, posts[2].uri]


FAR_INBOX = "https://far.example/inbox"


async def follower_of(site: Site, person: Actor) -> None:
    """Somebody far away follows this person."""
    ids = site.context.ids
    async with site.context.database.write() as session:
        far = Actor(
            id=ids.new(), uri="https://far.example/u", username="u", username_lower="u", host="far.example",
            inbox_url=FAR_INBOX,
        )  # fmt: skip
        session.add(far)
        await session.flush()
        uri, state = "https://far.example/follow", FollowState.ACCEPTED
        session.add(Follow(id=ids.new(), uri=uri, follower_id=far.id, followed_id=person.id, state=state, created_ms=1))


async def heard(site: Site, person: Actor) -> list[Any]:
    """(type, object, target) of what was queued for the follower, in order; asked again only what is new."""
    query = select(Activity.body).join(Delivery, col(Delivery.activity_id) == col(Activity.id))
    mine = query.where(Activity.actor_id == person.id, Delivery.inbox_url == FAR_INBOX)
    async with site.context.database.write() as session:
        bodies = [document.parse(body) for body in await session.exec(mine.order_by(col(Activity.id)))]
        for row in await session.exec(select(Delivery)):
            await session.delete(row)
    assert all(body["to"] == ["https://www.w3.org/ns/activitystreams#Public"] for body in bodies)
    return [(body["type"], body["object"], body.get("target")) for body in bodies]


async def test_followers_hear_of_what_everybody_sees_and_of_nothing_else(site: Site) -> None:
    nia, me = await site.member("nia"), await site.person("nia")
    await follower_of(site, me)
    one, two = [await site.post(me, text=f"Number {number}", visibility="public") for number in range(2)]
    closed = await site.post(me, text="For few", visibility="followers")
    path = await made(nia, "nia", "Quiet")
    uri, own = f"{me.uri}/collections/{path.rpartition('/')[2]}", f"{me.uri}/collections"
    await put(nia, one, path, "nia")
    assert await heard(site, me) == []

    words = {"name": "Quiet", "about": "", "public": "1", "verb": "save"}
    await nia.submit(path, path, **words)
    [(kind, about, target)] = await heard(site, me)
    assert (kind, about["id"], about["name"], target) == ("Add", uri, "Quiet", own)
    assert about["url"] == f"{ORIGIN}{path}"
    assert "totalItems" not in about, "it would count what is not for everybody"
    for post in (two, closed, two):
        await put(nia, post, path, "nia")
    assert await heard(site, me) == [("Add", two.uri, uri)]
    await nia.submit(path, path, **words)
    assert await heard(site, me) == []
    await nia.submit(path, path, **{**words, "name": "Loud"})
    [(kind, about, target)] = await heard(site, me)
    assert (kind, about["name"], target) == ("Update", "Loud", None)

    for verb in ("up", "down", "up"):
        await nia.submit(path, path, verb=f"{verb}-{one.id}")
    assert await heard(site, me) == []
    number = int(path.rpartition("/")[2])
    waiting = [one for one in await site.context.jobs.waiting() if one.name == collected.tell_order.name]
    [job] = [one for one in waiting if one.ids[0] == number]
    assert job.delayed, "once for all steps"
    for _again in range(2):
        await collected.tell_order(site.context, job.ids)
    [(kind, about, target)] = await heard(site, me)
    assert (kind, about["id"], target) == ("Update", uri, None)

    await nia.submit(path, path, verb=f"out-{closed.id}")
    await nia.submit(path, path, verb=f"out-{two.id}")
    assert await heard(site, me) == [("Remove", two.uri, uri)]
    await nia.submit(path, path, **{**words, "public": ""})
    assert await heard(site, me) == [("Remove", uri, own)]
    await collected.tell_order(site.context, [job.ids[0], site.context.ids.new()])
    await put(nia, two, path, "nia")
    assert await heard(site, me) == [], "what is closed is nobody's business"
    await nia.submit(path, path, **words)
    await nia.submit(path, path, verb="delete")
    [(opened, _about, _target), (kind, about, target)] = await heard(site, me)
    assert (opened, kind, about["type"], about["id"], target) == ("Add", "Delete", "Tombstone", uri, None)


async def test_long_ones_have_pages(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "PAGE_POSTS", 2)
    hal, me = await site.member("hal"), await site.person("hal")
    path = await made(hal, "hal", "Long", public="1")
    for number in range(3):
        await put(hal, await site.post(me, text=f"Number {number}", visibility="public"), path, "hal")
    first = await site.browser().get(path)
    assert "Number 0" not in first.text()
    [older] = [link for link in first.links() if "before=" in link]
    assert "Number 0" in (await site.browser().get(older)).text()


async def test_words_are_judged_before_anybody_sees_them(site: Site) -> None:
    ida = await site.member("ida")
    # The shipped policy refuses this in every stage.
    bad = " ".join(["sexual", "nude", "picture", "of", "a", "child"])
    path = await made(ida, "ida", bad, public="1")
    assert (await row_of(site, path)).public_ms is None
    assert "kept for you alone" in (await ida.get(path)).text()
    assert (await site.browser().get(path)).status == 404
    good = {"name": "Moors", "about": "", "public": "1", "verb": "save"}
    await ida.submit(path, path, **good)
    assert (await site.browser().get(path)).status == 200
    # Words that were not judged close it, whoever wrote them.
    async with site.context.database.write() as session:
        row = await session.get_one(OwnCollection, int(path.rpartition("/")[2]))
        row.about = bad
        session.add(row)
    assert (await site.browser().get(path)).status == 404


async def test_words_have_bounds(site: Site) -> None:
    kim = await site.member("kim")
    path = await made(kim, "kim", "Short")
    for about, status in (("x" * limits.COLLECTION_CHARS, 303), ("x" * (limits.COLLECTION_CHARS + 1), 422)):
        assert (await kim.submit(path, path, name="Short", about=about, verb="save")).status == status
    assert (await kim.submit(path, path, name=" ", verb="save")).status == 422
    assert len((await row_of(site, path)).about) == limits.COLLECTION_CHARS


async def test_a_moderator_closes_one(site: Site) -> None:
    lou, me = await site.member("lou"), await site.person("lou")
    await site.person("max", role="moderator")
    moderator = await site.member("max")
    path = await made(lou, "lou", "Named badly", public="1")
    assert (await lou.submit(path, f"{path}/close", reason="x")).status == 403
    assert (await moderator.submit(path, f"{path}/close", reason="")).status == 303
    assert (await row_of(site, path)).closed_ms is None
    assert (await moderator.submit(path, f"{path}/close", reason="A name for somebody")).status == 303
    assert (await site.browser().get(path)).status == 404
    assert (await lou.submit(path, path, name="Again", public="1", verb="save")).status == 422
    assert "A moderator closed this collection" in (await lou.get(path)).text()
    async with site.context.database.read() as session:
        [entry] = await audit.entries(session, action="collection.close", limit=5)
    assert (entry.about_id, entry.reason) == (me.id, "A name for somebody")
