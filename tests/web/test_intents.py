"""From a page here to one's own server: by intents (FEP-3b86), by the older template, or by being told how."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from fediverse_ai.core import limits
from fediverse_ai.web import intents
from outbox.models import Post
from tests.support.peer import listening
from tests.web.site import ORIGIN, Page, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")

FEP = "https://w3id.org/fep/3b86/"
SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
# Name -> the link templates that its WebFinger answer holds; {home} is this server's address.
LINKS: dict[str, dict[str, str]] = {
    "new": {
        FEP + "Follow": "{home}/follow?who={object}&then={on-success}&else={on-cancel}&as={unheard-of}",
        FEP + "Like": "{home}/like?what={object}",
        FEP + "Announce": "{home}/boost?what={object}",
        FEP + "Create": "{home}/share?re={inReplyTo}&text={content}",
    },
    "mastodon": {FEP + "Object": "{home}/authorize_interaction?uri={object}", SUBSCRIBE: "{home}/x?uri={uri}"},
    "older": {SUBSCRIBE: "{home}/authorize_interaction?uri={uri}"},
    "shares": {FEP + "Create": "{home}/share?text={content}"},
    "none": {},
    "evil": {FEP + "Follow": "javascript:alert('{object}')", SUBSCRIBE: "data:text/html,{uri}"},
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home() -> AsyncIterator[str]:
    """A visitor's server on loopback, as its address."""

    async def webfinger(request: Request) -> Response:
        handle = request.query_params["resource"].removeprefix("acct:")
        name, _, host = handle.partition("@")
        if name not in LINKS:
            return Response(status_code=404)
        links = [
            {"rel": rel, "template": text.replace("{home}", f"http://{host}")} for rel, text in LINKS[name].items()
        ]
        return JSONResponse({"subject": f"acct:{handle}", "links": links}, media_type="application/jrd+json")

    app = Starlette(routes=[Route("/.well-known/webfinger", webfinger)])
    async with listening(app) as port:
        yield f"127.0.0.1:{port}"


async def wish(site: Site, handle: str, wanted: str, about: str, **headers: Any) -> Page:
    return await site.browser().post("/intent", {"handle": handle, "wish": wanted, "about": about}, **headers)


@pytest.mark.parametrize(
    ("name", "wanted", "place"),
    [
        ("new", "follow", "/follow?who={actor}&then={back}&else={back}&as="),
        ("new", "like", "/like?what={post}"),
        ("new", "boost", "/boost?what={post}"),
        ("new", "reply", "/share?re={post}&text="),
        ("mastodon", "follow", "/authorize_interaction?uri={actor}"),
        ("mastodon", "reply", "/authorize_interaction?uri={post}"),
        ("older", "follow", "/authorize_interaction?uri={actor}"),
        ("older", "like", "/authorize_interaction?uri={post}"),
    ],
)
async def test_a_visitor_is_taken_home(site: Site, home: str, name: str, wanted: str, place: str) -> None:
    ann = await site.person("ann")
    post = await site.post(ann)
    about = "/@ann" if wanted == "follow" else f"/@ann/{post.id}"
    page = await wish(site, f" @{name}@{home} ", wanted, about)
    ids = {"actor": quote(ann.uri, safe=""), "post": quote(post.uri, safe=""), "back": quote(ORIGIN + about, safe="")}
    target = f"http://{home}" + place.format(**ids)
    assert page.status == 200
    assert page.response.headers["refresh"] == f"0; url={target}"
    assert {target, about} <= page.links()
    assert page.response.headers["cache-control"] == "private, no-store"


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        ("shares", "reply", "does not say where such wishes go"),
        ("none", "follow", "does not say where such wishes go"),
        ("nobody", "follow", "did not answer"),
        ("evil", "follow", "did not answer"),
    ],
)
async def test_who_cannot_be_taken_is_told_what_to_search_for(
    site: Site, home: str, name: str, wanted: str, said: str
) -> None:
    post = await site.post(await site.person("ann"))
    about = "/@ann" if wanted == "follow" else f"/@ann/{post.id}"
    page = await wish(site, f"{name}@{home}", wanted, about)
    assert page.status == 422
    assert said in page.text()
    assert f"http://127.0.0.1:8321{about}" in page.text()
    assert page.one("input", name="handle").attrs["value"] == f"{name}@{home}"
    assert "refresh" not in page.response.headers


async def test_what_is_no_address_and_whose_home_is_here(site: Site) -> None:
    await site.person("ann")
    page = await wish(site, "<b>ann", "follow", "/@ann")
    assert (page.status, page.one("p", id="handle-wrong").text) == (
        422, "Write your own address, such as @ann@example.org.",
    )  # fmt: skip
    page = await wish(site, "bo@127.0.0.1:8321", "follow", "/@ann")
    assert (page.status, page.response.headers["location"]) == (303, "/sign-in?next=/@ann")


