"""One house with a painter for each module of these tests; people and a peer of each test's own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from actors.models import Account
from fediverse_ai.core.limits import RateLimiter
from tests.social.client import Client, person
from tests.support.house import House
from tests.support.painter import Painter, studio
from tests.support.peer import Peer, RemoteActor, peer


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[House, Painter]]:
    async with studio(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest.fixture(scope="module")
def home(stage: tuple[House, Painter]) -> House:
    return stage[0]


@pytest.fixture(scope="module")
def painter(stage: tuple[House, Painter]) -> Painter:
    return stage[1]


@pytest_asyncio.fixture(loop_scope="module")
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


@pytest_asyncio.fixture(loop_scope="module")
async def ann(home: House) -> Client:
    return await person(home, "ann")


@pytest_asyncio.fixture(loop_scope="module")
async def ben(home: House) -> Client:
    return await person(home, "ben")


@pytest.fixture
def bob(good: Peer) -> RemoteActor:
    return good.actor("bob")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(home: House) -> list[Client]:
    return [await person(home, "amy"), await person(home, "ivo")]


@pytest_asyncio.fixture(loop_scope="module")
async def amy(home: House, shared: list[Client]) -> Client:
    """Somebody whom several tests share: those that leave nothing behind that another looks at."""
    [account] = await home.rows(Account, actor_id=shared[0].actor.id)
    home.context.part(RateLimiter).forget(f"posts:{account.id}")
    return shared[0]


@pytest.fixture
def ivo(shared: list[Client]) -> Client:
    return shared[1]
