"""One backup: what is in it, that it is whole or not there, what verifying notices, and what pruning leaves."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import resource
import shutil
import sqlite3
import stat
import tarfile
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pyrage
import pytest
import pytest_asyncio

from fediverse_ai.backup import container, pictures, places, sealing
from fediverse_ai.backup import prune as thinning
from fediverse_ai.backup import restore as bringing
from fediverse_ai.backup.create import Made, Wish, create
from fediverse_ai.backup.verify import verify
from fediverse_ai.core import limits
from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Conflict, FediverseError, Misconfigured, NoRoom, Unavailable, Unprocessable
from tests.support import age, rooms
from tests.support.house import House, MovableClock, house

pytestmark = pytest.mark.asyncio(loop_scope="module")

PASSPHRASE = "seven swans a-swimming"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def home(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A server with three pictures, one of which is deleted by a test."""
    async with house(tmp_path_factory.mktemp("server")) as made:
        ann = await made.make_actor("ann", role="owner")
        for text in ("one", "two", "three"):
            post = await rooms.waiting_post(made, ann, text)
            await rooms.picture_of(made, post, data=text.encode() * 1000)
        yield made


def back_up(home: House, folder: Path, **wish: object) -> Made:
    return create(home.context.config, home.clock, replace(Wish(folder), **wish))  # type: ignore[arg-type]


def names_in(path: Path) -> list[str]:
    with tarfile.open(path) as tar:
        return tar.getnames()


async def test_it_is_one_private_file_that_everybody_can_open(home: House, tmp_path: Path) -> None:
    made = await asyncio.to_thread(back_up, home, tmp_path / "out")
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    names = names_in(made.path)
    assert names[0] == "README.txt"
    assert names[-1] == "manifest.json"
    assert {"database.sqlite.gz", "media.jsonl.gz"} <= set(names)
    assert "secret.key" not in names
    assert not [name for name in names if "key" in name]
    with tarfile.open(made.path) as tar:
        tar.extractall(tmp_path / "by hand", filter="data")
    plain = gzip.decompress((tmp_path / "by hand" / "database.sqlite.gz").read_bytes())
    (tmp_path / "by hand" / "database").write_bytes(plain)
    with closing(sqlite3.connect(tmp_path / "by hand" / "database")) as database:
        assert database.execute("SELECT username FROM actor WHERE kind = 'Person'").fetchall() == [("ann",)]
    manifest = json.loads((tmp_path / "by hand" / "manifest.json").read_bytes())
    assert (manifest["pictures"], manifest["keys"], manifest["recipient"]) == (3, False, "")
    report = verify(home.context.config, made.path)
    assert (report.problems, report.pictures) == ([], 3)


async def test_keys_are_in_it_by_choice(home: House, tmp_path: Path) -> None:
    made = await asyncio.to_thread(back_up, home, tmp_path, keys=True, media=False)
    assert {"secret.key", "provenance/key.pem"} <= set(names_in(made.path))
    assert made.manifest.keys
    assert not (tmp_path / "media").exists()
    report = verify(home.context.config, made.path)
    assert report.good
    assert report.skipped == ["it was made without pictures"]


async def test_a_picture_is_kept_once_and_goes_with_the_last_backup_that_lists_it(home: House, tmp_path: Path) -> None:
    clock, config = home.clock, home.context.config
    first = await asyncio.to_thread(back_up, home, tmp_path)
    assert first.fresh == 3
    [one, *_] = sorted(config.media_dir.rglob("*.jpg"))
    beside = tmp_path / "media" / one.parent.name / one.name
    assert beside.samefile(one)
    kept = one.read_bytes()
    one.unlink()
    clock.forward(86_400)
    second = await asyncio.to_thread(back_up, home, tmp_path)
    assert (second.fresh, second.manifest.pictures) == (0, 2)
    assert beside.read_bytes() == kept
    plan = thinning.prune(tmp_path, 1, 0, dry_run=True)
    assert ([found.path for found in plan.gone], plan.pictures) == ([first.path], 1)
    assert first.path.exists()
    assert beside.exists()
    assert thinning.prune(tmp_path, 1, 0).pictures == 1
    assert [found.path for found in places.backups_in(tmp_path)] == [second.path]
    assert not beside.exists()
    assert verify(config, second.path).good
    one.write_bytes(kept)


