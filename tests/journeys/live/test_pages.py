"""Every page in a real browser, at three sizes, light and dark: axe-core finds nothing, nothing moves or is fat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page
from sqlmodel import select

from fediverse_ai.core import limits
from outbox.models import Attachment, Post
from tests.support import browser as web
from tests.support import exhibition, hostile
from tests.support.exhibition import Exhibition
from tests.support.nodes import installed
from tests.support.pages import addresses
from tests.support.peer import peer
from tests.support.processes import eventually
from tests.support.server import Server
from tests.support.slow_line import slow_line

pytestmark = pytest.mark.asyncio(loop_scope="module")
AXE = Path(__file__).resolve().parents[2] / "peers" / "axe"
FIRST_VIEW_BYTES = 60_000
LAYOUT_SHIFT = 0.02
# Of a page over a slow line: a pause is long enough for a frame on a busy machine. Several tabs wait at once.
PIECES, PAUSE_S, TABS = 40, 0.04, 4
# Runs before the page: what moved without anybody having touched anything, how much, and from where to where.
WATCH_SHIFTS = """window.shifts = [];
const named = ({node, previousRect: before, currentRect: after}) => {
  const one = node?.nodeType === Node.TEXT_NODE ? node.parentElement : node;
  const place = box => [box.x, box.y, box.width, box.height].map(Math.round).join(" ");
  const classes = one?.getAttribute?.("class")?.replaceAll(" ", ".") ?? "";
  const path = `${one?.localName ?? "gone"}${one?.id ? "#" + one.id : ""}${classes && "." + classes}`;
  return `${path} [${place(before)}] -> [${place(after)}]`;
};
new PerformanceObserver(list => {
  for (const one of list.getEntries()) {
    if (!one.hadRecentInput) window.shifts.push([one.value, one.sources.map(named)]);
  }
}).observe({type: "layout-shift", buffered: true});"""
TOO_WIDE = "() => document.documentElement.scrollWidth > document.documentElement.clientWidth"


@dataclass
class Hall:
    server: Server
    shown: Exhibition
    browser: Browser
    cookies: dict[str, Any] = field(default_factory=dict)
    """By looker: an address may sign in only so often."""

    async def enter(self, page: Page, looker: str) -> None:
        await page.context.clear_cookies()
        if looker not in self.cookies:
            await web.sign_in(page, self.server, looker)
            self.cookies[looker] = await page.context.cookies()
        await page.context.add_cookies(self.cookies[looker])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hall(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hall]:
    command = web.needed()
    server = Server(tmp_path_factory.mktemp("hall") / "ours", settings={"server.name": "Lamplight"})
    try:
        await exhibition.furnish(server)
        await server.start()
        async with peer() as elsewhere, web.opened(command) as browser:
            yield Hall(server, await exhibition.hang(server, elsewhere), browser)
        assert await server.stop() == 0, server.running.output()[-4000:]
    finally:
        await server.close()


async def visits(hall: Hall, page: Page, *, first: int = 0, each: int = 1) -> AsyncIterator[str]:
    """Load every page (or each so many) as the one who may see it, and check that it came."""
    now: str | None = None
    lost = {}
    for looker, path in addresses(hall.shown)[first::each]:
        if looker != now and looker is not None:
            await hall.enter(page, looker)
            now = looker
        answer = await page.goto(path)
        assert answer is not None
        if answer.status != 200:
            lost[path] = answer.status
        yield path
    assert lost == {}


@pytest.mark.parametrize(("size", "scheme"), [(size, scheme) for size in web.SIZES for scheme in ("light", "dark")])
async def test_axe_finds_nothing(hall: Hall, size: str, scheme: str) -> None:
    _node, folder = installed(AXE)
    axe = (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    found = {}
    async with web.tab(hall.browser, hall.server, size, scheme) as page:
        await page.goto("/about")
        await page.evaluate("() => document.querySelector('main').append(new Image())")
        assert [one["rule"] for one in await web.violations(page, axe)] == ["image-alt"], "axe finds what is wrong"
        async for path in visits(hall, page):
            if wrong := await web.violations(page, axe):
                found[path] = wrong
    assert found == {}


@pytest.mark.parametrize("size", list(web.SIZES))
async def test_a_first_view_is_small_and_still_and_ours_alone(hall: Hall, size: str) -> None:
    """Each page with nothing cached: bytes on the wire before pictures, layout shift, width; hosts are the tab's."""
    fat, moved, wide = {}, {}, []
    async with web.tab(hall.browser, hall.server, size) as page:
        await page.add_init_script(WATCH_SHIFTS)
        wire = await page.context.new_cdp_session(page)
        await wire.send("Network.enable")
        await wire.send("Network.setCacheDisabled", {"cacheDisabled": True})
        kinds: dict[str, str] = {}
        sizes: dict[str, int] = {}
        # A page begins with its document; signing in before it is not counted.
        wire.on("Network.requestWillBeSent", lambda told: sizes.clear() if told["type"] == "Document" else None)
        wire.on("Network.responseReceived", lambda told: kinds.__setitem__(told["requestId"], told["type"]))
        wire.on(
            "Network.loadingFinished",
            lambda told: sizes.__setitem__(told["requestId"], int(told["encodedDataLength"])),
        )
        async for path in visits(hall, page):
            await page.evaluate(web.SETTLED)
            size_bytes = sum(length for one, length in sizes.items() if kinds.get(one) not in ("Image", "Manifest"))
            assert size_bytes > 1000, "the wire was not watched"
            if size_bytes > FIRST_VIEW_BYTES:
                fat[path] = size_bytes
            if shifts := await shifted(page):
                moved[path] = shifts
            if await page.evaluate(TOO_WIDE):
                wide.append(path)
    assert (fat, moved, wide) == ({}, {}, [])


