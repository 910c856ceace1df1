"""A real browser for tests and for the pictures in docs/screens: Chromium, what it asked for, and how to sign in."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright

from actors import accounts
from tests.support.server import Server

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run",
)  # fmt: skip
MISSING = "Chromium is not installed, and the tests of pages need it (Debian and Ubuntu: apt install chromium)."
SIZES = {"phone": (390, 844), "tablet": (820, 1180), "desktop": (1440, 900)}
# The page has come, and every image is loaded and decoded, those too that wait until they are near the window.
SETTLED = """async () => {
  while (document.readyState !== "complete") await new Promise(done => setTimeout(done, 20));
  for (const image of document.images) { image.loading = "eager"; await image.decode().catch(() => {}); }
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""


def chromium() -> str | None:
    """The browser's command."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


def needed() -> str:
    """The browser's command. A test ends here where there is none: as a failure in CI, which installs it."""
    found = chromium()
    if found is None and os.environ.get("CI"):
        pytest.fail(MISSING)
    if found is None:
        pytest.skip(MISSING)
    return found


@asynccontextmanager
async def opened(command: str) -> AsyncIterator[Browser]:
    """The browser as it is installed, without a window."""
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=command, args=list(FLAGS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def tab(
    browser: Browser, server: Server, size: str = "desktop", scheme: str = "light", **options: Any
) -> AsyncIterator[Page]:
    """A page with cookies of its own. It ends well when nothing but our server was asked, and no script fell over."""
    width, height = SIZES[size]
    phone = {"is_mobile": True, "has_touch": True} if size == "phone" else {}
    context = await browser.new_context(
        base_url=server.origin,
        viewport={"width": width, "height": height},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
        **phone,
        **options,
    )
    page = await context.new_page()
    page.set_default_timeout(20_000)
    abroad: list[str] = []
    mistakes: list[str] = []
    page.on("request", lambda asked: None if _ours(asked.url, server) else abroad.append(asked.url))
    page.on("pageerror", lambda mistake: mistakes.append(str(mistake)))
    page.on("console", lambda said: mistakes.append(said.text) if "Content Security Policy" in said.text else None)
    try:
        yield page
        assert abroad == [], "a host of somebody else was asked"
        assert mistakes == []
    finally:
        await context.close()


def _ours(url: str, server: Server) -> bool:
    return url.startswith((f"{server.origin}/", "data:", "blob:", "about:"))


async def link_of(server: Server, username: str) -> str:
    """The address of a one-time link, as `user link` prints it."""
    async with server.beside() as context, context.database.write() as session:
        account = await accounts.account_of(session, username)
        assert account is not None, username
        return f"/sign-in/link/{await accounts.make_link(session, account.id)}"


async def sign_in(page: Page, server: Server, username: str) -> None:
    """Use a one-time link as a person does."""
    await page.goto(await link_of(server, username))
    await page.locator("main form button.primary").click()
    await page.wait_for_selector("body.member")


async def make(page: Page, prompt: str) -> None:
    """Order a picture and wait until there is something to choose."""
    await page.goto("/make")
    await page.fill("#prompt", prompt)
    await page.get_by_role("button", name="Make", exact=True).click()
    await page.wait_for_selector("#finish", timeout=60_000)


async def post(page: Page, *, caption: str = "", visibility: str = "public") -> str:
    """Choose the first picture, agree to its description, post it; the address of the post once it is out."""
    await page.check("#picture-0")
    await page.check("#confirm-0")
    await page.fill("#text", caption)
    await page.check(f"input[name=visibility][value={visibility}]")
    await page.locator("p.post button.primary").click()
    link = page.locator("main p.actions a.button.primary[href*='/@']")
    await link.wait_for(timeout=60_000)
    return str(await link.get_attribute("href"))


async def violations(page: Page, axe: str) -> list[dict[str, Any]]:
    """What axe-core finds on the page as it is: rule, and the elements with what is wrong."""
    if not await page.evaluate("() => 'axe' in window"):
        await page.evaluate(f"() => {{ {axe} }}")
    found = await page.evaluate("async () => (await axe.run(document, {resultTypes: ['violations']})).violations")
    return [
        {"rule": one["id"], "where": [f"{node['target']}: {node['failureSummary']}" for node in one["nodes"]][:4]}
        for one in found
    ]
