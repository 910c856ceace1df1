"""`verify`: is a backup whole, does its database open, does it hold what it says, is every picture there?"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from fediverse_ai import migrations
from fediverse_ai.backup import copies, pictures, places, rehearsal
from fediverse_ai.backup.container import DUMP, PICTURES, SQLITE, Manifest, Packed, opened
from fediverse_ai.backup.copies import Facts
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured, NoRoom, Unprocessable

NAMED = 20
"""Problems that are told by name; of more the number."""


@dataclass
class Report:
    """What verifying found; `problems` is empty when the backup is good. `skipped`: what could not be looked at."""

    manifest: Manifest
    problems: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    pictures: int = 0

    @property
    def good(self) -> bool:
        return not self.problems


def verify(
    config: Config, path: Path, passphrase: str = "", *, read_pictures: bool = True, load: bool = True
) -> Report:
    """Look at all of a backup; blocks. `read_pictures` False looks whether they are there, without reading them.

    `load` False lists a dump of PostgreSQL, and does not load it into a database of its own.
    Raises Unprocessable for a file that is no backup at all, or when its passphrase is missing or wrong.
    """
    with opened(path) as packed:
        report = Report(packed.manifest)
        report.problems += [f"the part {name} is missing or changed" for name in packed.broken()]
        packed.unlock(passphrase)
        if report.good:
            with places.scratch(path.parent) as work:
                _database(config, packed, report, work, load=load)
                _pictures(packed, report, work, path.parent / places.PICTURES, read=read_pictures)
        if packed.manifest.revision > migrations.newest():
            report.problems.append(
                f"it is of revision {packed.manifest.revision}, and this program knows {migrations.newest()}"
            )
    return report


def _database(config: Config, packed: Packed, report: Report, work: Path, *, load: bool) -> None:
    try:
        if packed.manifest.database == "postgresql":
            facts = _dump(config, packed, report, work, load=load)
            if facts is None:
                return
        else:
            plain, packed_file = work / "database.sqlite", work / SQLITE
            packed.take(SQLITE, packed_file)
            copies.unpack(packed_file, plain)
            facts = copies.check_sqlite(plain)
    except Unprocessable as error:
        report.problems.append(error.public)
        return
    if facts.revision != packed.manifest.revision or facts.counts != packed.manifest.counts:
        report.problems.append("the database does not hold what the manifest says")


def _dump(config: Config, packed: Packed, report: Report, work: Path, *, load: bool) -> Facts | None:
    """What a dump holds; None where it could not be loaded here, which `report` says. Raises Unprocessable."""
    dump = work / DUMP
    packed.take(DUMP, dump)
    try:
        listed = copies.list_dump(config, dump)
    except Misconfigured as error:
        report.skipped.append(f"the dump was not read: {error.public}")
        return None
    if not listed:
        raise Unprocessable("the dump of the database is empty")
    why = "only a restore shows that it can be loaded"
    if load:
        try:
            return rehearsal.load(config, dump)
        except (Misconfigured, NoRoom) as error:
            why = error.public
    report.skipped.append(f"the dump was listed, not loaded: {why}")
    return None


def _pictures(packed: Packed, report: Report, work: Path, store: Path, *, read: bool) -> None:
    if not packed.manifest.media:
        report.skipped.append("it was made without pictures")
        return
    listed = work / PICTURES
    wrong: list[str] = []
    sealed = bool(packed.manifest.recipient)
    try:
        packed.take(PICTURES, listed)
        for picture in pictures.read_list(listed):
            report.pictures += 1
            problem = pictures.look(picture, store, packed.seal, sealed=sealed, read=read)
            if problem is not None:
                wrong.append(f"the picture {picture.name} is {problem}")
    except Unprocessable as error:
        report.problems.append(error.public)
    if report.pictures != packed.manifest.pictures:
        report.problems.append("the list of pictures is not as long as the manifest says")
    report.problems += wrong[:NAMED]
    if len(wrong) > NAMED:
        report.problems.append(f"{len(wrong) - NAMED} further pictures are missing or changed")