async def shifted(page: Page) -> list[Any]:
    """Empty, or what moved too far in all: how far, and which elements."""
    shifts: list[Any] = await page.evaluate("() => window.shifts")
    return shifts if sum(value for value, _moved in shifts) >= LAYOUT_SHIFT else []


async def test_nothing_moves_while_a_page_comes_in_pieces(hall: Hall) -> None:
    """As over a slow line: the browser paints what it has so far, again and again, and what it painted stays there.

    At one size: between the two others, where rows have the fewest columns that are more than one.
    """
    moved: dict[str, list[Any]] = {}

    async def look(line: str, first: int) -> None:
        async with web.tab(hall.browser, hall.server, "tablet", proxy={"server": line}) as page:
            await page.add_init_script(WATCH_SHIFTS)
            async for path in visits(hall, page, first=first, each=TABS):
                await page.evaluate(web.SETTLED)
                if shifts := await shifted(page):
                    moved[path] = shifts

    async with web.tab(hall.browser, hall.server) as page:
        for looker in ("ann", "mo", "olga"):
            await hall.enter(page, looker)
    async with slow_line(PIECES, PAUSE_S) as line:
        await asyncio.gather(*(look(line, first) for first in range(TABS)))
    assert moved == {}


FOCUSED = "() => document.activeElement.closest('li') && [...document.querySelectorAll('.sheet > li')].indexOf("
FOCUSED += "document.activeElement.closest('li'))"
CARDS = "() => document.querySelectorAll('main .sheet > li').length"


async def come(page: Page, cards: int) -> None:
    async def are_there() -> bool:
        return bool(await page.evaluate(CARDS) == cards)

    await eventually(are_there, f"{cards} cards", seconds=20)


