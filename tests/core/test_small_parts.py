"""Secrets, storage, failpoints, clocks, ids, log and context: each does what it says."""

from __future__ import annotations

import hashlib
import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

from fediverse_ai.core import failpoints, log, metrics
from fediverse_ai.core.clock import FrozenClock, SystemClock
from fediverse_ai.core.config import Config, LogSection
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import Database
from fediverse_ai.core.errors import Misconfigured, Missing
from fediverse_ai.core.http import Http
from fediverse_ai.core.jobs import Jobs
from fediverse_ai.core.limits import METRIC_LABELS
from fediverse_ai.core.nodes import Ids
from fediverse_ai.core.secrets import SecretBox, open_box
from fediverse_ai.core.storage import FolderStorage


def test_sealed_things_open_again_and_only_for_their_purpose() -> None:
    box = SecretBox(b"s" * 32)
    sealed = box.seal(b"private key", b"actor-key")
    assert b"private" not in sealed
    assert box.open(sealed, b"actor-key") == b"private key"
    assert box.seal(b"private key", b"actor-key") != sealed
    for other, purpose in ((box, b"else"), (SecretBox(b"t" * 32), b"actor-key")):
        with pytest.raises(Misconfigured):
            other.open(sealed, purpose)


def test_any_changed_bit_is_noticed() -> None:
    box = SecretBox(b"s" * 32)
    sealed = box.seal(b"x")
    for position in range(len(sealed)):
        changed = bytearray(sealed)
        changed[position] ^= 1
        with pytest.raises(Misconfigured):
            box.open(bytes(changed))
    for cut in (b"", sealed[:1], sealed[:12], sealed[:-1]):
        with pytest.raises(Misconfigured):
            box.open(cut)


def test_digests_are_keyed_and_stable() -> None:
    assert SecretBox(b"s" * 32).digest("token") == SecretBox(b"s" * 32).digest("token")
    assert SecretBox(b"s" * 32).digest("token") != SecretBox(b"t" * 32).digest("token")
    with pytest.raises(Misconfigured):
        SecretBox(b"short")


def test_the_secret_is_made_once_and_never_again(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="missing"):
        open_box(tmp_path, SystemClock())
    sealed = open_box(tmp_path, SystemClock(), create=True).seal(b"x")
    assert (tmp_path / "secret.key").stat().st_mode & 0o777 == 0o600
    assert open_box(tmp_path, SystemClock(), create=True).open(sealed) == b"x"
    assert open_box(tmp_path, SystemClock()).open(sealed) == b"x"


async def test_files_are_named_by_their_content(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path / "media", "https://media.example/")
    name = await storage.put(b"picture", ".jpg")
    digest = hashlib.sha256(b"picture").hexdigest()
    assert name == f"{digest[:2]}/{digest}.jpg"
    assert await storage.put(b"picture", ".jpg") == name
    assert await storage.read(name) == b"picture"
    assert storage.url(name) == f"https://media.example/{name}"
    path = storage.path(name)
    assert path is not None
    assert list(path.parent.iterdir()) == [path]
    await storage.delete(name)
    await storage.delete(name)
    with pytest.raises(Missing):
        await storage.read(name)


async def test_a_cut_file_is_written_anew(tmp_path: Path) -> None:
    storage = FolderStorage(tmp_path, "https://media.example")
    name = await storage.put(b"picture", "")
    path = storage.path(name)
    assert path is not None
    path.write_bytes(b"pic")
    await storage.put(b"picture", "")
    assert await storage.read(name) == b"picture"


@pytest.mark.parametrize(
    "name", ["../secret.key", "/etc/passwd", "ab/../../x", "", "ab/cd", "ab/" + "g" * 64, "AB/" + "a" * 64]
)
async def test_no_other_file_can_be_named(tmp_path: Path, name: str) -> None:
    storage = FolderStorage(tmp_path, "https://media.example")
    assert storage.path(name) is None
    with pytest.raises(Missing):
        await storage.read(name)
    await storage.delete(name)


@pytest.mark.parametrize("suffix", ["jpg", ".jp/g", ".JPG", "..", ".", ".a" * 6])
async def test_suffixes_are_plain(tmp_path: Path, suffix: str) -> None:
    with pytest.raises(ValueError, match="suffix"):
        await FolderStorage(tmp_path, "https://media.example").put(b"x", suffix)


async def test_a_file_that_was_not_finished_does_not_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "storage.before_rename:raise")
    failpoints.reset()
    storage = FolderStorage(tmp_path, "https://media.example")
    with pytest.raises(failpoints.FailpointReached):
        await storage.put(b"picture", ".png")
    monkeypatch.delenv(failpoints.VARIABLE)
    failpoints.reset()
    assert not [path for path in tmp_path.rglob("*.png") if not path.name.startswith(".")]  # noqa: ASYNC240
    await storage.read(await storage.put(b"picture", ".png"))


