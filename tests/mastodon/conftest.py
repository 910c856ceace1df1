"""A house whose people have apps: one server for each module of tests, its gate's jobs done by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.mastodon.app import App
from tests.support.house import House, house


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    folder: Path = tmp_path_factory.mktemp("home")
    async with house(folder) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def alice(home: House) -> App:
    return await App.of(home, "alice")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def bob(home: House) -> App:
    return await App.of(home, "bob")
