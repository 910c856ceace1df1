"""Real client libraries from PyPI and npm against a running server: login, post, read, react, page, stream, and 429."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from actors import accounts, apps
from fediverse_ai.core import limits
from fediverse_ai.core.limits import Rate
from tests.mastodon.test_rules import picture
from tests.support.environments import environment
from tests.support.house import house
from tests.support.login import code_for
from tests.support.nodes import installed
from tests.support.server import Server, server
from tests.support.tokens import token_for

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.live]

PEERS = Path(__file__).parents[1] / "peers"
SCRIPTS = PEERS / "apps"
SECONDS = 240


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ours(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    async with server(tmp_path_factory.mktemp("apps") / "ours", "ann", "ben") as running:
        yield running


@pytest.fixture(scope="module")
def meadow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pictures") / "meadow.png"
    path.write_bytes(picture(256))
    return path


async def token_of(ours: Server, username: str = "ann", scopes: str = "read write follow push") -> str:
    """A token as a consent gives it, for programs that have no login of their own."""
    async with ours.beside() as context, context.database.write() as session:
        account = await accounts.account_of(session, username)
        assert account is not None
        app, _ = await apps.register(session, name="Test", redirect_uris=["https://app.test/"], scopes=scopes)
        return (await apps.issue(session, app, account.id, scopes)).secret


async def run(ours: Server, *command: str | Path) -> dict[str, Any]:
    """A script that may print `authorize` with an address, is then given the code, and ends with `done`."""
    program = await asyncio.create_subprocess_exec(
        *map(str, command), env={**os.environ, "PYTHONUNBUFFERED": "1"}, stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert program.stdin is not None
    assert program.stdout is not None
    said: dict[str, Any] = {}
    try:
        async with asyncio.timeout(SECONDS):
            async for line in program.stdout:
                said = json.loads(line) if line.startswith(b"{") else said
                if "authorize" in said:
                    code = await code_for(ours, "ann", said.pop("authorize"))
                    program.stdin.write(f"{code}\n".encode())
                    await program.stdin.drain()
            _, err = await program.communicate()
    finally:
        if program.returncode is None:
            program.kill()
    assert said.get("done"), err.decode()[-4000:]
    return said


async def test_mastodon_py(ours: Server, meadow: Path) -> None:
    await run(ours, environment(SCRIPTS), SCRIPTS / "mastodon_py.py", ours.origin, meadow)


async def test_mastodon_py_at_the_end_of_a_rate(ours: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It reads how much is left and until when from our headers, is told 429, sleeps for as long, and gets everything.

    In this process, where a rate can be small: the true one takes five minutes to become free again.
    """
    monkeypatch.setattr(limits, "API_REQUESTS", Rate(8, 6.0))
    async with house(tmp_path / "rates") as home:
        token = await token_for(home, "ann", "read")
        script = SCRIPTS / "mastodon_py_rate.py"
        said = await run(ours, environment(SCRIPTS), script, home.origin, token, "8")
    assert 8 <= said["answered"] <= 16
    assert 3 < said["waited"] < 20


async def test_minimal_activitypub(ours: Server, meadow: Path) -> None:
    await run(ours, environment(SCRIPTS), SCRIPTS / "minimal.py", ours.origin, meadow)


@pytest.mark.parametrize("script", ["masto.mjs", "megalodon.mjs"])
async def test_programs_of_npm(ours: Server, meadow: Path, script: str) -> None:
    node, folder = installed(PEERS / "apps_node")
    await run(ours, node, folder / script, ours.origin, await token_of(ours), meadow)


ENTITIES = {
    "/api/v1/accounts/verify_credentials": "Account",
    "/api/v1/timelines/home": "Status",
    "/api/v1/timelines/public": "Status",
    "/api/v1/timelines/public?local=true": "Status",
    "/api/v1/timelines/tag/AIGenerated": "Status",
    "/api/v1/favourites": "Status",
    "/api/v1/bookmarks": "Status",
    "/api/v1/notifications": "Notification",
    "/api/v1/instance": "Instance",
    "/api/v2/instance": "InstanceV2",
    "/api/v1/instance/extended_description": "ExtendedDescription",
    "/api/v2/search?q=ben": "Search",
    "/api/v1/accounts/lookup?acct=ben": "Account",
    "/api/v1/conversations": "Conversation",
    "/api/v2/filters": "Filter",
    "/api/v1/followed_tags": "Tag",
}


async def test_every_answer_is_read_by_tooi(ours: Server) -> None:
    """Its models are strict: a missing field, or null where there must be something, is an error."""
    headers = {"Authorization": f"Bearer {await token_of(ours)}"}
    asked = []
    for path, entity in ENTITIES.items():
        answer = await ours.client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        asked.append({"entity": entity, "path": path, "body": answer.json()})
    statuses = next(one["body"] for one in asked if one["path"] == "/api/v1/timelines/home")
    assert any(one["media_attachments"] for one in statuses), "nothing was posted before"
    first = statuses[-1]["id"]
    for path, entity in ((f"statuses/{first}", "Status"), (f"statuses/{first}/context", "Context")):
        answer = await ours.client.get(f"/api/v1/{path}", headers=headers)
        asked.append({"entity": entity, "path": path, "body": answer.json()})
    program = await asyncio.create_subprocess_exec(
        str(environment(SCRIPTS)), str(SCRIPTS / "tooi_models.py"), stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, _ = await program.communicate("".join(json.dumps(one) + "\n" for one in asked).encode())
    assert out.decode() == "done\n"