async def test_keys_walk_along_a_gallery_and_act_on_a_post(hall: Hall) -> None:
    """static/keys.js: what its first line says, and that it keeps out of fields and of what is switched off."""
    async with web.tab(hall.browser, hall.server) as page:
        await hall.enter(page, "mo")
        await page.goto("/@ben")
        await page.evaluate(web.SETTLED)
        walked = []
        for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowRight"):
            await page.keyboard.press(key)
            walked.append(await page.evaluate(FOCUSED))
        assert walked == [0, 1, 0, 1]
        await page.keyboard.press("Escape")
        assert await page.evaluate("() => document.activeElement === document.body"), "let go of the sheet"
        await page.keyboard.press("ArrowDown")
        address = await page.evaluate("() => document.activeElement.href")
        await page.keyboard.press("Enter")
        await page.wait_for_url(address)
        await page.keyboard.press("?")
        await page.locator("dialog#keys[open]").wait_for()
        await page.keyboard.press("l")
        await page.keyboard.press("Escape")
        await page.locator("dialog#keys:not([open])").wait_for(state="attached")
        like = page.locator("[data-key=l]").first
        assert await like.get_attribute("aria-pressed") == "false", "a dialog takes keys for itself"
        for key, pressed in (("l", "true"), ("b", "true"), ("l", "false"), ("b", "false")):
            await page.keyboard.press(key)
            await page.locator(f"[data-key={key}][aria-pressed={pressed}]").first.wait_for()
        await page.keyboard.press("Escape")
        await page.wait_for_url("**/@ben")
        await page.goto(address)
        await page.keyboard.press("x")
        await page.wait_for_url("**/make?recipe=*")
        await page.locator("#prompt").press_sequentially("l?bx.")
        assert "l?bx." in await page.locator("#prompt").input_value()
        assert await page.locator("dialog[open]").count() == 0

        await page.goto("/settings/appearance")
        await page.check("#keys")
        await page.locator("main form button.primary").click()
        await page.goto("/@ben")
        await page.keyboard.press("ArrowRight")
        assert await page.evaluate(FOCUSED) in (None, False)


async def test_a_long_sheet_goes_on_by_itself_a_few_times_and_is_found_again(hall: Hall) -> None:
    """static/further.js: six pages, then the link waits; back leads to where one was; and without it the link works."""
    async with hall.server.beside() as context, context.database.write() as session:
        first = await session.get_one(Post, hall.shown.posts[0])
        [picture] = await session.exec(select(Attachment).where(Attachment.post_id == first.id))
        for _number in range(7 * limits.PAGE_POSTS):
            key = context.ids.new()
            uri = f"{hall.server.origin}/notes/{key}"
            copy = {"id": key, "uri": uri, "url": f"{hall.server.origin}/@ann/{key}", "activity_uri": None, "likes": 0}
            session.add(Post(**first.model_dump() | copy | {"client_key": None, "context_uri": None}))
            await session.flush()
            session.add(Attachment(**picture.model_dump() | {"id": context.ids.new(), "post_id": key}))
    async with web.tab(hall.browser, hall.server) as page:
        await page.goto("/")
        assert await page.evaluate(CARDS) == limits.PAGE_POSTS
        for number in range(2, 7):
            await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
            await come(page, number * limits.PAGE_POSTS)
        await page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
        await page.locator(".turn a[rel=next]").wait_for()
        await page.wait_for_timeout(500)
        assert await page.evaluate(CARDS) == 6 * limits.PAGE_POSTS, "then it waits to be pressed"
        ids = await page.evaluate("() => [...document.querySelectorAll('main .sheet > li > a')].map(one => one.href)")
        assert len(set(ids)) == len(ids)
        place = await page.evaluate("() => scrollY")
        await page.locator("main .sheet > li > a").nth(-2).click()
        await page.wait_for_selector(".wall")
        await page.go_back()
        await come(page, 6 * limits.PAGE_POSTS)
        assert abs(await page.evaluate("() => scrollY") - place) < 400
        await page.locator(".turn a[rel=next]").click()
        await page.wait_for_url("**/?before=*")
    async with web.tab(hall.browser, hall.server, java_script_enabled=False) as page:
        await page.goto("/")
        await page.locator(".turn a[rel=next]").click()
        await page.wait_for_url("**/?before=*")
        assert await page.locator("main .sheet > li").count() == limits.PAGE_POSTS


async def test_hostile_words_stay_words_on_every_page(hall: Hall) -> None:
    """XSS-01, -03, -04, -06, -07, -10, -13, -18, for all columns. The last one here: nothing is left whole after it."""
    assert await hostile.poison(hall.server) > 100
    run, wrong, shown = [], {}, 0
    async with web.tab(hall.browser, hall.server) as page:
        await page.add_init_script("window.alert = () => { window.run = true; };")
        async for path in visits(hall, page):
            if found := await page.evaluate(hostile.FOUND):
                wrong[path] = found[:5]
            if await page.evaluate("() => window.run"):
                run.append(path)
            shown += await page.evaluate("() => document.body.textContent.includes('alert(1)')")
    assert (run, wrong) == ([], {})
    assert shown > 40, "the words are shown"
