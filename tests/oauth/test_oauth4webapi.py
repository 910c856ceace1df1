"""A strict client of another maker, oauth4webapi: discovery, registration, code with PKCE, refreshing, revocation."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path
from typing import Any

import pytest

from actors.accounts import account_of, set_password
from tests.oauth.stage import PASSWORD
from tests.support import wire
from tests.support.fedify import SOURCE, install
from tests.support.house import house
from tests.support.person import consent
from tests.support.tls import Authority

CLIENT = SOURCE.parent / "oauth4webapi"
REDIRECT = "http://127.0.0.1:63546/callback"


@pytest.mark.live
@pytest.mark.parametrize("kind", ["public", "client_secret_post", "client_secret_basic"])
async def test_a_strict_client_goes_the_whole_way(tmp_path: Path, kind: str) -> None:
    authority = Authority(tmp_path / "tls")
    node, folder = install(CLIENT)
    async with house(tmp_path / "home", authority=authority, name="home.test") as home:
        actor = await home.make_actor("ann")
        async with home.context.database.write() as session:
            account = await account_of(session, "ann")
            assert account is not None
            await set_password(session, account.id, PASSWORD)
        program = await asyncio.create_subprocess_exec(
            node,
            "--require",
            str(SOURCE / "preload.cjs"),
            "flow.mjs",
            home.origin,
            kind,
            REDIRECT,
            "profile read write",
            cwd=folder,
            env={**os.environ, "NODE_EXTRA_CA_CERTS": str(authority.ca_file)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        assert program.stdin is not None
        assert program.stdout is not None
        said: dict[str, dict[str, Any]] = {}
        async with asyncio.timeout(60):
            async for line in program.stdout:
                found = json.loads(line)
                said[found["kind"]] = found
                if found["kind"] == "open":
                    async with wire.client(authority) as browser:
                        back = await consent(browser, found["address"], "ann", PASSWORD)
                    program.stdin.write(f"{back}\n".encode())
                    await program.stdin.drain()
            _, errors = await program.communicate()
        assert program.returncode == 0, errors.decode()[-3000:]
        assert said["metadata"]["issuer"] == home.origin
        assert said["metadata"]["methods"] == ["S256"]
        assert said["token"]["scope"] == "profile read write"
        assert said["token"]["activitypub_actor_id"] == said["userinfo"]["sub"] == actor.uri
        assert said["refreshed"]["access_token"] != said["token"]["access_token"]
        assert said["revoked"]["challenge"] == "invalid_token"
