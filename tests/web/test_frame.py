"""The frame of every page: who sees which places, how the reader wants it, and what is said after a redirect."""

from __future__ import annotations

import pytest
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.web import appearance, notices, rendering
from tests.web.site import Site

pytestmark = pytest.mark.asyncio(loop_scope="module")


def _request(site: Site, cookies: str) -> Request:
    headers = [(b"cookie", cookies.encode())]
    return Request({"type": "http", "method": "POST", "path": "/", "headers": headers, "app": site.app, "state": {}})


def _cookies(response: Response) -> str:
    return "; ".join(value.partition(";")[0] for name, value in response.headers.items() if name == "set-cookie")


async def test_a_member_has_five_places_and_a_visitor_a_way_in(site: Site) -> None:
    member = await (await site.member("ann")).get("/about")
    places = [link.attrs["href"] for link in member.all("a")]
    assert [href for href in places if href in ("/home", "/explore", "/make", "/notifications", "/@ann")] == [
        "/home", "/explore", "/make", "/notifications", "/@ann",
    ]  # fmt: skip
    assert {"/settings", "/search"} <= set(places)
    assert "/moderation" not in places
    assert any("htmx" in script.attrs["src"] for script in member.all("script"))
    visitor = await site.browser().get("/about")
    assert {"/sign-in", "/explore", "/about"} <= visitor.links()
    assert not visitor.all("script")


async def test_the_reader_chooses_how_it_looks(site: Site) -> None:
    browser = site.browser()
    plain = (await browser.get("/about")).one("html").attrs
    assert not [name for name in plain if name.startswith("data-")]
    answer = Response()
    appearance.keep(answer, site.context.config, appearance.Appearance("dark", "large", "less", "off"))
    browser.client.cookies.set("appearance", _cookies(answer).removeprefix("appearance="), domain="127.0.0.1")
    chosen = (await browser.get("/about")).one("html").attrs
    assert {name: value for name, value in chosen.items() if name.startswith("data-")} == {
        "data-theme": "dark", "data-text": "large", "data-motion": "less", "data-keys": "off",
    }  # fmt: skip
    browser.client.cookies.set("appearance", 'x".light.<b>', domain="127.0.0.1")
    assert not [name for name in (await browser.get("/about")).one("html").attrs if name.startswith("data-")]


async def test_what_was_said_is_shown_once_and_kept_by_no_cache(site: Site) -> None:
    browser = site.browser()
    await browser.get("/sign-in")
    visitor = f"visitor-8321={browser.cookie('visitor-8321')}"
    answer = rendering.said(_request(site, visitor), Response(), "Saved <b>it</b>.")
    name, _, value = _cookies(answer).partition("=")
    browser.client.cookies.set(name, value, domain="127.0.0.1")
    page = await browser.get("/about")
    assert page.one("p", class_="said").text == "Saved <b>it</b>."
    assert page.response.headers["cache-control"] == "private, no-store"
    assert "Max-Age=0" in page.response.headers["set-cookie"]
    browser.client.cookies.delete(name)
    assert not (await browser.get("/about")).all("p", class_="said")


async def test_nobody_else_can_put_words_there(site: Site) -> None:
    answer = rendering.said(_request(site, "visitor-8321=" + "a" * 43), Response(), "Pay ann 100.")
    other = site.browser()
    await other.get("/sign-in")
    name, _, value = _cookies(answer).partition("=")
    for put in (value, "x", "=.x", value.replace(".", "")):
        other.client.cookies.set(name, put, domain="127.0.0.1")
        assert not (await other.get("/about")).all("p", class_="said")
    assert notices.waiting(_request(site, "visitor-8321=" + "a" * 43 + "; said-8321=ä.ö"), site.context.config) is None


async def test_a_long_sentence_is_cut(site: Site) -> None:
    for length, shown in ((limits.SAID_CHARS, limits.SAID_CHARS), (limits.SAID_CHARS + 1, limits.SAID_CHARS)):
        cookies = "visitor-8321=" + "a" * 43
        answer = rendering.said(_request(site, cookies), Response(), "ä" * length, bad=True)
        waiting = notices.waiting(_request(site, f"{cookies}; {_cookies(answer)}"), site.context.config)
        assert waiting is not None
        assert (len(waiting.sentence), waiting.bad) == (shown, True)
