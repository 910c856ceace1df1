"""fediverse-pasture's verify_actor: installed into an environment of its own in the cache, started, asked."""

from __future__ import annotations

import fcntl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.fedify import cache_folder
from tests.support.processes import Program, free_port

PACKAGE = "fediverse-pasture==0.2.25"
SOURCE = Path(__file__).resolve().parents[1] / "peers" / "pasture" / "serve.py"


def install() -> Path:
    """The interpreter of an environment that has the package."""
    folder = cache_folder() / f"{PACKAGE}-py{sys.version_info.major}.{sys.version_info.minor}"
    folder.mkdir(parents=True, exist_ok=True)
    python = folder / "venv" / "bin" / "python"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder / "venv"], check=True)
            pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, "install", "--no-compile", PACKAGE], check=True, timeout=600, capture_output=True)
            (folder / "installed").touch()
    return python


@asynccontextmanager
async def verify_actor(folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A running verify_actor; POST / with {actor_uri} and Accept: application/json."""
    port = free_port()
    program = Program([install(), SOURCE, str(port)], env={}, log=folder / "pasture.log", cwd=folder)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=120, trust_env=False) as client:

        async def answers() -> bool:
            try:
                return (await client.get("/")).status_code == 200
            except httpx.TransportError:
                return False

        try:
            await program.ready(answers)
            yield client
        finally:
            program.kill()


async def results(client: httpx.AsyncClient, actor_uri: str) -> dict[str, Any]:
    """{actor: {get_actor, post_inbox}, webfinger} and the whole conversation under `messages`."""
    answer = await client.post("/", data={"actor_uri": actor_uri}, headers={"accept": "application/json"})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return {**found["result"], "messages": found["messages"]}
