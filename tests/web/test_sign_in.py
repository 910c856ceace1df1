"""In by password or link, out again, and every way of coming in that must not work."""

from __future__ import annotations

import re
from urllib.parse import urlencode

import pytest
import pytest_asyncio
from sqlmodel import delete

from actors import accounts, tries
from actors.models import SignInTries, Token
from fediverse_ai.core.access import Door
from fediverse_ai.core.limits import FORM_BODY_BYTES, RateLimiter
from fediverse_ai.web.sign_in import safe_next
from tests.web.site import ORIGIN, Browser, Page, Site, hidden

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"
SESSION = "session-8321"


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _fresh_limits(site: Site) -> None:
    site.context.add(RateLimiter(site.context.clock))
    async with site.context.database.write() as session:
        await session.exec(delete(SignInTries))


async def _enter(site: Site, browser: Browser, password: str = PASSWORD, **fields: str) -> Page:
    await site.person("ann", password=PASSWORD)
    return await browser.submit("/sign-in", "/sign-in", username="ann", password=password, **fields)


async def _link(site: Site) -> str:
    await site.person("ann", password=PASSWORD)
    async with site.context.database.write() as session:
        return await accounts.make_link(session, site.account_id("ann"))


async def _signed_in(browser: Browser) -> bool:
    return (await browser.get("/make")).status == 200


async def test_in_by_password_and_out_again(site: Site) -> None:
    browser = site.browser()
    page = await _enter(site, browser, next="/make")
    assert (page.status, page.response.headers["location"]) == (303, "/make")
    assert await _signed_in(browser)
    secret = browser.cookie(SESSION)
    assert secret
    out = await browser.submit("/", "/sign-out")
    assert (out.status, out.response.headers["location"]) == (303, "/")
    assert not await _signed_in(browser)
    # The cookie that somebody kept opens nothing either.
    browser.client.cookies.set(SESSION, secret, domain="127.0.0.1")
    assert not await _signed_in(browser)


async def test_the_cookie_is_for_this_server_and_no_script(site: Site) -> None:
    page = await _enter(site, site.browser())
    header = next(value for value in page.response.headers.get_list("set-cookie") if value.startswith(SESSION))
    words = {part.strip().lower() for part in header.split(";")[1:]}
    assert {"httponly", "samesite=lax", "path=/", "max-age=1209600"} <= words
    assert not any(word.startswith("domain") for word in words)
    assert page.response.headers["cache-control"] == "no-store"


async def test_in_production_the_cookie_is_secure_and_bound_to_the_host(site: Site) -> None:
    from starlette.responses import Response

    from fediverse_ai import auth
    from fediverse_ai.core.config import Config

    config = Config(server={"public_url": "https://pictures.example"})  # type: ignore[arg-type]
    answer = Response()
    auth.set_cookie(answer, config, auth.session_cookie_name(config), "s", 60)
    header = answer.headers["set-cookie"]
    assert header.startswith("__Host-session=s;")
    assert "Secure" in header
    assert "Path=/" in header
    assert "Domain" not in header


async def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(site: Site) -> None:
    await site.person("ann", password=PASSWORD)
    bodies = []
    for name in ("ann", "nobody"):
        browser = site.browser()
        page = await browser.submit("/sign-in", "/sign-in", username=name, password="not this one")
        assert page.status == 422
        assert browser.cookie(SESSION) is None
        bodies.append(re.sub(r'value="[^"]*"', "", page.body))
        assert page.one("div", role="alert")
    assert bodies[0] == bodies[1]


async def test_a_new_session_replaces_the_browsers_old_one(site: Site) -> None:
    browser = site.browser()
    await _enter(site, browser)
    old = browser.cookie(SESSION)
    link = await _link(site)
    assert (await browser.submit(f"/sign-in/link/{link}", f"/sign-in/link/{link}")).status == 303
    assert browser.cookie(SESSION) != old
    assert old
    assert await accounts.principal_for_cookie(site.context, old) is None


async def test_a_link_is_a_button_and_works_once(site: Site) -> None:
    path = f"/sign-in/link/{await _link(site)}"
    browser = site.browser()
    # Looking, as mail programs and previews do, does not use it up and signs nobody in.
    for _ in range(3):
        page = await browser.get(path)
        assert page.one("button").text == "Sign in"
        assert browser.cookie(SESSION) is None
        assert page.response.headers["referrer-policy"] == "strict-origin"
    assert (await browser.submit(path, path)).status == 303
    assert await _signed_in(browser)
    other = site.browser()
    fields = hidden(await other.get("/sign-in"))
    again = await other.post(path, fields)
    assert again.status == 422
    assert not await _signed_in(other)
    assert not (await other.get(path)).all("button")


