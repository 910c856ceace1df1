"""A reserve of the disk is left for the database, and errors that mean a full disk are known for what they are."""

from __future__ import annotations

import errno
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from fediverse_ai.core import limits, room
from fediverse_ai.core.config import Config, MediaSection
from fediverse_ai.core.errors import NoRoom
from fediverse_ai.core.storage import FolderStorage


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
