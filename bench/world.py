"""The world that is measured: our server in its own process, remote actors it knows, a sink, signed requests."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from actors import queries
from actors.models import Actor, Follow, FollowState, Key
from bench.load import raw
from bench.usage import cpu_seconds
from tests.support import wire
from tests.support.peer import ACTIVITY_JSON, AS2, PUBLIC, public_pem, rsa_key, signed
from tests.support.processes import Program, free_port
from tests.support.server import Server
from tests.support.tls import Authority

SENDERS = 200
"""Remote actors, each on a host of its own: the limits per host and per actor are not what is measured."""
CONTENT = "<p>" + "A quiet picture of a harbour at dawn. " * 30 + "</p>"
_serial = count(1)


def sender(number: int) -> str:
    return f"https://h{number}.bench.test/users/bob"


async def remote_actor(context: Any, session: Any, uri: str, inbox: str) -> Actor:
    """A remote actor's row with its key, as if it had been fetched."""
    host = uri.split("/")[2]
    actor = Actor(
        id=context.ids.new(), uri=uri, username="bob", username_lower="bob", host=host, name="Bob", inbox_url=inbox,
        followers_uri=f"{uri}/followers", fetched_ms=context.clock.now_ms(),
    )  # fmt: skip
    session.add(actor)
    await session.flush()
    session.add(
        Key(id=context.ids.new(), actor_id=actor.id, uri=f"{uri}#main-key", public_pem=public_pem(rsa_key()),
            fetched_ms=context.clock.now_ms())
    )  # fmt: skip
    return actor


async def follow_row(context: Any, session: Any, follower: Actor, followed: Actor) -> None:
    session.add(
        Follow(id=context.ids.new(), uri=f"{follower.uri}/follows/{followed.id}", follower_id=follower.id,
               followed_id=followed.id, state=FollowState.ACCEPTED, created_ms=context.clock.now_ms())
    )  # fmt: skip


async def people_that_ann_follows(server: Server) -> None:
    """The senders of the inbox figures: known here and followed, so that their posts are kept."""
    async with server.beside() as context, context.database.write() as session:
        ann = await queries.by_handle(session, "ann", None)
        assert ann is not None
        for number in range(SENDERS):
            uri = sender(number)
            await follow_row(context, session, ann, await remote_actor(context, session, uri, f"{uri}/inbox"))


def posts(server: Server, number: int) -> list[bytes]:
    """Signed requests: Create of a public Note, about 2 kB, each with an id of its own, from the senders in turn."""

    def one(serial: int) -> bytes:
        actor = sender(serial % SENDERS)
        note = {
            "id": f"{actor}/notes/{serial}", "type": "Note", "attributedTo": actor, "content": CONTENT,
            "published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "to": [PUBLIC], "cc": [f"{actor}/followers"],
        }  # fmt: skip
        activity = {
            "@context": AS2, "id": f"{actor}/notes/{serial}/activity", "type": "Create", "actor": actor, "object": note,
            "to": note["to"], "cc": note["cc"],
        }  # fmt: skip
        body = json.dumps(activity).encode()
        headers = signed("POST", server.inbox, body, f"{actor}#main-key", rsa_key())
        return raw("POST", "/inbox", headers, body)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(one, [next(_serial) for _ in range(number)], chunksize=64))


def actor_request(server: Server) -> bytes:
    headers = {"host": server.origin.partition("://")[2], "accept": ACTIVITY_JSON}
    return raw("GET", "/users/ann", headers)


class Meter:
    """CPU seconds of a process tree and seconds on the clock between begin and end."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.cpu = self.wall = 0.0

    @contextmanager
    def running(self) -> Iterator[None]:
        cpu, wall = cpu_seconds(self.pid), time.monotonic()
        yield
        self.cpu, self.wall = cpu_seconds(self.pid) - cpu, time.monotonic() - wall


class Sink:
    """The sink's process as seen from here."""

    def __init__(self, port: int, authority: Authority) -> None:
        self.port = port
        self.client = wire.client(authority, base_url=f"https://h0.sink.test:{port}")

    async def counts(self, *, reset: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = (await self.client.get("/reset" if reset else "/counts")).json()
        return found


@asynccontextmanager
async def sink(authority: Authority, folder: Path) -> AsyncIterator[Sink]:
    """A running sink; it answers under every name below sink.test."""
    port = free_port()
    chain, key = authority.certificate("*.sink.test")
    program = Program([sys.executable, "-m", "bench.sink", str(port), chain, key], env={}, log=folder / "sink.log")
    made = Sink(port, authority)

    async def answers() -> bool:
        try:
            await made.counts()
        except Exception:
            return False
        return True

    try:
        await program.ready(answers)
        yield made
    finally:
        await made.client.aclose()
        program.kill()


@asynccontextmanager
async def bare_app(folder: Path) -> AsyncIterator[tuple[Program, int]]:
    port = free_port()
    program = Program([sys.executable, "-m", "bench.bare", str(port)], env={}, log=folder / "bare.log")

    async def answers() -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            return False
        writer.close()
        return True

    try:
        await program.ready(answers)
        yield program, port
    finally:
        program.kill()
