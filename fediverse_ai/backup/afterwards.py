"""What came after the last backup and must not be lost with the server: deletions, names, who follows or blocks whom.

A list of lines that only grows, in the data folder and beside the backups, read from the rows every few seconds: a
restore of yesterday's backup learns from it what was deleted since. Beside encrypted backups its lines are encrypted.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

from sqlalchemy import func, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block
from fediverse_ai.activitypub import document
from fediverse_ai.backup import places
from fediverse_ai.backup.sealing import Seal, seal_line, to_whom
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, Unprocessable
from fediverse_ai.core.log import get
from fediverse_ai.core.nodes import SEQUENCE_BITS
from inbox.models import Received
from outbox.models import Activity, Post

log = get(__name__)

LIST, SEEN = "afterwards.jsonl", "last-seen.json"
SEALED: Final = b"age:"
EVERY_SECONDS = 2.0
LOOK_SECONDS = 10.0
"""After this the tables are looked through even where their newest rows are those of the last look: a long transaction
may have ended, whose rows are older."""
SEEN_SECONDS = 60.0
OVERLAP_MS = int(limits.AFTERWARDS_OVERLAP_SECONDS * 1000)
_PIECE = 64 * 1024


@dataclass(frozen=True, order=True)
class Entry:
    """One thing that happened at `at` (epoch ms): `who` and `whom` are ids of actors.

    joined: the account at `uri` was made here. post, actor: `uri` was deleted. undone: `uri` was taken back by `who`.
    follow (asked for, and `uri` is the id of the activity), accept (of such a one), unfollow, block: by `who` of
    `whom`.
    """

    at: int
    kind: str
    uri: str
    who: str = ""
    whom: str = ""


class Afterwards:
    """A part of the context: the list as this process writes it."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._config = context.config
        self._since: int | None = None
        self._written: set[Entry] = set()
        self._seen_ms = 0
        self._newest: tuple[int | None, ...] = ()
        self._looked = 0.0
        self._copied: list[int] = []

    async def write(self) -> int:
        """Write what is new; the number of lines. One process of a server does this."""
        now = self._context.clock.now_ms()
        if self._since is None:
            self._since = await asyncio.to_thread(self._begin, now)
        written = await self._look(now) if await self._is_due() else 0
        await asyncio.to_thread(self._beside, now)
        return written

    async def _is_due(self) -> bool:
        """Is something new, or the last look long ago? One small question instead of six."""
        async with self._context.database.read() as session:
            newest = tuple((await session.exec(_NEWEST)).one())
        before, self._newest = self._newest, newest
        return newest != before or self._context.clock.monotonic() - self._looked > LOOK_SECONDS

    async def _look(self, now: int) -> int:
        """Write what is new since the last look; the number of lines."""
        assert self._since is not None, "write sets it"
        self._looked = self._context.clock.monotonic()
        written, since = 0, self._since - OVERLAP_MS
        while True:
            async with self._context.database.read() as session:
                found, upto = await _since(session, since, now)
            fresh = sorted(set(found) - self._written)
            if fresh:
                await asyncio.to_thread(_append, self._config.data_dir / LIST, map(_line, fresh))
            self._written |= set(fresh)
            written += len(fresh)
            if upto >= now or not found:
                break
            since = upto
        self._since = now
        self._written = {entry for entry in self._written if entry.at >= now - 2 * OVERLAP_MS}
        return written

    def _begin(self, now: int) -> int:
        """From when on to look: after the last line, or where there is none from the oldest backup on."""
        last = 0
        for entry in entries_in(self._config.data_dir / LIST):
            last = max(last, entry.at)
            if entry.at >= now - 2 * OVERLAP_MS:
                self._written.add(entry)
        backups = places.backups_in(self._config.backup_dir)
        return last or (backups[-1].made_ms if backups else now)

    def _sizes(self) -> list[int]:
        """Bytes of the list and of its copy: as long as they stay, nobody has to read either."""
        places_of_it = (self._config.data_dir / LIST, self._config.backup_dir / LIST)
        return [path.stat().st_size if path.exists() else -1 for path in places_of_it]

    def _beside(self, now: int) -> None:
        """Bring the copy beside the backups up to date, and leave a sign of life at both places."""
        _shorten(self._config.data_dir / LIST)
        folder = self._config.backup_dir
        try:
            if folder.is_dir() and self._sizes() != self._copied:
                copy(self._config.data_dir / LIST, folder)
                self._copied = self._sizes()
            if now - self._seen_ms >= SEEN_SECONDS * 1000:
                self._seen_ms = now
                for place in {self._config.data_dir, folder}:
                    if place.is_dir():
                        places.write_small(place / SEEN, json.dumps({"at": self._context.ids.now_ms()}).encode())
        except OSError as error:
            log.warning("afterwards_not_copied", folder=str(folder), detail=str(error))