@pytest.mark.parametrize("secret", ["x", "x" * 43, "%00", "é" * 30])
async def test_a_made_up_link_opens_nothing(site: Site, secret: str) -> None:
    browser = site.browser()
    page = await browser.get(f"/sign-in/link/{secret}")
    assert page.status in (200, 404)
    assert not page.all("button")


async def _forgive_address(site: Site) -> None:
    await tries.forgive(site.context, "address", "127.0.0.1")


async def test_tries_are_limited_by_address_and_by_name(site: Site) -> None:
    browser = site.browser()
    statuses = [(await _enter(site, browser, password=f"wrong {number}")).status for number in range(11)]
    assert statuses == [422] * 10 + [429]
    page = await _enter(site, browser)
    assert page.status == 429
    assert int(page.response.headers["retry-after"]) > 0
    # Another name from this address is limited as well; after the address is let in again, the name still is.
    await _forgive_address(site)
    assert (await _enter(site, browser)).status == 429
    await tries.forgive(site.context, "name", "ann")
    await _forgive_address(site)
    assert (await _enter(site, browser)).status == 303


async def test_names_are_counted_without_case_and_spaces(site: Site) -> None:
    browser = site.browser()
    for number in range(10):
        await _forgive_address(site)
        name = ["ann", " ANN", "Ann ", "@ann"][number % 4]
        await browser.submit("/sign-in", "/sign-in", username=name, password="wrong")
    await _forgive_address(site)
    assert (await browser.submit("/sign-in", "/sign-in", username="ann", password="wrong")).status == 429


@pytest.mark.parametrize(
    ("headers", "why"),
    [
        ({"Origin": "https://evil.example"}, "another site"),
        ({"Origin": "null"}, "a sandboxed frame"),
        ({"Origin": "http://127.0.0.1:9999"}, "another port"),
        ({"Sec_Fetch_Site": "cross-site"}, "another site, by its own word"),
        ({"Sec_Fetch_Site": "same-site"}, "a neighbour"),
    ],
)
async def test_forms_from_elsewhere_are_refused(site: Site, headers: dict[str, str], why: str) -> None:
    await site.person("ann", password=PASSWORD)
    browser = site.browser()
    fields = {**hidden(await browser.get("/sign-in")), "username": "ann", "password": PASSWORD}
    assert (await browser.post("/sign-in", fields, **headers)).status == 403, why
    assert browser.cookie(SESSION) is None


@pytest.mark.parametrize("csrf", ["", "x", "é", "\ud800".encode("utf-8", "replace").decode()])
async def test_a_form_without_the_right_token_is_refused(site: Site, csrf: str) -> None:
    browser = site.browser()
    page = await _enter(site, browser, csrf=csrf)
    assert page.status == 403
    assert browser.cookie(SESSION) is None


async def test_every_form_of_every_page_is_protected(site: Site) -> None:
    """Generated over the route table: no POST of the pages does anything with another person's token or none."""
    from fediverse_ai.web.routes import ROUTES

    ann = await site.person("ann", password=PASSWORD)
    post = await site.post(ann, text="Still here")
    member, stranger = await site.member("ann"), await site.member("bo")
    foreign = hidden(await stranger.get("/make"))["csrf"]
    link = await _link(site)
    doors = {route.path: route.needs for route in ROUTES if isinstance(route, Door) and "POST" in (route.methods or ())}
    assert len(doors) > 50
    # Those who take a file read multipart, and find no token in it.
    with_files = {
        "/bring",
        "/verify",
        "/settings",
        "/settings/data/import",
        "/posts/{post_id:int}/reply",
        "/posts/{post_id:int}/quote",
    }
    # It only takes a visitor to their own server (tests/web/test_intents.py): nothing to protect but its origin.
    del doors["/intent"]
    # The system's share sheet brings no token; whatever a page sends there is refused (tests/web/test_choosing.py).
    del doors["/bring/share"]
    for path, needs in doors.items():
        real = path.replace("{name}", "ann").replace("{post_id:int}", str(post.id)).replace("{secret}", link)
        real = re.sub(r"\{\w+:int\}", "1", real)
        fields = {"prompt": "a fox", "username": "ann", "password": PASSWORD, "client_key": "k"}
        assert (await member.post(real, fields)).status == 403, path
        assert (await member.post(real, {**fields, "csrf": foreign})).status == 403, path
        own = hidden(await member.get("/make"))["csrf"]
        assert (await member.post(real, {**fields, "csrf": own}, Origin="https://evil.example")).status == 403, path
        body = b"csrf=" + own.encode()
        for kind in ("text/plain", "multipart/form-data; boundary=x", "application/json"):
            response = await member.client.post(real, content=body, headers={"Content-Type": kind, "Origin": ORIGIN})
            refused = {400, 403, 415, 422} if path in with_files else {415}
            # To members the doors of moderators and admins do not open at all.
            refused |= {403} if needs in ("moderator", "admin") else set()
            assert response.status_code in refused, (path, kind, response.status_code)
    assert await _signed_in(member)
    assert (await member.get(f"/@ann/{post.id}")).status == 200
    async with site.context.database.read() as session:
        assert await accounts.link_works(session, link)


