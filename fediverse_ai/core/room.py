"""Room on the disk: how much is free, whether new pictures may still be made, and which errors mean that it is full."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fediverse_ai.core.errors import NoRoom
from fediverse_ai.core.limits import NO_ROOM_RETRY_SECONDS

if TYPE_CHECKING:
    from fediverse_ai.core.config import Config

FULL: Final = "There is no room left on this server's disk. Nothing was stored; please try again later."
SHORT: Final = "This server's disk is nearly full: no pictures are made or taken in until there is room again."
_FILES: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
# SQLITE_FULL, and what SQLite makes of a quota or a limit that stops a write: IOERR_WRITE and IOERR_SHMSIZE.
_SQLITE: Final = frozenset({13, 778, 4874})
_POSTGRESQL: Final = "53100"


def free_bytes(folder: Path) -> int:
    """What this process may still write into the folder's file system. Raises OSError when there is no such folder."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


def short(config: Config) -> bool:
    """Whether less is free than media.reserve_bytes, where the database lies or where pictures lie."""
    folders = [folder for folder in (config.data_dir, config.media_dir) if folder.exists()]
    return any(free_bytes(folder) < config.media.reserve_bytes for folder in folders)


def require(config: Config) -> None:
    """Raises NoRoom before something large is begun: the last room is for the database and for what arrives."""
    if short(config):
        raise no_room(SHORT, "less is free than media.reserve_bytes")


def no_room(words: str, detail: str) -> NoRoom:
    """The error, with the time after which it is worth asking again."""
    return NoRoom(words, detail, retry_after=NO_ROOM_RETRY_SECONDS)


def is_full(error: BaseException | None) -> bool:
    """Whether an error of a file or of a database, or what caused it, means that nothing more can be written."""
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FILES:
            return True
        origin = getattr(error, "orig", error)
        if getattr(origin, "sqlite_errorcode", None) in _SQLITE or getattr(origin, "sqlstate", None) == _POSTGRESQL:
            return True
        error = error.__cause__
    return False
