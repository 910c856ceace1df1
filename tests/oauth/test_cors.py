"""Clients in browsers can read what they need, errors too, and no page of a person who is signed in."""

from __future__ import annotations

import asyncio
import re
from collections.abc import MutableMapping
from typing import Any

import httpx2 as httpx
import pytest
import structlog
from starlette.routing import Route

from fediverse_ai import health, wiring
from fediverse_ai.core.access import Door
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.doctor import door as doctor_door
from fediverse_ai.oauth import routes as oauth_routes
from fediverse_ai.web import routes as web_routes
from tests.oauth.stage import Stage
from tests.support.tokens import bearer, token_for

pytestmark = pytest.mark.asyncio(loop_scope="session")

ORIGIN = {"Origin": "https://elk.test"}
PREFLIGHT = {
    **ORIGIN,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization,content-type,x-strange",
}
# What people read with a browser of their own has no business with other sites. Some of the web room's addresses are
# the documents' and files' too.
SHARED = ("/users/", "/notes/", "/@", "/proxy/", "/ns")
PAGES = {door.path for door in web_routes.ROUTES if not door.path.startswith(SHARED)} | {
    door.path for door in oauth_routes.ROUTES if door.path.startswith(("/settings/", "/oauth/authorize"))
}
# Nor has what is for whoever looks after the machine, and for the server itself.
PAGES |= {door.path for door in (*health.ROUTES, *doctor_door.ROUTES)}


def _open(answer: httpx.Response) -> bool:
    assert "access-control-allow-credentials" not in answer.headers
    return answer.headers.get("access-control-allow-origin") == "*"


def _filled(paths: set[str]) -> list[str]:
    return sorted(re.sub(r"{(\w+)(:\w+)?}", "1", path) for path in paths)


async def test_every_address_for_programs_is_open(stage: Stage) -> None:
    """The preflight is answered without credentials; the answer, whatever it is, may be read."""
    paths = {door.path for door in wiring.ROUTES if isinstance(door, Door)} - PAGES
    assert len(paths) > 80
    client, limiter = stage.client(), stage.context.part(RateLimiter)
    for path in _filled(paths):
        limiter._free_at.clear()
        preflight = await client.options(path, headers=PREFLIGHT)
        assert preflight.status_code == 204, path
        assert _open(preflight), path
        allowed = {name.strip().lower() for name in preflight.headers["access-control-allow-headers"].split(",")}
        assert {"authorization", "content-type", "idempotency-key", "x-strange"} <= allowed
        assert "*" not in allowed
        methods = set(preflight.headers["access-control-allow-methods"].split(", "))
        assert {"GET", "POST", "PUT", "PATCH", "DELETE"} <= methods
        answer = await client.get(path, headers={**ORIGIN, "Accept": "application/activity+json, application/json"})
        assert _open(answer), path
        exposed = answer.headers["access-control-expose-headers"].lower()
        assert all(name in exposed for name in ("link", "location", "retry-after", "x-ratelimit-remaining"))


async def _head(
    stage: Stage, client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> dict[bytes, bytes]:
    """The head of an answer; who asked is gone then, because streams of events do not end by themselves."""
    request = client.build_request(method, path, headers=headers)
    begun = asyncio.Event()
    found: dict[bytes, bytes] = {}
    asked = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, object]:
        if asked:
            return asked.pop()
        await begun.wait()
        return {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            found.update(message["headers"])
            begun.set()

    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "https", "method": method,
        "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "", "server": ("a", 443),
        "client": ("127.0.0.1", 1), "headers": [(name.lower(), value) for name, value in request.headers.raw],
    }  # fmt: skip
    async with asyncio.timeout(10):
        await stage.site.app(scope, receive, send)
    assert found
    return found


async def test_no_page_is(stage: Stage) -> None:
    """OAU-15, and not for `Origin: null` either."""
    browser = await stage.site.member("ann")
    assert len(PAGES) > 15
    for path in _filled(PAGES):
        for origin, method in (("https://evil.test", "GET"), ("null", "POST"), ("https://evil.test", "OPTIONS")):
            headers = await _head(stage, browser.client, method, path, {**PREFLIGHT, "Origin": origin})
            assert b"access-control-allow-origin" not in headers, path


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


@pytest.mark.parametrize("path", ["/api/v1/broken", "/oauth/token"])
async def test_even_what_nobody_foresaw(stage: Stage, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(request: object) -> None:
        raise RuntimeError("for this test")

    client = stage.site.browser(raise_app_exceptions=False).client
    monkeypatch.setattr(stage.site.app.router, "routes", [Route(path, broken, methods=["POST"])])
    # Without rendering the traceback, which takes seconds where logging is not set up.
    with structlog.testing.capture_logs() as told:
        answer = await client.post(path, headers=ORIGIN)
    assert [line["event"] for line in told if line["event"] != "answered"] == ["unforeseen_error"]
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