def test_a_failpoint_acts_at_its_nth_pass_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(failpoints.VARIABLE, "a:raise:3, b:sleep=0")
    failpoints.reset()
    failpoints.fp("a")
    failpoints.fp("b")
    failpoints.fp("other")
    failpoints.fp("a")
    with pytest.raises(failpoints.FailpointReached):
        failpoints.fp("a")
    failpoints.fp("a")
    monkeypatch.delenv(failpoints.VARIABLE)
    failpoints.reset()
    failpoints.fp("a")


def test_kill9_ends_the_process_at_once() -> None:
    code = "from fediverse_ai.core.failpoints import fp\nfp('x')\nprint('reached')"
    env = os.environ | {failpoints.VARIABLE: "x:kill9", "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, check=False)
    assert ended.returncode == -9
    assert ended.stdout == b""


async def test_the_frozen_clock_moves_only_when_told() -> None:
    clock = FrozenClock()
    now, ms, running = clock.now(), clock.now_ms(), clock.monotonic()
    assert (clock.now(), clock.now_ms(), clock.monotonic()) == (now, ms, running)
    await clock.sleep(1.5)
    assert clock.now_ms() - ms == 1500
    assert clock.monotonic() - running == 1.5
    assert FrozenClock(seed=1).token(8) == FrozenClock(seed=1).token(8)
    assert clock.now().tzinfo is not None
    assert abs(SystemClock().now().timestamp() * 1000 - SystemClock().now_ms()) < 1000


def test_ids_rise_even_when_time_stands_still_or_runs_back() -> None:
    clock = FrozenClock()
    ids = Ids(clock, node=3)
    made = [ids.new() for _ in range(3000)]
    clock.advance(-10)
    made += [ids.new() for _ in range(10)]
    assert made == sorted(set(made))
    assert made[0] >> 16 == FrozenClock().now_ms()
    assert max(made) < 2**63


def test_ids_of_the_past_lie_in_their_second_and_never_in_the_future() -> None:
    clock = FrozenClock()
    ids = Ids(clock)
    past = clock.now_ms() - 3_600_000
    whole_second = past - past % 1000
    made = {ids.new(whole_second) for _ in range(500)}
    assert len(made) == 500
    assert all(whole_second <= made_id >> 16 < whole_second + 1000 for made_id in made)
    assert ids.new(whole_second + 123) >> 16 == whole_second + 123
    assert ids.new(clock.now_ms() + 10**9) >> 16 == clock.now_ms()
    assert ids.new(-5) > 0


@pytest.fixture
def _logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.mark.usefixtures("_logging_as_before")
def test_the_log_hides_secrets() -> None:
    out = io.StringIO()
    log.configure(LogSection(format="json"), out)
    log.get("test").warning("seen", token="canary", Authorization="canary", host="a.example")
    line = json.loads(out.getvalue())
    assert line["host"] == "a.example"
    assert line["component"] == "test"
    assert "canary" not in out.getvalue()


@pytest.mark.usefixtures("_logging_as_before")
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_logged_error_shows_no_local_values(form: str) -> None:
    out = io.StringIO()
    log.configure(LogSection(format=form), out)  # type: ignore[arg-type]

    def fails(password: str) -> None:
        raise ValueError("broken")

    try:
        fails("cana" + "ry")
    except ValueError as error:
        log.get("test").error("failed", exc_info=error)
    assert "broken" in out.getvalue()
    assert "canary" not in out.getvalue()


def test_labels_of_metrics_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """n−1, n and n+1 values that nobody listed; and of listed ones no further."""
    monkeypatch.setattr(metrics, "REGISTRY", metrics.CollectorRegistry())
    monkeypatch.setattr(metrics, "FAMILIES", [])
    free, listed = metrics.Count("free", "Any.", host=None), metrics.Count("listed", "Some.", state=("good", "bad"))
    for number in range(METRIC_LABELS + 2):
        free.add(f"host-{number}")
    listed.add("good", amount=2)
    listed.add("a secret")
    text = metrics.exposition()[0].decode()
    assert f'fediverse_ai_free_total{{host="host-{METRIC_LABELS - 1}"}} 1.0' in text
    assert f"host-{METRIC_LABELS}" not in text
    assert 'fediverse_ai_free_total{host="other"} 2.0' in text
    assert 'fediverse_ai_listed_total{state="good"} 2.0' in text
    assert 'fediverse_ai_listed_total{state="bad"} 0.0' in text
    assert 'fediverse_ai_listed_total{state="other"} 1.0' in text
    with pytest.raises(ValueError, match="labels"):
        listed.add("good", "bad")


@dataclass
class Part:
    name: str


async def test_the_context_knows_its_parts_and_sessions_know_the_context(tmp_path: Path) -> None:
    config, clock = Config(data_dir=tmp_path), SystemClock()
    database = await Database.open(config, clock)
    storage = FolderStorage(config.media_dir, "https://media.example")
    context = Context(config, clock, database.ids, database, Http(config, clock), Jobs(config), storage)
    async with database.read() as session:
        with pytest.raises(LookupError):
            context_of(session)
    database.bind(context)
    async with database.write() as session:
        assert context_of(session) is context
    with pytest.raises(LookupError, match="Part"):
        context.part(Part)
    context.add(Part("a"))
    assert context.part(Part).name == "a"
    await database.close()
