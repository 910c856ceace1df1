"""`prune`: the newest backup of each of some days and weeks stays; what nobody needs any more goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fediverse_ai.backup import pictures, places
from fediverse_ai.backup.container import PICTURES, opened
from fediverse_ai.backup.places import Found
from fediverse_ai.backup.sealing import SUFFIX
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.log import get

log = get(__name__)


@dataclass(frozen=True)
class Pruned:
    """What went, or would go: backups, and pictures that no kept backup lists."""

    kept: list[Found]
    gone: list[Found]
    pictures: int
    picture_bytes: int


def choose(found: Sequence[Found], daily: int, weekly: int) -> tuple[list[Found], list[Found]]:
    """(kept, gone) of backups, the newest first. The newest of all stays whatever the numbers say. Days are UTC."""
    kept: set[Path] = {found[0].path} if found else set()
    for count, form in ((daily, "%Y-%m-%d"), (weekly, "%G-%V")):
        newest: dict[str, Path] = {}
        for one in found:
            newest.setdefault(datetime.fromtimestamp(one.made_ms / 1000, UTC).strftime(form), one.path)
        kept |= set(list(newest.values())[:count])
    return [one for one in found if one.path in kept], [one for one in found if one.path not in kept]


def prune(folder: Path, daily: int, weekly: int, *, dry_run: bool = False) -> Pruned:
    """Thin a folder out. Pictures stay, all of them, while a kept backup cannot be read. Raises Conflict."""
    with places.alone(folder):
        kept, gone = choose(places.backups_in(folder), daily, weekly)
        if not dry_run:
            for one in gone:
                one.path.unlink(missing_ok=True)
            _old_lists(folder, kept)
            places.sync_folder(folder)
        files, size = _pictures(folder, kept, dry_run=dry_run)
    return Pruned(kept, gone, files, size)


def _old_lists(folder: Path, kept: Sequence[Found]) -> None:
    """Lists of servers that were lost, from before any backup that is kept: nothing can be learnt from them."""
    for path in folder.glob("afterwards-*.jsonl"):
        if kept and path.stat().st_mtime * 1000 < kept[-1].made_ms:
            path.unlink(missing_ok=True)


def _pictures(folder: Path, kept: Sequence[Found], *, dry_run: bool) -> tuple[int, int]:
    listed: set[str] = set()
    try:
        with places.scratch(folder) as work:
            for number, one in enumerate(kept):
                with opened(one.path) as packed:
                    if packed.manifest.media:
                        target = work / str(number)
                        packed.take(PICTURES, target)
                        suffix = SUFFIX if packed.manifest.recipient else ""
                        listed |= {picture.name + suffix for picture in pictures.read_list(target)}
                        target.unlink()
    except Unprocessable as error:
        log.warning("backup_unreadable", detail=error.public)
        return 0, 0
    return pictures.forget(folder / places.PICTURES, listed, dry_run=dry_run)
