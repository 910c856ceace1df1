"""Room is looked after: files without a row, copies while the disk is short, growth, and what a run tells of itself."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from actors.models import Actor
from fediverse_ai import disk, housekeeping, orphans
from fediverse_ai.core import database as core_database
from fediverse_ai.core import limits, observations, room
from fediverse_ai.core.errors import NoRoom
from fediverse_ai.core.observations import Observation
from fediverse_ai.disk import Disk, Usage
from fediverse_ai.remote_media import RemoteMedia, Source
from outbox import publish
from outbox.belongings import RemoteCopy, Upload
from outbox.models import Attachment, Post, Revision
from tests.support.house import House, house
from tests.support.rooms import picture_of, published, waiting_post

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY = 86_400.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("upkeep") / "home") as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ann(home: House) -> Actor:
    return await home.make_actor("ann")


async def put(home: House, row: Any) -> None:
    async with home.context.database.write() as session:
        session.add(row)


async def file_of(home: House, data: bytes, *, days: float = 2.0) -> str:
    """A file of ours, as old as said by the server's clock."""
    name = await home.context.storage.put(data, ".jpg")
    age(home, name, days)
    return name


def age(home: House, name: str, days: float) -> None:
    path = home.context.config.media_dir / name
    os.utime(path, (home.clock.now_ms() / 1000 - days * DAY,) * 2)


def there(home: House, *names: str) -> list[bool]:
    return [(home.context.config.media_dir / name).exists() for name in names]


async def sweep(home: House) -> None:
    await orphans.sweep(home.context)


async def test_files_without_a_row_go_after_a_day(home: House, ann: Actor) -> None:
    context = home.context
    day = limits.ORPHAN_SECONDS / DAY
    gone, young = await file_of(home, b"nobody's", days=day + 0.01), await file_of(home, b"new", days=day - 0.01)
    again = await file_of(home, b"stored before, wanted again")
    await context.storage.put(b"stored before, wanted again", ".jpg")
    os.utime(context.config.media_dir / again)  # what `put` did, by the server's clock
    half = context.config.media_dir / "ab" / ".half.jpg.77"
    half.parent.mkdir(exist_ok=True)
    half.write_bytes(b"half written")
    os.utime(half, (0, 0))
    draft = context.config.data_dir / ".config-x1"
    draft.write_text("half written")
    os.utime(draft, (0, 0))
    kept = await _needed_files(home, ann)
    found, last = await orphans.stray(context)
    assert (sorted(found.files), last) == (sorted([context.config.media_dir / gone, half]), "")
    assert found.bytes == len(b"nobody's") + len(b"half written")
    await sweep(home)
    assert there(home, gone, young, again) == [False, True, True]
    assert (half.exists(), draft.exists()) == (False, False)
    assert all(there(home, *kept))


async def _needed_files(home: House, ann: Actor) -> list[str]:
    """One old file of each kind that a row needs."""
    ids, now = home.context.ids, home.clock.now_ms()
    post = await waiting_post(home, ann)
    picture, upload, small, face, edit = [await file_of(home, f"needed {n}".encode()) for n in range(5)]
    await put(home, Attachment(id=ids.new(), post_id=post.id, file=picture, thumbnail=picture, size=8))
    await put(home, Upload(id=ids.new(), actor_id=ann.id, file_name=upload, small_name=small, created_ms=now))
    await put(home, Revision(id=ids.new(), post_id=post.id, state="held", created_ms=now,
                             files={"1": {"file": edit, "thumbnail": edit}}))  # fmt: skip
    async with home.context.database.write() as session:
        row = await session.get_one(Actor, ann.id)
        row.icon_url = f"https://an.older.address/files/{face}"  # media.public_url was another one then
        session.add(row)
    return [picture, upload, small, face, edit]


