"""A person's part in an app's login, done without a browser: sign in by a link, read the consent page, say yes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx2 as httpx

from actors import accounts
from tests.support.server import Server


@asynccontextmanager
async def signed_in(server: Server, username: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the cookie of somebody who used their sign-in link."""
    async with server.beside() as context, context.database.write() as session:
        account = await accounts.account_of(session, username)
        assert account is not None, username
        secret = await accounts.make_link(session, account.id)
    async with httpx.AsyncClient(base_url=server.origin, headers={"Accept": "text/html"}) as client:
        page = await client.get(f"/sign-in/link/{secret}")
        answer = await client.post(f"/sign-in/link/{secret}", data=hidden(page.text))
        assert answer.status_code == 303, answer.text
        yield client


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of a page's form."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in found}


async def code_for(server: Server, username: str, authorize_url: str) -> str:
    """The code that an app gets for this address, by redirect or shown on the page for out-of-band apps."""
    async with signed_in(server, username) as client:
        page = await client.get(authorize_url)
        assert page.status_code == 200, (page.status_code, page.text[:2000])
        answer = await client.post("/oauth/authorize", data={**hidden(page.text), "decision": "allow"})
    if answer.status_code in (302, 303):
        return parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]
    assert answer.status_code == 200, (answer.status_code, answer.text[:2000])
    shown = re.search(r"<(?:code|input)[^>]*?(?:value=\"|>)([A-Za-z0-9_-]{20,})", answer.text)
    assert shown is not None, answer.text[:3000]
    return shown[1]
