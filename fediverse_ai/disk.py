"""What lies on the disk, by kind and by person, how it grows, and how long the rest lasts."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import func, literal_column
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai import remote_media
from fediverse_ai.core import limits, observations
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.core.nodes import SEQUENCE_BITS
from outbox.belongings import Upload
from outbox.models import Attachment, Post

DAY_MS = 86_400_000
SAMPLE = "disk."
"""Of the names of observations: one a day, with the sizes by kind."""
FOLDERS = {remote_media.FOLDER: "copies", "archives": "archives", "backups": "backups"}


@dataclass(frozen=True, slots=True)
class Usage:
    """Bytes by kind. `free` and `total` are the disk's; `more`: there were more files than one look takes."""

    pictures: int = 0
    copies: int = 0
    """Of others' pictures: they give way when room is short."""
    database: int = 0
    backups: int = 0
    archives: int = 0
    other: int = 0
    free: int = 0
    total: int = 0
    more: bool = False

    @property
    def lasting(self) -> int:
        """What does not give way."""
        return self.pictures + self.database + self.backups + self.archives + self.other


@dataclass(frozen=True, slots=True)
class Forecast:
    """When the disk will be full: `days` until less than the reserve is free, None when nothing grows."""

    days: int | None
    per_day: float
    """Bytes that come a day."""
    measured_days: int
    """Over how many days that was seen; 0: guessed from the pictures of two weeks, before there are two looks."""
    usage: Usage


class Disk:
    """A part of the context: the look at the folders, taken at most every ten minutes."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._usage: Usage | None = None
        self._looked = 0.0

    async def usage(self, *, fresh: bool = False) -> Usage:
        """As of ten minutes ago at most, or of now."""
        now = self._context.clock.monotonic()
        if fresh or self._usage is None or now - self._looked > limits.DISK_LOOK_SECONDS:
            self._usage, self._looked = await asyncio.to_thread(look, self._context.config), now
        return self._usage


def look(config: Config) -> Usage:
    """Measure the data folder and the folder of pictures; blocks for as long as the files need."""
    found: Counter[str] = Counter()
    data, media = config.data_dir.resolve(), config.media_dir.resolve()
    folders = {data} | ({media} if data not in media.parents else set())
    files = ((Path(place), name) for folder in folders for place, _folders, names in os.walk(folder) for name in names)
    for place, name in islice(files, limits.DISK_LOOK_FILES):
        kind = _kind(place, name, data, media)
        found[kind] += _size(os.path.join(place, name), linked=kind != "backups")
    disk = shutil.disk_usage(config.data_dir)
    return Usage(**found, free=disk.free, total=disk.total, more=next(files, None) is not None)


def _kind(place: Path, name: str, data: Path, media: Path) -> str:
    if place == media or media in place.parents:
        return "pictures"
    if place == data:
        return "database" if name.startswith(SQLITE_FILE) else "other"
    return FOLDERS.get(place.relative_to(data).parts[0], "other")


def _size(path: str, *, linked: bool = True) -> int:
    """Bytes that a file takes; a file that went meanwhile takes none, nor does one that is `linked` where it counts."""
    try:
        found = os.lstat(path)
    except OSError:
        return 0
    return found.st_size if linked or found.st_nlink == 1 else 0


async def sample(context: Context) -> None:
    """Remember today's sizes, so that growth can be seen; those of DISK_SAMPLE_DAYS ago are forgotten."""
    usage = await context.part(Disk).usage(fresh=True)
    now = context.clock.now_ms()
    async with context.database.write() as session:
        await observations.put(session, f"{SAMPLE}{now // DAY_MS:06}", asdict(usage))
        await observations.forget(session, SAMPLE, now - limits.DISK_SAMPLE_DAYS * DAY_MS)


async def samples(session: AsyncSession) -> list[tuple[int, dict[str, int]]]:
    """(day since 1970, sizes by kind) as they were seen, the oldest first."""
    return [(int(row.name.removeprefix(SAMPLE)), row.value) for row in await observations.named(session, SAMPLE)]


async def forecast(context: Context) -> Forecast:
    """How long the disk lasts at the pace of two weeks. Copies of others' pictures are left out: they give way."""
    usage = await context.part(Disk).usage()
    async with context.database.read() as session:
        known = await samples(session)
        new = sum((await new_by_day(session)).values())
    today = context.clock.now_ms() // DAY_MS
    first = next((row for row in known if today - limits.DISK_FORECAST_DAYS <= row[0] < today), None)
    if first is not None:
        days = today - first[0]
        per_day = (usage.lasting - _lasting(first[1])) / days
    else:
        days, per_day = 0, new / limits.DISK_FORECAST_DAYS
    room = max(0, usage.free - context.config.media.reserve_bytes)
    return Forecast(int(room / per_day) if per_day > 0 else None, per_day, days, usage)


def _lasting(sizes: dict[str, Any]) -> int:
    known = {name: size for name, size in sizes.items() if name in Usage.__slots__}
    return Usage(**known).lasting


async def new_by_day(session: AsyncSession) -> dict[int, int]:
    """Day since 1970 -> bytes of pictures of ours that came then, of DISK_FORECAST_DAYS days; days without any lack."""
    now = context_of(session).clock.now_ms()
    since = (now - limits.DISK_FORECAST_DAYS * DAY_MS) << SEQUENCE_BITS
    day: Any = col(Attachment.id).op("/")(literal_column(str(DAY_MS << SEQUENCE_BITS)))
    query = select(day, func.sum(Attachment.size)).where(col(Attachment.id) >= since, col(Attachment.file).is_not(None))
    return {int(at): int(size or 0) for at, size in await session.exec(query.group_by(day))}


async def by_person(session: AsyncSession, limit: int = 20) -> list[tuple[str, int, int]]:
    """(username, pictures, bytes) of those whose pictures take most, without thumbnails; uploads in no post too."""
    found: dict[int, list[int]] = {}
    posted = select(Post.author_id, func.count(), func.sum(Attachment.size)).join(
        Attachment, col(Attachment.post_id) == col(Post.id)
    )
    posted = posted.where(col(Post.local).is_(True), col(Attachment.file).is_not(None))
    brought = select(Upload.actor_id, func.count(), func.sum(Upload.size)).where(col(Upload.post_id).is_(None))
    for query in (posted.group_by(col(Post.author_id)), brought.group_by(col(Upload.actor_id))):
        for actor_id, number, size in await session.exec(query):
            row = found.setdefault(actor_id, [0, 0])
            row[0], row[1] = row[0] + number, row[1] + int(size or 0)
    most = sorted(found.items(), key=lambda item: -item[1][1])[:limit]
    named = select(Actor.id, Actor.username).where(col(Actor.id).in_([actor_id for actor_id, _ in most]))
    names = {row[0]: row[1] for row in await session.exec(named)}
    return [(names.get(actor_id, "?"), number, size) for actor_id, (number, size) in most]


def words(size: float) -> str:
    """Bytes as people say them: 1.5 GB."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit in ("B", "kB") else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
