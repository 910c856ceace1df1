"""The pubby peer of tests/peers/pubby: installed into the cache, started behind a TLS front, driven."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.environments import environment
from tests.support.processes import Program, eventually, free_port
from tests.support.town import Town

SOURCE = Path(__file__).resolve().parents[1] / "peers" / "pubby"


@dataclass
class Pubby:
    """A running peer; `actor` is the id of its only actor."""

    program: Program
    origin: str
    client: httpx.AsyncClient

    @property
    def actor(self) -> str:
        return f"{self.origin}/ap/actor"

    @property
    def handle(self) -> str:
        return f"@pub@{self.origin.removeprefix('https://')}"

    async def do(self, command: str, **values: Any) -> Any:
        """Run one command of serve.py's control API; its JSON answer."""
        answer = await self.client.post(f"/control/{command}", json=values)
        assert answer.status_code == 200, f"{command}: {answer.text}\n{self.program.output()[-2000:]}"
        return answer.json()

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.do("state")
        return found

    async def arrived(self, kind: str, number: int = 1) -> dict[str, Any]:
        """Wait for the nth activity of a type whose signature pubby has verified."""

        async def look() -> dict[str, Any] | None:
            found = [one for one in (await self.state())["received"] if one["type"] == kind]
            return found[number - 1] if len(found) >= number else None

        activity = await eventually(look, f"{kind} number {number} at pubby\n{self.program.output()[-2000:]}")
        assert isinstance(activity, dict)
        return activity

    async def keeps(self, target: str, kind: str) -> list[dict[str, Any]]:
        """The interactions of a kind (like, boost, reply, quote) that pubby has stored for a resource."""
        found = await self.do("interactions", target=target)
        return [one for one in found if one["interaction_type"] == kind]


@asynccontextmanager
async def pubby(town: Town, folder: Path, name: str, *peers: str) -> AsyncIterator[Pubby]:
    """Start the peer under `name`, which knows the names of `peers`; end it with the block."""
    python = environment(SOURCE)
    backend = free_port()
    program = Program(
        [python, SOURCE / "serve.py", name, str(backend)],
        env=town.environment(name, *peers), log=folder / f"{name}.log", cwd=folder / name,
    )  # fmt: skip
    try:
        async with (
            town.front(name, backend),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{backend}", timeout=30, trust_env=False) as client,
        ):

            async def answers() -> bool:
                try:
                    return (await client.get("/ap/actor")).status_code == 200
                except httpx.TransportError:
                    return False

            await program.ready(answers, 60)
            yield Pubby(program, f"https://{name}", client)
            await program.stop()
    finally:
        program.kill()
