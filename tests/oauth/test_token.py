"""The addresses for programs: what earns a token, what a token opens, how it ends."""

from __future__ import annotations

import asyncio
import base64
from typing import Any

import httpx2 as httpx
import pytest

from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.clock import FrozenClock
from fediverse_ai.core.limits import RateLimiter
from tests.oauth.stage import OUT_OF_BAND, REDIRECT, VERIFIER, Registered, Stage
from tests.support.tokens import app_token, bearer, token_for
from tests.web.site import ORIGIN

pytestmark = pytest.mark.asyncio(loop_scope="session")

KINDS = ["json", "data", "multipart"]


def _sent(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    if kind == "multipart":
        return {"files": [(name, (None, str(value))) for name, value in body.items()]}
    return {kind: body}


def _error(answer: httpx.Response, status: int = 400) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ("www-authenticate" in answer.headers) is (status == 401)
    assert answer.json()["error_description"]
    return str(answer.json()["error"])


@pytest.mark.parametrize("kind", KINDS)
async def test_a_code_becomes_a_token_in_every_kind_of_body(stage: Stage, kind: str) -> None:
    """Rule 4 of tests/mastodon/test_rules.py: what the answer holds, and what it must not."""
    app = await stage.register(redirect_uri=OUT_OF_BAND) if kind == "json" else await stage.register()
    if kind == "json":
        browser, page = await stage.consent_page(app)
        code = (await stage.decide(browser, page)).one("code", id="code").text
    else:
        code = (await stage.consent(app))["code"]
    body = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": app.redirect_uri,
        "code_verifier": VERIFIER,
        "scope": "read write",
        "oauth_info": "junk",
        **app.credentials,
    }
    answer = await stage.client().post("/oauth/token", **_sent(kind, body))
    assert answer.status_code == 200
    token = answer.json()
    # Without members that would be null: those fail browser clients.
    assert token.keys() == {"access_token", "token_type", "scope", "created_at", "activitypub_actor_id", "me"}
    assert (token["token_type"], token["scope"]) == ("Bearer", "read write")
    assert isinstance(token["created_at"], int)
    assert token["activitypub_actor_id"] == token["me"] == f"{ORIGIN}/users/ann"
    assert answer.headers["cache-control"] == "no-store"
    assert await stage.works(token["access_token"])


async def test_an_app_says_who_it_is_in_one_way(stage: Stage) -> None:
    app = await stage.register()
    code = (await stage.consent(app))["code"]
    body = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, "code_verifier": VERIFIER}
    assert app.client_secret is not None
    basic = (app.client_id, app.client_secret)
    both = await stage.client().post("/oauth/token", data={**body, **app.credentials}, auth=basic)
    assert _error(both) == "invalid_request"
    other = await stage.client().post("/oauth/token", data={**body, "client_id": "x"}, auth=basic)
    assert _error(other) == "invalid_request"
    alone = await stage.client().post("/oauth/token", data=body, auth=basic)
    assert alone.status_code == 200


async def test_an_app_that_is_not_who_it_says_gets_invalid_client(stage: Stage) -> None:
    """Elk registers anew on exactly this word."""
    app = await stage.register()
    code = (await stage.consent(app))["code"]
    wrong: list[dict[str, str]] = [
        {"client_id": "unknown"},
        {"client_id": ""},
        {"client_secret": ""},
        {"client_secret": "wrong"},
        {"client_secret": (app.client_secret or "")[:-1]},
    ]
    for changed in wrong:
        assert _error(await stage.redeem(app, code, **changed), 401) == "invalid_client"
    body = {"grant_type": "client_credentials"}
    for auth in ((app.client_id, "wrong"), ("", ""), ("unknown", "x")):
        answer = await stage.client().post("/oauth/token", data=body, auth=auth)
        assert _error(answer, 401) == "invalid_client"
        assert answer.headers["www-authenticate"].startswith("Basic")
    for header in ("Basic", "Basic !", "Basic " + base64.b64encode(b"nocolon").decode()):
        answer = await stage.client().post("/oauth/token", data=body, headers={"Authorization": header})
        assert _error(answer, 401) == "invalid_client"
    assert (await stage.redeem(app, code)).status_code == 200


async def test_a_public_app_needs_no_secret_and_its_secret_means_nothing(stage: Stage) -> None:
    app = await stage.register_public()
    code = (await stage.consent(app))["code"]
    assert (await stage.redeem(app, code, client_secret="anything")).status_code == 200


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "unknown"},
        {"redirect_uri": f"{REDIRECT}/"},
        {"code_verifier": "x" * 43},
        {"code_verifier": ""},
    ],
)
async def test_a_code_that_does_not_fit_earns_nothing(stage: Stage, changed: dict[str, str]) -> None:
    app = await stage.register()
    code = (await stage.consent(app))["code"]
    assert _error(await stage.redeem(app, code, **changed)) == "invalid_grant"


