"""What pages tell programs, what they weigh, and the page of a server that is closed for work."""

from __future__ import annotations

import asyncio
import gzip
import json
import re
from typing import Any
from xml.etree import ElementTree as Xml

import httpx2 as httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from actors.models import Actor
from fediverse_ai import maintenance
from fediverse_ai.core import limits
from fediverse_ai.core.clock import FrozenClock
from fediverse_ai.web import heads
from outbox.belongings import Lineage
from tests.house import icons
from tests.web.site import HTML, ORIGIN, Page, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")

BUDGET_BYTES = 60_000
TRAINED = "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicMedia"


def ld(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(page.one("script", type="application/ld+json").text)
    return found


async def test_a_picture_is_described_for_search_engines(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann, text="First light </script><b>", attachment={"digital_source_type": TRAINED})
    page = await site.browser().get(f"/@ann/{post.id}")
    picture = ld(page)
    assert picture["@type"] == "ImageObject"
    assert picture["name"] == "First light </script><b>"
    assert picture["description"] == "A lighthouse at dawn."
    assert picture["digitalSourceType"] == TRAINED
    assert picture["creator"] == {
        "@type": "Person", "name": "Ann", "alternateName": f"@{ann.handle}", "url": f"{ORIGIN}/@ann",
    }  # fmt: skip
    assert picture["creditText"] == "Ann"
    assert picture["acquireLicensePage"] == f"{ORIGIN}/@ann"
    place, _hash, anchor = picture["license"].removeprefix(ORIGIN).partition("#")
    assert "No licence comes with a picture" in (about := await site.browser().get(place)).text()
    assert about.one("h2", id=anchor).text == "What may be done with the pictures"
    assert picture["contentUrl"].startswith(f"{ORIGIN}/media/")
    assert page.one("meta", name="twitter:image:alt").attrs["content"] == "A lighthouse at dawn."
    several = await site.post(ann, pictures=2)
    assert len(ld(await site.browser().get(f"/@ann/{several.id}"))["@graph"]) == 2


async def test_what_is_covered_closed_or_out_is_not_described(site: Site) -> None:
    ann = await site.person("ann")
    member = await site.member("ann")
    for columns in ({"summary": "Thunder"}, {"sensitive": True}, {"visibility": "followers"}):
        post = await site.post(ann, **columns)
        page = await member.get(f"/@ann/{post.id}")
        assert page.status == 200
        assert not page.all("script", type="application/ld+json")
    assert heads.pictures([], heads.Maker("a", "b", "c"), title="", page_url="", published="", about_url="") is None


async def test_nobody_who_trains_may_say_that_they_were_not_asked(site: Site) -> None:
    page = await site.browser().get("/")
    assert page.response.headers["x-robots-tag"] == "noai, noimageai"
    assert page.response.headers["tdm-reservation"] == "1"
    assert page.response.headers["content-usage"] == "train-ai=n"
    assert "noai" in page.all("meta", name="robots")[0].attrs["content"]


async def test_a_maker_has_tabs_a_feed_and_verified_links(site: Site) -> None:
    ann = await site.person("tabby")
    async with site.context.database.write() as session:
        row = await session.get(Actor, ann.id)
        assert row is not None
        row.fields = [
            {"name": "Site", "value": '<a href="https://ann.example/">ann.example</a>'},
            {"name": "Likes", "value": "tea"},
        ]
        row.verified = {"https://ann.example/": site.clock.now_ms()}
        session.add(row)
    plain, remix = await site.post(ann, text="Plain"), await site.post(ann, text="Remix")
    async with site.context.database.write() as session:
        session.add(
            Lineage(id=site.context.ids.new(), post_id=remix.id, parent_uri=plain.uri, parent_id=plain.id, created_ms=0)
        )
    browser = site.browser()
    about = await browser.get("/@tabby/about")
    assert "links back here" in about.text()
    assert len(about.all("span", class_="badge")) == 1
    assert about.one("a", aria_current="page").text == "About"
    links = (await browser.get("/@tabby/remixes")).links()
    assert f"/@tabby/{remix.id}" in links
    assert f"/@tabby/{plain.id}" not in links
    assert f"{ORIGIN}/@tabby/feed.atom" in {link.attrs["href"] for link in about.all("link", rel="alternate")}


async def test_the_feed_holds_what_everybody_may_see(site: Site) -> None:
    ann = await site.person("feeder")
    shown = await site.post(ann, text="First\x0b light", hashtags=["dawn"], content="<p>First light</p>")
    covered = await site.post(ann, text="Hidden words", summary="Thunder", content="<p>Hidden words</p>")
    await site.post(ann, text="For followers", visibility="followers")
    answer = (await site.browser().get("/@feeder/feed.atom")).response
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    names = {"a": "http://www.w3.org/2005/Atom"}
    root = Xml.fromstring(answer.content)
    entries = {entry.findtext("a:id", "", names): entry for entry in root.findall("a:entry", names)}
    assert set(entries) == {shown.uri, covered.uri}
    assert entries[shown.uri].find("a:link[@rel='enclosure']", names) is not None
    assert entries[covered.uri].find("a:link[@rel='enclosure']", names) is None
    assert b"Hidden words" not in answer.content
    assert (await site.browser().get("/@nobody/feed.atom")).status == 404


async def test_it_can_be_installed(site: Site) -> None:
    page = await site.browser().get("/")
    client = site.browser().client
    manifest = (await client.get(page.one("link", rel="manifest").attrs["href"])).json()
    assert manifest["name"] == "Lamplight"
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    for icon in manifest["icons"]:
        file = await client.get(icon["src"])
        side = int(icon["sizes"].partition("x")[0])
        assert (int.from_bytes(file.content[16:20]), int.from_bytes(file.content[20:24])) == (side, side)
    assert manifest["share_target"]["action"] == "/bring/share"
    assert (await client.get(page.one("link", rel="apple-touch-icon").attrs["href"])).content == icons.draw(
        180, filled=True
    )


@pytest.mark.parametrize("path", ["/", "/@heavy", "post"])
async def test_the_first_view_of_a_visitor_is_light(site: Site, path: str) -> None:
    """HTML, styles and scripts as they are transferred: at most 60 kB before any picture."""
    heavy = await site.person("heavy")
    post = await site.post(heavy, pictures=2, text="First light\n" + "and then some " * 40)
    for _ in range(limits.PAGE_POSTS - 1 if path == "/" else 0):
        await site.post(heavy)
    client = site.browser().client
    answer = await client.get(f"/@heavy/{post.id}" if path == "post" else path, headers={"Accept": HTML})
    assert answer.headers["content-encoding"] == "gzip"
    total = len(gzip.compress(answer.content, 5, mtime=0))
    for address in set(re.findall(r'(?:src|href)="(/static/[^"]+\.(?:css|js))"', answer.text)):
        total += int((await client.get(address)).headers["content-length"])
    assert total <= BUDGET_BYTES
    assert total > 5_000


async def test_pages_are_packed_for_those_who_can_unpack(site: Site) -> None:
    browser = await site.member("ann")
    plain = await browser.client.get("/about", headers={"Accept": HTML, "Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    tokens = {(await browser.get("/about")).one("input", name="csrf").attrs["value"] for _ in range(3)}
    assert len(tokens) == 3, "a token that is the same in every packed page can be guessed by their size (BREACH)"


async def test_a_closed_server_says_so(site: Site) -> None:
    flag = site.context.config.data_dir / maintenance.FLAG
    words = "Moving <house>. " + "x" * (limits.MAINTENANCE_WORDS - 16)
    flag.write_text(words + "y", "utf-8")
    await asyncio.sleep(limits.MAINTENANCE_LOOK_SECONDS)
    try:
        page = await site.browser().get("/")
        assert (page.status, page.response.headers["retry-after"]) == (503, str(limits.MAINTENANCE_SECONDS))
        assert page.one("h1").text == "Closed for a moment"
        assert words in page.text()
        assert "xy" not in page.text()
        program = await site.browser().client.get("/", headers={"Accept": "application/activity+json"})
        assert (program.status_code, program.json()["status"]) == (503, 503)
        style = page.all("link", rel="stylesheet")[0].attrs["href"]
        assert (await site.browser().client.get(style)).status_code == 200
    finally:
        flag.unlink()
        await asyncio.sleep(limits.MAINTENANCE_LOOK_SECONDS)
    assert (await site.browser().get("/")).status == 200


async def test_the_flag_is_looked_for_ten_times_a_second_at_most(site: Site) -> None:
    clock, config = FrozenClock(), site.context.config
    app = Starlette(
        routes=[Route("/", PlainTextResponse("open"))],
        middleware=[Middleware(maintenance.Maintenance, config=config, clock=clock)],
    )
    app.state.context = site.context
    flag = config.data_dir / maintenance.FLAG
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url=ORIGIN) as client:

        async def status() -> int:
            return (await client.get("/")).status_code

        assert await status() == 200
        flag.write_text("Moving house.", "utf-8")
        try:
            clock.advance(limits.MAINTENANCE_LOOK_SECONDS / 2)
            assert await status() == 200
            clock.advance(limits.MAINTENANCE_LOOK_SECONDS / 2)
            assert await status() == 503
        finally:
            flag.unlink()
        assert await status() == 503
        clock.advance(limits.MAINTENANCE_LOOK_SECONDS)
        assert await status() == 200
