"""The bovine-herd peer of tests/peers/bovine: installed into the cache, started behind a TLS front, driven."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from fediverse_ai.activitypub.linked_data import BUNDLED
from tests.support.environments import environment
from tests.support.processes import Program, eventually, free_port
from tests.support.town import Town

SOURCE = Path(__file__).resolve().parents[1] / "peers" / "bovine"
NAME = "bo"


@dataclass
class Bovine:
    """A running peer with one actor; `actor` and `followers` are URLs that bovine has made up."""

    program: Program
    origin: str
    client: httpx.AsyncClient
    actor: str = ""
    followers: str = ""

    @property
    def handle(self) -> str:
        return f"@{NAME}@{self.origin.removeprefix('https://')}"

    async def do(self, command: str, **values: Any) -> Any:
        """Run one command of serve.py's control API; its JSON answer."""
        headers = {"host": self.origin.removeprefix("https://")}
        answer = await self.client.post(f"/control/{command}", json=values, headers=headers)
        assert answer.status_code == 200, f"{command}: {answer.text}\n{self.program.output()[-3000:]}"
        return answer.json()

    async def act(self, kind: str, about: Any, to: list[str], **more: Any) -> dict[str, Any]:
        """Send an activity from the actor's outbox; the activity with the ids that bovine gave."""
        sent: dict[str, Any] = await self.do("act", type=kind, object=about, to=to, **more)
        return sent

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.do("state")
        return found

    async def arrived(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Wait for the nth activity of a type in the inbox: verified, processed and stored."""

        async def look() -> dict[str, Any] | None:
            found = [one for one in (await self.state())["inbox"] if one.get("type") == kind]
            return found[number - 1] if len(found) >= number else None

        activity = await eventually(look, f"{kind} number {number} at bovine\n{self.program.output()[-3000:]}")
        assert isinstance(activity, dict)
        return activity


@asynccontextmanager
async def bovine(town: Town, folder: Path, host: str, *peers: str) -> AsyncIterator[Bovine]:
    """Start the peer under `host`, which knows the names of `peers`; end it with the block."""
    python = environment(SOURCE)
    home, backend = folder / host, free_port()
    home.mkdir()
    contexts = {url: json.loads(path.read_text())["@context"] for url, path in BUNDLED.items()}
    (home / "contexts.json").write_text(json.dumps(contexts))
    env = {**town.environment(host, *peers), "PEER_CONTEXTS": str(home / "contexts.json")}
    program = Program([python, SOURCE / "serve.py", host, str(backend)], env=env, log=folder / f"{host}.log", cwd=home)
    try:
        async with (
            town.front(host, backend),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{backend}", timeout=60, trust_env=False) as client,
        ):
            peer = Bovine(program, f"https://{host}", client)

            async def answers() -> bool:
                try:
                    return (await client.get("/.well-known/nodeinfo")).status_code == 200
                except httpx.TransportError:
                    return False

            await program.ready(answers, 60)
            state = await peer.state()
            peer.actor, peer.followers = state["actor"], state["followers_url"]
            yield peer
    finally:
        program.kill()
