"""Pictures beside the backups: each once, by its SHA-256, linked where that is possible and copied where it is not.

A backup lists the pictures that belong to it; a picture goes when no backup lists it any more.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from fediverse_ai.backup.sealing import SUFFIX, Reads, Seal, Writes
from fediverse_ai.core.errors import Unavailable, Unprocessable
from fediverse_ai.core.failpoints import fp

_FILE = re.compile(r"([0-9a-f]{2})/(\1[0-9a-f]{62})(\.[a-z0-9]{1,10})?")
CHUNK = 1 << 20


@dataclass(frozen=True)
class Picture:
    """A file by the name it has in the server's media folder, `ab/abcd….jpg`, and its size in bytes."""

    name: str
    bytes: int


@dataclass
class Kept:
    """What was kept beside the backups, in files and bytes; `fresh` ones were not there before."""

    listed: list[Picture] = field(default_factory=list)
    fresh: int = 0
    fresh_bytes: int = 0


def lying_in(media: Path) -> Iterator[Picture]:
    """Every picture of a media folder, in order."""
    for folder in sorted(media.glob("[0-9a-f][0-9a-f]")):
        for entry in sorted(os.scandir(folder), key=lambda one: one.name):
            name = f"{folder.name}/{entry.name}"
            if _FILE.fullmatch(name):
                # One that is deleted just now belongs to a post that is deleted too.
                with contextlib.suppress(FileNotFoundError):
                    yield Picture(name, entry.stat().st_size)


def keep(media: Path, store: Path, seal: Seal | None, stopping: Callable[[], bool]) -> Kept:
    """Have every picture beside the backups. Raises Unavailable when told to stop."""
    kept = Kept()
    store.mkdir(mode=0o700, exist_ok=True)
    for picture in lying_in(media):
        if stopping():
            raise Unavailable("The server stops; the next backup goes on with the pictures.")
        target = store / (picture.name + (SUFFIX if seal else ""))
        if not _is_kept(target, None if seal else picture.bytes):
            target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                _bring(media / picture.name, target, seal)
            except FileNotFoundError:
                continue
            kept.fresh += 1
            kept.fresh_bytes += picture.bytes
        kept.listed.append(picture)
    return kept


def _is_kept(path: Path, size: int | None) -> bool:
    """Is the file there, of this size where the size is known?"""
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return False
    return size is None or found == size


def _bring(source: Path, target: Path, seal: Seal | None) -> None:
    fp("backup.picture")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    try:
        if seal is None:
            with contextlib.suppress(OSError):
                # A file of the store is never written again, so one place on the disk serves both names.
                os.link(source, draft)
        if not draft.exists():
            with source.open("rb") as read:
                _write(draft, lambda file: seal.seal(read, file) if seal else _copy(read, file))
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _write(path: Path, fill: Callable[[Writes], None]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        fill(file)
        file.flush()
        os.fsync(file.fileno())


def _copy(source: Reads, target: Writes) -> None:
    while chunk := source.read(CHUNK):
        target.write(chunk)


def write_list(pictures: Iterable[Picture], path: Path) -> None:
    """The list as it lies in a backup: JSON lines, gzip."""
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as file:
        for picture in pictures:
            file.write(json.dumps({"name": picture.name, "bytes": picture.bytes}).encode() + b"\n")


def read_list(path: Path) -> Iterator[Picture]:
    """Raises Unprocessable for what is no such list."""
    try:
        with gzip.open(path, "rb") as file:
            for line in file:
                found = json.loads(line)
                if not _FILE.fullmatch(found["name"]):
                    raise Unprocessable("The list of pictures cannot be read.", repr(line[:200]))
                yield Picture(found["name"], int(found["bytes"]))
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise Unprocessable("The list of pictures cannot be read.", repr(error)) from None


def look(picture: Picture, store: Path, seal: Seal | None, *, sealed: bool, read: bool) -> str | None:
    """What is wrong with one picture beside the backups: `missing` or `changed`; None when nothing is.

    With `read` its bytes are hashed, and decrypted first; a sealed one without its seal is only looked for.
    """
    path = store / (picture.name + (SUFFIX if sealed else ""))
    try:
        if not read or (sealed and seal is None):
            return None if sealed or path.stat().st_size == picture.bytes else "changed"
        with path.open("rb") as file:
            digest = _Digest()
            if sealed and seal is not None:
                seal.open(file, digest)
            else:
                _copy(file, digest)
    except FileNotFoundError:
        return "missing"
    except Unprocessable:
        return "changed"
    return None if digest.hexdigest == picture.name[3:67] else "changed"


class _Digest:
    """What only hashes what is written to it."""

    def __init__(self) -> None:
        self._digest = hashlib.sha256()

    @property
    def hexdigest(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes, /) -> int:
        self._digest.update(data)
        return len(data)

    def flush(self) -> None:
        pass


def give_back(picture: Picture, store: Path, media: Path, seal: Seal | None) -> str | None:
    """Put one picture into a media folder, with its hash checked; what is wrong with it, or None."""
    target = media / picture.name
    if target.exists():
        return None
    source = store / (picture.name + (SUFFIX if seal else ""))
    problem = look(picture, store, seal, sealed=seal is not None, read=True)
    if problem is not None:
        return problem
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if seal is None:
        _bring(source, target, None)
        return None
    with source.open("rb") as read:
        _write(target, lambda file: seal.open(read, file))
    return None


def forget(store: Path, listed: set[str], *, dry_run: bool) -> tuple[int, int]:
    """Remove what is not `listed` (by its name in the store), unfinished copies too; (files, bytes)."""
    files = size = 0
    for path in store.glob("*/*") if store.is_dir() else ():
        if f"{path.parent.name}/{path.name}" not in listed:
            files, size = files + 1, size + path.lstat().st_size
            if not dry_run:
                path.unlink(missing_ok=True)
    return files, size
