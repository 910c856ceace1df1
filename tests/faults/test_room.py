"""A reserve of the disk is left for the database, and errors that mean a full disk are known for what they are."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from fediverse_ai.core import jobs, limits, room
from fediverse_ai.core.config import Config, MediaSection
from fediverse_ai.core.errors import NoRoom
from fediverse_ai.core.storage import FolderStorage
from outbox.models import Delivery, Post
from tests.support.house import House, house
from tests.support.peer import peer
from tests.support.rooms import deliver_all, published, receive
from tests.support.tokens import bearer, token_for


def with_free(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """The file system tells so many free bytes."""
    monkeypatch.setattr(room.os, "statvfs", lambda _folder: SimpleNamespace(f_bavail=free, f_frsize=1))


async def test_a_reserve_is_left_for_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = Config(data_dir=tmp_path)
    assert config.media.reserve_bytes == limits.DISK_RESERVE_BYTES
    with_free(monkeypatch, limits.DISK_RESERVE_BYTES)
    room.require(config)
    storage = FolderStorage(tmp_path / "media", "https://x.test", reserve=limits.DISK_RESERVE_BYTES)
    with pytest.raises(NoRoom, match="stay free"):
        await storage.put(b"x", ".jpg")
    with_free(monkeypatch, limits.DISK_RESERVE_BYTES + 1)
    name = await storage.put(b"x", ".jpg")
    with_free(monkeypatch, limits.DISK_RESERVE_BYTES - 1)
    assert await storage.put(b"x", ".jpg") == name, "what is there already needs no room"
    assert room.short(config)
    with pytest.raises(NoRoom) as refused:
        room.require(config)
    assert refused.value.status == 507
    room.require(Config(data_dir=tmp_path, media=MediaSection(reserve_bytes=0)))


async def test_a_file_that_does_not_fit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = FolderStorage(tmp_path, "https://x.test")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(NoRoom):
        await storage.put(b"x" * 100, ".jpg")
    assert not any(name for _place, _folders, name in os.walk(tmp_path))


def test_a_full_database_is_told_from_a_broken_one(tmp_path: Path) -> None:
    """SQLite itself, told that its file may have three pages."""
    with closing(sqlite3.connect(tmp_path / "small.db")) as connection:
        connection.execute("CREATE TABLE t (x)")
        connection.execute("PRAGMA max_page_count = 3")
        with pytest.raises(sqlite3.OperationalError) as full:
            connection.execute("INSERT INTO t VALUES (zeroblob(100000))")
        with pytest.raises(sqlite3.OperationalError) as wrong:
            connection.execute("INSERT INTO nowhere VALUES (1)")
    assert room.is_full(OperationalError("INSERT", {}, full.value))
    assert not room.is_full(OperationalError("INSERT", {}, wrong.value))
    assert room.is_full(OSError(errno.EDQUOT, "quota"))
    assert not room.is_full(OSError(errno.EIO, "broken"))
    assert not room.is_full(None)


@asynccontextmanager
async def full(home: House) -> AsyncIterator[None]:
    """A database whose file may not grow; its log is folded into it first, so that every write needs a page."""

    async def pages(most: int) -> None:
        async with home.context.database.writer.connect() as connection:
            raw = await connection.get_raw_connection()
            assert raw.driver_connection is not None
            await raw.driver_connection.execute(f"PRAGMA max_page_count = {most}")

    await pages(1)  # less than there are: as many as there are
    yield
    await pages(2**30)


async def test_clients_hear_that_it_is_full_reads_go_on_and_afterwards_all_is_well(tmp_path: Path) -> None:
    async with house(tmp_path / "home") as home, peer() as good:
        ann, bob = await home.make_actor("ann"), good.actor("bob")
        token = bearer(await token_for(home, "ann"))
        post = await published(home, ann)
        await receive(home, bob, bob.activity("Like", post.uri))
        large = "words " * 15_000
        note = bob.create(bob.note(f"<p>{large}</p>", inReplyTo=post.uri))
        async with full(home):
            refused = await bob.deliver(home.inbox, note)
            assert (refused.status_code, refused.headers["retry-after"]) == (507, str(limits.NO_ROOM_RETRY_SECONDS))
            assert "no room left" in refused.json()["detail"]
            status = {"status": "words " * 800, "visibility": "public"}
            answers = [await home.client.post("/api/v1/statuses", data=status, headers=token) for _ in range(12)]
            assert {answer.status_code for answer in answers} <= {200, 507}
            assert answers[-1].status_code == 507, "the last free page is used"
            assert "no room left" in answers[-1].json()["error"]
            for path, accept in ((post.uri, "application/activity+json"), (post.url or "", "text/html")):
                assert (await home.client.get(path, headers={"accept": accept})).status_code == 200
        assert (await bob.deliver(home.inbox, note)).status_code == 202
        kept = [answer.json()["uri"] for answer in answers if answer.status_code == 200]
        assert {row.uri for row in await home.rows(Post, local=True)} == {post.uri, *kept}, "what was taken is there"


async def test_a_job_waits_for_room_and_is_not_done_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A delivery that was sent is not sent again because its outcome could not be written down."""
    monkeypatch.setattr(jobs, "NO_ROOM_WAIT_SECONDS", 0.05)
    async with house(tmp_path / "home") as home, peer() as good:
        ann, bob = await home.make_actor("ann"), good.actor("bob")
        await receive(home, bob, bob.activity("Follow", ann.uri))
        await published(home, ann)
        write, failures = home.context.database.write, count()

        @asynccontextmanager
        async def often_full() -> AsyncIterator[Any]:
            if next(failures) < 3:
                raise room.no_room(room.FULL, "full")
            async with write() as session:
                yield session

        monkeypatch.setattr(home.context.database, "write", often_full)
        await deliver_all(home)
        assert [row.state for row in await home.rows(Delivery) if row.host == good.host] == ["delivered"] * 2
        assert len(good.activities("Create")) == 1
