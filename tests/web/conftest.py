"""One server for each file of page tests; every test brings people and posts of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from actors import accounts
from tests.web import site as support


@pytest.fixture(scope="module", autouse=True)
def _quick_passwords() -> Iterator[None]:
    """Argon2 at its cheapest: these tests try dozens of passwords. Its real cost is tested with the accounts."""
    real, accounts._hasher = accounts._hasher, PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    accounts._nobodys_hash.cache_clear()
    yield
    accounts._hasher = real
    accounts._nobodys_hash.cache_clear()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[support.Site]:
    async with support.site(tmp_path_factory.mktemp("site")) as made:
        yield made
