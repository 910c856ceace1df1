"""Fixtures that every folder may use: the real PostgreSQL. Everything else is a small maker where it is needed.

And the order of the files: the longest first, so that no worker is left alone with a long one at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import count

import pytest

from actors import keys

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


KEYS = 16


@pytest.fixture(scope="session", autouse=True)
def _few_keys() -> Iterator[None]:
    """Finding an RSA key takes a tenth of a second, and the tests make thousands of people: they take turns at a few.

    Commands and servers in processes of their own make theirs as always.
    """
    make, numbers = keys._generate, count()
    found = lru_cache(KEYS)(lambda _: make())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "_generate", lambda: found(next(numbers) % KEYS))
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)
