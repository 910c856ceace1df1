"""A picture in the making as events: every change, for its author alone, bounded, and an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
import pytest_asyncio
from sqlmodel import delete, select

from actors import accounts
from actors.models import Account, Actor, Login
from fediverse_ai.auth import session_cookie_name
from fediverse_ai.core import limits
from fediverse_ai.core.events import Hub, making
from fediverse_ai.social.events import Streams
from generation.types import ProgressReport
from outbox import cancel, turns
from outbox import making as maker
from outbox.compose import compose
from outbox.draft import Draft
from tests.support.house import House
from tests.support.painter import studio
from tests.support.sdcpp import drawn

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with studio(tmp_path_factory.mktemp("events")) as (made, _):
        yield made


class Person:
    """Somebody with a session, and what their browser sends along."""

    def __init__(self, home: House, actor: Actor, secret: str) -> None:
        self.home, self.actor = home, actor
        self.headers = {"cookie": f"{session_cookie_name(home.context.config)}={secret}"}

    async def order(self, prompt: str) -> int:
        async with self.home.context.database.write() as session:
            return (await compose(session, self.actor, Draft(prompt=prompt))).id

    async def get(self, path: str) -> Any:
        return await self.home.client.get(path, headers=self.headers)


async def person(home: House, name: str) -> Person:
    actor = await home.make_actor(name)
    async with home.context.database.write() as session:
        account = (await session.exec(select(Account).where(Account.actor_id == actor.id))).one()
        return Person(home, actor, await accounts.open_session(session, account.id))


class Heard:
    """Events of one stream, one after another."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> tuple[str, dict[str, Any]]:
        kind = ""
        async with asyncio.timeout(10):
            async for line in self._lines:
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    return kind, orjson.loads(line.removeprefix("data: "))
        raise AssertionError("the stream ended")

    async def ended(self) -> bool:
        async with asyncio.timeout(10):
            return [line async for line in self._lines if line and not line.startswith(":")] == []


@asynccontextmanager
async def listening(who: Person, post_id: int) -> AsyncIterator[Heard]:
    async with who.home.client.stream("GET", f"/make/{post_id}/events", headers=who.headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        assert "no-store" in response.headers["cache-control"]
        yield Heard(response.aiter_lines())


async def test_what_is_told_from_the_line_to_the_end(home: House) -> None:
    context, ann = home.context, await person(home, "ann")
    post_id = await ann.order("one")
    async with listening(ann, post_id) as heard:
        kind, told = await heard.next()
        assert (kind, told["state"], told["words"]) == ("progress", "waiting", "waiting for its turn")
        assert (told["preview"], told["url"]) == (None, None)
        await turns.begin(context, post_id)
        said = ProgressReport(0.25, "drawing", step=5, steps=20, preview=drawn("p", size=(64, 64)))
        await maker.Progress(context, post_id).report(said)
        while told["preview"] is None:
            kind, told = await heard.next()
        assert (told["fraction"], told["step"], told["steps"], told["ahead"]) == (0.25, 5, 20, 0)
        assert (await ann.get(told["preview"])).headers["content-type"] == "image/jpeg"
        await maker.report(context, post_id, ProgressReport(None, "the gate looks"), gate="picture")
        assert (await heard.next())[1]["gate"] == "picture"
        async with context.database.write() as session:
            await cancel.cancel(session, ann.actor, post_id)
        assert [(await heard.next())[0] for _ in range(2)] == ["progress", "end"]
        assert await heard.ended()
    assert making(post_id) not in context.part(Hub).listeners
    # Whoever comes later hears how it ended.
    async with listening(ann, post_id) as heard:
        kind, told = await heard.next()
        assert (kind, told["state"], told["words"]) == ("progress", "failed", cancel.STOPPED)
        assert told["url"] == f"/make/{post_id}"


async def test_for_its_author_alone_and_not_too_often(home: House) -> None:
    bea, cal = await person(home, "bea"), await person(home, "cal")
    path = f"/make/{await bea.order('two')}/events"
    assert (await cal.get(path)).status_code == 404
    assert (await home.client.get(path)).status_code in (302, 303, 401)
    streams, before = home.context.part(Streams), home.context.part(Hub).subscribers
    for _ in range(limits.STREAMS_PER_ACCOUNT):
        streams.enter(bea.actor.id)
    assert (await bea.get(path)).status_code == 429
    assert home.context.part(Hub).subscribers == before, "nothing is left behind"
    for _ in range(limits.STREAMS_PER_ACCOUNT):
        streams.leave(bea.actor.id)


async def test_it_ends_with_the_session(home: House) -> None:
    dee = await person(home, "dee")
    post_id = await dee.order("three")
    async with listening(dee, post_id) as heard:
        await heard.next()
        async with home.context.database.write() as session:
            await session.exec(delete(Login))
        home.clock.forward(limits.STREAM_CHECK_SECONDS + 60)
        await maker.report(home.context, post_id, ProgressReport(0.5, "drawing"))
        while not await heard.ended():
            pass
