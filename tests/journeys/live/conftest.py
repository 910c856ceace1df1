"""What the live journeys stand on: every test here is `live`, and has a town of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.tls import Authority
from tests.support.town import Town

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.live)


@pytest.fixture
def town(authority: Authority) -> Town:
    return Town(authority)
