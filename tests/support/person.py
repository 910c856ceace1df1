"""A person at the consent page, for tests of apps: signs in, reads what is asked, says yes or no.

As a program: `python -m tests.support.person URL NAME PASSWORD [CA_FILE]` prints the address or the code it came to.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys

import httpx2 as httpx

from tests.web.site import HTML, hidden, read

_CODE = re.compile(r'<code id="code">([^<]+)</code>')


class _Visit:
    """A browser's cookies, kept here: under names that are mapped to this machine no client keeps them right."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client, self._url = client, httpx.URL(url)
        self._cookies: dict[str, str] = {}

    async def ask(self, path: str, data: dict[str, str] | None = None) -> httpx.Response:
        headers = {"Accept": HTML, "Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        method = "GET" if data is None else "POST"
        answer = await self._client.request(method, self._url.join(path), data=data, headers=headers)
        for line in answer.headers.get_list("set-cookie"):
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name.strip()] = value
        return answer


async def consent(client: httpx.AsyncClient, url: str, username: str, password: str, *, allow: bool = True) -> str:
    """The address of the app with its answer, or the code that the page shows. `client` must follow no redirects."""
    visit = _Visit(client, url)
    page = read(await visit.ask(url))
    if page.all("input", name="password"):
        entered = await visit.ask("/sign-in", {**hidden(page), "username": username, "password": password})
        assert entered.status_code == 303, entered.text
        page = read(await visit.ask(entered.headers["location"]))
    if page.status == 302:
        return page.response.headers["location"]
    assert page.status == 200, page.text()
    answered = await visit.ask("/oauth/authorize", {**hidden(page), "decision": "allow" if allow else "deny"})
    if answered.status_code == 302:
        return answered.headers["location"]
    code = _CODE.search(answered.text)
    assert code is not None, answered.text
    return code[1]


async def _main(url: str, username: str, password: str, ca_file: str | None = None) -> None:
    verify = ssl.create_default_context(cafile=ca_file) if url.startswith("https:") else False
    async with httpx.AsyncClient(verify=verify, trust_env=False) as client:
        print(await consent(client, url, username, password))


if __name__ == "__main__":
    asyncio.run(_main(*sys.argv[1:]))