async def test_a_visitors_token_is_worth_nothing_after_signing_in(site: Site) -> None:
    browser = site.browser()
    before = hidden(await browser.get("/sign-in"))["csrf"]
    await _enter(site, browser)
    assert (await browser.post("/sign-out", {"csrf": before})).status == 403
    assert await _signed_in(browser)


async def test_forms_have_a_size(site: Site) -> None:
    member = await site.member("ann")
    fields = hidden(await member.get("/make"))
    empty = len(urlencode({**fields, "prompt": ""}))
    for size, status in ((FORM_BODY_BYTES, 422), (FORM_BODY_BYTES + 1, 413)):
        assert (await member.post("/make", {**fields, "prompt": "x" * (size - empty)})).status == status


async def test_a_form_with_too_many_fields_is_refused(site: Site) -> None:
    member = await site.member("ann")
    fields = {**hidden(await member.get("/make")), **{f"field{number}": "" for number in range(60)}}
    assert (await member.post("/make", fields)).status == 400


@pytest.mark.parametrize(
    "goal",
    [
        "//evil.example", "/\\evil.example", "https://evil.example", "https:evil.example", "javascript:alert(1)",
        "\\/evil.example", "/%2f%2fevil.example", "/\tevil", "/ /evil", "evil.example", "", "/" + "x" * 300,
        "/a\nSet-Cookie: x=y", "/.//evil.example", "/make//evil.example", "/../..//evil.example",
    ],
)  # fmt: skip
async def test_no_way_out_through_next(site: Site, goal: str) -> None:
    page = await _enter(site, site.browser(), next=goal)
    assert page.status == 303
    assert page.response.headers["location"] == "/"
    assert "x=y" not in str(page.response.headers)


async def test_next_keeps_our_own_paths() -> None:
    for goal in ("/", "/make", "/make?recipe=12", "/@ann/123", "/tags/AI_generated"):
        assert safe_next(goal) == goal


async def test_a_stranger_at_a_members_door_gets_the_form_and_comes_back(site: Site) -> None:
    browser = site.browser()
    page = await browser.get("/make?recipe=5")
    assert page.status == 401
    assert hidden(page)["next"] == "/make?recipe=5"
    fields = {**hidden(page), "username": "ann", "password": PASSWORD}
    await site.person("ann", password=PASSWORD)
    entered = await browser.post("/sign-in", fields)
    assert entered.response.headers["location"] == "/make?recipe=5"
    assert (await browser.get("/sign-in?next=/about")).response.headers["location"] == "/about"


async def test_an_apps_token_opens_no_page_and_a_cookie_given_twice_is_none(site: Site) -> None:
    await site.person("ann", password=PASSWORD)
    context = site.context
    async with context.database.write() as session:
        session.add(
            Token(
                id=context.ids.new(),
                account_id=site.account_id("ann"),
                secret_hash=accounts.digest("app-token"),
                created_ms=context.clock.now_ms(),
            )
        )
    page = await site.browser().get("/make", Authorization="Bearer app-token")
    assert page.status == 403
    front = await site.browser().get("/", Authorization="Bearer app-token")
    assert "Sign out" not in front.text()
    member = await site.member("ann")
    secret = member.cookie(SESSION)
    twice = await site.browser().get("/make", Cookie=f"{SESSION}={secret}; {SESSION}=other")
    assert twice.status == 401
    both = await site.browser().get("/make", Cookie=f"{SESSION}={secret}", Authorization="Bearer wrong")
    assert both.status == 401
