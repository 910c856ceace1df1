"""The pages of settings: each choice is kept, shown again, and does what it says."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from sqlmodel import select

from actors.models import Account, Actor, Follow
from outbox.models import Activity
from outbox.shelves import FeaturedTag, Filter, FilterKeyword, ReaderDial
from tests.web.site import ORIGIN, Browser, Page, Site, hidden, read

pytestmark = pytest.mark.asyncio(loop_scope="module")

PAGES = (
    "/settings",
    "/settings/appearance",
    "/settings/privacy",
    "/settings/filters",
    "/settings/notifications",
    "/settings/sessions",
    "/settings/security",
    "/settings/data",
    "/settings/account",
)


async def account(site: Site, name: str) -> Account:
    async with site.context.database.read() as session:
        return await session.get_one(Account, site.account_id(name))


async def actor(site: Site, name: str) -> Actor:
    async with site.context.database.read() as session:
        return (await session.exec(select(Actor).where(Actor.username == name))).one()


async def multipart(browser: Browser, path: str, files: dict[str, bytes] | None = None, **fields: str) -> Page:
    """A form with files, filled in from its page."""
    page = await browser.get(path)
    sent = {"Accept": "text/html", "Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}
    parts = {name: (f"{name}.png", data, "image/png") for name, data in (files or {}).items()}
    # An empty part makes it multipart without any file, as browsers send it.
    parts.setdefault("nothing", ("", b"", "application/octet-stream"))
    return read(await browser.client.post(path, data={**hidden(page), **fields}, files=parts, headers=sent))


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_one_heading_its_family_and_labels(site: Site, path: str) -> None:
    browser = await site.member("paula")
    page = await browser.get(path)
    assert page.status == 200, page.body[:500]
    assert "no-store" in page.response.headers["cache-control"]
    assert len(page.all("h1")) == 1
    assert [link.attrs["href"] for link in page.all("a", aria_current="page") if "/settings" in link.attrs["href"]] == [path]
    labelled = {label.attrs["for"] for label in page.all("label")}
    for tag in ("input", "select", "textarea"):
        for element in page.all(tag):
            assert element.attrs.get("type") == "hidden" or element.attrs["id"] in labelled, element
    ids = [element.attrs["id"] for element in page.elements if "id" in element.attrs]
    assert len(ids) == len(set(ids)), ids
    assert (await site.browser().get(path)).status == 401
