"""Fixtures that every folder may use: the real PostgreSQL. Everything else is a small maker where it is needed.

And the order of the files: the longest first, so that no worker is left alone with a long one at the end.
"""

from __future__ import annotations

import pytest

pytest_plugins = ["tests.support.postgres"]

LONGEST = (
    "tests/journeys/test_kills.py",
    "tests/histories/",
    "tests/contracts/test_jobs.py",
    "tests/cli/",
    "tests/journeys/",
    "tests/generation/",
    "tests/web/",
    "tests/contracts/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)