async def test_a_look_goes_on_where_the_last_one_ended(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    names = sorted([await file_of(home, f"piece {n}".encode()) for n in range(5)])
    monkeypatch.setattr(orphans, "CHUNK", 2)
    monkeypatch.setattr(limits, "ORPHAN_FILES", 2)
    total = sum(1 for path in home.context.config.media_dir.rglob("*") if path.is_file())
    gone = [await housekeeping.forget_files(home.context) for _ in range(total // 2 + 1)]
    assert max(gone) <= 2, "a bounded piece"
    assert sum(gone) == len(names)
    assert there(home, *names) == [False] * 5


async def test_pictures_of_deleted_posts_go_after_thirty_days(home: House, ann: Actor) -> None:
    post = await published(home, ann)
    picture = await picture_of(home, post, b"soon deleted")
    assert picture.file is not None
    async with home.context.database.write() as session:
        await publish.remove(session, await session.get_one(Post, post.id))
    age(home, picture.file, 400)
    home.clock.forward((limits.DELETED_FILE_DAYS - 0.01) * DAY)
    await sweep(home)
    assert there(home, picture.file) == [True], "whoever looks into a report may need it"
    home.clock.forward(0.02 * DAY)
    await sweep(home)
    assert there(home, picture.file) == [False]
    assert await home.rows(Attachment, id=picture.id), "its address still answers that it is gone"


async def test_a_missing_file_is_told(home: House, ann: Actor) -> None:
    post = await waiting_post(home, ann)
    picture = await picture_of(home, post, b"lost")
    assert picture.file is not None
    before = await orphans.missing(home.context)
    (home.context.config.media_dir / picture.file).unlink()
    assert set(await orphans.missing(home.context)) - set(before) == {picture.file}


async def copies(home: House, count: int, size: int) -> list[str]:
    """Copies of emoji, used one after the other."""
    media, names = home.context.part(RemoteMedia), []
    for number in range(count):
        names.append(await media.storage.put(bytes([number]) * size, ".jpg"))
        now = home.clock.now_ms() + number
        row = RemoteCopy(id=home.context.ids.new(), kind="emoji", owner_id=home.context.ids.new(), file=names[-1],
                         thumbnail=names[-1], source_url="https://x.test/e", size=size, fetched_ms=now,
                         used_ms=now)  # fmt: skip
        await put(home, row)
    return names


async def test_copies_give_way_while_the_disk_is_short(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    media, context = home.context.part(RemoteMedia), home.context
    names = await copies(home, 10, 1_000)
    await housekeeping.watch_disk(context)
    assert len(await home.rows(RemoteCopy)) == 10, "there is room"
    free = context.config.media.reserve_bytes - 4_000
    monkeypatch.setattr(room.os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=free, f_frsize=1))
    with pytest.raises(NoRoom):
        await media.get("emoji", 1, Source("https://x.test/new", None), fetch=True)
    await housekeeping.watch_disk(context)
    left = [name for name in names if (media.storage.path(name) or Path()).is_file()]
    assert left == names[-5:], "the least used went, until a little more than what lacks was free"
    assert len(await home.rows(RemoteCopy)) == 5


async def test_growth_is_measured_day_by_day_and_old_days_are_forgotten(home: House, ann: Actor) -> None:
    context = home.context
    guessed = await disk.forecast(context)
    assert guessed.measured_days == 0
    await disk.sample(context)
    first = await context.part(Disk).usage()
    home.clock.forward(4 * DAY)
    (context.config.data_dir / "growth").write_bytes(b"x" * 40_000)
    seen = await disk.forecast(context)
    assert seen.measured_days == 4
    assert seen.per_day == (seen.usage.lasting - first.lasting) / 4
    assert seen.per_day >= 10_000
    assert seen.days == int((seen.usage.free - context.config.media.reserve_bytes) / seen.per_day)
    (context.config.data_dir / "growth").unlink()
    home.clock.forward((limits.DISK_SAMPLE_DAYS - 5) * DAY)
    await disk.sample(context)
    async with context.database.read() as session:
        assert len(await disk.samples(session)) == 2
    home.clock.forward(2 * DAY)
    await disk.sample(context)
    async with context.database.read() as session:
        assert len(await disk.samples(session)) == 2, "the first one is too old now"
        assert "ann" in {name for name, _number, _size in await disk.by_person(session)}


async def test_what_lies_there_is_told_by_kind(home: House) -> None:
    config = home.context.config
    before = await home.context.part(Disk).usage(fresh=True)
    for place, size in (("backups/one", 10), ("archives/a.zip", 20), ("remote-media/ab/c", 40), ("note", 80)):
        path = config.data_dir / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * size)
    await home.context.storage.put(b"y" * 160, ".jpg")
    after = await home.context.part(Disk).usage(fresh=True)
    grown = [getattr(after, kind) - getattr(before, kind) for kind in Usage.__slots__[:6]]
    assert dict(zip(Usage.__slots__, grown, strict=False)) == {
        "pictures": 160, "copies": 40, "database": grown[2], "backups": 10, "archives": 20, "other": 80,
    }  # fmt: skip


async def test_a_run_is_remembered_for_a_week(home: House) -> None:
    await copies(home, 1, 500)
    number = len(await home.rows(RemoteCopy))
    home.clock.forward((home.context.config.media.remote_days + 1) * DAY)
    home.clock.forward(3610 - home.clock.now_ms() / 1000 % 3600)  # a new hour began
    dropped = await housekeeping.forget(home.context)
    assert dropped["copies"] == number
    async with home.context.database.read() as session:
        [run] = await housekeeping.runs(session)
    assert run.value["dropped"] == dropped
    await copies(home, 1, 600)
    home.clock.forward(0.001)
    await housekeeping.forget(home.context)
    async with home.context.database.read() as session:
        [run] = await housekeeping.runs(session)
    assert run.value["dropped"]["copies"] == number, "of one hour"
    home.clock.forward((limits.RUN_DAYS + 0.01) * DAY)
    await housekeeping.forget(home.context)
    async with home.context.database.read() as session:
        assert [row.name for row in await housekeeping.runs(session)] != [run.name]
        assert len(await housekeeping.runs(session)) == 1


async def test_files_are_dropped_where_rows_cannot_be(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """To delete a row takes room: on a full disk the files must go all the same."""
    name = await file_of(home, b"in the way")

    async def full(_context: Any) -> int:
        raise room.no_room(room.FULL, "full")

    monkeypatch.setitem(housekeeping.STEPS, "received", full)
    assert (await housekeeping.forget(home.context))["files"] >= 1
    assert there(home, name) == [False]


async def test_the_log_of_the_database_is_bounded(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A log beyond the bound is cut at the next look, and at most the bound stays when it is folded into the file."""
    database, path = home.context.database, home.context.config.data_dir / "fediverse.db-wal"
    async with database.writer.connect() as connection:
        limit = await connection.scalar(text("PRAGMA journal_size_limit"))
    assert limit == limits.WAL_BYTES
    async with database.write() as session:
        await observations.put(session, "large", {"words": "x" * 300_000})
    assert path.stat().st_size > 100_000
    await database.tidy()
    assert path.stat().st_size > 100_000, "it is used again"
    monkeypatch.setattr(core_database, "WAL_BYTES", 100_000)
    await database.tidy()
    assert path.stat().st_size == 0
    assert await home.rows(Observation, name="large")


async def test_free_pages_go_back_to_the_disk(home: House) -> None:
    database, path = home.context.database, home.context.config.data_dir / "fediverse.db"
    async with database.write() as session:
        await observations.put(session, "large", {"words": "x" * 3_000_000})
    await database.tidy()
    before = path.stat().st_size
    async with database.write() as session:
        await session.execute(text("DELETE FROM observation WHERE name = 'large'"))
    await database.tidy()
    assert before - path.stat().st_size > 2_000_000


async def test_it_all_runs_on_postgresql(tmp_path: Path, postgresql_url: str) -> None:
    """The same questions, asked of the other database once."""
    async with house(tmp_path / "home", database={"url": postgresql_url}) as other:
        bea = await other.make_actor("bea")
        post = await published(other, bea, picture=True)
        [picture] = await other.rows(Attachment, post_id=post.id)
        assert picture.file is not None
        age(other, picture.file, 2)
        stray = await file_of(other, b"nobody's")
        await copies(other, 1, 10)
        other.clock.forward((other.context.config.media.remote_days + 1) * DAY)
        dropped = await housekeeping.forget(other.context)
        assert (dropped["files"], dropped["copies"]) == (1, 1)
        assert there(other, picture.file, stray) == [True, False]
        assert await orphans.missing(other.context) == []
        async with other.context.database.read() as session:
            assert [name for name, _number, _size in await disk.by_person(session)] == ["bea"]
            assert len(await disk.samples(session)) == len(await housekeeping.runs(session)) == 1
        assert (await disk.forecast(other.context)).usage.pictures > 0
