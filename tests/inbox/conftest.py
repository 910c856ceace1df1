"""A house with one person, and a peer, for tests of what arrives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.models import Actor
from tests.support.house import House, house
from tests.support.peer import Peer, RemoteActor, peer


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "home") as made:
        yield made


@pytest.fixture
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.fixture
async def good() -> AsyncIterator[Peer]:
    async with peer() as made:
        yield made


@pytest.fixture
def bob(good: Peer) -> RemoteActor:
    return good.actor("bob")
