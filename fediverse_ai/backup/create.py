"""`create`: one consistent backup of a server that goes on working, whole under its name or not there at all."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fediverse_ai import __version__
from fediverse_ai.backup import copies, pictures, places
from fediverse_ai.backup.container import DUMP, PICTURES, SQLITE, Manifest, Packing
from fediverse_ai.backup.copies import Facts
from fediverse_ai.backup.sealing import Seal, seal_of
from fediverse_ai.core import secrets
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import FILE, Config
from fediverse_ai.core.errors import FediverseError, NoRoom
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.limits import BACKUP_SPARE_BYTES
from generation import certificates, policy_file

WORK = ".making"
KEYS = (secrets.FILE, f"{certificates.FOLDER}/{certificates.ROOT_KEY}", f"{certificates.FOLDER}/{certificates.KEY}")
"""In the data folder, and in a backup only by choice: who has them can sign as this server."""
OPEN = (f"{certificates.FOLDER}/{certificates.ROOT}", f"{certificates.FOLDER}/{certificates.CHAIN}")


@dataclass(frozen=True)
class Wish:
    """What to make: where, with pictures, with keys, under which passphrase (empty for none)."""

    folder: Path
    media: bool = True
    keys: bool = False
    passphrase: str = ""

    @classmethod
    def of(cls, config: Config) -> Wish:
        """As the configuration says. Raises Misconfigured when the passphrase cannot be read."""
        chosen = config.backup
        return cls(config.backup_dir, chosen.media, chosen.keys, chosen.passphrase())


@dataclass(frozen=True)
class Made:
    """A backup that was made; `fresh` pictures are those that were not beside the backups before."""

    path: Path
    manifest: Manifest
    bytes: int
    seconds: float
    fresh: int
    fresh_bytes: int


def _go_on() -> bool:
    return False


def create(config: Config, clock: Clock, wish: Wish, stopping: Callable[[], bool] = _go_on) -> Made:
    """Make a backup; blocks for seconds. What it did is noted in the server's folder, failures too.

    Raises Conflict while another one is made, NoRoom, Misconfigured, Unprocessable for a damaged database, and
    Unavailable when `stopping` says so.
    """
    with places.alone(wish.folder):
        places.note_state(config, began_ms=clock.now_ms())
        try:
            made = _create(config, clock, wish, stopping)
        except (FediverseError, OSError) as error:
            words = error.public if isinstance(error, FediverseError) else (error.strerror or str(error))
            with contextlib.suppress(OSError):  # a full disk takes no note either
                places.note_state(config, began_ms=0, failed_ms=clock.now_ms(), failure=words)
            raise
        manifest = made.manifest
        places.note_state(
            config, began_ms=0, made_ms=manifest.made_ms, file=made.path.name, bytes=made.bytes, seconds=made.seconds,
            pictures=manifest.pictures, picture_bytes=manifest.picture_bytes, encrypted=bool(manifest.recipient),
            keys=manifest.keys, failed_ms=0, failure="", verified_ms=0, problems=[],
        )  # fmt: skip
        return made


def _create(config: Config, clock: Clock, wish: Wish, stopping: Callable[[], bool]) -> Made:
    started, made_ms = clock.monotonic(), clock.now_ms()
    _check_room(config, wish.folder)
    work = wish.folder / WORK
    # What a killed one left; the lock says that nobody works there.
    shutil.rmtree(work, ignore_errors=True)
    places.tidy(wish.folder, clock)
    work.mkdir(mode=0o700)
    seal = seal_of(wish.folder, wish.passphrase) if wish.passphrase else None
    try:
        packing = Packing(work / "backup.tar", made_ms, seal)
        try:
            manifest, kept = _fill(packing, config, wish, work, made_ms, seal, stopping)
        except BaseException:
            packing.close(None)
            raise
        packing.close(manifest)
        fp("backup.before_rename")
        path = _free_name(wish.folder, made_ms)
        (work / "backup.tar").rename(path)
        places.sync_folder(wish.folder)
        return Made(path, manifest, path.stat().st_size, clock.monotonic() - started, kept.fresh, kept.fresh_bytes)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _fill(
    packing: Packing,
    config: Config,
    wish: Wish,
    work: Path,
    made_ms: int,
    seal: Seal | None,
    stopping: Callable[[], bool],
) -> tuple[Manifest, pictures.Kept]:
    # The database first: a picture that comes later is one too many, one that goes meanwhile went with its post.
    kind, facts = _database(packing, config, work)
    fp("backup.copied")
    files = {name: config.data_dir / name for name in (*OPEN, *(KEYS if wish.keys else ()))}
    files |= {FILE: _configuration(config), policy_file.FILE: policy_file.path_of(config)}
    for name, path in files.items():
        if path.is_file():
            with path.open("rb") as file:
                packing.add(name, file)
    kept = pictures.Kept()
    if wish.media:
        kept = pictures.keep(config.media_dir, wish.folder / places.PICTURES, seal, stopping)
        listed = work / PICTURES
        pictures.write_list(kept.listed, listed)
        with listed.open("rb") as file:
            # Names are hashes; readable, so that pictures which no backup needs can go without the passphrase.
            packing.add(PICTURES, file, sealed=False)
    facts_of_it: dict[str, Any] = {"revision": facts.revision, "counts": facts.counts, "database": kind}
    manifest = Manifest(
        made_ms=made_ms, program=__version__, public_url=config.public_url,
        keys=wish.keys and (config.data_dir / secrets.FILE).is_file(), media=wish.media,
        recipient=seal.recipient if seal else "", **facts_of_it,
    )  # fmt: skip
    size = sum(picture.bytes for picture in kept.listed)
    return replace(manifest, pictures=len(kept.listed), picture_bytes=size, parts=packing.parts), kept


def _configuration(config: Config) -> Path:
    """The file that was read, which need not lie in the data folder."""
    origins = {origin for _key, _value, origin in config.explain()} - {"default", "environment"}
    return Path(min(origins)) if origins else config.data_dir / FILE


def _database(packing: Packing, config: Config, work: Path) -> tuple[str, Facts]:
    source = copies.sqlite_path(config)
    if source is None:
        dump = work / DUMP
        facts = copies.dump_postgresql(config, dump)
        with dump.open("rb") as file:
            packing.add(DUMP, file)
        dump.unlink()
        return "postgresql", facts
    plain, packed = work / "database.sqlite", work / SQLITE
    facts = copies.copy_sqlite(source, plain)
    copies.pack(plain, packed)
    plain.unlink()
    with packed.open("rb") as file:
        packing.add(SQLITE, file)
    packed.unlink()
    return "sqlite", facts


def _check_room(config: Config, folder: Path) -> None:
    """Raises NoRoom unless the copy and what is packed of it fit, and some room is left for the server."""
    needed = 2 * copies.size_of(config) + BACKUP_SPARE_BYTES
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise NoRoom(
            f"A backup needs {needed / 2**20:.0f} MiB of room in {folder}, and there are {free / 2**20:.0f}.",
            retry_after=3600,
        )


def _free_name(folder: Path, made_ms: int) -> Path:
    while (path := folder / places.name_at(made_ms)).exists():
        made_ms += 1000
    return path
