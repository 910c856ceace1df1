"""`restore`: a backup becomes a server again, in a new folder; until everything is settled that folder is no server."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from fediverse_ai import migrations
from fediverse_ai.backup import afterwards, copies, pictures, places, settle
from fediverse_ai.backup.afterwards import Entry
from fediverse_ai.backup.container import DUMP, PICTURES, SQLITE, Manifest, Packed, opened
from fediverse_ai.backup.create import KEYS, OPEN
from fediverse_ai.core import secrets
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import FILE, Config
from fediverse_ai.core.database import SQLITE_FILE
from fediverse_ai.core.errors import Conflict, Misconfigured, Unprocessable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.wiring import close_context, open_context
from generation import certificates, policy_file

WORK = ".restoring"
FORMER = f"{certificates.FOLDER}-former"
ALLOWED = frozenset({WORK, "lost+found", "backups"})
"""What an empty folder may hold: a mount point's own, a restore that was killed, and the backups themselves."""


@dataclass(frozen=True)
class Plan:
    """What to bring back, from where, to where. `lists`: of what came afterwards; None for those beside the backup."""

    backup: Path
    target: Path
    load: Callable[[Path], Config]
    """The configuration of a folder, as the command line wants it."""
    passphrase: str = ""
    secret_file: Path | None = None
    lists: list[Path] | None = None
    store: Path | None = None
    """Where the pictures lie; None for `media` beside the backup."""
    keep_sessions: bool = False


@dataclass
class Restored:
    """What was done; `problems` are pictures that are missing or changed."""

    manifest: Manifest
    revision: str
    floor_ms: int
    known_until_ms: int
    """Until when the list beside the backups tells what happened; 0 where there is none."""
    settled: dict[str, int] = field(default_factory=dict)
    pictures: int = 0
    problems: list[str] = field(default_factory=list)
    new_certificates: bool = False
    """The key of the certificates that vouch for pictures was not kept, so new pictures get new ones."""


def check(plan: Plan) -> Manifest:
    """Everything that can be seen before anything is written. Raises Unprocessable, Misconfigured, Conflict."""
    if plan.target.exists() and {path.name for path in plan.target.iterdir()} - ALLOWED:
        raise Conflict(f"{plan.target} is not empty: a backup is restored into a new folder.")
    with opened(plan.backup) as packed:
        manifest = packed.manifest
        if manifest.revision > migrations.newest():
            raise Misconfigured(
                f"The backup is of revision {manifest.revision}, this program knows {migrations.newest()}: install the "
                f"program that made it ({manifest.program}) or a newer one."
            )
        if broken := list(packed.broken()):
            raise Unprocessable(f"The backup is damaged: {', '.join(broken)} is missing or changed.")
        if not packed.has(secrets.FILE) and plan.secret_file is None:
            raise Misconfigured(
                f"The backup holds no {secrets.FILE}, without which nobody can sign as {manifest.public_url}: "
                "give the file that you kept with --secret-key."
            )
    return manifest


async def restore(plan: Plan, clock: Clock) -> Restored:
    """Bring a backup back.

    Raises Unprocessable, Misconfigured, Conflict; then folder and database are as they were before.
    """
    check(plan)
    plan.target.mkdir(mode=0o700, parents=True, exist_ok=True)
    work = plan.target / WORK
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(mode=0o700)
    try:
        with opened(plan.backup) as packed:
            packed.unlock(plan.passphrase)
            restored = await _restore(plan, packed, work, clock)
        fp("restore.settled")
        _move_in(work, plan.target)
        return restored
    finally:
        shutil.rmtree(work, ignore_errors=True)


async def _restore(plan: Plan, packed: Packed, work: Path, clock: Clock) -> Restored:
    manifest = packed.manifest
    config = _files(plan, packed, work)
    entries, until, floor = _since(plan, packed)
    _database(config, packed, work)
    try:
        return await _settled(plan, packed, config, work, clock, since=(entries, until, floor))
    except BaseException:
        if manifest.database == "postgresql":
            copies.clear_postgresql(config)
        raise


async def _settled(
    plan: Plan, packed: Packed, config: Config, work: Path, clock: Clock, *, since: tuple[list[Entry], int, int]
) -> Restored:
    """Make a server of the database that was brought back: of this revision, with new ids, and nothing on its way."""
    manifest, (entries, until, floor) = packed.manifest, since
    _check_secret(config, clock)
    _before, revision = migrations.upgrade(config)
    floor += settle.ahead_before(config)
    settle.begin(config, plan.backup.name, manifest.made_ms, floor, clock.now_ms(), complete=until > 0)
    restored = Restored(manifest, revision or "", floor, until, new_certificates=_without_their_key(work))
    if manifest.media:
        _pictures(plan, packed, config, work, restored)
    context = await open_context(config, engine=False, clock=clock)
    try:
        restored.settled = await settle.settle(context, entries, keep_sessions=plan.keep_sessions)
        if not await settle.is_sound(context):
            raise Unprocessable("The restored database is not sound; nothing was kept.")
    finally:
        await close_context(context)
    afterwards.leave(entries, config)
    return restored


