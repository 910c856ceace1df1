"""The list of what came after a backup: every line once, beside the backups too, and bounded."""

from __future__ import annotations

import asyncio
import base64
import json
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pyrage
import pytest
import pytest_asyncio
from sqlmodel import col, update

from actors.audit import AuditEntry
from actors.models import Actor
from fediverse_ai.backup import afterwards, places, scheduled
from fediverse_ai.backup.afterwards import Afterwards, Entry
from fediverse_ai.backup.scheduled import Backups
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from outbox.models import Notification, Post
from outbox.publish import remove
from tests.support import rooms
from tests.support.house import House, house

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = 3600.0


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with house(tmp_path_factory.mktemp("server")) as made:
        yield made


async def delete_one(home: House, ann: Actor) -> str:
    post = await rooms.published(home, ann, "Soon gone")
    async with home.context.database.write() as session:
        await remove(session, await session.get_one(Post, post.id))
    return post.uri


def listed(path: Path) -> list[str]:
    return [entry.uri for entry in afterwards.entries_in(path) if entry.kind == "post"]


async def test_each_line_once_here_and_beside_the_backups(home: House) -> None:
    context, config = home.context, home.context.config
    ann = await home.make_actor("ann", role="owner")
    config.backup_dir.mkdir()
    part = Afterwards(context)
    await part.write()
    uris = [await delete_one(home, ann) for _ in range(3)]
    assert await part.write() >= 3
    assert await part.write() == 0
    # A process that begins anew reads what is there.
    assert await Afterwards(context).write() == 0
    assert listed(config.data_dir / afterwards.LIST) == uris
    assert listed(config.backup_dir / afterwards.LIST) == uris
    assert stat.S_IMODE((config.backup_dir / afterwards.LIST).stat().st_mode) == 0o600
    assert context.clock.now_ms() - afterwards.seen_ms([config.backup_dir]) < 60_000
    uris.append(await delete_one(home, ann))
    await part.write()
    assert listed(config.backup_dir / afterwards.LIST) == uris
    # Somebody took the copy away: it is there again, whole.
    (config.backup_dir / afterwards.LIST).unlink()
    await part.write()
    assert listed(config.backup_dir / afterwards.LIST) == uris


