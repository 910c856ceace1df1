"""How long a backup, its verifying and a restore take on a running server, and how long others wait meanwhile."""

from __future__ import annotations

import asyncio
import hashlib
import random
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from bench.apps import _insert
from bench.cases import started
from bench.figures import Figure
from tests.support.server import Server

PICTURES = 2_000
PICTURE_BYTES = 100_000


async def backups(folder: Path, posts: int) -> list[Figure]:
    """create, create again, verify and restore in seconds of the clock; the slowest page while one is made."""
    async with started(folder / "ours") as ours:
        assert await ours.stop() == 0
        fill(ours, posts)
        await ours.start(seconds=120)
        (folder / "words").write_text("nine ladies dancing")
        sealed = ("--to", str(folder / "sealed"), "--passphrase-file", str(folder / "words"))
        waits: list[float] = []
        watch = asyncio.create_task(_look(ours, waits))
        [made] = await ours.cli("backup", "create", seconds=600)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        [again] = await ours.cli("backup", "create", seconds=600)
        [encrypted] = await ours.cli("backup", "create", *sealed, seconds=600)
        verified = await _timed(ours, "backup", "verify")
        assert await ours.stop() == 0
        restored = await _restored(ours, folder / "new", again["file"])
    size = round(made["bytes"] / 1e6, 1)
    database = round((ours.folder / "fediverse.db").stat().st_size / 1e6, 1)
    return [
        Figure("backup_create", made["seconds"], "s", detail={"posts": posts, "pictures": PICTURES,
               "database_megabytes": database, "file_megabytes": size}),
        Figure("backup_again", again["seconds"], "s"),
        Figure("backup_encrypted", encrypted["seconds"], "s"),
        Figure("backup_slowest_page", max(waits) * 1000, "ms"),
        Figure("backup_verify", verified, "s"),
        Figure("backup_restore", restored, "s"),
    ]  # fmt: skip


async def _look(ours: Server, waits: list[float]) -> None:
    """Ask for a page again and again, and write down how long each took."""
    while True:
        began = time.monotonic()
        await ours.client.get("/about")
        waits.append(time.monotonic() - began)
        await asyncio.sleep(0.05)


async def _timed(ours: Server, *words: str) -> float:
    began = time.monotonic()
    await ours.cli(*words, seconds=600)
    return time.monotonic() - began


async def _restored(ours: Server, target: Path, file: str) -> float:
    """Into another folder, with the same settings."""
    secret = ours.folder / "secret.key"
    before, ours.folder = ours.folder, target
    try:
        return await _timed(ours, "backup", "restore", file, "--secret-key", str(secret))
    finally:
        ours.folder = before


def fill(ours: Server, posts: int) -> None:
    """Posts of ann with documents and pictures, written straight into the folder of a server that is not running."""
    chance = random.Random(1)
    names = []
    for _ in range(PICTURES):
        data = chance.randbytes(PICTURE_BYTES)
        digest = hashlib.sha256(data).hexdigest()
        path = ours.folder / "media" / digest[:2] / f"{digest}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        names.append(f"{digest[:2]}/{digest}.jpg")
    now = int(time.time() * 1000)
    step = 30 * 86_400_000 / posts
    ids = [int(now - 31 * 86_400_000 + number * step) << 16 for number in range(posts)]
    with closing(sqlite3.connect(ours.folder / "fediverse.db")) as database:
        ann = database.execute("select id from actor where username = 'ann' and local").fetchone()[0]
        _insert(database, "post", ({
            "id": key, "uri": f"{ours.origin}/notes/{key}", "url": f"{ours.origin}/@ann/{key}", "local": 1,
            "author_id": ann, "state": "published", "visibility": "quiet", "text": chance.randbytes(100).hex(),
            "content": chance.randbytes(150).hex(), "document": chance.randbytes(700).hex().encode(),
            "created_ms": key >> 16, "published_ms": key >> 16,
        } for key in ids))  # fmt: skip
        _insert(database, "attachment", ({
            "id": key + 1, "post_id": key, "file": names[number % PICTURES], "sha256": names[number % PICTURES][3:67],
            "alt": chance.randbytes(40).hex(), "recipe": '{"prompt": "a lighthouse", "seed": 7}',
            "origin": "made_here", "media_type": "image/jpeg",
        } for number, key in enumerate(ids)))  # fmt: skip
        database.execute("analyze")
        database.commit()