async def test_only_what_everybody_may_see_is_wished_for(site: Site, home: str) -> None:
    ann = await site.person("ann")
    hidden = await site.post(ann, visibility="followers")
    shown = await site.post(ann)
    for wanted, about in (
        ("like", f"/@ann/{hidden.id}"), ("like", "/@ann"), ("follow", f"/@ann/{shown.id}"), ("eat", "/@ann"),
        ("follow", "/@nobody"), ("like", f"/@bo/{shown.id}"), ("follow", "//evil.example"),
        ("like", "/@ann/" + "9" * 19),
    ):  # fmt: skip
        assert (await wish(site, f"new@{home}", wanted, about)).status == 404, (wanted, about)


async def test_other_sites_cannot_have_us_ask_around(site: Site, home: str) -> None:
    await site.person("ann")
    page = await wish(site, f"new@{home}", "follow", "/@ann", Sec_Fetch_Site="cross-site")
    assert page.status == 403


async def test_one_address_asks_a_bounded_number(site: Site, home: str) -> None:
    await site.person("ann")
    limiter = site.context.part(limits.RateLimiter)
    limiter.forget("intent:127.0.0.1")
    seen = [
        (await wish(site, f"none@{home}", "follow", "/@ann")).status for _ in range(limits.INTENTS_PER_ADDRESS.count)
    ]
    assert set(seen) == {422}
    assert (await wish(site, f"none@{home}", "follow", "/@ann")).status == 429
    limiter.forget("intent:127.0.0.1")


async def test_the_pages_offer_it_to_visitors_alone(site: Site) -> None:
    ann = await site.person("ann")
    post = await site.post(ann)
    for path, wishes in (("/@ann", ["follow"]), (f"/@ann/{post.id}", ["like", "boost", "reply"])):
        page = await site.browser().get(path)
        assert [button.attrs["value"] for button in page.all("button", name="wish")] == wishes
        assert page.one("input", name="about").attrs["value"] == path
        assert page.response.headers["cache-control"] == "public, max-age=15"
        assert not (await (await site.member("bo")).get(path)).all("button", name="wish")


async def test_the_form_has_a_page_of_its_own(site: Site) -> None:
    await site.person("ann")
    page = await site.browser().get("/intent?wish=follow&about=/@ann")
    assert (page.status, page.one("h1").text) == (200, "Follow from your own server")
    assert (await site.browser().get("/intent?wish=follow&about=/@nobody")).status == 404


async def test_unknown_variables_become_empty_and_values_are_escaped() -> None:
    assert intents.fill("a?b={x}&c={y}&d={on-success}", {"x": "1&é/?"}) == "a?b=1%26%C3%A9%2F%3F&c=&d="


async def test_buttons_of_other_servers_lead_here(site: Site) -> None:
    """What our WebFinger answers name: the thing itself, or the composer with the words that came along."""
    ann, bea = await site.person("ann"), await site.member("bea")
    post = await site.post(ann, text="Dawn", visibility="public")
    answer = await bea.get(f"/.well-known/webfinger?resource=acct:bea@{ORIGIN.partition('://')[2]}")
    templates = {one["rel"]: one["template"] for one in answer.response.json()["links"] if "template" in one}

    async def arrive(rel: str, **values: str) -> str:
        path = intents.fill(templates[rel], values).removeprefix(ORIGIN)
        gone = (await bea.get(path)).response.headers["location"]
        if gone.startswith("/search"):
            gone = (await bea.get(gone)).response.headers["location"]
        return str(gone)

    for rel in (FEP + "Object", FEP + "Like", FEP + "Announce"):
        assert await arrive(rel, object=post.uri) == f"/@ann/{post.id}"
    assert await arrive(FEP + "Follow", object=ann.uri) == "/@ann"
    assert await arrive(SUBSCRIBE, uri=f"acct:ann@{ann.host}") == "/@ann"
    reply = await arrive(FEP + "Create", inReplyTo=post.uri, content="How bright!")
    page = await bea.get(reply)
    assert reply.startswith(f"/posts/{post.id}/reply?")
    assert page.one("textarea", name="text").text == f"@{ann.handle} How bright!"
    page = await bea.get(await arrive(FEP + "Create", content="Look <b> here"))
    assert page.one("textarea", name="text").text == "Look <b> here"
    made = await bea.post("/make", {**hidden(page), "prompt": "a fox", "text": "Look <b> here"})
    number = int(made.response.headers["location"].rpartition("/")[2])
    async with site.context.database.read() as session:
        assert (await session.get_one(Post, number)).text == "Look <b> here"
    stranger = await site.browser().get("/share?text=Look")
    assert (stranger.status, stranger.one("input", name="next").attrs["value"]) == (401, "/share?text=Look")
