"""A GPU on another machine: a worker with its own folder and configuration takes the generating from the server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.images_backend import KEY, MODEL, ImagesBackend
from tests.support.processes import Program
from tests.support.server import COMMAND, Server

pytestmark = pytest.mark.live


def backends(url: str) -> dict[str, Any]:
    return {"studio": {"kind": "openai", "url": url, "model": MODEL, "api_key": KEY}}


@pytest.fixture
async def server(tmp_path: Path, postgresql_url: str) -> AsyncIterator[Server]:
    """The machine that people see: it has no way to the image backend, and leaves the queue alone."""
    settings = {
        "database.url": postgresql_url,
        "media.directory": str(tmp_path / "shared-media"),
        "jobs.elsewhere": ["generate"],
        "generation.default": "studio",
        "generation.backends": backends("http://127.0.0.1:1"),
    }
    made = Server(tmp_path / "home", settings=settings)
    try:
        await made.furnish("ann")
        await made.start()
        yield made
        assert await made.stop() == 0, made.running.output()[-4000:]
    finally:
        await made.close()


def worker(server: Server, folder: Path, url: str) -> Program:
    """The machine with the GPU: the secret copied, the media folder mounted, the same database."""
    folder.mkdir(mode=0o700, exist_ok=True)
    shutil.copy(server.folder / "secret.key", folder / "secret.key")
    (folder / "secret.key").chmod(0o600)
    env = {**server.env, "FEDIVERSE_AI__GENERATION__BACKENDS": json.dumps(backends(url))}
    return Program([*COMMAND, "--data", folder, "worker", "--queues", "generate"], env=env, log=folder / "worker.log")


async def test_the_worker_makes_what_the_server_promised(server: Server, tmp_path: Path) -> None:
    async with ImagesBackend() as backend:
        posting = asyncio.create_task(server.cli("post", "a red fox in snow", "--as", "ann"))
        await asyncio.sleep(5)
        assert not posting.done(), "nobody makes pictures yet"
        gpu = worker(server, tmp_path / "gpu", backend.url)
        try:
            told = await asyncio.wait_for(posting, 60)
            assert told[-1]["state"] == "published", (told, gpu.output()[-3000:])
            assert len(backend.calls) == 1
            page = await server.client.get(told[-1]["url"])
            assert page.status_code == 200
            assert MODEL in page.text
            for file in (tmp_path / "shared-media").glob("*/*.jpg"):
                served = await server.client.get(f"/media/{file.parent.name}/{file.name}")
                assert served.content == file.read_bytes()
        finally:
            assert await gpu.stop() == 0, gpu.output()[-3000:]
