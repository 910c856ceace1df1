"""The event stream: what arrives, how one's own posts come along, going on after a break, and its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from actors import accounts
from fediverse_ai.core import events
from fediverse_ai.core.limits import STREAMS_PER_ACCOUNT
from fediverse_ai.social.events import Streams
from tests.social.client import Client
from tests.support.painter import carry_on
from tests.support.peer import PUBLIC

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Heard:
    """Events one by one, with comments left out."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        told: dict[str, str] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                if not line and "data" in told:
                    self.last_id = told.get("id", self.last_id)
                    body: dict[str, Any] = json.loads(told["data"])
                    assert body["type"] == told["event"]
                    return body
                name, _, value = line.partition(": ")
                if name and value:
                    told[name] = value
        raise AssertionError("the stream ended")

    async def end(self) -> None:
        async with asyncio.timeout(20):
            async for line in self._lines:
                assert not line.startswith("data"), line


@asynccontextmanager
async def listening(client: Client, **headers: str) -> AsyncIterator[Heard]:
    url = f"{client.actor.uri}/events"
    asks = {**client.headers, "Accept": "text/event-stream", **headers}
    async with client.home.client.stream("GET", url, headers=asks, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield Heard(answer.aiter_lines())


async def test_what_arrives_is_told_and_a_listener_goes_on_where_it_stopped(ann: Client, ben: Client) -> None:
    await ben.send({"type": "Follow", "object": ann.actor.uri})
    async with listening(ann) as heard:
        liked = await ann.write("Look", to=[PUBLIC])
        made = await ben.send({"type": "Like", "object": liked.uri})
        told = await next_of(heard, "Add")
        assert (told["object"]["id"], told["target"]) == (made["id"], f"{ann.actor.uri}/inbox")
    missed = await ben.send({"type": "Announce", "object": liked.uri})
    async with listening(ann, **{"Last-Event-ID": heard.last_id}) as heard:
        found = {(await next_of(heard, "Add"))["object"]["id"] for _ in range(3)}
        assert missed["id"] in found
    await ann.get(f"{ann.actor.uri}/events", 400, **{"Last-Event-ID": "x"})


async def next_of(heard: Heard, kind: str) -> dict[str, Any]:
    while (told := await heard.next())["type"] != kind:
        pass
    return told


async def test_the_way_of_a_post_is_told_to_its_author_alone(ann: Client, ben: Client) -> None:
    async with listening(ann) as heard:
        made = await ann.send({"type": "Note", "prompt": "a boat", "to": [PUBLIC]})
        told = await next_of(heard, "Update")
        assert (told["object"]["id"], told["object"]["state"]) == (made["object"]["id"], "waiting")
        await carry_on(ann.home, int(made["object"]["id"].rpartition("/")[2]))
        while told["object"]["state"] != "published":
            told = await next_of(heard, "Update")
        assert told["object"]["id"] == made["object"]["id"]


async def test_a_stream_ends_with_its_token_and_there_are_so_many(ann: Client) -> None:
    """OAU-07: within five seconds; what happens meanwhile is not told any more."""
    streams = ann.home.context.part(Streams)
    async with listening(ann) as heard:
        async with ann.home.context.database.write() as session:
            account = await accounts.account_of(session, ann.actor.username)
            assert account is not None
            await accounts.end_everything(session, account.id)
        events.publish(ann.home.context, f"user:{ann.actor.id}", "wake", 0)
        await heard.end()
    ben = ann
    for _ in range(STREAMS_PER_ACCOUNT):
        streams.enter(ben.actor.id)
    with pytest.raises(Exception, match="too many streams"):
        streams.enter(ben.actor.id)
    for _ in range(STREAMS_PER_ACCOUNT):
        streams.leave(ben.actor.id)
    streams.enter(ben.actor.id)
    streams.leave(ben.actor.id)
