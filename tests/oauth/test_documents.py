"""Apps whose client id is an address: what is read there, when, by whom, and what is not believed."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from actors.models import DomainRule, Severity
from actors.policy import DomainRules
from fediverse_ai.core import limits
from tests.oauth.stage import REDIRECT, Registered, Stage
from tests.support.peer import listening
from tests.web.site import ORIGIN, Page

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Home:
    """A web server where apps describe themselves; remembers what it was asked."""

    def __init__(self) -> None:
        self.origin = ""
        self.pages: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.asked: list[dict[str, str]] = []

    def put(self, path: str, body: Any, *, status: int = 200, **headers: str) -> str:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.pages[path] = (status, headers, content)
        return self.origin + path

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        self.asked.append({"path": scope["path"], **{k.decode(): v.decode() for k, v in scope["headers"]}})
        status, headers, body = self.pages.get(scope["path"], (404, {}, b""))
        pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def home() -> AsyncIterator[Home]:
    made = Home()
    async with listening(made) as port:
        made.origin = f"http://127.0.0.1:{port}"
        yield made


def _metadata(home: Home, path: str, **changed: Any) -> dict[str, Any]:
    return {
        "client_id": home.origin + path,
        "client_name": "ap",
        "redirect_uris": [REDIRECT, "http://127.0.0.1:63546/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "something": {"unknown": True},
        **changed,
    }


def _object(home: Home, path: str, **changed: Any) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/activitystreams", "https://purl.archive.org/socialweb/oauth"],
        "id": home.origin + path,
        "type": "Application",
        "name": "Films",
        "redirectURI": REDIRECT,
        **changed,
    }


async def _page(stage: Stage, client_id: str, person: str = "ann", **fields: str | None) -> Page:
    return (await stage.consent_page(Registered(client_id, None), person, **fields))[1]


@pytest.mark.parametrize("kind", [_metadata, _object])
async def test_an_app_at_an_address_gets_a_token(stage: Stage, home: Home, kind: Any) -> None:
    path = f"/{kind.__name__}"
    client_id = home.put(path, kind(home, path))
    page = await _page(stage, client_id)
    assert client_id in page.text()
    app = Registered(client_id, None)
    answered = await stage.consent(app)
    token = await stage.redeem(app, answered["code"], client_secret="means nothing")
    assert token.status_code == 200
    assert token.json()["scope"] == "read write"
    requests = [asked for asked in home.asked if asked["path"] == path]
    assert len(requests) == 1, "read once a day"
    assert requests[0]["accept"].startswith("application/json")
    assert "signature" not in requests[0]


async def test_it_is_read_anew_after_a_day_and_its_home_may_be_away(stage: Stage, home: Home) -> None:
    client_id = home.put("/daily", _metadata(home, "/daily"))
    assert (await _page(stage, client_id)).status == 200
    home.put("/daily", _metadata(home, "/daily", client_name="Renamed"))
    assert "Renamed" not in (await _page(stage, client_id)).text()
    stage.site.clock.forward(limits.CLIENT_DOCUMENT_SECONDS + 1)
    assert "Renamed" in (await _page(stage, client_id)).text()
    home.put("/daily", b"", status=503)
    stage.site.clock.forward(limits.CLIENT_DOCUMENT_SECONDS + 1)
    assert "Renamed" in (await _page(stage, client_id)).text()
    home.put("/daily", b"", status=404)
    assert (await _page(stage, client_id)).status == 422
    home.put("/daily", _metadata(home, "/daily", redirect_uris=["https://app.test/moved"]))
    assert (await _page(stage, client_id)).status == 400


async def test_a_stranger_makes_us_ask_nothing(stage: Stage, home: Home) -> None:
    client_id = home.put("/quiet", _metadata(home, "/quiet"))
    page = await stage.site.browser().get(stage.address(Registered(client_id, None)))
    assert page.all("input", name="password")
    token = await stage.redeem(Registered(client_id, None), "x")
    assert (token.status_code, token.json()["error"]) == (401, "invalid_client")
    assert [asked for asked in home.asked if asked["path"] == "/quiet"] == []


@pytest.mark.parametrize(
    "changed",
    [
        {"client_id": "https://other.test/x"},
        {"client_id": None},
        {"redirect_uris": []},
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": [1, None, {}]},
        {"redirect_uris": None},
        {"token_endpoint_auth_method": "client_secret_post"},
        {"token_endpoint_auth_method": "private_key_jwt"},
    ],
)
async def test_metadata_that_are_not_believed(stage: Stage, home: Home, changed: dict[str, Any]) -> None:
    path = f"/metadata-{abs(hash(str(changed)))}"
    page = await _page(stage, home.put(path, _metadata(home, path, **changed)), "bob")
    assert page.status == 422
    assert "location" not in page.response.headers


@pytest.mark.parametrize(
    "changed",
    [
        {"id": "https://other.test/x"},
        {"type": "Note"},
        {"redirectURI": None},
        {"redirectURI": []},
    ],
)
async def test_objects_that_are_not_believed(stage: Stage, home: Home, changed: dict[str, Any]) -> None:
    path = f"/object-{abs(hash(str(changed)))}"
    page = await _page(stage, home.put(path, _object(home, path, **changed)), "bob")
    assert page.status in (400, 422)


async def test_addresses_that_are_not_asked(stage: Stage, home: Home) -> None:
    before = len(home.asked)
    for client_id in (
        home.origin,
        f"{home.origin}/",
        f"{home.origin}/a/../b",
        f"{home.origin}/a#b",
        home.origin.replace("http://", "http://user@") + "/a",
        f"{ORIGIN}/users/ann",
        f"{home.origin}/{'x' * limits.URL_LENGTH}",
    ):
        page = await _page(stage, client_id, "bob")
        assert page.status == 422, client_id
        assert "location" not in page.response.headers
    assert len(home.asked) == before


async def test_answers_that_are_no_description(stage: Stage, home: Home) -> None:
    """Redirects are not followed, pages not read, nothing beyond its size."""
    await stage.site.person("carl")
    target = home.put("/target", _metadata(home, "/target"))
    big = _metadata(home, "/big", padding="x" * limits.CLIENT_DOCUMENT_BYTES)
    for client_id in (
        home.put("/moved", b"", status=302, location=target),
        home.put("/page", b"<html></html>"),
        home.put("/list", []),
        home.put("/big", big),
        home.put("/twice", json.dumps(_metadata(home, "/twice"))[:-1].encode() + b',"client_id":"x"}'),
    ):
        page = await _page(stage, client_id, "carl")
        assert page.status in (422, 502), client_id
    assert [asked for asked in home.asked if asked["path"] == "/target"] == []
    size = limits.CLIENT_DOCUMENT_BYTES - len(json.dumps(_metadata(home, "/full", padding="")))
    full = home.put("/full", _metadata(home, "/full", padding="x" * size))
    assert (await _page(stage, full, "carl")).status == 200


async def test_a_person_may_not_make_us_ask_without_end(stage: Stage, home: Home) -> None:
    await stage.site.person("dora")
    for number in range(limits.CLIENT_DOCUMENTS_PER_ACCOUNT.count):
        assert (await _page(stage, f"{home.origin}/none-{number}", "dora")).status == 422
    assert (await _page(stage, f"{home.origin}/none", "dora")).status == 429


async def test_a_suspended_server_has_no_apps(stage: Stage, home: Home) -> None:
    client_id = home.put("/bad", _metadata(home, "/bad"))
    assert (await _page(stage, client_id)).status == 200
    async with stage.context.database.write() as session:
        session.add(
            DomainRule(
                id=stage.context.ids.new(),
                host="127.0.0.1",
                severity=Severity.SUSPEND,
                created_ms=0,
            )
        )
    stage.context.part(DomainRules).forget()
    assert (await _page(stage, client_id)).status == 403
