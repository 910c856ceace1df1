"""A day on our server in a real browser: made, delivered, answered live, held, judged, appealed, carried out."""

from __future__ import annotations

import zipfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from actors import accounts
from tests.support import browser as web
from tests.support import exhibition
from tests.support.exhibition import HELD
from tests.support.peer import Peer, peer
from tests.support.processes import eventually
from tests.support.server import Server

pytestmark = pytest.mark.asyncio(loop_scope="module")
PASSWORD = "a lamp in every window"
FOCUS_SHOWS = """() => {
  const look = getComputedStyle(document.activeElement);
  return look.outlineStyle !== "none" || look.boxShadow !== "none";
}"""


@dataclass
class Day:
    server: Server
    elsewhere: Peer
    browser: Browser


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Day]:
    command = web.needed()
    server = Server(tmp_path_factory.mktemp("day") / "ours")
    try:
        await exhibition.furnish(server)
        async with server.beside() as context, context.database.write() as session:
            ann = await accounts.account_of(session, "ann")
            assert ann is not None
            await accounts.set_password(session, ann.id, PASSWORD)
        await server.start()
        async with peer() as elsewhere, web.opened(command) as browser:
            yield Day(server, elsewhere, browser)
        assert await server.stop() == 0, server.running.output()[-4000:]
    finally:
        await server.close()


async def enter(page: Page) -> None:
    """Ann's sign-in with her password."""
    await page.goto("/sign-in")
    await page.fill("#username", "ann")
    await page.fill("#password", PASSWORD)
    await page.locator("main form button.primary").click()
    await page.wait_for_selector("body.member, .foot form[action='/sign-out']")


@pytest.mark.parametrize(("size", "scheme"), [("phone", "light"), ("tablet", "dark"), ("desktop", "light")])
async def test_made_posted_delivered_and_answered_live(day: Day, size: str, scheme: str) -> None:
    bob = day.elsewhere.actor(f"bob{size}")
    before = len(day.elsewhere.activities("Create"))
    await bob.deliver(day.server.inbox, bob.activity("Follow", day.server.actor("ann")))
    await day.elsewhere.arrival("Accept", len(day.elsewhere.activities("Accept")) + 1)
    async with web.tab(day.browser, day.server, size, scheme) as page:
        await enter(page)
        await web.make(page, f"a lighthouse at dawn, {size}")
        address = await web.post(page, caption=f"First light, {size}")
        create = await day.elsewhere.arrival("Create", before + 1)
        assert create["object"]["url"].endswith(urlsplit(address).path)
        await page.goto(address)
        await page.get_by_role("heading", level=1, name=f"First light, {size}").wait_for()
        answer = bob.note(
            "<p>I can hear the gulls.</p>", inReplyTo=create["object"]["id"], cc=[day.server.actor("ann")]
        )
        assert await page.locator("#thread li").count() == 0
        await bob.deliver(day.server.inbox, bob.create(answer))
        await page.locator("#thread li", has_text="I can hear the gulls.").wait_for()
        await page.goto("/notifications")
        await page.locator("main", has_text="gulls").wait_for()


async def test_held_refused_appealed_and_let_out(day: Day) -> None:
    async with web.tab(day.browser, day.server, "phone") as ann, web.tab(day.browser, day.server) as mo:
        await enter(ann)
        await ann.goto("/make")
        await ann.fill("#prompt", HELD)
        await ann.get_by_role("button", name="Make", exact=True).click()
        await ann.locator("#appeal-text").wait_for(timeout=60_000)
        held = ann.url
        await web.sign_in(mo, day.server, "mo")
        await mo.goto("/moderation")
        await mo.locator(".case", has_text=HELD).wait_for()
        # By keys: refuse, why, Enter.
        await mo.keyboard.press("r")
        await mo.keyboard.type("Name the technique instead.")
        await mo.keyboard.press("Enter")
        await mo.locator("form.undo").wait_for()
        await ann.goto(held)
        await ann.locator("main", has_text="Name the technique instead.").wait_for()
        await ann.fill("#appeal-text", "It is a forest.")
        await ann.get_by_role("button", name="Appeal", exact=True).click()
        await ann.locator("main", has_text="You have appealed.").wait_for()
        await mo.goto("/moderation/appeals")
        case = mo.locator("li", has_text="It is a forest.")
        await case.locator("textarea").fill("So it is.")
        await case.get_by_role("button", name="They are right").click()
        await mo.locator("form.undo").wait_for()
        await ann.goto(held)
        # The words may pass now: the picture is made, and waits for its author as every other.
        await ann.wait_for_selector("#finish", timeout=60_000)
        await ann.goto("/notifications")
        await ann.locator("main", has_text="A moderator answered your appeal").wait_for()


