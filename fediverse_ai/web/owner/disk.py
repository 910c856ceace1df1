"""What lies on the disk, by category, and how long the rest lasts."""

from __future__ import annotations

import asyncio
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import SQLITE_FILE

FILES = 200_000
"""Looked at; of a larger folder it is known that it holds at least this much."""
SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes. `more`: there were more files than one look takes."""

    pictures: int
    database: int
    other: int
    free: int
    total: int
    more: bool = False


class Disk:
    """A part of the context: the look at the data folder, taken at most every ten minutes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._usage: Usage | None = None
        self._looked = 0.0

    async def usage(self) -> Usage:
        """As of ten minutes ago at most."""
        now = self._context.clock.monotonic()
        if self._usage is None or now - self._looked > SECONDS:
            self._usage, self._looked = await asyncio.to_thread(_look, self._context.config), now
        return self._usage


def _look(config: Config) -> Usage:
    media, seen = config.media_dir.resolve(), 0
    found = {"pictures": 0, "database": 0, "other": 0}
    folders = {config.data_dir.resolve(), media}
    if config.data_dir.resolve() in media.parents:
        folders.remove(media)
    for folder in folders:
        for place, _folders, names in os.walk(folder):
            inside = Path(place) == media or media in Path(place).parents
            for name in names:
                seen += 1
                kind = "pictures" if inside else "database" if name.startswith(SQLITE_FILE) else "other"
                found[kind] += _size(os.path.join(place, name)) if seen <= FILES else 0
            if seen > FILES:
                break
    disk = shutil.disk_usage(config.data_dir)
    return Usage(**found, free=disk.free, total=disk.total, more=seen > FILES)


def _size(path: str) -> int:
    """Bytes that a file takes; a file that went meanwhile takes none."""
    try:
        return os.lstat(path).st_size
    except OSError:
        return 0
