"""Feeds in both forms, and the map and the rules for search engines and gatherers of training material."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as Xml

import pytest

from actors.models import Actor
from fediverse_ai.core import limits
from outbox.models import Post, PostTag
from tests.web.site import ORIGIN, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = {
    "a": "http://www.w3.org/2005/Atom",
    "m": "http://search.yahoo.com/mrss/",
    "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
}


async def xml(site: Site, path: str) -> Xml.Element:
    answer = (await site.browser().get(path)).response
    assert answer.status_code == 200, path
    assert answer.headers["x-content-type-options"] == "nosniff"
    return Xml.fromstring(answer.content)


async def addresses(site: Site, path: str) -> list[str]:
    return [one.text or "" for one in (await xml(site, path)).iterfind(".//s:loc", NAMES)]


async def findable(site: Site, name: str, **flags: bool) -> Actor:
    person = await site.person(name)
    async with site.context.database.write() as session:
        person = await session.merge(person)
        for flag, value in flags.items():
            setattr(person, flag, value)
        session.add(person)
    return person


async def test_every_feed_in_both_forms(site: Site) -> None:
    ann = await site.person("ann")
    columns: dict[str, Any] = {"hashtags": ["Dawn"], "content": "<p>First light</p>"}
    shown = await site.post(ann, text="First\x0b light", attachment={"size": 1234}, **columns)
    covered = await site.post(ann, text="Hidden words", summary="Thunder", **columns)
    unnamed = await site.post(ann, text="Hidden words", sensitive=True, **columns)
    closed = await site.post(ann, text="Hidden words", visibility="followers", **columns)
    async with site.context.database.write() as session:
        session.add_all([PostTag(post_id=post.id, name="dawn") for post in (shown, covered, unnamed, closed)])
    for place in ("/@ann", "/tags/Dawn", ""):
        atom, rss = await xml(site, f"{place}/feed.atom"), await xml(site, f"{place}/feed.rss")
        entries = {entry.findtext("a:id", "", NAMES): entry for entry in atom.findall("a:entry", NAMES)}
        items = {item.findtext("guid", ""): item for item in rss.iterfind("channel/item")}
        assert set(entries) == set(items) == {shown.uri, covered.uri, unnamed.uri}
        assert b"Hidden words" not in Xml.tostring(atom) + Xml.tostring(rss)
        assert items[covered.uri].findtext("title") == "Thunder"
        assert items[unnamed.uri].findtext("title") == "Sensitive"
        enclosure = items[shown.uri].find("enclosure")
        assert enclosure is not None
        assert enclosure.attrib == {
            "url": enclosure.attrib["url"], "type": "image/jpeg", "length": "1234",
        }  # fmt: skip
        assert entries[shown.uri].find("a:link[@rel='enclosure']", NAMES).get("title") == "A lighthouse at dawn."  # type: ignore[union-attr]
        for one in (entries[shown.uri], items[shown.uri]):
            assert one.findtext("m:content/m:description", "", NAMES) == "A lighthouse at dawn."
        assert {"Dawn", "AI-generated"} == {one.text for one in items[shown.uri].iterfind("category")}
        terms = {one.get("term") for one in entries[shown.uri].iterfind("a:category", NAMES)}
        assert terms == {"Dawn", "AI-generated"}
        for one in (entries[covered.uri], items[covered.uri]):
            assert one.find("m:content", NAMES) is None
        heads = {link.attrs["href"] for link in (await site.browser().get(place or "/")).all("link", rel="alternate")}
        assert {f"{ORIGIN}{place.lower()}/feed.atom", f"{ORIGIN}{place.lower()}/feed.rss"} <= heads
    for path in ("/tags/a b/feed.atom", "/tags/a b/feed.rss", "/@nobody/feed.rss"):
        assert (await site.browser().get(path)).status == 404


async def test_gatherers_of_training_material_are_refused(site: Site) -> None:
    text = (await site.browser().get("/robots.txt")).body
    refused, _, rest = text.partition("Disallow: /\n")
    for name in ("GPTBot", "ClaudeBot", "CCBot", "Google-Extended", "Bytespider", "img2dataset"):
        assert f"User-agent: {name}\n" in refused
    assert "ai-train=no" in rest
    assert f"Sitemap: {ORIGIN}/sitemap.xml" in rest
    feed = (await site.browser().get("/feed.atom")).response
    assert feed.headers["content-usage"] == "train-ai=n"


async def test_the_map_holds_those_who_allow_it(site: Site) -> None:
    yes = await findable(site, "yes", indexable=True)
    await site.post(await findable(site, "no", indexable=False))
    await site.post(await findable(site, "shy", indexable=True, discoverable=False))
    public = await site.post(yes, visibility="public")
    for visibility in ("quiet", "followers"):
        await site.post(yes, visibility=visibility)
    pages = await addresses(site, "/sitemap.xml")
    assert pages[0] == f"{ORIGIN}/sitemap/people.xml"
    people = await addresses(site, "/sitemap/people.xml")
    assert f"{ORIGIN}/@yes" in people
    assert f"{ORIGIN}/explore" in people
    assert not {f"{ORIGIN}/@no", f"{ORIGIN}/@shy"} & set(people)
    posts = [one for page in pages[1:] for one in await addresses(site, page.removeprefix(ORIGIN))]
    assert posts == [f"{ORIGIN}/@yes/{public.id}"]
    for name in ("2026-13", "1999-01", "2026-1", "nonsense"):
        assert (await site.browser().get(f"/sitemap/{name}.xml")).status == 404
    site.clock.forward(62 * 86_400)
    assert len(await addresses(site, "/sitemap.xml")) in (len(pages) + 2, len(pages) + 3)


async def test_so_many_posts_of_a_month_are_on_the_map(site: Site) -> None:
    site.clock.forward(62 * 86_400)
    author = await findable(site, "busy", indexable=True)
    page = (await addresses(site, "/sitemap.xml"))[1].removeprefix(ORIGIN)
    for more, there in ((limits.SITEMAP_URLS - 1, -1), (1, 0), (1, 0)):
        async with site.context.database.write() as session:
            now = site.context.clock.now_ms()
            for _ in range(more):
                one = site.context.ids.new()
                session.add(Post(id=one, uri=f"{ORIGIN}/notes/{one}", local=True, author_id=author.id,
                                 state="published", visibility="public", created_ms=now, published_ms=now))  # fmt: skip
        assert len(await addresses(site, page)) == limits.SITEMAP_URLS + there
    assert f"{ORIGIN}/@busy/{one}" in await addresses(site, page)