async def test_where_nothing_can_be_linked_it_is_copied(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(*_names: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr("os.link", elsewhere)
    made = await asyncio.to_thread(back_up, home, tmp_path)
    [one, *_] = sorted(home.context.config.media_dir.rglob("*.jpg"))
    beside = tmp_path / "media" / one.parent.name / one.name
    assert not beside.samefile(one)
    assert stat.S_IMODE(beside.stat().st_mode) == 0o600
    assert verify(home.context.config, made.path).good


async def test_verify_notices_what_is_missing_or_changed(home: House, tmp_path: Path) -> None:
    config = home.context.config
    made = await asyncio.to_thread(back_up, home, tmp_path)
    whole = made.path.read_bytes()
    with tarfile.open(made.path) as tar:
        places_of = {entry.name: entry.offset_data for entry in tar.getmembers()}
    for name in made.manifest.parts:
        broken = bytearray(whole)
        broken[places_of[name]] ^= 1
        made.path.write_bytes(broken)
        assert verify(config, made.path).problems == [f"the part {name} is missing or changed"]
    for end in (100, len(whole) // 2):
        made.path.write_bytes(whole[:end])
        with pytest.raises(Unprocessable) as caught:
            verify(config, made.path)
        assert "is no backup, or not whole" in caught.value.public
    made.path.write_bytes(whole)
    [one, two, *_] = sorted((tmp_path / "media").rglob("*.jpg"))
    one.unlink()
    two.unlink()
    two.write_bytes(b"x" * (config.media_dir / two.parent.name / two.name).stat().st_size)
    found = verify(config, made.path).problems
    assert [problem.rpartition(" ")[2] for problem in found] == ["missing", "changed"]
    # Of the same length: only who reads it sees that.
    assert len(verify(config, made.path, read_pictures=False).problems) == 1


async def test_encrypted_ones_open_with_the_passphrase_and_nothing_else(home: House, tmp_path: Path) -> None:
    config = home.context.config
    identity = pyrage.x25519.Identity.generate()
    # The key as `create` makes it, but with less work behind its passphrase.
    (tmp_path / "key.age").write_bytes(age.sealed_by(f"{identity}\n".encode(), PASSPHRASE))
    made = await asyncio.to_thread(back_up, home, tmp_path, keys=True, passphrase=PASSPHRASE)
    assert made.manifest.recipient == str(identity.to_public())
    raw = made.path.read_bytes()
    secret = (config.data_dir / "secret.key").read_bytes()
    assert secret not in raw
    assert {"database.sqlite.gz.age", "secret.key.age", "key.age"} <= set(names_in(made.path))
    assert [path.suffix for path in (tmp_path / "media").rglob("*.*")] == [".age"] * 3
    with pytest.raises(Unprocessable, match="passphrase"):
        verify(config, made.path)
    with pytest.raises(Unprocessable, match="does not open"):
        verify(config, made.path, "another")
    report = verify(config, made.path, PASSPHRASE)
    assert (report.problems, report.pictures) == ([], 3)
    with pytest.raises(Misconfigured, match="does not open"):
        await asyncio.to_thread(back_up, home, tmp_path, passphrase="another")
    # By hand, and by another implementation of the format.
    with tarfile.open(made.path) as tar:
        tar.extractall(tmp_path / "by hand", filter="data")
    key = age.opened((tmp_path / "by hand" / "key.age").read_bytes(), passphrase=PASSPHRASE).decode().strip()
    sealed = (tmp_path / "by hand" / "database.sqlite.gz.age").read_bytes()
    assert gzip.decompress(age.opened(sealed, identity=key)).startswith(b"SQLite format 3")
    assert age.opened((tmp_path / "by hand" / "secret.key.age").read_bytes(), identity=key) == secret
    [one, *_] = sorted((tmp_path / "media").rglob("*.age"))
    one.write_bytes(one.read_bytes()[:-1])
    assert [problem.rpartition(" ")[2] for problem in verify(config, made.path, PASSPHRASE).problems] == ["changed"]


async def test_an_encrypted_one_is_restored_with_its_own_keys(home: House, tmp_path: Path) -> None:
    config = home.context.config
    folder = tmp_path / "out"
    folder.mkdir()
    identity = pyrage.x25519.Identity.generate()
    (folder / "key.age").write_bytes(age.sealed_by(str(identity).encode(), PASSPHRASE))
    (folder / "key.pub").write_text(str(identity.to_public()))
    made = await asyncio.to_thread(back_up, home, folder, keys=True, passphrase=PASSPHRASE)
    plan = bringing.Plan(
        backup=made.path,
        target=tmp_path / "new",
        load=lambda place: config.model_copy(update={"data_dir": place}),
        passphrase=PASSPHRASE,
    )
    restored = await bringing.restore(plan, SystemClock())
    assert (restored.pictures, restored.problems, restored.new_certificates) == (3, [], False)
    kept = [(place / "provenance" / "root-key.pem").read_bytes() for place in (tmp_path / "new", config.data_dir)]
    assert kept[0] == kept[1]
    assert restored.known_until_ms == 0
    assert (tmp_path / "new" / "secret.key").read_bytes() == (config.data_dir / "secret.key").read_bytes()
    pictures_of = [
        {path.name: path.read_bytes() for path in place.rglob("*.jpg")}
        for place in (tmp_path / "new", config.media_dir)
    ]
    assert pictures_of[0] == pictures_of[1]
    assert not list((tmp_path / "new").glob(".*"))


async def test_restore_refuses_and_leaves_nothing(home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = home.context.config
    made = await asyncio.to_thread(back_up, home, tmp_path / "out")
    right = config.data_dir / "secret.key"
    other = tmp_path / "other.key"
    other.write_bytes(hashlib.sha256(b"another").digest())
    elsewhere = config.model_copy(
        update={"server": config.server.model_copy(update={"public_url": "http://127.0.0.1:1"})}
    )
    plan = bringing.Plan(
        backup=made.path,
        target=tmp_path / "new",
        load=lambda place: config.model_copy(update={"data_dir": place}),
        secret_file=right,
    )
    full = tmp_path / "full"
    full.mkdir()
    (full / "notes.txt").write_text("mine")
    refused: list[tuple[bringing.Plan, str]] = [
        (replace(plan, target=full), "not empty"),
        (replace(plan, secret_file=None), "--secret-key"),
        (replace(plan, secret_file=other), "does not open with secret.key"),
        (replace(plan, load=lambda place: elsewhere.model_copy(update={"data_dir": place})), "ids cannot move"),
        (replace(plan, backup=tmp_path / "none.tar"), "no file"),
    ]
    for wrong, words in refused:
        with pytest.raises(FediverseError, match=words):
            await bringing.restore(wrong, SystemClock())
        assert not wrong.target.exists() or [path.name for path in wrong.target.iterdir()] in ([], ["notes.txt"])
    monkeypatch.setattr("fediverse_ai.migrations.newest", lambda: "0000")
    with pytest.raises(Misconfigured, match="this program knows 0000"):
        await bringing.restore(plan, SystemClock())
    assert any("this program knows 0000" in problem for problem in verify(config, made.path).problems)


async def test_pictures_that_are_lost_do_not_stop_a_restore(home: House, tmp_path: Path) -> None:
    config = home.context.config
    made = await asyncio.to_thread(back_up, home, tmp_path / "out")
    [one, *_] = sorted((tmp_path / "out" / "media").rglob("*.jpg"))
    one.unlink()
    (tmp_path / "secret.key").write_bytes((config.data_dir / "secret.key").read_bytes())
    plan = bringing.Plan(
        backup=made.path,
        target=tmp_path / "new",
        load=lambda place: config.model_copy(update={"data_dir": place}),
        secret_file=tmp_path / "secret.key",
    )
    restored = await bringing.restore(plan, SystemClock())
    assert restored.new_certificates, "only secret.key was kept"
    former, now = ((tmp_path / "new" / name / "root.pem").read_bytes() for name in ("provenance-former", "provenance"))
    assert former == (config.data_dir / "provenance" / "root.pem").read_bytes() != now
    assert restored.pictures == 2
    assert [problem.rpartition(" ")[2] for problem in restored.problems] == ["missing"]


async def test_one_at_a_time_and_room_is_looked_for(
    home: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = home.context.config
    with places.alone(tmp_path):
        assert places.is_busy(tmp_path)
        with pytest.raises(Conflict):
            await asyncio.to_thread(back_up, home, tmp_path)
    assert not places.is_busy(tmp_path)
    with pytest.raises(Unavailable, match="goes on with the pictures"):
        await asyncio.to_thread(create, config, home.clock, Wish(tmp_path), lambda: True)
    assert places.backups_in(tmp_path) == []
    assert not (tmp_path / ".making").exists()
    usage = shutil.disk_usage(tmp_path)
    needed = 2 * sum(path.stat().st_size for path in config.data_dir.glob("fediverse.db*") if path.is_file())
    enough = needed + limits.BACKUP_SPARE_BYTES
    for free, fits in ((enough, True), (enough - 1, False)):
        monkeypatch.setattr("shutil.disk_usage", lambda _path, free=free: usage._replace(free=free))
        if fits:
            await asyncio.to_thread(back_up, home, tmp_path)
            continue
        with pytest.raises(NoRoom):
            await asyncio.to_thread(back_up, home, tmp_path)
    assert len(places.backups_in(tmp_path)) == 1
    assert "MiB of room" in places.last_backup(config).failure


async def test_a_database_that_cannot_be_copied_is_a_failure_in_words(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path / "data")
    config.data_dir.mkdir()
    (config.data_dir / "fediverse.db").write_bytes(b"no database, " * 400)
    with pytest.raises(Unprocessable, match="cannot be copied"):
        create(config, MovableClock(), Wish(tmp_path / "out"))
    assert "cannot be copied" in places.last_backup(config).failure
    assert not (tmp_path / "out" / ".making").exists()


async def test_a_disk_that_fills_while_it_is_made_is_a_failure_in_words(home: House, tmp_path: Path) -> None:
    """Files of this process may not grow any more: SQLite meets it in the middle of its copy."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65_536, before[1]))
    try:
        with pytest.raises(NoRoom) as caught:
            back_up(home, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "no room for the backup" in caught.value.public
    assert "no room" in places.last_backup(home.context.config).failure
    assert places.backups_in(tmp_path) == []
    assert not (tmp_path / ".making").exists()


def days(*numbers: float) -> list[places.Found]:
    """Backups so many days after a Monday at noon, the newest first."""
    monday = 1_767_614_400_000
    made = sorted((monday + int(number * 86_400_000) for number in numbers), reverse=True)
    return [places.Found(Path(str(one)), one, 1) for one in made]


@pytest.mark.parametrize(
    ("daily", "weekly", "left"),
    [
        (1, 0, [20.1]),
        (2, 0, [20.1, 19]),
        (1, 3, [20.1, 13, 6]),
        (3, 2, [20.1, 19, 18, 13]),
        (366, 0, [20.1, 19, 18, 17, 14, 13, 12, 6]),
    ],
)
async def test_which_stay(daily: int, weekly: int, left: list[float]) -> None:
    found = days(20.1, 20, 19, 18, 17, 14, 13, 12, 6)
    kept, gone = thinning.choose(found, daily, weekly)
    assert kept == days(*left)
    assert sorted([*kept, *gone], key=lambda one: -one.made_ms) == found
    assert thinning.choose([], daily, weekly) == ([], [])


async def test_a_manifest_has_a_size(tmp_path: Path) -> None:
    words = container.Manifest(1, "1", "0001", "sqlite", "https://a.example", keys=False, media=False)
    for size, fits in ((limits.BACKUP_MANIFEST_BYTES, True), (limits.BACKUP_MANIFEST_BYTES + 1, False)):
        path = tmp_path / f"{size}.tar"
        packing = container.Packing(path, 1, None)
        packing.parts.clear()
        grown = replace(words, program="x" * (size - len(words.dump()) + 1))
        assert len(grown.dump()) == size
        packing.close(grown)
        if fits:
            with container.opened(path) as packed:
                assert packed.manifest == grown
            continue
        with pytest.raises(Unprocessable, match="too large"), container.opened(path):
            pass


async def test_lists_name_pictures_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "media.jsonl.gz"
    path.write_bytes(gzip.compress(b'{"name": "../../etc/passwd", "bytes": 1}\n'))
    with pytest.raises(Unprocessable):
        list(pictures.read_list(path))


@pytest.mark.live
async def test_a_new_key_is_made_once_and_is_private(tmp_path: Path) -> None:
    seal = sealing.seal_of(tmp_path, PASSPHRASE)
    assert stat.S_IMODE((tmp_path / "key.age").stat().st_mode) == 0o600
    assert sealing.to_whom(tmp_path) == seal.recipient
    assert seal.read(sealing.seal_line(b"words", seal.recipient)) == b"words"
    opened = age.opened(seal.sealed, passphrase=PASSPHRASE)
    assert str(pyrage.x25519.Identity.from_str(opened.decode().strip()).to_public()) == seal.recipient


async def test_the_state_is_told_without_a_database(tmp_path: Path) -> None:
    config = Config(data_dir=tmp_path)
    nothing = places.last_backup(config)
    assert (nothing.newest_ms, nothing.failed_ms, nothing.verified_ms) == (0, 0, 0)
    (tmp_path / places.STATE).write_text("{ not json")
    assert places.last_backup(config) == nothing
    clock = MovableClock()
    places.note_state(config, failed_ms=clock.now_ms(), failure="no room")
    assert places.last_backup(config).failure == "no room"
