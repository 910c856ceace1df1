"""Chromium itself: the answer leaves the consent page for another site, and the window that asked keeps its tie."""

from __future__ import annotations

import asyncio
import itertools
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx2 as httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect

from actors.accounts import account_of, set_password
from tests.oauth.stage import PASSWORD, PKCE, VERIFIER, answer_of
from tests.support.house import House, house
from tests.support.peer import listening
from tests.support.processes import eventually

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--remote-debugging-port=0",
)  # fmt: skip
# A browser client as Phanpy is one: it asks in a window of its own, which tells it what came back.
CLIENT = b"""<!doctype html><title>client</title><script>
addEventListener("message", event => { window.answer = event.data; });
if (opener) opener.postMessage(location.href, "*");
</script>"""


async def _client_site(scope: dict[str, Any], receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/html")]})
    await send({"type": "http.response.body", "body": CLIENT})


class Tab:
    """One page of the browser, by the DevTools protocol."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def do(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        await self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        while (answer := json.loads(await self._socket.recv())).get("id") != number:
            pass
        assert "error" not in answer, answer
        found: dict[str, Any] = answer["result"]
        return found

    async def run(self, script: str) -> Any:
        """The value of an expression, as if a person had pressed something."""
        found = await self.do("Runtime.evaluate", expression=script, userGesture=True, returnByValue=True)
        return found["result"].get("value")

    async def until(self, script: str) -> Any:
        """The first true value; the page may be another one by then."""
        return await eventually(lambda: self.run(script), script, seconds=60)


@asynccontextmanager
async def _chromium(profile: Path) -> AsyncIterator[str]:
    """Where its DevTools listen."""
    command = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    assert command is not None, "this test needs Chromium (apt install chromium)"
    program = await asyncio.create_subprocess_exec(
        command, *FLAGS, f"--user-data-dir={profile}", "about:blank",
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert program.stderr is not None
    try:
        async with asyncio.timeout(60):
            while b"DevTools listening on" not in (line := await program.stderr.readline()):
                assert line, "Chromium ended"
        yield line.decode().split()[-1].split("/")[2]
    finally:
        program.terminate()
        await program.communicate()


@asynccontextmanager
async def _tab(devtools: str, title: str) -> AsyncIterator[Tab]:
    """The page whose address contains `title`."""
    async with httpx.AsyncClient(trust_env=False) as client:

        async def look() -> Any:
            tabs = (await client.get(f"http://{devtools}/json/list")).json()
            return [tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page" and title in tab["url"]]

        found: Any = await eventually(look, f"a page with {title}", seconds=60)
    async with connect(found[0], max_size=None, proxy=None) as socket:
        yield Tab(socket)


async def _person(home: House) -> None:
    await home.make_actor("ann")
    async with home.context.database.write() as session:
        account = await account_of(session, "ann")
        assert account is not None
        await set_password(session, account.id, PASSWORD)


@pytest.mark.live
async def test_a_browser_client_gets_its_answer_in_the_window_it_opened(tmp_path: Path) -> None:
    async with (
        house(tmp_path / "home") as home,
        listening(_client_site) as port,
        _chromium(tmp_path / "profile") as devtools,
    ):
        await _person(home)
        site = f"http://localhost:{port}"
        app = (
            await home.client.post("/api/v1/apps", data={"client_name": "Client", "redirect_uris": f"{site}/back"})
        ).json()
        asked = {"response_type": "code", "client_id": app["client_id"], "redirect_uri": f"{site}/back", "state": "s"}
        async with _tab(devtools, "about:blank") as client:
            await client.do("Page.navigate", url=f"{site}/")
            await client.until("document.title == 'client'")
            address = f"{home.origin}/oauth/authorize?{urlencode({**asked, **PKCE})}"
            await client.run(f"window.popup = window.open({json.dumps(address)}, 'popup', 'width=600,height=800'); 1")
            async with _tab(devtools, "/oauth/authorize") as popup:
                await popup.until("document.readyState == 'complete' && !!document.querySelector('#password')")
                await popup.run(
                    f"document.querySelector('#username').value = 'ann';"
                    f"document.querySelector('#password').value = {json.dumps(PASSWORD)};"
                    "document.querySelector('#password').form.querySelector('button').click(); 1"
                )
                await popup.until("!!document.querySelector('button[value=allow]')")
                assert await client.run("popup.closed") is False, "the consent page cut the tie"
                await popup.run("document.querySelector('button[value=allow]').click(); 1")
            location = await client.until("window.answer")
            assert await client.run("popup.closed") is False
        assert location.startswith(f"{site}/back?code=")
        assert answer_of(location)["state"] == "s"
        token = await home.client.post(
            "/oauth/token",
            json={
                "grant_type": "authorization_code",
                "code": answer_of(location)["code"],
                "redirect_uri": f"{site}/back",
                "code_verifier": VERIFIER,
                "client_id": app["client_id"],
                "client_secret": app["client_secret"],
            },
        )
        assert token.status_code == 200, token.text
