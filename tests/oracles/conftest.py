"""The day that all oracles look at, spent once."""

from __future__ import annotations

import asyncio

import pytest

from tests.oracles.scene import Day, spend_a_day


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Day:
    return asyncio.run(spend_a_day(tmp_path_factory.mktemp("oracles")))