async def test_settings_and_everything_carried_out(day: Day, tmp_path: Path) -> None:
    async with web.tab(day.browser, day.server, "tablet") as page:
        await enter(page)
        await page.goto("/settings/appearance")
        await page.check("input[name=theme][value=dark]")
        await page.locator("main form button.primary").click()
        await page.wait_for_selector("html[data-theme=dark]")
        await page.goto("/settings/data")
        await page.fill("#password", PASSWORD)
        await page.get_by_role("button", name="Make an archive").click()

        async def ready() -> bool:
            await page.goto("/settings/data")
            return await page.get_by_role("link", name="Download").count() == 1

        await eventually(ready, "the archive is made", seconds=60, every=0.5)
        async with page.expect_download() as begun:
            await page.get_by_role("link", name="Download").click()
        file = tmp_path / "archive.zip"
        await (await begun.value).save_as(file)
        with zipfile.ZipFile(file) as archive:
            assert archive.testzip() is None
            assert any("lighthouse" in name or "outbox" in name or "posts" in name for name in archive.namelist())


async def test_all_of_it_without_scripts(day: Day) -> None:
    """Sign in, make, look, post: by loading pages again, as forms alone do."""
    async with web.tab(day.browser, day.server, "phone", java_script_enabled=False) as page:
        await enter(page)
        await page.goto("/make")
        await page.fill("#prompt", "a heron in the reeds")
        await page.get_by_role("button", name="Make", exact=True).click()
        made = page.url

        async def there() -> bool:
            await page.goto(made)
            return await page.locator("#finish").count() == 1

        await eventually(there, "the picture is made", seconds=60, every=0.5)
        await page.check("#picture-0")
        await page.check("#confirm-0")
        await page.fill("#text", "By forms alone")
        await page.check("input[name=visibility][value=public]")
        await page.locator("p.post button.primary").click()
        link = page.locator("main p.actions a.button.primary[href*='/@']")

        async def out() -> bool:
            await page.goto(made)
            return await link.count() == 1

        await eventually(out, "the post is out", seconds=60, every=0.5)
        await link.click()
        assert await page.get_by_role("heading", level=1, name="By forms alone").count() == 1
        await page.goto("/")
        assert await page.locator("main img").count() > 0


async def join(page: Page, name: str) -> None:
    """Fill in what everybody fills in who comes in, and send it."""
    await page.fill("#username", name)
    await page.fill("#password", PASSWORD)
    await page.check("#agree")
    await page.locator("main form button.primary").click()


