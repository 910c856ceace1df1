"""Files of the folder of pictures that no row names (any more), and rows whose file is missing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from sqlmodel import and_, col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from outbox.belongings import Upload
from outbox.models import Attachment, Post, PostState, Revision

DAY_MS = 86_400_000
NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{64}(\.[a-z0-9]{1,10})?$")
CHUNK = 400
DRAFTS = (".config-*", ".fediverse-ai-*", ".*.json.[0-9]*")
"""Of the data folder itself: what a program that was killed while it wrote left behind."""


@dataclass
class Found:
    """Files without a row, with their bytes in all; and the names that rows give to files that are not there."""

    files: list[Path] = field(default_factory=list)
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    looked: int = 0


async def stray(context: Context, after: str = "", most: int | None = None) -> tuple[Found, str]:
    """Files older than a day that no row needs, by name from `after` on, `most` looked at; and where that ended.

    What is a day old belongs to no work that still runs: a file is stored before its row, and touched when it is
    stored again. Files of posts deleted DELETED_FILE_DAYS ago are not needed any more. The name is "" at the end.
    """
    folder, found, last = context.config.media_dir, Found(), ""
    before = context.clock.now_ms() / 1000 - limits.ORPHAN_SECONDS
    async with context.database.read() as session:
        kept = await _faces(session) | await _revisions(session)
    files = _files(folder, after)
    while most is None or found.looked < most:
        chunk = await asyncio.to_thread(lambda: list(islice(files, CHUNK)))
        if not chunk:
            return found, ""
        last, found.looked = chunk[-1], found.looked + len(chunk)
        old = await asyncio.to_thread(_old, folder, [name for name in chunk if name not in kept], before)
        async with context.database.read() as session:
            needed = await _named(session, list(old), context.clock.now_ms())
        for name, size in old.items():
            if name not in needed:
                found.files.append(folder / name)
                found.bytes += size
    return found, last


async def sweep(context: Context, after: str = "", most: int | None = None) -> tuple[Found, str]:
    """Delete what `stray` finds, and drafts of files in the data folder; a file that was touched meanwhile stays."""
    found, last = await stray(context, after, most)
    before = context.clock.now_ms() / 1000 - limits.ORPHAN_SECONDS
    drafts = [path for pattern in DRAFTS for path in context.config.data_dir.glob(pattern)]
    await asyncio.to_thread(_unlink, [*found.files, *drafts], before)
    return found, last


async def missing(context: Context) -> list[str]:
    """Names that rows of living posts and of uploads give to files that are not there: restore them from a backup."""
    found: list[str] = []
    last = 0
    while True:
        query = select(Attachment.id, Attachment.file, Attachment.thumbnail).join(
            Post, col(Post.id) == col(Attachment.post_id)
        )
        query = query.where(
            Post.state != PostState.DELETED, col(Attachment.file).is_not(None), col(Attachment.id) > last
        )
        async with context.database.read() as session:
            rows = list(await session.exec(query.order_by(col(Attachment.id)).limit(CHUNK)))
        if not rows:
            break
        last = rows[-1][0]
        found += await asyncio.to_thread(_gone, context.config.media_dir, [name for row in rows for name in row[1:]])
    async with context.database.read() as session:
        uploads = await session.exec(select(Upload.file_name, Upload.small_name).where(col(Upload.post_id).is_(None)))
        names = [name for pair in uploads for name in pair]
    return found + await asyncio.to_thread(_gone, context.config.media_dir, names)


def _files(folder: Path, after: str) -> Iterator[str]:
    """Names `ab/…` in order, half-written ones too."""
    for shelf in sorted(path for path in folder.iterdir() if path.is_dir() and path.name >= after[:2]):
        for path in sorted(shelf.iterdir()):
            name = f"{shelf.name}/{path.name}"
            if name > after and path.is_file():
                yield name


def _old(folder: Path, names: Sequence[str], before: float) -> dict[str, int]:
    """Name -> bytes of those that nobody touched since."""
    found = {}
    for name in names:
        try:
            status = (folder / name).stat()
        except OSError:
            continue
        if status.st_mtime < before:
            found[name] = status.st_size
    return found


def _gone(folder: Path, names: Sequence[str | None]) -> list[str]:
    return [name for name in names if name is not None and not (folder / name).is_file()]


def _unlink(paths: Sequence[Path], before: float) -> None:
    for path in paths:
        if path.is_file() and path.stat().st_mtime < before:
            path.unlink(missing_ok=True)


async def _faces(session: AsyncSession) -> set[str]:
    """Portraits and headers of people here, whose rows hold addresses."""
    query = select(Actor.icon_url, Actor.image_url).where(col(Actor.local).is_(True))
    # By the end of the address: where media.public_url changed since, the file is the same.
    found = (NAME.search(url) for pair in await session.exec(query) for url in pair if url)
    return {match[0] for match in found if match is not None}


async def _revisions(session: AsyncSession) -> set[str]:
    """Files of edits that are not out: they wait, are held, or may be allowed after an appeal."""
    rows = await session.exec(select(Revision.files).where(Revision.state != PostState.PUBLISHED))
    values = [value for files in rows for value in (files or {}).values()]
    return {str(value[name]) for value in values for name in ("file", "thumbnail") if value.get(name)}


async def _named(session: AsyncSession, names: list[str], now: int) -> set[str]:
    """Those that an upload names, or a picture of a post that is not deleted since long."""
    if not names:
        return set()
    lately = now - limits.DELETED_FILE_DAYS * DAY_MS
    living = or_(Post.state != PostState.DELETED, col(Post.deleted_ms) > lately)
    found: set[str] = set()
    for column in (col(Attachment.file), col(Attachment.thumbnail)):
        query = select(column).join(Post, and_(col(Post.id) == col(Attachment.post_id), living))
        found.update(name for name in await session.exec(query.where(column.in_(names))) if name is not None)
    for column in (col(Upload.file_name), col(Upload.small_name)):
        found.update(name for name in await session.exec(select(column).where(column.in_(names))) if name is not None)
    return found
