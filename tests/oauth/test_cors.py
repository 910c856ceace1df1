"""Clients in browsers can read what they need, errors too, and no page of a person who is signed in."""

from __future__ import annotations

from typing import Any

import httpx2 as httpx
import pytest
from starlette.routing import Route

from fediverse_ai import wiring
from fediverse_ai.core.access import Door
from tests.oauth.stage import Stage
from tests.support.tokens import bearer, token_for

pytestmark = pytest.mark.asyncio(loop_scope="module")

ORIGIN = {"Origin": "https://elk.test"}
PREFLIGHT = {
    **ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-strange",
}
# What people read with a browser of their own: these have no business with other sites.
PAGES = (
    "/about", "/federation", "/tags/", "/sign-in", "/sign-out", "/make", "/settings/", "/oauth/authorize", "/static/",
    "/robots.txt", "/favicon.ico", "/models", "/appeals", "/moderation",
)  # fmt: skip


def _open(answer: httpx.Response) -> bool:
    assert "access-control-allow-credentials" not in answer.headers
    return answer.headers.get("access-control-allow-origin") == "*"


def _paths(which: Any) -> list[str]:
    found = {route.path for route in wiring.ROUTES if isinstance(route, Door) and which(route.path)}
    return sorted(path.replace("{", "").replace("}", "").replace(":int", "").replace(":path", "") for path in found)


def _is_page(path: str) -> bool:
    return path == "/" or path.startswith(PAGES)


@pytest.mark.parametrize("path", _paths(lambda path: not _is_page(path)))
async def test_every_address_for_programs_is_open(stage: Stage, path: str) -> None:
    """The preflight is answered without credentials; the answer, whatever it is, may be read."""
    client = stage.client()
    preflight = await client.options(path, headers=PREFLIGHT)
    assert preflight.status_code == 204
    assert _open(preflight)
    allowed = {name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")}
    assert {"authorization", "content-type", "idempotency-key", "x-strange"} <= allowed
    assert "*" not in allowed
    assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= set(
        preflight.headers["access-control-allow-methods"].split(", ")
    )
    answer = await client.get(path, headers={**ORIGIN, "Accept": "application/activity+json, application/json"})
    assert _open(answer)
    exposed = answer.headers["access-control-expose-headers"].lower()
    for name in ("link", "location", "retry-after", "x-ratelimit-remaining"):
        assert name in exposed


@pytest.mark.parametrize("path", _paths(_is_page))
async def test_no_page_is(stage: Stage, path: str) -> None:
    """OAU-15, and not for `Origin: null` either."""
    browser = await stage.site.member("ann")
    for origin in ("https://evil.test", "null"):
        for method in ("GET", "POST", "OPTIONS"):
            answer = await browser.client.request(method, path, headers={**PREFLIGHT, "Origin": origin})
            assert "access-control-allow-origin" not in answer.headers
            assert not _open(answer)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/zzz", 404),
        ("DELETE", "/api/v1/apps", 405),
        ("POST", "/oauth/token", 400),
        ("GET", "/.well-known/zzz", 404),
        ("GET", "/nodeinfo/9", 404),
        ("GET", "/users/nobody", 404),
        ("GET", "/notes/1", 404),
        ("GET", "/media/none.jpg", 404),
        ("GET", "/oauth/userinfo", 401),
        ("POST", "/api/v1/apps", 422),
    ],
)
async def test_errors_can_be_read(stage: Stage, method: str, path: str, status: int) -> None:
    answer = await stage.client().request(method, path, headers={**ORIGIN, "Accept": "application/json"})
    assert answer.status_code == status
    assert _open(answer)
    assert "json" in answer.headers["content-type"]


@pytest.mark.parametrize("path", ["/api/v1/broken", "/oauth/token", "/users/ann"])
async def test_even_what_nobody_foresaw(stage: Stage, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(request: object) -> None:
        raise RuntimeError("for this test")

    client = stage.site.browser(raise_app_exceptions=False).client
    monkeypatch.setattr(stage.site.app.router, "routes", [Route(path, broken, methods=["POST"])])
    answer = await client.post(path, headers=ORIGIN)
    assert answer.status_code == 500
    assert _open(answer)


async def test_a_wrong_request_for_headers_is_not_repeated(stage: Stage) -> None:
    strange = {**PREFLIGHT, "Access-Control-Request-Headers": "a\tb; c"}
    answer = await stage.client().options("/api/v1/apps", headers=strange)
    assert answer.headers["access-control-allow-headers"].endswith("Last-Event-ID")


async def test_pages_at_the_same_addresses_are_not_open(stage: Stage) -> None:
    for path in ("/users/ann", "/@ann"):
        answer = await stage.client().get(path, headers={**ORIGIN, "Accept": "text/html"})
        assert "access-control-allow-origin" not in answer.headers or answer.status_code in (301, 302, 303, 307)


async def test_a_token_reads_from_anywhere_and_a_cookie_from_nowhere(stage: Stage) -> None:
    headers = {**ORIGIN, **bearer(await token_for(stage, "ann", "profile"))}
    assert (await stage.client().get("/oauth/userinfo", headers=headers)).status_code == 200
    browser = await stage.site.member("ann")
    assert (await browser.client.get("/oauth/userinfo", headers=ORIGIN)).status_code == 401
