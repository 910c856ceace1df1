"""The page of what is worth a look: its score, whom it leaves out, and what differs for members."""

from __future__ import annotations

from typing import Any

import pytest

from actors.models import Actor, Block, Mute
from fediverse_ai.core import limits
from outbox import dial, explore
from outbox.models import Post, PostTag, Reaction
from tests.web.site import ORIGIN, Site
from tests.web.test_pages import check_headers, check_sound

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY_MS = 86_400_000


async def like(site: Site, post: Post, *people: Actor, kind: str = "like") -> None:
    async with site.context.database.write() as session:
        for person in people:
            row = site.context.ids.new()
            uri = f"{ORIGIN}/activities/{row}"
            session.add(Reaction(id=row, uri=uri, kind=kind, actor_id=person.id, post_id=post.id, created_ms=0))


async def shown(site: Site, reader_id: int | None = None) -> dict[int, int]:
    """Post -> people, in the page's order."""
    async with site.context.database.read() as session:
        return {one.view.post.id: one.people for one in await explore.pictures(session, reader_id)}


async def rows(site: Site, author: Actor, count: int, tag: str = "") -> list[int]:
    """Posts without pictures, many at once."""
    async with site.context.database.write() as session:
        made = [site.context.ids.new() for _ in range(count)]
        now = site.context.clock.now_ms()
        for post_id in made:
            common: dict[str, Any] = {"local": True, "author_id": author.id, "state": "published"}
            times = {"created_ms": now, "published_ms": now}
            session.add(Post(id=post_id, uri=f"{ORIGIN}/notes/{post_id}", visibility="public", **common, **times))
        await session.flush()
        session.add_all([PostTag(post_id=post_id, name=tag) for post_id in made if tag])
    return made


async def test_the_score_is_the_documented_one() -> None:
    assert explore.score(0, 0) == 1
    assert explore.score(3, 0) == 4
    assert explore.score(3, 3 * DAY_MS) == 2
    assert explore.score(0, -5) == 1


async def test_people_count_once_and_age_halves(site: Site) -> None:
    ann, bo, cy = [await site.person(name) for name in ("ann", "bo", "cy")]
    old = await site.post(ann, text="Old and liked")
    await like(site, old, ann, bo, cy)
    await like(site, old, bo, kind="boost")
    site.clock.forward(6 * 86_400)
    young = await site.post(bo, text="Young")
    assert list((await shown(site)).items()) == [(young.id, 0), (old.id, 2)]
    await like(site, old, await site.person("di"), await site.person("ed"))
    assert list(await shown(site)) == [old.id, young.id]
    page = await site.browser().get("/explore")
    check_sound(page)
    check_headers(page, private=False)
    assert "4 people liked or shared it" in page.text()
    assert "New here" in page.text()
    assert {f"/@ann/{old.id}", f"/@bo/{young.id}", "/@ann", "/@bo"} <= page.links()


async def test_one_of_each_author_and_only_what_everybody_may_meet(site: Site) -> None:
    author = await site.person("fay")
    best = await site.post(author, text="Best", visibility="quiet")
    await like(site, best, await site.person("bo"))
    for columns in ({}, {"visibility": "followers"}, {"sensitive": True}, {"summary": "Spiders"}, {"pictures": 0}):
        await site.post(author, **columns)
    shy = await site.person("shy")
    hidden = await site.post(shy)
    async with site.context.database.write() as session:
        shy = await session.merge(shy)
        shy.discoverable = False
        session.add(shy)
    found = await shown(site)
    assert [one for one in found if one in (best.id, hidden.id)] == [best.id]
    async with site.context.database.read() as session:
        views = [one.view for one in await explore.pictures(session, None)]
        assert len({view.author.id for view in views}) == len(views)
        assert shy.id not in {maker.id for maker in await explore.makers(session, None)}


async def test_a_member_meets_nobody_unwanted_and_the_dial_holds(site: Site) -> None:
    reader = await site.person("reader")
    muted, blocker, other = [await site.person(name) for name in ("muted", "blocker", "other")]
    theirs = [await site.post(one) for one in (muted, blocker, other)]
    async with site.context.database.write() as session:
        session.add(Mute(id=site.context.ids.new(), muter_id=reader.id, muted_id=muted.id, created_ms=0))
        session.add(Block(id=site.context.ids.new(), blocker_id=blocker.id, blocked_id=reader.id, created_ms=0))
    everybody, mine = await shown(site), await shown(site, reader.id)
    assert {post.id for post in theirs} <= set(everybody)
    assert {post.id for post in theirs} & set(mine) == {theirs[2].id}
    async with site.context.database.write() as session:
        await dial.set_dial(session, reader.id, "hide")
    assert theirs[2].id not in await shown(site, reader.id)
    browser = await site.member("reader")
    page = await browser.get("/explore")
    assert page.status == 200
    assert f"/@muted/{theirs[0].id}" not in page.links()


async def test_so_many_hashtags_and_people_are_named(site: Site) -> None:
    label = site.context.config.labels.hashtags[0].lower()
    for number in range(limits.EXPLORE_ROW + 1):
        one = await site.person(f"many{number}")
        await rows(site, one, 1, f"tag{number:02}")
        async with site.context.database.read() as session:
            assert len(await explore.hashtags(session, None)) == min(number + 1, limits.EXPLORE_ROW)
    await rows(site, one, 2, "tag00")
    await rows(site, one, 1, label)
    async with site.context.database.read() as session:
        assert (await explore.hashtags(session, None))[0] == ("tag00", 3)
        people = await explore.makers(session, None)
        assert len(people) == limits.EXPLORE_ROW
        assert people[0].username == one.username
        assert one.id not in {maker.id for maker in await explore.makers(session, one.id)}
    assert "/tags/tag00" in (await site.browser().get("/explore")).links()


async def test_so_many_posts_are_weighed(site: Site) -> None:
    liked = await site.post(await site.person("first"), text="Much liked")
    await like(site, liked, *[await site.person(name) for name in ("ann", "bo", "cy")])
    await rows(site, await site.person("ann"), 1)
    for number, is_weighed in ((limits.EXPLORE_CANDIDATES - 2, True), (1, True), (1, False)):
        author = await site.person("crowd")
        for _ in range(0 if number > 1 else number):
            await site.post(author)
        if number > 1:
            async with site.context.database.write() as session:
                await _pictured(site, session, author, number)
        assert (liked.id in await shown(site)) is is_weighed


async def _pictured(site: Site, session: Any, author: Actor, count: int) -> None:
    for _ in range(count):
        post_id, now = site.context.ids.new(), site.context.clock.now_ms()
        post = Post(id=post_id, uri=f"{ORIGIN}/notes/{post_id}", local=True, author_id=author.id, state="published",
                    visibility="public", created_ms=now, published_ms=now)  # fmt: skip
        session.add(post)
        await session.flush()
        session.add(await site._attachment(post, 0, {}))


async def test_so_many_days_are_looked_back(site: Site) -> None:
    site.clock.forward(limits.EXPLORE_DAYS * 86_400 + 1)
    post = await site.post(await site.person("ann"))
    # A minute before the end and after it: the clock of a test runs on.
    site.clock.forward(limits.EXPLORE_DAYS * 86_400 - 60)
    assert list(await shown(site)) == [post.id]
    site.clock.forward(61)
    assert await shown(site) == {}
    page = await site.browser().get("/explore")
    assert "Nothing new in the last two weeks" in page.text()