_NEWEST: Any = select(
    select(func.max(Actor.id)).where(col(Actor.local).is_(True)).scalar_subquery(),
    select(func.max(Actor.deleted_ms)).where(col(Actor.deleted_ms).is_not(None)).scalar_subquery(),
    select(func.max(Post.deleted_ms)).where(col(Post.deleted_ms).is_not(None)).scalar_subquery(),
    select(func.max(Activity.id)).scalar_subquery(),
    select(func.max(Received.id)).scalar_subquery(),
    select(func.max(Block.id)).scalar_subquery(),
)  # type: ignore[call-overload]  # SQLModel types up to four columns
"""What changes whenever a row comes that the list tells of; each is the end of an index."""


async def write(context: Context) -> None:
    """Clockwork: see `Afterwards.write`."""
    await context.part(Afterwards).write()


async def _since(session: AsyncSession, since: int, now: int) -> tuple[list[Entry], int]:
    """What happened from `since` on, and up to when this is all of it."""
    found: list[Entry] = []
    upto = now
    for source in (_joined, _deleted, _ours, _theirs, _blocks):
        entries, full = await source(session, since)
        found += entries
        if full and entries:
            upto = min(upto, max(entry.at for entry in entries))
    # Of one moment there may be more than one look takes; then the next one begins after it.
    return found, max(upto, since + 1)


async def _joined(session: AsyncSession, since: int) -> tuple[list[Entry], bool]:
    query = select(Actor.id, Actor.uri).where(col(Actor.local).is_(True), col(Actor.kind) != "Application")
    query = query.where(col(Actor.id) >= since << SEQUENCE_BITS).order_by(col(Actor.id)).limit(limits.AFTERWARDS_ROWS)
    rows = list(await session.exec(query))
    found = [Entry(row_id >> SEQUENCE_BITS, "joined", uri) for row_id, uri in rows]
    return found, len(rows) == limits.AFTERWARDS_ROWS


async def _deleted(session: AsyncSession, since: int) -> tuple[list[Entry], bool]:
    found: list[Entry] = []
    full = False
    for kind, model in (("post", Post), ("actor", Actor)):
        query = select(model.uri, model.deleted_ms).where(col(model.deleted_ms) >= since)
        rows = list(await session.exec(query.order_by(col(model.deleted_ms)).limit(limits.AFTERWARDS_ROWS)))
        full |= len(rows) == limits.AFTERWARDS_ROWS
        found += [Entry(int(at or 0), kind, uri) for uri, at in rows]
    return found, full


async def _ours(session: AsyncSession, since: int) -> tuple[list[Entry], bool]:
    kinds = ("Follow", "Accept", "Reject", "Undo")
    query = select(Activity.id, Activity.uri, Activity.body)
    query = query.where(col(Activity.id) >= since << SEQUENCE_BITS, col(Activity.type).in_(kinds))
    rows = list(await session.exec(query.order_by(col(Activity.id)).limit(limits.AFTERWARDS_ROWS)))
    read = [_read(row_id >> SEQUENCE_BITS, body) for row_id, _uri, body in rows]
    return [entry for entry in read if entry is not None], len(rows) == limits.AFTERWARDS_ROWS


async def _theirs(session: AsyncSession, since: int) -> tuple[list[Entry], bool]:
    query = select(Received.id, Received.sender_uri, Received.body)
    query = query.where(col(Received.id) >= since << SEQUENCE_BITS, Received.type == "Undo")
    rows = list(await session.exec(query.order_by(col(Received.id)).limit(limits.AFTERWARDS_ROWS)))
    read = [_read(row_id >> SEQUENCE_BITS, body, sender) for row_id, sender, body in rows]
    return [entry for entry in read if entry is not None], len(rows) == limits.AFTERWARDS_ROWS


async def _blocks(session: AsyncSession, since: int) -> tuple[list[Entry], bool]:
    who, whom = aliased(Actor), aliased(Actor)
    query: Any = select(Block.id, Block.uri, who.uri, whom.uri)
    query = query.join(who, who.id == Block.blocker_id).join(whom, whom.id == Block.blocked_id)
    query = query.where(col(Block.id) >= since << SEQUENCE_BITS, or_(col(who.local), col(whom.local)))
    rows = list(await session.exec(query.order_by(col(Block.id)).limit(limits.AFTERWARDS_ROWS)))
    found = [Entry(row_id >> SEQUENCE_BITS, "block", uri or "", one, other) for row_id, uri, one, other in rows]
    return found, len(rows) == limits.AFTERWARDS_ROWS


