"""Where backups lie and what they are called, and the small file that tells how the last one went."""

from __future__ import annotations

import fcntl
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Conflict

STATE = "backup-state.json"
LOCK = ".lock"
SCRATCH = ".unpacking-"
SCRATCH_SECONDS = 86_400.0
PICTURES = "media"
_NAME = re.compile(r"backup-(\d{8}T\d{6}Z)\.tar")


@dataclass(frozen=True)
class Found:
    """A backup that lies in a folder: when it was made (epoch ms, to the second) and its size in bytes."""

    path: Path
    made_ms: int
    bytes: int


@dataclass(frozen=True)
class State:
    """How backups of this server went, as the last process that made or verified one left it. Times are epoch ms."""

    since_ms: int = 0
    """When this server was first asked whether one is due."""
    began_ms: int = 0
    """Of one that is being made; 0 for none."""
    made_ms: int = 0
    file: str = ""
    bytes: int = 0
    seconds: float = 0.0
    pictures: int = 0
    picture_bytes: int = 0
    encrypted: bool = False
    keys: bool = False
    failed_ms: int = 0
    """Of a failure that no later backup has made good; 0 for none."""
    failure: str = ""
    verified_ms: int = 0
    """When the newest one was verified; 0 for never."""
    problems: list[str] = field(default_factory=list)
    """What verifying found."""


def name_at(made_ms: int) -> str:
    return f"backup-{datetime.fromtimestamp(made_ms // 1000, UTC):%Y%m%dT%H%M%SZ}.tar"


def backups_in(folder: Path) -> list[Found]:
    """The newest first."""
    found = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if match := _NAME.fullmatch(path.name):
            made = datetime.strptime(match[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
            found.append(Found(path, int(made.timestamp() * 1000), path.stat().st_size))
    return sorted(found, key=lambda one: one.made_ms, reverse=True)


def state_of(config: Config) -> State:
    """The state as it is written down; an empty one where nothing, or nothing readable, is."""
    try:
        found: dict[str, Any] = json.loads((config.data_dir / STATE).read_bytes())
        return State(**found)
    except (OSError, ValueError, TypeError):
        return State()


def note_state(config: Config, **changes: Any) -> State:
    """Write some fields anew."""
    state = replace(state_of(config), **changes)
    write_small(config.data_dir / STATE, json.dumps(asdict(state), ensure_ascii=False).encode())
    return state


def write_small(path: Path, data: bytes) -> None:
    """Replace a small file in one step, durably, mode 0600."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def sync_folder(folder: Path) -> None:
    """Make renames in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def scratch(folder: Path) -> Iterator[Path]:
    """A folder of mode 0700 for unpacking, on the disk of the backups where that can be written to."""
    with tempfile.TemporaryDirectory(prefix=SCRATCH, dir=folder if os.access(folder, os.W_OK) else None) as made:
        yield Path(made)


def tidy(folder: Path, clock: Clock) -> None:
    """Remove what processes that were killed while they unpacked left here."""
    for path in folder.glob(f"{SCRATCH}*"):
        if path.stat().st_mtime < clock.now_ms() / 1000 - SCRATCH_SECONDS:
            shutil.rmtree(path, ignore_errors=True)


def is_busy(folder: Path) -> bool:
    """Is a backup made or thinned out in this folder now, by whatever process?"""
    try:
        with alone(folder):
            return False
    except Conflict:
        return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only one who changes a folder of backups. Raises Conflict; the lock ends with the process."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Conflict(f"Another backup is being made in {folder}; wait until it is done.") from None
        yield


@dataclass(frozen=True)
class LastBackup:
    """What `doctor` and the owner's page want to know. Times are epoch ms, 0 for never; `bytes` of the one file."""

    enabled: bool
    folder: Path
    newest_ms: int
    bytes: int
    failed_ms: int
    failure: str
    verified_ms: int
    problems: list[str]


def last_backup(config: Config) -> LastBackup:
    """The newest backup that lies in the configured folder, and how the last try and the last verifying went.

    Reads no database and opens no backup. `failed_ms` is 0 when a backup was made after the failure.
    """
    found, state = backups_in(config.backup_dir), state_of(config)
    return LastBackup(
        enabled=config.backup.enabled,
        folder=config.backup_dir,
        newest_ms=found[0].made_ms if found else 0,
        bytes=found[0].bytes if found else 0,
        failed_ms=state.failed_ms,
        failure=state.failure,
        verified_ms=state.verified_ms if found and found[0].path.name == state.file else 0,
        problems=state.problems if found and found[0].path.name == state.file else [],
    )
