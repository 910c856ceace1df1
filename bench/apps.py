"""What apps of the Mastodon API meet on a server with a million posts: the home timeline, posting, and streams."""

from __future__ import annotations

import asyncio
import json
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2 as httpx

from actors import accounts, apps, local
from bench.cases import CORE, started
from bench.figures import Figure
from bench.usage import rss_megabytes
from bench.world import CONTENT, Meter
from tests.support.processes import eventually
from tests.support.server import Server

AUTHORS = 2_000
FOLLOWS = 500
BOOSTS = 50_000
HOMES = 200
WRITERS = 64
WRITTEN = 1
"""Statuses of each writer: less than one may post in an hour."""
STREAMS = 500


async def clients(folder: Path, posts: int) -> list[Figure]:
    """home_p50 and home_p95 at `posts` posts and 500 follows, statuses by CPU time, streams with 500 listeners."""
    people = [f"writer{number}" for number in range(WRITERS)]
    async with started(folder / "clients") as ours:
        assert await ours.stop() == 0
        tokens = await _people(ours, ["ann", *people])
        began = time.monotonic()
        fill(ours, posts)
        filled = time.monotonic() - began
        await ours.start(seconds=120)
        found = await _home(ours, tokens["ann"], posts, filled)
        found.append(Figure("rss_clients", rss_megabytes(ours.running.pid), "MB"))
        found += await _streams(ours, tokens)
        found.append(await _statuses(ours, [tokens[name] for name in people]))
        return found


async def _people(ours: Server, names: list[str]) -> dict[str, str]:
    """A token for each, made as a consent makes it."""
    found = {}
    async with ours.beside() as context, context.database.write() as session:
        app, _ = await apps.register(session, name="bench", redirect_uris=["https://app.test/"], scopes="read write")
        for name in names:
            account = await accounts.account_of(session, name)
            if account is None:
                account = await accounts.create_account(session, await local.create(session, name))
            found[name] = (await apps.issue(session, app, account.id, "read write")).secret
    return found


def fill(ours: Server, posts: int) -> None:
    """Rows as federation would have left them, written straight into the file of a server that is not running."""
    chance = random.Random(1)
    with closing(sqlite3.connect(ours.folder / "fediverse.db")) as database:
        database.execute("pragma journal_mode = off")
        database.execute("pragma synchronous = off")
        ann = database.execute("select id from actor where username = 'ann' and local").fetchone()[0]
        now = int(time.time() * 1000)
        ids = [((now - 40 * 86_400_000) << 16) + number for number in range(AUTHORS)]
        _insert(database, "actor", ({
            "id": key, "uri": f"https://h{number}.bench.test/users/x", "local": 0, "kind": "Person", "username": "x",
            "username_lower": "x", "host": f"h{number}.bench.test", "name": "X",
            "inbox_url": f"https://h{number}.bench.test/inbox",
        } for number, key in enumerate(ids)))  # fmt: skip
        _insert(database, "follow", ({
            "id": key + 65_536 * AUTHORS, "uri": f"https://b.test/{key}", "follower_id": ann, "followed_id": key,
            "state": "accepted", "created_ms": now, "boosts": 1,
        } for key in ids[:FOLLOWS]))  # fmt: skip
        indexes = database.execute(
            "select name, sql from sqlite_master where type = 'index' and tbl_name = 'post' and sql is not null"
        ).fetchall()
        for name, _ in indexes:
            database.execute(f'drop index "{name}"')
        first = now - 30 * 86_400_000
        step = 30 * 86_400_000 / posts
        _insert(database, "post", ({
            "id": int(first + number * step) << 16, "uri": f"https://b.test/notes/{number}", "local": 0,
            "author_id": ids[int(chance.random() ** 2 * AUTHORS)], "state": "published",
            "visibility": "public" if number % 3 else "quiet", "content": CONTENT[:300],
            "created_ms": int(first + number * step), "published_ms": int(first + number * step),
        } for number in range(posts)))  # fmt: skip
        for _, sql in indexes:
            database.execute(sql)
        keys = [int(first + chance.randrange(posts) * step) << 16 for _ in range(BOOSTS)]
        _insert(database, "reaction", ({
            "id": key + 1 + number, "uri": f"https://b.test/boosts/{number}", "kind": "boost",
            "actor_id": chance.choice(ids), "post_id": key, "created_ms": now,
        } for number, key in enumerate(keys)), ignore=True)  # fmt: skip
        database.execute("analyze")
        database.commit()