async def test_two_people_come_in_and_meet(day: Day) -> None:
    """One by an invitation, one on request with an answer; then the second follows the first and likes a picture."""
    async with (
        web.tab(day.browser, day.server) as olga,
        web.tab(day.browser, day.server, "phone") as cleo,
        web.tab(day.browser, day.server, "tablet", "dark") as dan,
    ):
        await web.sign_in(olga, day.server, "olga")
        await olga.goto("/owner/invites")
        await olga.check("#mode-approval")
        await olga.get_by_role("button", name="Let it hold").click()
        await olga.locator(".said", has_text="It holds from now on").wait_for()
        await olga.fill("#note", "the photo club")
        await olga.get_by_role("button", name="Make an invitation").click()
        invitation = await olga.locator(".notice code.letters").inner_text()

        await cleo.goto(urlsplit(invitation).path)
        await cleo.locator("main", has_text="@olga invites you.").wait_for()
        await join(cleo, "cleo")
        await cleo.wait_for_selector("body.member")
        async with web.tab(day.browser, day.server) as late:
            await late.goto(urlsplit(invitation).path)
            await late.locator("main", has_text="This invitation was used").wait_for()

        await dan.goto("/sign-up")
        await dan.fill("#reason", "I draw harbours by hand.")
        await join(dan, "dan")
        await dan.locator("main", has_text="@dan waits for an answer.").wait_for()
        state = dan.url
        await olga.goto("/owner")
        await olga.locator("main", has_text="1 person asks to join.").wait_for()
        await olga.goto("/owner/requests")
        await olga.locator("li", has_text="I draw harbours by hand.").wait_for()
        await olga.fill("main li input[name=note]", "Bring the harbours.")
        await olga.get_by_role("button", name="Let @dan in").click()
        await olga.locator(".said", has_text="@dan is in.").wait_for()
        await dan.goto(state)
        await dan.locator("main", has_text="Bring the harbours.").wait_for()
        await dan.locator("main a.button", has_text="Sign in").click()
        await dan.fill("#username", "dan")
        await dan.fill("#password", PASSWORD)
        await dan.locator("main form button.primary").click()
        await dan.wait_for_selector("body.member")

        await dan.goto("/@cleo")
        await dan.get_by_role("button", name="Follow", exact=True).click()
        await dan.get_by_role("button", name="Unfollow").wait_for()
        await web.make(cleo, "a heron in the reeds")
        address = await web.post(cleo, caption="My first one")
        await dan.goto("/home")
        await dan.locator("main", has_text="My first one").wait_for()
        await dan.goto(urlsplit(address).path)
        await dan.locator("[data-key=l]").first.click()
        await dan.locator("[data-key=l][aria-pressed=true]").first.wait_for()
        await cleo.goto("/notifications")
        for words in ("follows you now", "likes your post"):
            await cleo.locator("main", has_text=words).wait_for()


async def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the wanted element has the focus, which has to be seen there."""
    for _ in range(most):
        await page.keyboard.press("Tab")
        if await page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
            assert await page.evaluate(FOCUS_SHOWS), f"nobody sees that {selector} has the focus"
            return
    raise AssertionError(f"{most} tabs did not lead to {selector} on {page.url}")


async def test_all_of_it_by_keyboard(day: Day) -> None:
    async with web.tab(day.browser, day.server) as page:
        await page.goto("/sign-in")
        await tab_to(page, "#username")
        await page.keyboard.type("ann")
        await tab_to(page, "#password")
        await page.keyboard.type(PASSWORD)
        await page.keyboard.press("Enter")
        await page.wait_for_selector("body.member")
        await page.keyboard.press("Tab")
        assert await page.evaluate("() => document.activeElement.matches('a.skip')"), "the way past the navigation"
        await tab_to(page, "a[href='/make']")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#prompt")
        await tab_to(page, "#prompt")
        await page.keyboard.type("an owl on a branch at night")
        await tab_to(page, "button.primary")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("#finish", timeout=60_000)
        await tab_to(page, "#picture-0")
        if not await page.is_checked("#picture-0"):
            await page.keyboard.press("Space")
        await tab_to(page, "#confirm-0")
        await page.keyboard.press("Space")
        await tab_to(page, "#text")
        await page.keyboard.type("By keys alone")
        await tab_to(page, "p.post button.primary")
        await page.keyboard.press("Enter")
        await page.wait_for_selector("main p.actions a.button.primary[href*='/@']", timeout=60_000)
        await tab_to(page, "main p.actions a.button.primary")
        await page.keyboard.press("Enter")
        await page.get_by_role("heading", level=1, name="By keys alone").wait_for()
