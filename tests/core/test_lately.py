"""Lately on a real database: one look for many, none too old, and none from before a change."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.errors import Unavailable
from fediverse_ai.core.lately import Lately
from tests.support.house import House, house


@pytest_asyncio.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path) as made:
        yield made


class Looks:
    """How often the database was asked, and when the next look may end."""

    def __init__(self) -> None:
        self.number = 0
        self.begun, self.gate = asyncio.Event(), asyncio.Event()
        self.gate.set()

    async def __call__(self, session: AsyncSession) -> int:
        self.number += 1
        self.begun.set()
        gate = self.gate
        answer = (await session.execute(text(f"SELECT {self.number}"))).scalar_one()
        await gate.wait()
        return int(answer)


async def test_however_many_ask_one_looks(home: House) -> None:
    looks = Looks()
    lately = Lately(home.context, 2.0, looks, 0)
    assert lately.known == 0
    assert await asyncio.gather(*(lately.now() for _ in range(20))) == [1] * 20
    home.clock.forward(1.9)
    assert await lately.now() == 1
    home.clock.forward(0.2)
    assert await asyncio.gather(*(lately.now() for _ in range(20))) == [2] * 20
    assert looks.number == 2


async def test_what_was_looked_at_before_a_change_is_not_kept(home: House) -> None:
    looks = Looks()
    lately = Lately(home.context, 60.0, looks, 0)
    looks.gate.clear()
    looking = asyncio.create_task(lately.now())
    await looks.begun.wait()
    lately.forget()
    looks.gate.set()
    await looking
    assert await lately.now() == 2


async def test_a_look_that_fails_or_is_given_up_blocks_nobody(home: House) -> None:
    looks = Looks()
    lately = Lately(home.context, 60.0, looks, 0)
    looks.gate.clear()
    given_up = asyncio.create_task(lately.now())
    await looks.begun.wait()
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    looks.gate.set()
    assert await lately.now() == 2


async def test_a_session_that_is_there_is_used(home: House) -> None:
    looks = Looks()
    lately = Lately(home.context, 60.0, looks, 0)
    async with home.context.database.write() as session:
        assert await lately.now(session) == 1
    assert await lately.now() == 1


async def test_an_older_look_does_not_replace_a_later_one(home: House) -> None:
    looks = Looks()
    lately = Lately(home.context, 60.0, looks, 0)
    held = looks.gate
    held.clear()
    slow = asyncio.create_task(lately.now())
    await looks.begun.wait()
    lately.forget()
    looks.gate = asyncio.Event()
    looks.gate.set()
    async with home.context.database.read() as session:
        assert await lately.now(session) == 2
    held.set()
    await slow
    assert (lately.known, await lately.now()) == (2, 2)


async def test_whoever_waits_for_a_look_that_fails_fails_with_it(home: House) -> None:
    looked, gate = 0, asyncio.Event()

    async def fails(_session: AsyncSession) -> int:
        nonlocal looked
        looked += 1
        await gate.wait()
        raise Unavailable("busy", "no connection")

    lately = Lately(home.context, 60.0, fails, 0)
    asking = [asyncio.create_task(lately.now()) for _ in range(12)]
    await asyncio.sleep(0.05)
    gate.set()
    assert [type(one) for one in await asyncio.gather(*asking, return_exceptions=True)] == [Unavailable] * 12
    assert looked == 1
    with pytest.raises(Unavailable):
        await lately.now()
    assert looked == 2, "whoever comes later looks again"


async def test_what_is_not_committed_is_known_to_its_session_alone(home: House) -> None:
    async def count(session: AsyncSession) -> int:
        return int((await session.execute(text("SELECT count(*) FROM counted"))).scalar_one())

    async with home.context.database.write() as session:
        await session.execute(text("CREATE TABLE counted (id INTEGER)"))
    lately = Lately(home.context, 60.0, count, 0)
    assert await lately.now() == 0
    for undone, known in ((True, 0), (False, 1)):
        with contextlib.suppress(KeyError):
            async with home.context.database.write() as session:
                await session.execute(text("INSERT INTO counted VALUES (1)"))
                lately.changes(session)
                assert await lately.now(session) == 1
                # Somebody who looks before the commit sees what was there, and it is not kept beyond the commit.
                assert await asyncio.create_task(lately.now(), context=contextvars.Context()) == 0
                if undone:
                    raise KeyError
        assert await lately.now() == known
