"""OAuth, sessions, CSRF (OAU-…): what holds for every route of the table, and limits that nobody dodges."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from fediverse_ai import wiring
from fediverse_ai.core import limits, scopes
from fediverse_ai.core.access import Door
from fediverse_ai.core.limits import RateLimiter
from tests.oauth.stage import Stage
from tests.support.tokens import app_token, bearer, token_for
from tests.web.site import HTML, site

pytestmark = pytest.mark.asyncio(loop_scope="module")

WORDS = {"anyone", "signature", "session", "moderator", "admin", "app"}
DOORS = [route for route in wiring.ROUTES if isinstance(route, Door)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with site(tmp_path_factory.mktemp("threats-oauth")) as made:
        await made.person("ann")
        yield Stage(made)


def _address(door: Door) -> str:
    path = re.sub(r"{(?:name|username)(?::\w+)?}", "ann", door.path)
    return re.sub(r"{[^}]+}", "1", path)


def _method(door: Door) -> str:
    return sorted((door.methods or {"GET"}) - {"HEAD"})[0]


async def test_no_scope_opens_what_it_does_not_cover(stage: Stage) -> None:
    """OAU-05, OAU-15, OAU-16: every door that wants a scope, against every scope that is not it, an app's own token,
    a cookie and nothing."""
    doors = [door for door in DOORS if door.needs not in WORDS]
    assert len(doors) > 40
    limiter = stage.context.part(RateLimiter)
    tokens: dict[str, str] = {}
    own = await app_token(stage, " ".join(scopes.WHOLE))
    browser = await stage.site.member("ann")
    client = stage.client()
    for door in doors:
        limiter._free_at.clear()
        lacking = " ".join(word for word in scopes.SUPPORTED if not scopes.covers([word], door.needs))
        if lacking not in tokens:
            tokens[lacking] = await token_for(stage, "ann", lacking)
        method, path = _method(door), _address(door)
        wrong = await client.request(method, path, headers=bearer(tokens[lacking]))
        assert wrong.status_code == 403, (method, path, door.needs)
        assert (await client.request(method, path)).status_code == 401, (method, path)
        app = await client.request(method, path, headers=bearer(own))
        assert app.status_code in (401, 403, 422), (method, path)
        cookie = await browser.client.request(method, path)
        assert cookie.status_code in (401, 403), (method, path)


async def test_no_form_works_without_its_token(stage: Stage) -> None:
    """OAU-14: every address that a session opens and that changes something."""
    doors = [door for door in DOORS if door.needs in ("session", "moderator", "admin") and _method(door) == "POST"]
    assert len(doors) >= 5
    await stage.site.person("olga", role="owner")
    for person in ("ann", "olga"):
        browser = await stage.site.member(person)
        for door in doors:
            for kind in ("application/x-www-form-urlencoded", "text/plain", "application/json", "multipart/form-data"):
                sent = {"Accept": HTML, "Content-Type": kind}
                answer = await browser.client.post(_address(door), content=b"csrf=x", headers=sent)
                assert answer.status_code in (400, 403, 415), (person, door.path, kind, answer.status_code)


async def test_no_token_opens_a_page_of_a_session(stage: Stage) -> None:
    """OAU-15: apps have no business where people are with a cookie."""
    token = await token_for(stage, "ann", " ".join(scopes.WHOLE))
    for door in DOORS:
        if door.needs in ("session", "moderator", "admin"):
            answer = await stage.client().request(_method(door), _address(door), headers=bearer(token))
            assert answer.status_code in (401, 403), door.path


@pytest.mark.parametrize("number", [2**63, 10**30])
async def test_no_number_in_an_address_breaks_anything(stage: Stage, number: int) -> None:
    """What no row can have is missing, at every address, for strangers, people and apps."""
    limiter = stage.context.part(RateLimiter)
    token = bearer(await token_for(stage, "ann", " ".join(scopes.WHOLE)))
    browser, stranger = await stage.site.member("ann"), stage.client()
    for door in DOORS:
        if "{" not in door.path or "/events" in door.path:
            continue
        limiter._free_at.clear()
        path, method = _address(door).replace("/1", f"/{number}"), _method(door)
        asks = (
            (stranger, token),
            (stranger, {"Accept": "application/activity+json"}),
            (browser.client, {"Accept": HTML}),
        )
        for client, headers in asks:
            answer = await client.request(method, path, headers=headers)
            assert answer.status_code < 500, (method, path)


async def test_the_token_step_gives_no_more_than_the_consent(stage: Stage) -> None:
    """OAU-05."""
    app = await stage.register()
    code = (await stage.consent(app, scope="read"))["code"]
    answer = await stage.redeem(app, code, scope="read write follow push")
    assert answer.json()["scope"] == "read"


@pytest.mark.parametrize(
    "address",
    [lambda number: f"2001:db8:1:2:{number:x}::1", lambda number: "203.0.113.77", lambda number: "::ffff:203.0.113.78"],
)
async def test_no_rotation_of_addresses_dodges_a_limit(stage: Stage, address: object) -> None:
    """OAU-11: IPv6 counts by its /64; neither a header nor a slash makes somebody else of a client."""
    assert callable(address)
    sent = {"client_name": "x", "redirect_uris": "https://app.test/"}
    statuses = []
    for number in range(limits.APP_REGISTRATIONS.count + 3):
        forwarded = {"X-Forwarded-For": f"198.51.100.{number}", "Forwarded": f"for=198.51.100.{number}"}
        path = "/api/v1/apps/" if number % 2 else "/api/v1/apps"
        answer = await stage.client(address(number)).post(path, json=sent, headers=forwarded)
        statuses.append(answer.status_code)
    assert statuses == [200] * limits.APP_REGISTRATIONS.count + [429] * 3
    assert (await stage.client().post("/api/v1/apps", json=sent)).status_code == 200
