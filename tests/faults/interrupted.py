"""FI-19 as a program: migrate a filled database of the first revision, die at a step, and look at what is left.

`python -m tests.faults.interrupted FOLDER ROWS STEPS POSTGRESQL_URL` prints the figures as JSON. Each try is a process
of its own that is killed with signal 9 by a failpoint; STEPS bounds how many statements are died at, 0 for each one.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sqlite3
import struct
import sys
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

import psycopg
import sqlalchemy as sa

from fediverse_ai import migrations
from fediverse_ai.core import failpoints
from fediverse_ai.core.config import Config, DatabaseSection
from fediverse_ai.core.database import SQLITE_FILE
from tests.support import filled

FIRST = "0001"
KILLED = -signal.SIGKILL


@dataclass
class Figures:
    """What is reported: every number of `kills` and `cuts` is a state that was opened, checked and migrated again."""

    rows: int = 0
    statements: int = 0
    kills: int = 0
    rolled_back: int = 0
    finished: int = 0
    cuts: int = 0
    seconds: float = 0.0


def apart(work: Callable[[], object], failpoint: str = "") -> int:
    """Do it in a process of its own with a failpoint armed; its exit code, negative for a signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.environ[failpoints.VARIABLE] = failpoint
            failpoints.reset()
            work()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


