"""A person at the consent page, for tests of apps: signs in, reads what is asked, says yes or no.

As a program: `python -m tests.support.consent URL NAME PASSWORD [CA_FILE]` prints the address or the code it came to.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys

import httpx2 as httpx

from tests.web.site import HTML, hidden, read

_CODE = re.compile(r'<code id="code">([^<]+)</code>')


async def consent(client: httpx.AsyncClient, url: str, username: str, password: str, *, allow: bool = True) -> str:
    """The address of the app with its answer, or the code that the page shows. `client` must follow no redirects."""
    accept = {"Accept": HTML}
    page = read(await client.get(url, headers=accept))
    if page.all("input", name="password"):
        entered = await client.post(
            httpx.URL(url).join("/sign-in"),
            data={**hidden(page), "username": username, "password": password},
            headers=accept,
        )
        assert entered.status_code == 303, entered.text
        page = read(await client.get(httpx.URL(url).join(entered.headers["location"]), headers=accept))
    if page.status == 302:
        return page.response.headers["location"]
    assert page.status == 200, page.text()
    decision = "allow" if allow else "deny"
    answered = await client.post(
        httpx.URL(url).join("/oauth/authorize"), data={**hidden(page), "decision": decision}, headers=accept
    )
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