async def test_more_than_one_look_takes(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of one moment, and of many: none is left out, though a look takes only some."""
    context = home.context
    ben = await home.make_actor("ben")
    part = Afterwards(context)
    await part.write()
    uris = {await delete_one(home, ben) for _ in range(6)}
    now = context.clock.now_ms()
    async with context.database.write() as session:
        await session.exec(update(Post).where(col(Post.author_id) == ben.id).values(deleted_ms=now))
    monkeypatch.setattr(limits, "AFTERWARDS_ROWS", 6)
    await part.write()
    assert uris <= set(listed(context.config.data_dir / afterwards.LIST))


async def test_the_older_half_goes_when_it_is_too_long(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / afterwards.LIST
    entries = [Entry(at, "post", f"https://a.example/{at}") for at in range(10)]
    afterwards._append(path, map(afterwards._line, entries))
    monkeypatch.setattr(limits, "AFTERWARDS_BYTES", path.stat().st_size)
    afterwards._shorten(path)
    assert list(afterwards.entries_in(path)) == entries
    monkeypatch.setattr(limits, "AFTERWARDS_BYTES", path.stat().st_size - 1)
    afterwards._shorten(path)
    assert list(afterwards.entries_in(path)) == entries[5:]


async def test_beside_encrypted_backups_the_lines_are_encrypted(tmp_path: Path) -> None:
    identity = pyrage.x25519.Identity.generate()
    folder = tmp_path / "backups"
    folder.mkdir()
    (folder / "key.pub").write_text(f"{identity.to_public()}\n")
    entry = Entry(1, "follow", "https://a.example/1", "https://a.example/ann", "https://b.example/bob")
    afterwards._append(tmp_path / afterwards.LIST, [afterwards._line(entry)])
    afterwards.copy(tmp_path / afterwards.LIST, folder)
    raw = (folder / afterwards.LIST).read_bytes()
    assert b"example" not in raw
    opened = pyrage.decrypt(base64.b64decode(raw.removeprefix(b"age:")), [identity])
    assert json.loads(opened)["whom"] == "https://b.example/bob"
    with pytest.raises(Unprocessable, match="is encrypted"):
        list(afterwards.entries_in(folder / afterwards.LIST))


async def test_the_list_of_a_lost_server_is_not_overwritten(tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    theirs = [Entry(at, "post", f"https://a.example/{at}") for at in (1, 2, 3)]
    afterwards._append(folder / afterwards.LIST, map(afterwards._line, theirs))
    ours = [Entry(9, "post", "https://a.example/9")]
    afterwards._append(tmp_path / afterwards.LIST, map(afterwards._line, ours))
    afterwards.copy(tmp_path / afterwards.LIST, folder)
    assert listed(folder / afterwards.LIST) == ["https://a.example/9"]
    assert afterwards.gathered(afterwards.lists_in(folder), None) == [*theirs, *ours]
    with (folder / afterwards.LIST).open("ab") as file:
        file.write(b'{"at": 10, "kind": "post", "uri": "https://a.example/cut')
    assert listed(folder / afterwards.LIST) == ["https://a.example/9"]


@pytest.mark.parametrize("cut", [1, 40, 100_000])
async def test_a_line_that_was_cut_off_spoils_no_other(tmp_path: Path, cut: int) -> None:
    """Here and beside the backups, as a full disk or a power cut leaves it: part of a line, however long."""
    folder = tmp_path / "backups"
    folder.mkdir()
    here, beside = tmp_path / afterwards.LIST, folder / afterwards.LIST
    entries = [Entry(at, "post", f"https://a.example/{at}{'x' * cut}") for at in (1, 2, 3)]
    afterwards._append(here, [afterwards._line(entries[0])])
    afterwards.copy(here, folder)
    for path in (here, beside):
        with path.open("ab") as file:
            file.write(afterwards._line(entries[1])[:cut])
    for entry in entries[1:]:
        afterwards._append(here, [afterwards._line(entry)])
        afterwards.copy(here, folder)
    assert list(afterwards.entries_in(here)) == list(afterwards.entries_in(beside)) == entries
    alone = tmp_path / "alone"
    alone.write_bytes(b"cut")
    afterwards._append(alone, [b"whole"])
    assert alone.read_bytes() == b"whole\n"


async def test_a_day_has_one_backup(home: House) -> None:
    context, config, clock = home.context, home.context.config, home.clock
    await scheduled.due(context)
    assert places.backups_in(config.backup_dir) == [], "a new server waits for its first hour"
    before = places.state_of(config).since_ms
    for hours in range(1, 51):
        clock.forward(HOUR)
        await scheduled.due(context)
        made = places.backups_in(config.backup_dir)
        passed = sum(1 for past in range(1, hours + 1) if _hour(before + past * 3_600_000) == config.backup.hour)
        assert len(made) == passed
    last = places.last_backup(config)
    assert (last.failed_ms, last.problems) == (0, [])
    assert last.verified_ms > last.newest_ms


def _hour(at_ms: int) -> int:
    return at_ms // 3_600_000 % 24


async def test_a_failure_is_told_to_the_owner_and_tried_again(home: House) -> None:
    context, clock = home.context, home.clock
    [owner], [member] = await home.rows(Actor, username="ann"), await home.rows(Actor, username="ben")
    backup = context.config.backup.model_copy(update={"passphrase_file": "/does/not/exist"})
    context.config = context.config.model_copy(update={"backup": backup})
    context.add(Backups(context))
    try:
        context.part(Backups).start()
        await context.part(Backups).finished()
    finally:
        working = backup.model_copy(update={"passphrase_file": ""})
        context.config = context.config.model_copy(update={"backup": working})
    assert [row.kind for row in await home.rows(Notification, actor_id=owner.id)] == ["backup"]
    assert await home.rows(Notification, actor_id=member.id) == []
    [entry] = await home.rows(AuditEntry, action="backup.failed")
    assert "/does/not/exist" in entry.reason
    state = places.state_of(context.config)
    assert state.failed_ms > 0
    assert "/does/not/exist" in state.failure
    context.add(Backups(context))
    await scheduled.due(context)
    assert places.state_of(context.config).failed_ms == state.failed_ms, "an hour later, not at once"
    clock.forward(25 * HOUR)
    await scheduled.due(context)
    assert places.last_backup(context.config).failed_ms == 0


async def test_one_that_is_asked_for_runs_beside_everything_else(home: House) -> None:
    context = home.context
    backups = context.part(Backups)
    before = len(places.backups_in(context.config.backup_dir))
    home.clock.forward(HOUR)
    backups.start()
    assert backups.is_running
    await asyncio.sleep(0)
    await backups.finished()
    assert not backups.is_running
    kept = places.backups_in(context.config.backup_dir)
    assert len(kept) <= before + 1
    assert kept[0].path.name == places.state_of(context.config).file