async def test_a_verifier_without_a_challenge_is_a_downgrade(stage: Stage) -> None:
    app = await stage.register()
    code = (await stage.consent(app, code_challenge=None, code_challenge_method=None))["code"]
    assert _error(await stage.redeem(app, code)) == "invalid_grant"
    code = (await stage.consent(app, code_challenge=None, code_challenge_method=None))["code"]
    assert (await stage.redeem(app, code, code_verifier="")).status_code == 200


async def test_a_code_is_good_once_and_its_return_ends_the_token(stage: Stage) -> None:
    """OAU-03."""
    app, thief = await stage.register(), await stage.register()
    code = (await stage.consent(app))["code"]
    answer = await stage.redeem(app, code)
    token = answer.json()["access_token"]
    assert await stage.works(token)
    assert _error(await stage.redeem(thief, code)) == "invalid_grant"
    assert not await stage.works(token)
    code = (await stage.consent(app))["code"]
    assert _error(await stage.redeem(thief, code)) == "invalid_grant"
    code = (await stage.consent(app))["code"]
    raced = await asyncio.gather(*(stage.redeem(app, code) for _ in range(3)))
    assert sorted(answer.status_code for answer in raced) == [200, 400, 400]


async def test_a_code_is_good_for_a_minute(stage: Stage) -> None:
    app = await stage.register()
    code = (await stage.consent(app))["code"]
    stage.site.clock.forward(limits.CODE_SECONDS + 1)
    assert _error(await stage.redeem(app, code)) == "invalid_grant"


async def test_other_grants_are_not_offered(stage: Stage) -> None:
    """OAU-16."""
    app = await stage.register()
    for grant in ("password", "implicit", "urn:ietf:params:oauth:grant-type:device_code", "x"):
        body = {"grant_type": grant, "username": "ann", "password": "correct horse battery", **app.credentials}
        assert _error(await stage.client().post("/oauth/token", json=body)) == "unsupported_grant_type"
    assert _error(await stage.client().post("/oauth/token", json=app.credentials)) == "invalid_request"
    for grant in ("authorization_code", "refresh_token"):
        body = {"grant_type": grant, **app.credentials}
        assert _error(await stage.client().post("/oauth/token", json=body)) == "invalid_request"


async def test_bodies_that_cannot_be_read(stage: Stage) -> None:
    json = {"Content-Type": "application/json"}
    for content, headers in ((b"{", json), (b"[]", json), (b"", {}), (b"\xff=1", {"Content-Type": "x/y"})):
        assert _error(await stage.client().post("/oauth/token", content=content, headers=headers)) == "invalid_request"
    much = await stage.client().post("/oauth/token", content=b"x" * (limits.FORM_BODY_BYTES + 1), headers=json)
    assert _error(much, 413) == "invalid_request"


async def test_secrets_in_the_address_are_not_read(stage: Stage) -> None:
    """OAU-06."""
    app = await stage.register()
    answer = await stage.client().post("/oauth/token", params={"grant_type": "client_credentials", **app.credentials})
    assert _error(answer) == "invalid_request"


async def _own(stage: Stage, app: Registered, **fields: str) -> httpx.Response:
    body = {"grant_type": "client_credentials", **app.credentials, **fields}
    return await stage.client().post("/oauth/token", data=body)


async def test_an_app_asks_for_itself(stage: Stage) -> None:
    """OAU-16: such a token is nobody's."""
    app = await stage.register()
    token = (await _own(stage, app)).json()
    assert token.keys() == {"access_token", "token_type", "scope", "created_at"}
    assert token["scope"] == "read"
    headers = bearer(token["access_token"])
    verified = await stage.client().get("/api/v1/apps/verify_credentials", headers=headers)
    assert verified.status_code == 200
    assert verified.json()["name"] == "Test app"
    userinfo = await stage.client().get("/oauth/userinfo", headers=headers)
    assert _error(userinfo, 403) == "insufficient_scope"
    assert (await stage.site.browser().client.get("/settings/sessions", headers=headers)).status_code == 401
    assert (await _own(stage, app, scope="read push")).json()["scope"] == "read push"
    assert _error(await _own(stage, await stage.register(scopes="read"), scope="write")) == "invalid_scope"
    assert (await _own(stage, await stage.register(scopes="push"))).json()["scope"] == "push"
    assert _error(await _own(stage, await stage.register_public())) == "unauthorized_client"


