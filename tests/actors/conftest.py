"""A house with one person, and peers under two names, so that a rule can be about one of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from actors.models import Actor
from tests.support.house import House, house
from tests.support.peer import RemoteActor, peer


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[House]:
    async with house(tmp_path / "home") as made:
        yield made


@pytest.fixture
async def alice(home: House) -> Actor:
    return await home.make_actor("alice")


@pytest.fixture
async def bob() -> AsyncIterator[RemoteActor]:
    """Somebody of the server `localhost`."""
    async with peer("localhost") as made:
        yield made.actor("bob")


@pytest.fixture
async def carl() -> AsyncIterator[RemoteActor]:
    """Somebody of the server 127.0.0.1, about which no test makes a rule."""
    async with peer("127.0.0.1") as made:
        yield made.actor("carl", key=1)