class Programme:
    """The sample, the right result, and the tries."""

    def __init__(self, folder: Path, url: str = "") -> None:
        self.folder, self.url, self.figures = folder, url, Figures()
        self.number = 0
        folder.mkdir(parents=True, exist_ok=True)

    def fresh(self) -> Config:
        """A copy of the sample."""
        self.number += 1
        return self._copy(f"try{self.number}")

    def _copy(self, name: str) -> Config:
        place = self.folder / name
        place.mkdir()
        if not self.url:
            shutil.copy(self.folder / "sample" / SQLITE_FILE, place / SQLITE_FILE)
            return Config(data_dir=place)
        self._postgresql(f"CREATE DATABASE fi19_{name} TEMPLATE fi19_sample")
        return Config(data_dir=place, database=DatabaseSection(url=self._url(f"fi19_{name}")))

    def drop(self, config: Config) -> None:
        """A try that was looked at needs no room any more."""
        shutil.rmtree(config.data_dir)
        if self.url:
            self._postgresql(f"DROP DATABASE fi19_{config.data_dir.name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return self.url.replace("/postgres?", f"/{name}?")

    def _postgresql(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]  # names of our own

    def prepare(self, rows: int) -> None:
        """Fill a database of the first revision, and migrate a copy without any fault."""
        place = self.folder / "sample"
        place.mkdir()
        config = Config(data_dir=place)
        if self.url:
            self._postgresql("CREATE DATABASE fi19_sample TEMPLATE template0")
            config = Config(data_dir=place, database=DatabaseSection(url=self._url("fi19_sample")))
        migrations.upgrade(config, FIRST)
        with migrations.connect(config) as connection:
            self.figures.rows = filled.fill(connection, rows)
        with migrations.connect(config) as connection:
            self.columns = filled.columns_of(connection)
            self.before = filled.digest(connection)
        right = self.fresh()
        failpoints.reset()
        os.environ[failpoints.VARIABLE] = f"migrate.statement:sleep:{10**9}"  # counted, and never reached
        migrations.upgrade(right)
        self.figures.statements = failpoints._hits["migrate.statement"]
        self.copied = not self.url
        with migrations.connect(right) as connection:
            self.after = filled.digest(connection)
            assert filled.digest(connection, self.columns) == self.before, "old columns hold what they held"
        self.drop(right)

    def kill_at(self, point: str, *, finished: bool = False) -> None:
        """Die there; then the database is whole, as before or as after, and the next start ends it rightly."""
        config = self.fresh()
        assert apart(lambda: migrations.upgrade(config), f"{point.partition(':')[0]}:kill9:{_nth(point)}") == KILLED, (
            point
        )
        self.figures.kills += 1
        self.look(config, migrations.newest() if finished else FIRST)
        self.drop(config)

    def look(self, config: Config, expected: str) -> None:
        """Integrity, revision and rows; then the migration is run again, and its result is the right one."""
        with migrations.connect(config) as connection:
            assert _whole(connection)
            assert migrations._revision(connection) == expected
            known = filled.digest(connection, self.columns)
            assert known == self.before, [name for name in known if known[name] != self.before[name]]
        if expected == FIRST:
            self.figures.rolled_back += 1
        else:
            self.figures.finished += 1
        migrations.upgrade(config)
        with migrations.connect(config) as connection:
            assert filled.digest(connection) == self.after
            assert _whole(connection)
        if not self.url and self.copied:
            assert not list(config.data_dir.glob("*.part"))

    def cut_power(self, states: int, seed: int) -> None:
        """SQLite: what was not synced is torn or lost, and the file is found half folded."""
        chance = random.Random(seed)
        for point, expected in (("migrate.before_commit", FIRST), ("migrate.committed", migrations.newest())):
            config = self.fresh()
            # Somebody else has the file open, so that the log is not folded into it at the end of the process.
            with closing(sqlite3.connect(config.data_dir / SQLITE_FILE)) as other:
                other.execute("SELECT count(*) FROM sqlite_master").fetchone()
                assert apart(lambda config=config: migrations.upgrade(config), f"{point}:kill9") == KILLED
                data = (config.data_dir / SQLITE_FILE).read_bytes()
                log = (config.data_dir / f"{SQLITE_FILE}-wal").read_bytes()
            for _ in range(states):
                torn = _torn(log, chance) if expected == FIRST else log
                file = data if expected == FIRST else _half_folded(data, log, chance)
                self._restart(file, torn, expected)
            self.drop(config)

    def _restart(self, data: bytes, log: bytes, expected: str) -> None:
        config = self.fresh()
        (config.data_dir / SQLITE_FILE).write_bytes(data)
        (config.data_dir / f"{SQLITE_FILE}-wal").write_bytes(log)
        self.figures.cuts += 1
        self.look(config, expected)
        self.drop(config)


def _nth(point: str) -> str:
    return point.partition(":")[2] or "1"


def _whole(connection: sa.Connection) -> bool:
    if connection.dialect.name != "sqlite":
        return True
    found = connection.exec_driver_sql("PRAGMA integrity_check").fetchall()
    return found == [("ok",)] and connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall() == []


def _torn(log: bytes, chance: random.Random) -> bytes:
    """Of what was written and never synced any part may have reached the disk, in sectors of 512 bytes."""
    sectors = [log[at : at + 512] for at in range(0, len(log), 512)]
    kept = sectors[: chance.randint(0, len(sectors))]
    return b"".join(sector if chance.random() < 0.9 else bytes(len(sector)) for sector in kept)


def _half_folded(data: bytes, log: bytes, chance: random.Random) -> bytes:
    """The log is synced and whole; some of its pages have reached the file, some of those torn."""
    page = struct.unpack(">I", log[8:12])[0]
    file = bytearray(data)
    for at in range(32, len(log) - page - 23, page + 24):
        number = struct.unpack(">I", log[at : at + 4])[0]
        if chance.random() < 0.5:
            content = log[at + 24 : at + 24 + (page if chance.random() < 0.8 else 512)]
            start = (number - 1) * page
            file.extend(bytes(max(0, start + page - len(file))))
            file[start : start + len(content)] = content
    return bytes(file)


def programme(folder: Path, rows: int, steps: int, url: str = "") -> Figures:
    """All of it on one database, about `steps` statements died at (0: each); the figures."""
    began = time.monotonic()
    work = Programme(folder, url)
    work.prepare(rows)
    count = work.figures.statements
    for number in range(1, count + 1, max(1, count // steps) if steps else 1):
        work.kill_at(f"migrate.statement:{number}")
    work.kill_at("migrate.before_commit")
    work.kill_at("migrate.committed", finished=True)
    if not url:
        work.kill_at("migrate.copied")
        work.cut_power(max(1, steps // 2) if steps else 200, seed=19)
    work.figures.seconds = round(time.monotonic() - began, 1)
    return work.figures


def main(folder: str, rows: str, steps: str, url: str) -> None:
    found = {"sqlite": programme(Path(folder, "sqlite"), int(rows), int(steps))}
    found["postgresql"] = programme(Path(folder, "postgresql"), int(rows), int(steps), url)
    print(json.dumps({name: asdict(figures) for name, figures in found.items()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
