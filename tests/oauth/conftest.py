"""One server for all tests of this folder, with people, and an app as it registers itself."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.oauth.stage import PASSWORD, Stage
from tests.web.site import site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def stage(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with site(tmp_path_factory.mktemp("oauth")) as made:
        for name in ("ann", "bob"):
            await made.person(name, password=PASSWORD)
        yield Stage(made)
