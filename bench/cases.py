"""What is measured: intake, delivery, reading, memory, and the way from a prompt to a follower."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from actors import queries
from bench import floors, load, world
from bench.figures import Figure
from bench.usage import rss_megabytes
from bench.world import Meter, Sink
from outbox import activities
from outbox.send import send
from tests.support import verbs
from tests.support.processes import eventually
from tests.support.server import Server, server
from tests.support.tls import Authority

NEW_HOSTS = 300
WARM_HOSTS = 20
WARM_ROUNDS = 20
CORE = "per CPU second"
DEFAULTS = {"log.level": "warning", "jobs.poll_seconds": 1.0}


@asynccontextmanager
async def started(folder: Path, **settings: Any) -> AsyncIterator[Server]:
    """A server with ann, followed and following nobody yet; plain http, as behind a proxy."""
    options = {key: settings.pop(key) for key in ("hosts", "ca_file") if key in settings}
    names = options.get("hosts", ())
    if "ca_file" in options:
        settings["http.ca_file"] = str(options["ca_file"])
    async with server(folder, "ann", hosts=names, settings=DEFAULTS | settings) as made:
        yield made


async def intake(folder: Path, seconds: float) -> list[Figure]:
    """inbox_durable without handling beside it, inbox_handled with everything, rss_idle and rss_loaded."""
    figures = []
    verify = floors.rsa_verify()
    async with started(folder / "durable", **{"jobs.concurrency": {"in": 0}}) as ours:
        figures.append(Figure("rss_idle", rss_megabytes(ours.running.pid), "MB"))
        await world.people_that_ann_follows(ours)
        requests = world.posts(ours, int(seconds * 3_500))
        await load.send(ours.port, requests[:400], 1)
        [(before,)] = ours.query("select count(*) from received")
        meter = Meter(ours.running.pid)
        with meter.running():
            seen = await load.send(ours.port, requests[400:], seconds)
        [(after,)] = ours.query("select count(*) from received")
        stored = after - before
        assert stored >= seen.answered > 0, (stored, seen)
        detail = {"p50_ms": round(seen.p50_ms, 1), "p99_ms": round(seen.p99_ms, 1), "refused": seen.refused,
                  "stored": stored, "client": seen.client}  # fmt: skip
        figures.append(Figure("inbox_durable", stored / meter.cpu, CORE, verify, stored / seconds, detail))
    async with started(folder / "handled") as ours:
        await world.people_that_ann_follows(ours)
        meter = Meter(ours.running.pid)
        requests = world.posts(ours, 2_000)
        with meter.running():
            await load.send(ours.port, requests, 3)

            async def all_handled() -> bool:
                return ours.query("select count(*) from received where state = 'stored'") == [(0,)]

            await eventually(all_handled, "everything is handled", seconds=180, every=0.25)
        [(done,)] = ours.query("select count(*) from received where state = 'done'")
        [(kept,)] = ours.query("select count(*) from post where state = 'published'")
        figures.append(
            Figure("inbox_handled", done / meter.cpu, CORE, verify, done / meter.wall, {"done": done, "posts": kept})
        )
        figures.append(Figure("rss_loaded", rss_megabytes(ours.running.pid), "MB"))
    return figures


async def reading(folder: Path, seconds: float) -> list[Figure]:
    """get_actor against a bare ASGI application."""
    async with started(folder / "reading") as ours, world.bare_app(folder) as (bare, port):
        request = world.actor_request(ours)
        rates = {}
        for name, pid, at in (("bare", bare.pid, port), ("ours", ours.running.pid, ours.port)):
            await load.send(at, [request], 1, repeat=True)
            meter = Meter(pid)
            with meter.running():
                seen = await load.send(at, [request], seconds, repeat=True)
            rates[name] = (seen.answered / meter.cpu, seen.answered / seconds, seen)
        value, wall, seen = rates["ours"]
        detail = {"p99_ms": round(seen.p99_ms, 1), "refused": seen.refused, "client": seen.client}
        return [Figure("get_actor", value, CORE, rates["bare"][0], wall, detail)]


async def delivery(folder: Path) -> list[Figure]:
    """deliver_new_hosts (a handshake each) and deliver_warm_hosts (20 hosts, 20 activities), over TLS to a sink."""
    authority = Authority(folder / "tls")
    names = tuple(f"h{number}.sink.test" for number in range(NEW_HOSTS))
    async with (
        world.sink(authority, folder) as sink,
        started(folder / "delivery", hosts=names, ca_file=authority.ca_file) as ours,
    ):
        await _spread(ours, sink, names[:WARM_HOSTS], 1)
        figures = []
        for name, hosts, rounds in (
            ("deliver_new_hosts", names[WARM_HOSTS:], 1),
            ("deliver_warm_hosts", names[:WARM_HOSTS], WARM_ROUNDS),
        ):
            meter = Meter(ours.running.pid)
            await sink.counts(reset=True)
            with meter.running():
                body = await _spread(ours, sink, hosts, rounds)
            counts = await sink.counts()
            number = counts["deliveries"]
            assert number == len(hosts) * rounds, counts
            bare = await asyncio.to_thread(
                floors.signed_posts, authority, sink.port, body, times=number, new_connections=rounds == 1
            )
            wall = number / max(counts["last"] - counts["first"], 0.001)
            detail = {"deliveries": number, "connections": counts["connections"]}
            figures.append(Figure(name, number / meter.cpu, CORE, bare, wall, detail))
        return figures


async def _spread(ours: Server, sink: Sink, hosts: tuple[str, ...], rounds: int) -> bytes:
    """Have ann send an activity to one inbox at each host, `rounds` times; gives the bytes of the last one."""
    async with ours.beside() as context:
        for _ in range(rounds):
            async with context.database.write() as session:
                ann = await queries.by_handle(session, "ann", None)
                assert ann is not None
                uri = activities.new_uri(context)
                note = {"id": f"{uri}/note", "type": "Note", "attributedTo": ann.uri, "content": world.CONTENT}
                body = {"@context": world.AS2, "id": uri, "type": "Create", "actor": ann.uri, "object": note,
                        "to": [world.PUBLIC], "cc": []}  # fmt: skip
                inboxes = [f"https://{host}:{sink.port}/inbox" for host in hosts]
                sent = await send(session, ann, body, inboxes)

    async def all_delivered() -> bool:
        return ours.query("select count(*) from delivery where state != 'delivered'") == [(0,)]

    await eventually(all_delivered, "everything is delivered", seconds=120, every=0.1)
    return sent.body


async def making(folder: Path) -> list[Figure]:
    """prompt_to_delivery, first and later, and rss_gate: the memory with the models of the gate in it."""
    authority = Authority(folder / "tls")
    host = "h0.sink.test"
    async with (
        world.sink(authority, folder) as sink,
        started(folder / "making", hosts=(host,), ca_file=authority.ca_file) as ours,
    ):
        async with ours.beside() as context, context.database.write() as session:
            ann = await queries.by_handle(session, "ann", None)
            assert ann is not None
            base = f"https://{host}:{sink.port}"
            fan = await world.remote_actor(context, session, f"{base}/users/bob", f"{base}/inbox")
            await world.follow_row(context, session, fan, ann)
        took = [await _prompt(ours, sink, number) for number in range(3)]
        detail = {"first": round(took[0], 2), "all": [round(value, 2) for value in took]}
        return [
            Figure("prompt_to_delivery", min(took[1:]), "s", detail=detail),
            Figure("rss_gate", rss_megabytes(ours.running.pid), "MB"),
        ]


async def _prompt(ours: Server, sink: Sink, number: int) -> float:
    await sink.counts(reset=True)
    began = time.time()
    await verbs.write(ours, "ann", "", prompt=f"a lighthouse on a cliff at sunset, {number + 1} gulls", seed=number)

    async def arrived() -> float | None:
        found: float | None = (await sink.counts())["marks"].get("create")
        return found

    at = await eventually(arrived, "the Create at the follower", seconds=120, every=0.05)
    assert isinstance(at, float)
    return at - began
