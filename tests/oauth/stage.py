"""What tests of OAuth do again and again: register, ask, consent, redeem."""

from __future__ import annotations

import base64
import hashlib
import itertools
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx2 as httpx

from tests.web.site import Browser, Page, Site, hidden

PASSWORD = "correct horse battery"
REDIRECT = "https://app.test/back"
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
VERIFIER = "The-verifier_of.a~test-which-is-43-letters-long"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}


@dataclass(frozen=True)
class Registered:
    client_id: str
    client_secret: str | None
    redirect_uri: str = REDIRECT

    @property
    def credentials(self) -> dict[str, str]:
        found = {"client_id": self.client_id}
        return found if self.client_secret is None else found | {"client_secret": self.client_secret}


def answer_of(location: str) -> dict[str, str]:
    """The fields that came with a redirect."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query, keep_blank_values=True).items()}


class Stage:
    """A Site, and the app's side of the conversation. Every request comes from an address of its own, so that tests
    do not use up each other's rates."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._hosts = itertools.count(1)

    @property
    def context(self) -> Any:
        return self.site.context

    def client(self, host: str | None = None) -> httpx.AsyncClient:
        number = next(self._hosts)
        address = host or f"198.51.{number // 250}.{number % 250 + 1}"
        return self.site.browser(client=(address, 1234)).client

    async def register(self, *, redirect_uri: str = REDIRECT, scopes: str = "read write follow push") -> Registered:
        """By POST /api/v1/apps: confidential."""
        body = {"client_name": "Test app", "redirect_uris": redirect_uri, "scopes": scopes}
        found = (await self.client().post("/api/v1/apps", json=body)).json()
        return Registered(found["client_id"], found["client_secret"], redirect_uri)

    async def register_public(self, *, redirect_uri: str = REDIRECT, **fields: Any) -> Registered:
        """By POST /oauth/register: without a secret."""
        body = {"redirect_uris": [redirect_uri], "token_endpoint_auth_method": "none", **fields}
        found = await self.client().post("/oauth/register", json=body)
        assert found.status_code == 201, found.text
        return Registered(found.json()["client_id"], None, redirect_uri)

    def address(self, app: Registered, **fields: str | None) -> str:
        asked = {
            "response_type": "code",
            "client_id": app.client_id,
            "redirect_uri": app.redirect_uri,
            "scope": "read write",
            "state": "xyz",
            **PKCE,
            **fields,
        }
        return "/oauth/authorize?" + urlencode({name: value for name, value in asked.items() if value is not None})

    async def consent_page(self, app: Registered, person: str = "ann", **fields: str | None) -> tuple[Browser, Page]:
        browser = await self.site.member(person)
        return browser, await browser.get(self.address(app, **fields))

    async def decide(self, browser: Browser, page: Page, decision: str = "allow", **fields: str) -> Page:
        return await browser.post("/oauth/authorize", {**hidden(page), "decision": decision, **fields})

    async def consent(self, app: Registered, person: str = "ann", **fields: str | None) -> dict[str, str]:
        """What the app gets after a yes."""
        browser, page = await self.consent_page(app, person, **fields)
        assert page.status == 200, page.text()
        answered = await self.decide(browser, page)
        assert answered.status == 302, answered.text()
        return answer_of(answered.response.headers["location"])

    async def redeem(self, app: Registered, given: str, **fields: str) -> httpx.Response:
        body = {
            "grant_type": "authorization_code",
            "code": given,
            "redirect_uri": app.redirect_uri,
            "code_verifier": VERIFIER,
            **app.credentials,
            **fields,
        }
        return await self.client().post("/oauth/token", data=body)

    async def token(self, app: Registered, person: str = "ann", scope: str = "read write") -> str:
        code = (await self.consent(app, person, scope=scope))["code"]
        answer = await self.redeem(app, code)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def works(self, token: str) -> bool:
        """Does a token still open the address that any token opens?"""
        found = await self.client().get("/api/v1/apps/verify_credentials", headers={"Authorization": f"Bearer {token}"})
        assert found.status_code in (200, 401)
        return found.status_code == 200