def _read(at: int, body: bytes, sender: str | None = None) -> Entry | None:
    """What an activity says about a follow, a reaction or a block; None for anything else, or somebody else's."""
    try:
        whole = document.parse(body)
    except Malformed:
        return None
    kind, actor, value = whole.get("type"), document.id_of(whole.get("actor")) or "", whole.get("object")
    inner = value if isinstance(value, dict) else {}
    uri = document.id_of(value) or ""
    if kind == "Follow":
        return Entry(at, "follow", document.id_of(whole.get("id")) or "", actor, uri)
    who, whom = document.id_of(inner.get("actor")) or "", document.id_of(inner.get("object")) or ""
    if kind == "Undo":
        if sender is not None and (actor != sender or who not in ("", sender)):
            return None
        if inner.get("type") == "Follow":
            return Entry(at, "unfollow", uri, who or actor, whom)
        return Entry(at, "undone", uri, actor, whom) if uri else None
    if inner.get("type") != "Follow":
        return None
    return Entry(at, "accept" if kind == "Accept" else "unfollow", uri, who, whom)


def _line(entry: Entry) -> bytes:
    return json.dumps({key: value for key, value in asdict(entry).items() if value != ""}, ensure_ascii=False).encode()


def _append(path: Path, lines: Iterable[bytes]) -> None:
    """Durably. What a crash or a full disk cut off at the end goes first, or it would spoil the line behind it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "a+b") as file:
        file.truncate(_whole_bytes(file))
        file.write(b"".join(line + b"\n" for line in lines))
        file.flush()
        os.fsync(file.fileno())


def _whole_bytes(file: BinaryIO) -> int:
    """Where the last whole line ends."""
    end = file.seek(0, os.SEEK_END)
    while end:
        start = max(0, end - _PIECE)
        file.seek(start)
        found = file.read(end - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _lines(path: Path) -> Iterator[bytes]:
    """Whole lines; one that a crash cut is left out."""
    try:
        with path.open("rb") as file:
            for line in file:
                if line.endswith(b"\n"):
                    yield line[:-1]
    except FileNotFoundError:
        return


def _shorten(path: Path) -> None:
    """The older half goes when the list is too long: it tells of times before any backup that is kept."""
    if path.exists() and path.stat().st_size > limits.AFTERWARDS_BYTES:
        lines = list(_lines(path))
        places.write_small(path, b"".join(line + b"\n" for line in lines[len(lines) // 2 :]))


def copy(path: Path, folder: Path) -> None:
    """Bring the copy in a folder of backups up to date, encrypted for the folder's key where it has one.

    What lies there and is longer is somebody else's, of a server that was lost: it is moved aside, not overwritten.
    """
    target = folder / LIST
    there, here = sum(1 for _ in _lines(target)), sum(1 for _ in _lines(path))
    if there > here:
        target.rename(folder / f"afterwards-{target.stat().st_mtime_ns // 1_000_000}.jsonl")
        there = 0
    if there == here:
        return
    key = to_whom(folder)
    fresh = [line for number, line in enumerate(_lines(path)) if number >= there]
    _append(target, (SEALED + base64.b64encode(seal_line(line, key)) for line in fresh) if key else fresh)


def entries_in(path: Path, seal: Seal | None = None) -> Iterator[Entry]:
    """The lines of one list. Raises Unprocessable for encrypted ones without their key; what is no line is passed."""
    for line in _lines(path):
        if line.startswith(SEALED):
            if seal is None:
                raise Unprocessable(f"{path} is encrypted: give the passphrase of its backups with --passphrase-file.")
            line = seal.read(base64.b64decode(line[len(SEALED) :]))
        try:
            yield Entry(**json.loads(line))
        except (ValueError, TypeError):
            log.warning("afterwards_line_passed", file=str(path))


def gathered(paths: Iterable[Path], seal: Seal | None) -> list[Entry]:
    """Everything that several lists tell, in order, each once."""
    return sorted({entry for path in paths for entry in entries_in(path, seal)})


def lists_in(folder: Path) -> list[Path]:
    """The lists that lie in a folder."""
    return sorted([*folder.glob("afterwards-*.jsonl"), *folder.glob(LIST)])


def seen_ms(folders: Iterable[Path]) -> int:
    """The last sign of life that is written down anywhere; 0 for none."""
    found = [0]
    for folder in folders:
        try:
            found.append(int(json.loads((folder / SEEN).read_bytes())["at"]))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return max(found)


def leave(entries: Iterable[Entry], config: Config) -> None:
    """Begin the list of a restored server with what the lost one left."""
    _append(config.data_dir / LIST, map(_line, entries))
