"""Phanpy and Elk, two clients that live in a browser: their requests from the first to a posted picture, replayed as
they were seen (the programs themselves are in no registry). Each request has the headers and the form that theirs has.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
import websockets

from actors.accounts import account_of, set_password
from actors.models import Actor
from tests.mastodon.test_rules import picture
from tests.support.house import House, house
from tests.support.person import consent

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSWORD = "correct horse battery"
PHANPY = "https://phanpy.social"
SCOPES = "read write follow push"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(home: House) -> Actor:
    actor = await home.make_actor("ann")
    async with home.context.database.write() as session:
        account = await account_of(session, "ann")
        assert account is not None
        await set_password(session, account.id, PASSWORD)
    return actor


class Tab:
    """A page of another site in a browser: it says its origin, and reads only what CORS lets it read."""

    def __init__(self, home: House, origin: str) -> None:
        self.home, self.origin, self.token = home, origin, ""

    async def ask(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        headers = {"origin": self.origin, **options.pop("headers", {})}
        if self.token:
            headers["authorization"] = f"Bearer {self.token}"
        named = sorted(set(headers) & {"authorization", "idempotency-key"}) + (
            ["content-type"] if "json" in options else []
        )
        if named:
            await self._preflight(method, path, named)
        answer = await self.home.client.request(method, path, headers=headers, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text[:300])
        assert answer.headers["access-control-allow-origin"] in ("*", self.origin), path
        return answer

    async def _preflight(self, method: str, path: str, named: list[str]) -> None:
        headers = {
            "origin": self.origin,
            "access-control-request-method": method,
            "access-control-request-headers": ",".join(named),
        }
        allowed = await self.home.client.request("OPTIONS", path, headers=headers)
        assert allowed.status_code in (200, 204), path
        assert method in allowed.headers["access-control-allow-methods"]
        said = allowed.headers["access-control-allow-headers"].lower()
        assert all(name in said for name in named), (path, said)

    async def read(self, path: str, *, status: int = 200) -> Any:
        return (await self.ask("GET", path, status=status)).json()


async def _code(home: House, query: dict[str, str]) -> str:
    """What the popup brings back: the person signs in and says yes."""
    address = f"{home.context.config.public_url}/oauth/authorize?{urlencode(query)}"
    location = await consent(home.client, address, "ann", PASSWORD)
    return parse_qs(urlsplit(location).query)["code"][0]


async def test_phanpy(home: House, ann: Actor) -> None:
    tab = Tab(home, PHANPY)
    await tab.ask("GET", "/.well-known/host-meta")
    form = {
        "client_name": "Phanpy",
        "redirect_uris": f"{PHANPY}/",
        "scopes": "read write follow push",
        "website": PHANPY,
    }
    app = (await tab.ask("POST", "/api/v1/apps", data=form)).json()
    metadata = await tab.read("/.well-known/oauth-authorization-server")
    assert "S256" in metadata["code_challenge_methods_supported"]
    verifier = "v" * 64
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    asked = {
        "client_id": app["client_id"], "code_challenge_method": "S256", "code_challenge": challenge,
        "redirect_uri": f"{PHANPY}/", "response_type": "code", "scope": SCOPES,
    }  # fmt: skip
    redeemed = {
        "client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": f"{PHANPY}/",
        "grant_type": "authorization_code", "code": await _code(home, asked), "code_verifier": verifier,
    }  # fmt: skip
    tab.token = (await tab.ask("POST", "/oauth/token", data=redeemed)).json()["access_token"]

    await tab.read("/api/v1/preferences")
    instance = await tab.read("/api/v2/instance")
    me = await tab.read("/api/v1/accounts/verify_credentials")
    assert me["id"] == str(ann.id)
    assert await tab.read("/api/v1/timelines/home?limit=20") == []
    streaming = instance["configuration"]["urls"]["streaming"]
    async with websockets.connect(
        f"{streaming}/api/v1/streaming?stream=user",
        subprotocols=[tab.token],
        origin=PHANPY,
        proxy=None,  # type: ignore[list-item, arg-type]
    ) as stream:
        assert stream.subprotocol == tab.token

    await tab.read("/api/v1/custom_emojis")
    await tab.read("/api/v2/search?type=hashtags&q=fox&limit=5")
    files = {"file": ("blob", picture(), "image/png")}
    media = (await tab.ask("POST", "/api/v2/media", files=files, data={"description": "a meadow"})).json()
    assert (await tab.read(f"/api/v1/media/{media['id']}"))["url"] is not None
    body = {
        "status": "Good morning #fox", "language": "en", "sensitive": False, "media_ids": [media["id"]],
        "visibility": "public", "quote_approval_policy": "public",
    }  # fmt: skip
    posted = await tab.ask("POST", "/api/v1/statuses", json=body, headers={"idempotency-key": "one"})
    assert posted.json()["media_attachments"][0]["description"] == "a meadow"
    await _phanpys_other_pages(tab, me["id"], posted.json()["id"])


async def _phanpys_other_pages(tab: Tab, account_id: str, status_id: str) -> None:
    for path in (
        "/api/v1/follow_requests?limit=80",
        "/api/v1/announcements",
        "/api/v2/notifications?supported_types[]=mention&supported_types[]=quote&exclude_types[]=follow_request&limit=20",
        "/api/v2/notifications/policy",
        "/api/v1/notifications?types[]=mention&types[]=quote&limit=20",
        f"/api/v1/accounts/{account_id}",
        f"/api/v1/accounts/{account_id}/statuses?pinned=true",
        f"/api/v1/accounts/{account_id}/featured_tags",
        f"/api/v1/accounts/{account_id}/statuses?exclude_replies=true&exclude_reblogs=false&limit=20",
        f"/api/v1/statuses/{status_id}",
        f"/api/v1/statuses/{status_id}/context",
        "/api/v2/search?q=fox&resolve=true&limit=5",
        "/api/v1/trends/tags?limit=20",
        "/api/v1/trends/statuses?limit=20",
        "/api/v1/trends/links?limit=20",
        "/api/v1/lists",
        "/api/v2/filters",
        "/api/v1/bookmarks?limit=20",
        "/api/v1/favourites?limit=20",
        "/api/v1/scheduled_statuses?limit=40",
        "/api/v1/timelines/home?since_id=1&limit=5",
    ):
        await tab.read(path)
    await tab.ask("POST", "/api/v1/markers", json={"notifications": {"last_read_id": status_id}})


async def test_elk(home: House, ann: Actor) -> None:
    """Elk's own server registers and redeems; its page in the browser does the rest."""
    host = urlsplit(home.context.config.public_url).netloc
    redirect = f"https://elk.zone/api/{host}/oauth/https%3A%2F%2Felk.zone"
    server = home.client
    registered = {
        "client_name": "Elk",
        "website": "https://elk.zone",
        "redirect_uris": redirect,
        "scopes": "read write follow push",
    }
    app = (await server.post("/api/v1/apps", json=registered)).json()
    await server.get("/api/v2/instance")
    asked = {
        "client_id": app["client_id"], "force_login": "false", "lang": "en", "redirect_uri": redirect,
        "response_type": "code", "scope": SCOPES,
    }  # fmt: skip
    redeemed = {
        "client_id": app["client_id"], "client_secret": app["client_secret"], "redirect_uri": redirect,
        "grant_type": "authorization_code", "code": await _code(home, asked), "scope": SCOPES,
    }  # fmt: skip
    answer = await server.post("/oauth/token", json=redeemed)
    assert answer.status_code == 200, answer.text
    tab = Tab(home, "https://elk.zone")
    assert (await tab.read("/nodeinfo/2.0"))["software"]["name"] == "fediverse-ai"
    tab.token = answer.json()["access_token"]
    for path in (
        "/api/v1/accounts/verify_credentials",
        "/api/v2/instance",
        "/api/v1/preferences",
        "/api/v1/timelines/home?limit=30",
        "/api/v1/followed_tags",
        "/api/v1/markers?timeline[]=notifications",
        "/api/v1/notifications?limit=30",
    ):
        await tab.read(path)
    assert "error" in await tab.read("/api/v1/push/subscription", status=404)
    media = (await tab.ask("POST", "/api/v1/media", files={"file": ("x", picture(), "image/png")})).json()
    described = await tab.ask("PUT", f"/api/v1/media/{media['id']}", json={"description": "a meadow, by Elk"})
    assert described.json()["description"] == "a meadow, by Elk"
    body = {
        "status": "From Elk",
        "mediaIds": [],
        "media_ids": [media["id"]],
        "visibility": "public",
        "sensitive": False,
    }
    posted = await tab.ask("POST", "/api/v1/statuses", json=body)
    assert posted.json()["media_attachments"][0]["description"] == "a meadow, by Elk"
    assert json.loads(posted.text)["account"]["id"] == str(ann.id)
