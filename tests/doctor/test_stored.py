"""What is wrong inside: each fault is made in a real server's folder or database, and named with what to do."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from actors import stops
from actors.models import Key
from fediverse_ai import disk, migrations
from fediverse_ai.backup import places
from fediverse_ai.core import limits, observations, room
from fediverse_ai.core.clock import FrozenClock, SystemClock
from fediverse_ai.core.config import Config, ServerSection
from fediverse_ai.doctor import examine, here, peers, stored
from fediverse_ai.doctor.findings import NAMES, Finding, report, worst
from generation.moderators import files
from generation.pipeline import Pipeline
from outbox.models import HostState, Post
from tests.doctor.ward import Ward, ward
from tests.support.house import furnish
from tests.support.peer import http_date

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Ward]:
    async with ward(tmp_path_factory.mktemp("ward")) as made:
        yield made


async def inside(home: Ward) -> dict[str, Finding]:
    """What is not well within, by name."""
    found = await examine._answers(stored.questions(home.context))
    return {one.name: one for one in found if one.level != "ok"}


async def test_a_well_server_has_no_finding_within(home: Ward) -> None:
    assert await inside(home) == {}


async def sql(home: Ward, statement: str, **values: Any) -> None:
    async with home.context.database.write() as session:
        await session.execute(text(statement), values)


async def _no_sign_of_life(home: Ward) -> None:
    home.clock.forward(limits.HEARTBEAT_LATE_SECONDS + 1)


async def _queue_without_worker(home: Ward) -> None:
    async with home.context.database.write() as session:
        for row in await observations.named(session, "process:"):
            row.value = {**row.value, "queues": ["in"]}
            session.add(row)


async def _work_waits(home: Ward) -> None:
    now = home.context.clock.now_ms()
    for queue, minutes in (("out", 6), ("generate", 59)):
        await sql(home, "INSERT INTO workflow_status (workflow_uuid, status, queue_name, created_at, updated_at, "
                  "recovery_attempts, priority, rate_limited) VALUES (:id, 'ENQUEUED', :queue, :at, :at, 0, 0, 0)",
                  id=f"late-{queue}", queue=queue, at=now - minutes * 60_000)  # fmt: skip


async def _posts_of_tomorrow(home: Ward) -> None:
    async with home.context.database.write() as session:
        ann = (await session.execute(text("SELECT id FROM actor WHERE username = 'ann'"))).scalar_one()
        later = home.context.clock.now_ms() + 86_400_000
        session.add(Post(id=1, uri="https://x.test/1", author_id=ann, created_ms=later, state="deleted"))


async def _keys_of_another_secret(home: Ward) -> None:
    async with home.context.database.write() as session:
        query = text("SELECT key.id FROM key JOIN actor ON actor.id = actor_id WHERE username = 'ann' LIMIT 1")
        row = await session.get(Key, (await session.execute(query)).scalar_one())
        assert row is not None
        row.private_sealed = b"\x01" + b"0" * 60
        session.add(row)


async def _another_address(home: Ward) -> None:
    await sql(home, "UPDATE actor SET host = 'elsewhere.example' WHERE username = 'ann'")


async def _old_backup(home: Ward) -> None:
    [newest] = places.backups_in(home.context.config.backup_dir)
    newest.path.rename(newest.path.with_name(places.name_at(newest.made_ms - 3 * 86_400_000)))


async def _no_backup(home: Ward) -> None:
    for found in places.backups_in(home.context.config.backup_dir):
        found.path.unlink()
    home.clock.forward(3 * 86_400)


async def _failed_backup(home: Ward) -> None:
    places.note_state(home.context.config, failed_ms=home.context.clock.now_ms(), failure="no room on the disk")


async def _stopped(home: Ward) -> None:
    async with home.context.database.write() as session:
        await stops.put(session, "outbox", "a flood")
    home.clock.forward(2)


async def _policy_file(home: Ward) -> None:
    Path(home.context.config.moderation.policy_file).write_text("version = [")  # noqa: ASYNC240 - a test
    # A file that changes is taken when it has been the same for a while.
    assert home.context.part(Pipeline).policy_version
    home.clock.forward(60)


FAULTS: dict[str, tuple[Callable[[Ward], Awaitable[None]], str, str, str, str]] = {
    "a worker that is silent": (_no_sign_of_life, "worker", "problem", "sign of life", "fediverse-ai serve"),
    "a queue that nobody runs": (_queue_without_worker, "worker", "problem", "generate", "jobs.elsewhere"),
    "work that waits": (_work_waits, "queues", "problem", "1 in out, the oldest for 6 minutes", "the log names jobs"),
    "posts of tomorrow": (_posts_of_tomorrow, "clock", "problem", "from the future", "NTP"),
    "keys of another secret": (_keys_of_another_secret, "keys", "problem", "the keys of ann", "secret.key"),
    "another address": (_another_address, "address", "problem", "elsewhere.example", "ids cannot move"),
    "an old backup": (_old_backup, "backup", "problem", "the newest backup is of", "backup create"),
    "no backup": (_no_backup, "backup", "problem", "there is no backup", "backup create"),
    "a backup that failed": (_failed_backup, "backup", "problem", "no room on the disk", "Mend that"),
    "something stopped": (_stopped, "stopped", "advice", "outbox, because: a flood", "fediverse-ai start outbox"),
    "a broken policy": (_policy_file, "policy", "problem", "", "policy check"),
}


# Several in one server, where none hides another.
TOGETHER = (
    ("a worker that is silent", "posts of tomorrow", "keys of another secret", "another address",
     "an old backup", "something stopped", "a broken policy"),
    ("a queue that nobody runs", "work that waits", "a backup that failed"),
    ("no backup",),
)  # fmt: skip


@pytest.mark.parametrize("faults", TOGETHER, ids=lambda faults: faults[0])
async def test_faults_within_are_named_with_their_cures(faults: tuple[str, ...], tmp_path: Path) -> None:
    async with ward(tmp_path, listens=False) as home:
        for fault in faults:
            await FAULTS[fault][0](home)
        seen = await inside(home)
    for _make, name, level, words, cure in (FAULTS[fault] for fault in faults):
        found = seen[name]
        assert (found.level, words in found.words, cure in found.cure) == (level, True, True), found


async def test_no_fault_is_left_out() -> None:
    assert sorted(name for group in TOGETHER for name in group) == sorted(FAULTS)


async def test_a_disk_without_room_and_one_that_fills(home: Ward, monkeypatch: pytest.MonkeyPatch) -> None:
    now = await disk.forecast(home.context)
    for days, level in ((59, "advice"), (60, "ok"), (13, "problem"), (14, "advice")):
        monkeypatch.setattr(disk, "forecast", _forecasting(replace(now, days=days)))
        found = await stored._disk(home.context)
        assert (found.level, f"{days} days" in found.words) == (level, True)
    monkeypatch.setattr(room, "short", lambda _config: True)
    assert (await stored._disk(home.context)).level == "problem"


def _forecasting(made: disk.Forecast) -> Callable[[Any], Awaitable[disk.Forecast]]:
    async def forecast(_context: Any) -> disk.Forecast:
        return made

    return forecast


async def test_a_generator_that_is_silent_or_another_one(tmp_path: Path) -> None:
    backends = {"studio": {"kind": "openai", "url": "http://127.0.0.1:1/v1", "model": "m", "sha256": "a" * 64}}
    async with ward(tmp_path, listens=False, generation={"backends": backends}) as home:
        card = await home.context.part(Pipeline).card("studio")
        home.context.part(Pipeline)._cards["studio"] = replace(card, sha256="b" * 64)
        assert (await stored.models(home.context)).words.startswith("studio: the model's files have another digest")


async def test_a_model_file_that_is_missing_or_changed(monkeypatch: pytest.MonkeyPatch, home: Ward) -> None:
    assert [one.sound for one in files.look({"nudity", "bodies"})] == [True, True]
    monkeypatch.setattr(home.context.part(Pipeline), "_moderators", [type("M", (), {"name": "nudity"})])
    wrong = [(name, package, file, "0" * 64) for name, package, file, _ in files._FILES]
    monkeypatch.setattr(files, "_FILES", tuple(wrong))
    found = await stored.model_files(home.context)
    assert (found.level, "nudity (open-nsfw.onnx)" in found.words) == ("problem", True)


async def test_a_mail_server_that_is_none(tmp_path: Path) -> None:
    async def answer(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(next(greetings))
        writer.close()

    greetings = iter((b"220 mail.test ready\r\n", b"SSH-2.0-x\r\n"))
    listener = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = listener.sockets[0].getsockname()[1]
    mail = {"host": "127.0.0.1", "port": port, "tls": "none", "from_address": "a@example.org"}
    config = Config(data_dir=tmp_path, server=ServerSection(development=True), mail=mail)
    assert (await stored._mail(config)).level == "ok"
    assert "no mail server" in (await stored._mail(config)).words
    listener.close()
    await listener.wait_closed()
    found = await stored._mail(config)
    assert (found.level, "does not answer" in found.words) == ("problem", True)


@pytest.mark.parametrize(
    ("ahead", "level", "words"),
    [(0, "ok", "agrees with 1"), (60, "advice", "60 s fast"), (-600, "problem", "600 s slow")],
)
async def test_the_clock_is_held_against_those_of_others(home: Ward, ahead: int, level: str, words: str) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(f"HTTP/1.1 200 OK\r\nDate: {http_date()}\r\nContent-Length: 2\r\n\r\n{{}}".encode())
        await writer.drain()
        writer.close()

    far = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with home.context.database.write() as session:
        host = f"127.0.0.1:{far.sockets[0].getsockname()[1]}"
        session.add(HostState(host=host, last_success_ms=home.context.clock.now_ms()))
    home.clock.forward(ahead)
    try:
        found = await peers.clock(home.context)
    finally:
        home.clock.forward(-ahead)
        await sql(home, "DELETE FROM host_state")
        far.close()
    assert found is not None
    assert found.level == level
    number = next((int(word) for word in found.words.split() if word.isdigit()), 0)
    assert abs(number - abs(ahead)) <= 2 or ahead == 0
    assert words.split()[-1] in found.words


async def test_shapes_of_a_database(tmp_path: Path) -> None:
    def found() -> dict[str, Finding]:
        return {one.name: one for one in stored.shape(config, SystemClock()) if one.level != "ok"}

    config = Config(data_dir=tmp_path, server=ServerSection(development=True))
    furnish(config)
    path = tmp_path / "fediverse.db"
    assert found() == {}
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '0001'")
        database.commit()
    assert "db migrate" in found()["migrations"].cure
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
        database.commit()
    assert "newer program" in found()["migrations"].cure
    with closing(sqlite3.connect(path)) as database:
        database.execute("UPDATE alembic_version SET version_num = :it", {"it": migrations.newest()})
        database.execute("ALTER TABLE stop ADD COLUMN colour VARCHAR")
        database.execute("INSERT INTO post_tag (post_id, name) VALUES (1, 'lost')")
        database.commit()
    assert found().keys() == {"tables", "database"}
    assert "1 row lacks" in found()["database"].words
    data = bytearray(path.read_bytes())
    data[8192:12288] = b"\xff" * 4096
    path.write_bytes(data)
    assert "damaged" in stored.integrity(config, SystemClock()).words


async def test_a_large_database_is_looked_at_for_as_long_as_there_is_time(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, server=ServerSection(development=True))
    with closing(sqlite3.connect(tmp_path / "fediverse.db")) as database:
        database.execute("CREATE TABLE t (x TEXT)")
        database.executemany("INSERT INTO t VALUES (?)", (("x" * 100,) for _ in range(20_000)))
        database.commit()
    assert "backup verify" in stored.integrity(config, SystemClock(), seconds=0).words


async def test_a_clock_before_the_program_was_written(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path, server=ServerSection(public_url="https://pictures.example"))
    early = FrozenClock(here.RELEASED.replace(year=2020))
    found = {one.name: one for one in here.look(config, early)}
    assert (found["clock"].level, "2020" in found["clock"].words) == ("problem", True)
    assert here.sqlite((3, 40, 0)).level == "advice"
    assert here.sqlite((3, 51, 3)).level == "ok"


async def test_the_report_has_a_shape_that_stays() -> None:
    findings = [Finding("clock", "ok", "fine"), Finding("disk", "advice", "soon", "Make room.")]
    said = report(findings, "https://pictures.example", SystemClock())
    assert list(said) == ["schema", "version", "url", "at", "well", "findings"]
    assert (said["schema"], said["well"], worst(findings)) == (1, True, "advice")
    assert said["findings"][1] == {"name": "disk", "level": "advice", "words": "soon", "cure": "Make room."}
    assert len(set(NAMES)) == len(NAMES)


async def test_every_name_is_listed(home: Ward) -> None:
    found = await examine.everything(home.context)
    assert {one.name for one in found} <= set(NAMES)
    assert not [one for one in found if one.level != "ok" and not one.cure]
