"""What the histories share: one house for a file, two people in it, two servers elsewhere."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
import structlog

from actors.models import Actor
from tests.support.house import House, house
from tests.support.peer import Peer, peer


@pytest.fixture(scope="module")
def nothing_beside() -> Iterator[None]:
    """What two thousand histories need not pay for: collecting what pytest keeps for ever, and lines of refusals."""
    log, threshold = structlog.get_config(), gc.get_threshold()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)
    yield
    gc.set_threshold(*threshold)
    gc.unfreeze()
    structlog.configure(**log)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(nothing_beside: None, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("home")) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def people(home: House) -> dict[str, Actor]:
    return {"alice": await home.make_actor("alice"), "lena": await home.make_actor("lena", manually_approves=True)}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def peers() -> AsyncIterator[dict[str, Peer]]:
    async with peer() as good, peer() as evil:
        yield {"bob": good, "mal": evil}