async def test_refreshing(stage: Stage) -> None:
    app = await stage.register_public(grant_types=["authorization_code", "refresh_token"])
    first = (await stage.redeem(app, (await stage.consent(app))["code"])).json()
    body = {"grant_type": "refresh_token", "client_id": app.client_id}
    answer = await stage.client().post("/oauth/token", data={**body, "refresh_token": first["refresh_token"]})
    second = answer.json()
    assert second["scope"] == "read write"
    assert not await stage.works(first["access_token"])
    assert await stage.works(second["access_token"])
    replay = await stage.client().post("/oauth/token", data={**body, "refresh_token": first["refresh_token"]})
    assert _error(replay) == "invalid_grant"
    assert not await stage.works(second["access_token"])


@pytest.mark.parametrize("kind", KINDS)
async def test_an_app_gives_its_token_back(stage: Stage, kind: str) -> None:
    app, other = await stage.register(), await stage.register()
    token = await stage.token(app)
    foreign = await stage.client().post("/oauth/revoke", **_sent(kind, {"token": token, **other.credentials}))
    assert _error(foreign, 403) == "unauthorized_client"
    nobody = await stage.client().post("/oauth/revoke", **_sent(kind, {"token": token}))
    assert _error(nobody, 401) == "invalid_client"
    assert await stage.works(token)
    for _ in range(2):
        ended = await stage.client().post("/oauth/revoke", **_sent(kind, {"token": token, **app.credentials}))
        assert (ended.status_code, ended.json()) == (200, {})
        assert not await stage.works(token)
    empty = await stage.client().post("/oauth/revoke", **_sent(kind, app.credentials))
    assert _error(empty) == "invalid_request"


async def test_who_consented(stage: Stage) -> None:
    for method in ("GET", "POST"):
        token = await token_for(stage, "ann", "profile")
        answer = await stage.client().request(method, "/oauth/userinfo", headers=bearer(token))
        assert answer.json() == {
            "iss": ORIGIN,
            "sub": f"{ORIGIN}/users/ann",
            "name": "Ann",
            "preferred_username": "ann",
            "profile": f"{ORIGIN}/@ann",
        }
    lacking = await stage.client().get("/oauth/userinfo", headers=bearer(await token_for(stage, "ann", "write")))
    assert _error(lacking, 403) == "insufficient_scope"
    assert _error(await stage.client().get("/oauth/userinfo"), 401) == "invalid_token"


async def test_a_token_counts_in_one_header_only(stage: Stage) -> None:
    """OAU-06: not in the address, the body, a cookie, twice, or in another scheme; 401 says how."""
    token = await token_for(stage, "ann", "profile")
    client = stage.client()

    async def status(**request: Any) -> int:
        answer = await client.request("POST", "/oauth/userinfo", **request)
        if answer.status_code == 401:
            assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
        return answer.status_code

    assert await status(headers=bearer(token)) == 200
    assert await status(headers={"Authorization": f"bearer {token}"}) == 200
    assert await status(params={"access_token": token}) == 401
    assert await status(data={"access_token": token}) == 401
    assert await status(headers={"Cookie": f"session-8321={token}"}) == 401
    assert await status(headers=[("Authorization", f"Bearer {token}"), ("Authorization", "Bearer x")]) == 401
    for wrong in (f"Bearer  {token}", f"Token {token}", token, f"Bearer {token[:-1]}", "Bearer", f"Basic {token}"):
        assert await status(headers={"Authorization": wrong}) == 401


async def test_a_session_cookie_opens_nothing_here(stage: Stage) -> None:
    """OAU-15."""
    browser = await stage.site.member("ann")
    for path in ("/oauth/userinfo", "/api/v1/apps/verify_credentials"):
        assert (await browser.client.get(path)).status_code == 401


async def test_tries_are_limited_by_address(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    limiter = stage.context.part(RateLimiter)
    monkeypatch.setattr(limiter, "_clock", FrozenClock())
    client = stage.client("203.0.113.9")
    body = {"grant_type": "password"}
    limiter.check("token:203.0.113.9", limits.TOKEN_REQUESTS, limits.TOKEN_REQUESTS.count - 1)
    assert _error(await client.post("/oauth/token", data=body)) == "unsupported_grant_type"
    for path in ("/oauth/token", "/oauth/revoke"):
        refused = await client.post(path, data=body)
        assert _error(refused, 429) == "slow_down"
        assert int(refused.headers["retry-after"]) >= 1
    assert (await stage.client().post("/oauth/token", data=body)).status_code == 400


async def test_a_person_who_was_shut_out_is_out_by_tokens_too(stage: Stage) -> None:
    """OAU-07: nothing is remembered between two requests."""
    await stage.site.person("eve")
    token = await token_for(stage, "eve")
    own = await app_token(stage)
    assert await stage.works(token)
    async with stage.context.database.write() as session:
        account = await session.get(Account, stage.site.account_id("eve"))
        account.disabled_ms = 1
        session.add(account)
    assert not await stage.works(token)
    assert await stage.works(own)