def _files(plan: Plan, packed: Packed, work: Path) -> Config:
    """Configuration, policy, certificates and keys; the configuration as it is in force here."""
    for name in (FILE, policy_file.FILE, *OPEN, *KEYS):
        if packed.has(name):
            (work / name).parent.mkdir(mode=0o700, exist_ok=True)
            packed.take(name, work / name)
    if plan.secret_file is not None:
        _keys_beside(plan.secret_file, work)
    config = plan.load(work)
    if config.public_url != packed.manifest.public_url:
        raise Misconfigured(
            f"The backup is of {packed.manifest.public_url} and the configuration says {config.public_url}: "
            "ids cannot move to another address."
        )
    kind = "sqlite" if copies.sqlite_path(config) is not None else "postgresql"
    if kind != packed.manifest.database:
        raise Misconfigured(
            f"The backup is of a database on {packed.manifest.database}, and the configuration names one on {kind}."
        )
    return config


def _keys_beside(secret_file: Path, work: Path) -> None:
    """secret.key as it was given, and what was kept beside it of the other keys, where the backup has none."""
    (work / secrets.FILE).unlink(missing_ok=True)
    places.write_small(work / secrets.FILE, secret_file.read_bytes())
    for name in KEYS[1:]:
        kept = secret_file.parent / name
        if kept.is_file() and not (work / name).exists():
            (work / name).parent.mkdir(mode=0o700, exist_ok=True)
            places.write_small(work / name, kept.read_bytes())


def _without_their_key(work: Path) -> bool:
    """Put certificates aside whose key nobody kept: the server makes new ones at its start. Were there any?"""
    folder = work / certificates.FOLDER
    if not (folder / certificates.ROOT).exists() or (folder / certificates.ROOT_KEY).exists():
        return False
    folder.rename(work / FORMER)
    return True


def _since(plan: Plan, packed: Packed) -> tuple[list[Entry], int, int]:
    """(what came after the backup, until when that is known or 0, the moment after which ids are new)."""
    beside = plan.backup.parent
    lists = afterwards.lists_in(beside) if plan.lists is None else plan.lists
    entries = afterwards.gathered(lists, packed.seal)
    folders = {beside, *(path.parent for path in lists)}
    seen = max([afterwards.seen_ms(folders), *(entry.at for entry in entries)])
    # A list that ends before the backup was made tells nothing of what came after it.
    until = seen if lists and seen >= packed.manifest.made_ms else 0
    margin = int(2 * afterwards.SEEN_SECONDS * 1000)
    return entries, until, max(seen, packed.manifest.made_ms) + margin


def _database(config: Config, packed: Packed, work: Path) -> None:
    if packed.manifest.database == "sqlite":
        path = copies.sqlite_path(config)
        assert path is not None, "the kinds were compared"
        if path.exists() or path.parent.resolve() != work.resolve():
            raise Misconfigured(f"The configuration names the database {path}; only {SQLITE_FILE} can be restored.")
        packed.take(SQLITE, work / SQLITE)
        copies.unpack(work / SQLITE, path)
        (work / SQLITE).unlink()
        copies.check_sqlite(path)
        return
    packed.take(DUMP, work / DUMP)
    copies.load_postgresql(config, work / DUMP)
    (work / DUMP).unlink()


def _check_secret(config: Config, clock: Clock) -> None:
    """Raises Misconfigured unless secret.key is the one that belongs to this database."""
    box = secrets.open_box(config.data_dir, clock)
    with migrations.connect(config) as connection:
        query = text("SELECT private_sealed FROM key WHERE private_sealed IS NOT NULL LIMIT 1")
        sealed = connection.execute(query).scalar()
    if sealed is not None:
        box.open(bytes(sealed))


def _pictures(plan: Plan, packed: Packed, config: Config, work: Path, restored: Restored) -> None:
    listed = work / PICTURES
    packed.take(PICTURES, listed)
    store = plan.store or plan.backup.parent / places.PICTURES
    for picture in pictures.read_list(listed):
        problem = pictures.give_back(picture, store, config.media_dir, packed.seal)
        if problem is None:
            restored.pictures += 1
        else:
            restored.problems.append(f"the picture {picture.name} is {problem}")
    listed.unlink()


def _move_in(work: Path, target: Path) -> None:
    """One rename after the other; the secret comes last, and without it the folder is no server."""
    for path in sorted(work.iterdir(), key=lambda one: one.name == secrets.FILE):
        path.rename(target / path.name)
    places.sync_folder(target)