def _insert(database: sqlite3.Connection, table: str, rows: Iterator[dict[str, Any]], *, ignore: bool = False) -> None:
    """Rows with what they name, and an empty value of the right type for every other column that must have one."""
    empty = {"VARCHAR": "", "BIGINT": 0, "INTEGER": 0, "BOOLEAN": 0, "JSON": "[]", "FLOAT": 0.0}
    columns = database.execute(f'pragma table_info("{table}")').fetchall()
    needed = {name: empty[kind] for _, name, kind, not_null, _, _ in columns if not_null}
    for name in ("emojis", "posting"):
        if name in needed:
            needed[name] = "{}"
    first = next(rows)
    names = list(needed | first)
    marks = ", ".join("?" for _ in names)
    quoted = ", ".join(f'"{name}"' for name in names)
    statement = f'insert {"or ignore " if ignore else ""}into "{table}" ({quoted}) values ({marks})'

    def values(row: dict[str, Any]) -> list[Any]:
        whole = needed | row
        return [whole[name] for name in names]

    database.execute(statement, values(first))
    database.executemany(statement, (values(row) for row in rows))


def _client(ours: Server, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=ours.origin, headers={"Authorization": f"Bearer {token}"}, timeout=120)


async def _home(ours: Server, token: str, posts: int, filled: float) -> list[Figure]:
    """Pages of twenty, going back, one after the other, once the counters of accounts are remembered."""
    took: list[float] = []
    meter = Meter(ours.running.pid)
    async with _client(ours, token) as client:
        for _ in range(5):
            await client.get("/api/v1/timelines/home", params={"limit": "20"})
        last: str | None = None
        with meter.running():
            for number in range(HOMES):
                began = time.monotonic()
                params = {"limit": "20"} | ({"max_id": last} if last else {})
                answer = await client.get("/api/v1/timelines/home", params=params)
                took.append(1000 * (time.monotonic() - began))
                page = answer.json()
                assert len(page) == 20, (number, len(page), answer.text[:300])
                last = page[-1]["id"] if number % 20 else None
    took.sort()
    detail = {"posts": posts, "follows": FOLLOWS, "cpu_ms_a_page": round(1000 * meter.cpu / HOMES, 1),
              "seconds_to_fill": round(filled)}  # fmt: skip
    return [
        Figure("home_p50", statistics.median(took), "ms", detail=detail),
        Figure("home_p95", took[len(took) * 95 // 100], "ms"),
    ]


async def _statuses(ours: Server, tokens: list[str]) -> Figure:
    """Posts of words through the gate, from many people at once: how many come out by CPU time."""
    meter = Meter(ours.running.pid)

    async def write(token: str, number: int) -> None:
        async with _client(ours, token) as client:
            for one in range(WRITTEN):
                answer = await client.post("/api/v1/statuses", json={"status": f"Post {one} of writer {number}"})
                assert answer.status_code == 200, answer.text

    async def all_out() -> bool:
        return ours.query("select count(*) from post where local and state = 'waiting'") == [(0,)]

    with meter.running():
        await asyncio.gather(*(write(token, number) for number, token in enumerate(tokens)))
        await eventually(all_out, "every post is judged", seconds=300, every=0.25)
    [(out,)] = ours.query("select count(*) from post where local and state = 'published'")
    return Figure("statuses_posted", out / meter.cpu, CORE, wall=out / meter.wall, detail={"posts": out})


async def _streams(ours: Server, tokens: dict[str, str]) -> list[Figure]:
    """So many listeners to the public stream: what they cost, and how long after a post the last of them hears."""
    before = rss_megabytes(ours.running.pid)
    secrets = list(tokens.values())
    ready: list[int] = []
    heard: list[float] = []

    async def listen(number: int) -> None:
        headers = {"Authorization": f"Bearer {secrets[number % len(secrets)]}"}
        async with client.stream("GET", "/api/v1/streaming/public/local", headers=headers) as answer:
            assert answer.status_code == 200, answer.status_code
            ready.append(number)
            async for line in answer.aiter_lines():
                if line.startswith("data:") and "Heard by all" in json.loads(line[5:])["content"]:
                    heard.append(time.monotonic())
                    return

    client = httpx.AsyncClient(base_url=ours.origin, timeout=None, limits=httpx.Limits(max_connections=None))
    tasks = [asyncio.create_task(listen(number)) for number in range(STREAMS)]

    async def all_listen() -> bool:
        return len(ready) == STREAMS

    await eventually(all_listen, "all listen", seconds=120)
    held = rss_megabytes(ours.running.pid) - before
    async with _client(ours, tokens["ann"]) as writer:
        answer = await writer.post("/api/v1/statuses", json={"status": "Heard by all", "visibility": "public"})
        assert answer.status_code == 200, answer.text
    await asyncio.wait_for(asyncio.gather(*tasks), 180)
    await client.aclose()
    spread = 1000 * (max(heard) - min(heard))
    return [
        Figure("stream_spread", spread, "ms", detail={"listeners": STREAMS}),
        Figure("stream_memory", held / STREAMS * 1000, "kB", detail={"of": "one listener"}),
    ]
