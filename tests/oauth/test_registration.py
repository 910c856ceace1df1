"""How apps introduce themselves, and what this server says of itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from fediverse_ai.core import limits, scopes
from fediverse_ai.core.config import Config, ServerSection
from fediverse_ai.oauth import metadata
from tests.oauth.stage import OUT_OF_BAND, REDIRECT, Stage
from tests.support.tokens import bearer, token_for
from tests.web.site import ORIGIN

pytestmark = pytest.mark.asyncio(loop_scope="session")

APP = {"client_name": "Test app", "redirect_uris": OUT_OF_BAND, "scopes": "read write", "website": "https://app.test/"}


@pytest.mark.parametrize("kind", ["json", "data", "multipart"])
@pytest.mark.parametrize("slash", ["", "/"])
async def test_an_app_registers_as_with_mastodon(stage: Stage, kind: str, slash: str) -> None:
    sent = {"files": [(name, (None, value)) for name, value in APP.items()]} if kind == "multipart" else {kind: APP}
    answer = await stage.client().post(f"/api/v1/apps{slash}", **sent)
    assert answer.status_code == 200
    made = answer.json()
    assert {name: type(value) for name, value in made.items()} == {
        "id": str, "name": str, "website": str, "scopes": list, "redirect_uri": str, "redirect_uris": list,
        "client_id": str, "client_secret": str, "client_secret_expires_at": int, "vapid_key": str,
    }  # fmt: skip
    assert made["redirect_uri"] == OUT_OF_BAND
    assert (made["scopes"], made["redirect_uris"]) == (["read", "write"], [OUT_OF_BAND])
    assert answer.headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (f"{REDIRECT}\n{OUT_OF_BAND}", [REDIRECT, OUT_OF_BAND]),
        ([REDIRECT, OUT_OF_BAND], [REDIRECT, OUT_OF_BAND]),
        (f"{REDIRECT}\r\n{REDIRECT}", [REDIRECT]),
    ],
)
async def test_several_addresses(stage: Stage, given: Any, found: list[str]) -> None:
    answer = await stage.client().post("/api/v1/apps", json={**APP, "redirect_uris": given})
    assert answer.json()["redirect_uris"] == found


@pytest.mark.parametrize(
    "changed",
    [
        {"client_name": ""},
        {"client_name": "\u200b"},
        {"redirect_uris": ""},
        {"redirect_uris": "javascript:alert(1)"},
        {"redirect_uris": f"{REDIRECT}\njavascript:alert(1)"},
        {"redirect_uris": "\n".join(f"{REDIRECT}{number}" for number in range(limits.REDIRECT_URIS + 1))},
        {"redirect_uris": f"https://app.test/{'x' * limits.URL_LENGTH}"},
        {"scopes": "bogus"},
        {"scopes": "admin:read"},
    ],
)
async def test_what_cannot_be_is_refused(stage: Stage, changed: dict[str, str]) -> None:
    answer = await stage.client().post("/api/v1/apps", json={**APP, **changed})
    assert answer.status_code == 422
    assert answer.json()["error"].startswith("Validation failed: ")
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_as_many_addresses_as_may_be(stage: Stage) -> None:
    given = [f"{REDIRECT}{number}" for number in range(limits.REDIRECT_URIS)]
    answer = await stage.client().post("/api/v1/apps", json={**APP, "redirect_uris": given})
    assert answer.json()["redirect_uris"] == given


async def test_no_scopes_are_read_and_a_strange_website_is_none(stage: Stage) -> None:
    fields = {"client_name": "x", "redirect_uris": REDIRECT}
    for website in ("javascript:alert(1)", "https://a b", "", None):
        made = (await stage.client().post("/api/v1/apps", json={**fields, "website": website})).json()
        assert (made["scopes"], made["website"]) == (["read"], None)


@pytest.mark.parametrize("path", ["/api/v1/apps", "/oauth/register"])
async def test_registrations_are_limited_by_address(stage: Stage, path: str) -> None:
    """OAU-08."""
    client = stage.client(f"203.0.113.{len(path)}")
    for _ in range(limits.APP_REGISTRATIONS.count):
        assert (await client.post(path, json={**APP, "redirect_uris": [OUT_OF_BAND]})).status_code in (200, 201)
    refused = await client.post(path, json=APP)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["access-control-allow-origin"] == "*"


async def test_whose_token_is_it(stage: Stage) -> None:
    token = await token_for(stage, "ann", "read push")
    found = await stage.client().get("/api/v1/apps/verify_credentials", headers=bearer(token))
    assert found.json().keys() == {
        "id", "name", "website", "scopes", "redirect_uri", "redirect_uris", "vapid_key"
    }  # fmt: skip
    assert found.json()["scopes"] == ["read", "push"]
    for headers in ({}, bearer("x" * 43)):
        refused = await stage.client().get("/api/v1/apps/verify_credentials", headers=headers)
        assert (refused.status_code, refused.json()) == (401, {"error": "The access token is invalid"})


async def test_an_app_registers_dynamically(stage: Stage) -> None:
    body = {
        "client_id": "https://its.own/idea.json",
        "client_name": "ap",
        "redirect_uris": ["http://127.0.0.1:63546/callback"],
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token", "urn:x"],
        "response_types": ["code"],
        "client_uri": "https://its.own/",
        "logo_uri": "https://its.own/logo.png",
        "software_id": "9d1d",
        "software_version": "0.5.1",
    }
    answer = await stage.client().post("/oauth/register", json=body)
    assert answer.status_code == 201
    made = answer.json()
    assert made.pop("client_id") != body["client_id"]
    assert isinstance(made.pop("client_id_issued_at"), int)
    assert made == {
        "client_name": "ap",
        "redirect_uris": ["http://127.0.0.1:63546/callback"],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "scope": "profile read write follow push",
        "client_uri": "https://its.own/",
        "software_id": "9d1d",
        "software_version": "0.5.1",
    }


async def test_a_dynamic_app_may_have_a_secret(stage: Stage) -> None:
    for method in ("client_secret_basic", "client_secret_post", None):
        body = {"redirect_uris": REDIRECT, "scope": "read", "token_endpoint_auth_method": method}
        made = (await stage.client().post("/oauth/register", json=body)).json()
        assert made["client_secret"]
        assert made["client_secret_expires_at"] == 0
        assert made["scope"] == "read"
        assert made["token_endpoint_auth_method"] == method or "client_secret_basic"


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": None}, "invalid_redirect_uri"),
        ({"redirect_uris": [{}]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["data:,x"]}, "invalid_redirect_uri"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"scope": "bogus"}, "invalid_client_metadata"),
    ],
)
async def test_what_a_dynamic_app_cannot_be(stage: Stage, changed: dict[str, Any], error: str) -> None:
    answer = await stage.client().post("/oauth/register", json={"redirect_uris": [REDIRECT], **changed})
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert answer.headers["access-control-allow-origin"] == "*"


async def test_metadata_are_valid_by_somebody_elses_reading_of_rfc_8414() -> None:
    config = Config(server=ServerSection(public_url="https://h.example"))
    AuthorizationServerMetadata(metadata.document(config)).validate()


async def test_activitypub_clients_find_out_how_to_sign_in(stage: Stage) -> None:
    """Rule 20 of tests/mastodon/test_rules.py: the issuer is the origin of actors, and a client without a secret, by
    any of the three names it may have, gets with S256 what it asked for, for good."""
    found = (await stage.client().get("/.well-known/oauth-authorization-server")).json()
    actor = (await stage.client().get("/users/ann", headers={"Accept": "application/activity+json"})).json()
    parts = urlsplit(actor["id"])
    assert found["issuer"] == f"{parts.scheme}://{parts.netloc}"
    assert found["client_id_metadata_document_supported"] is True
    assert found["activitypub_object_id_as_client_id"] is True
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert "none" in found["token_endpoint_auth_methods_supported"]
    for name in ("authorization", "token"):
        assert actor["endpoints"][f"oauth{name.capitalize()}Endpoint"] == found[f"{name}_endpoint"]
    assert actor["endpoints"]["oauthRegistrationEndpoint"] == found["registration_endpoint"]
    app = await stage.register_public(client_id="https://a.test/c.json", client_name="ap", software_id="ap")
    assert app.client_id != "https://a.test/c.json"
    code = (await stage.consent(app, scope="write read"))["code"]
    token = (await stage.redeem(app, code)).json()
    assert set(token["scope"].split()) == {"read", "write"}
    assert "expires_in" not in token
    assert token["activitypub_actor_id"] == actor["id"]


async def test_every_address_in_the_metadata_answers(stage: Stage) -> None:
    """OAU-19: one issuer, the bare origin."""
    answer = await stage.client().get("/.well-known/oauth-authorization-server")
    assert answer.headers["content-type"].startswith("application/json")
    assert answer.headers["access-control-allow-origin"] == "*"
    found = answer.json()
    assert found["issuer"] == ORIGIN
    assert found["scopes_supported"] == list(scopes.SUPPORTED)
    assert found["code_challenge_methods_supported"] == ["S256"]
    assert found["authorization_response_iss_parameter_supported"] is True
    for name, value in found.items():
        if name.endswith("_endpoint"):
            assert value.startswith(f"{ORIGIN}/")
            status = (await stage.client().post(value, json={})).status_code
            assert status not in (404, 405, 500), name
