"""One server for each file of page tests; every test brings people and posts of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.web import site as support


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[support.Site]:
    async with support.site(tmp_path_factory.mktemp("site")) as made:
        yield made
