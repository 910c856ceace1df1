"""Fixtures that every folder may use: the real PostgreSQL. Everything else is a small maker where it is needed.

And the order of the files: the longest first, so that no worker is left alone with a long one at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, lru_cache
from itertools import count
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.util import LRUCache

from actors import keys
from fediverse_ai.core import http

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


@pytest.fixture(scope="session", autouse=True)
def _statements_compiled_once() -> Iterator[None]:
    """Every house opens its own database, and SQLAlchemy compiles each statement anew for every engine: a fifth of the
    processor time of the tests. All engines of one kind of SQLite share what was compiled; rows are not concerned.
    """
    compiled: LRUCache[Any, Any] = LRUCache(20_000)

    def share(connection: Connection) -> None:
        if isinstance(connection.dialect, SQLiteDialect):
            connection.engine._compiled_cache = compiled

    event.listen(Engine, "engine_connect", share)
    with pytest.MonkeyPatch.context() as patch:
        # The dialect is a part of what is compiled for: two of a kind are the same to the cache.
        patch.setattr(SQLiteDialect, "__hash__", lambda self: hash(type(self)))
        patch.setattr(SQLiteDialect, "__eq__", lambda self, other: type(self) is type(other))
        yield
    event.remove(Engine, "engine_connect", share)


@pytest.fixture(scope="session", autouse=True)
def _authorities_read_once() -> Iterator[None]:
    """The bundle of the world's authorities takes 40 ms to read; every house asks for it."""
    read = http.trust
    shared = cache(lambda: read(""))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(http, "trust", lambda ca_file: read(ca_file) if ca_file else shared())
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        return next((n for n, start in enumerate(LONGEST) if item.nodeid.startswith(start)), len(LONGEST))

    items.sort(key=place)
