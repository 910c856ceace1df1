"""FI-21: what cannot start says so in one line and changes nothing; what was interrupted is completed."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import random
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx2 as httpx
import pytest
import structlog

from tests.cli.conftest import COMMAND, Inside
from tests.support.processes import ROOT, free_port

pytestmark = [pytest.mark.live]
KILLS, FIRST_KILLS = (30, 12) if os.environ.get("LONG") else (8, 4)
IDENTITY = (
    "secret.key",
    "config.toml",
    "provenance/root.pem",
    "provenance/root-key.pem",
    "provenance/chain.pem",
    "provenance/key.pem",
)


def run(folder: Path, *words: str, env: dict[str, str] | None = None, prefix: tuple[str, ...] = ()) -> tuple[int, str]:
    """(exit code, what was written to stderr) of one command."""
    done = subprocess.run(
        [*prefix, *COMMAND, "--data", str(folder), *words],
        capture_output=True, text=True, timeout=90, stdin=subprocess.DEVNULL, cwd=ROOT,
        env={**os.environ, **(env or {})}, check=False,
    )  # fmt: skip
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A server's folder with one account in it."""
    folder = tmp_path_factory.mktemp("whole") / "instance"
    code, err = run(folder, "init", "--development", "--port", str(free_port()), "--admin", "ann")
    assert code == 0, err
    return folder


@pytest.fixture
def folder(furnished: Path, tmp_path: Path) -> Iterator[Path]:
    copy = tmp_path / "instance"
    shutil.copytree(furnished, copy)
    yield copy
    for path in (copy, *copy.rglob("*")):
        path.chmod(path.stat().st_mode | 0o700)


def identity(folder: Path) -> dict[str, str]:
    """Digests of everything that says who this server is: its files, and the keys of its actors."""
    found = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in IDENTITY if (folder / name).exists()
    }
    with closing(sqlite3.connect(folder / "fediverse.db")) as database:
        assert database.execute("pragma integrity_check").fetchone() == ("ok",)
        found["actors"] = json.dumps(database.execute("select uri, host from actor where local order by id").fetchall())
        found["keys"] = json.dumps(database.execute('select uri, public_pem from "key" order by uri').fetchall())
    return found


def lose(name: str) -> Callable[[Path], dict[str, str]]:
    def broken(folder: Path) -> dict[str, str]:
        (folder / name).unlink()
        return {}

    return broken


def write(name: str, data: bytes) -> Callable[[Path], dict[str, str]]:
    def broken(folder: Path) -> dict[str, str]:
        (folder / name).write_bytes(data)
        return {}

    return broken


def setting(**values: str) -> Callable[[Path], dict[str, str]]:
    return lambda folder: {f"FEDIVERSE_AI__{key}": value.format(folder=folder) for key, value in values.items()}


BROKEN: dict[str, tuple[Callable[[Path], dict[str, str]], str]] = {
    "secret missing": (lose("secret.key"), "secret.key is missing"),
    "secret short": (write("secret.key", b"short"), "restore the file from your backup"),
    "secret typed": (write("secret.key", b"changeme" * 4), "holds no random secret"),
    "secret of another": (write("secret.key", bytes(range(100, 132))), "secret.key"),
    "root of certificates lost": (lose("provenance/root.pem"), "provenance/root.pem is missing"),
    "key of certificates lost": (lose("provenance/root-key.pem"), "root-key.pem is missing"),
    "configuration torn": (write("config.toml", b"[server\nport = "), "cannot be read"),
    "key unknown": (write("config.toml", b"[server]\ncolour = 1\n"), "server.colour: is not a known key"),
    "database is none": (write("fediverse.db", b"not a database, " * 400), "not a database"),
    "media folder impossible": (setting(MEDIA__DIRECTORY="/proc/x"), "Nothing can be written into /proc"),
    "certificate missing": (
        setting(SERVER__TLS_CERTIFICATE="/nowhere.pem", SERVER__TLS_KEY="/nowhere.key"), "there is no file /nowhere.pem"
    ),
    "certificate is none": (
        setting(SERVER__TLS_CERTIFICATE="{folder}/config.toml", SERVER__TLS_KEY="{folder}/config.toml"),
        "cannot be used together",
    ),
    "database unreachable": (setting(DATABASE__URL="postgresql://a:b@127.0.0.1:1/x"), "database cannot be used"),
    "address of an example": (
        setting(SERVER__DEVELOPMENT="false", SERVER__PUBLIC_URL="https://art.example"), "ids cannot move"
    ),
}  # fmt: skip


@pytest.fixture
def inside(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    """Commands in this process: a table of refusals does not import everything each time."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    mask, root = os.umask(0o077), logging.getLogger()
    logged = root.handlers[:], root.level
    yield Inside(folder, capsys)
    root.handlers[:], root.level = logged
    structlog.reset_defaults()
    os.umask(mask)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("name", BROKEN)
def test_a_start_that_cannot_be_changes_nothing(inside: Inside, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    make, sentence = BROKEN[name]
    for key, value in make(inside.folder).items():
        monkeypatch.setenv(key, value)
    before = _files(inside.folder)
    for _ in range(2):
        done = inside("serve")
        assert done.code == 1, done
        lines = [line for line in done.err.splitlines() if "DEVELOPMENT MODE" not in line]
        assert len(lines) == 1, done.err
        assert sentence in lines[0]
    assert _files(inside.folder) == before, "a refused start wrote something"


def test_a_lost_secret_is_not_made_anew_by_any_first_step(inside: Inside) -> None:
    (inside.folder / "secret.key").unlink()
    for words in (("quickstart",), ("init", "--development"), ("user", "create", "bea")):
        done = inside(*words)
        assert (done.code, "secret.key is missing" in done.err) == (1, True), (words, done)
        assert not (inside.folder / "secret.key").exists()


def test_a_busy_port(inside: Inside) -> None:
    folder = inside.folder
    before = _files(folder)
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        # The port is part of the ids here, so that only its owner may have it.
        (folder / "config.toml").write_text(f"[server]\nport = {port}\ndevelopment = true\n")
        done = inside("serve")
        assert (done.code, len(done.err.splitlines())) == (1, 1), done
        assert "cannot be used" in done.err
    assert {**_files(folder), "config.toml": ""} == {**before, "config.toml": ""}


def test_a_disk_that_takes_nothing(folder: Path, tmp_path: Path) -> None:
    """Root may write everywhere by bits of permission, so here it goes without that privilege."""
    prefix = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner") if os.geteuid() == 0 else ()
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o500 if path.is_dir() else 0o400)
    before = _files(folder)
    for words in (("serve",), ("post", "a fox"), ("user", "create", "bea")):
        code, err = run(folder, *words, prefix=prefix)
        lines = [line for line in err.splitlines() if "DEVELOPMENT MODE" not in line]
        assert (code, len(lines)) == (1, 1), (words, err)
        assert any(sentence in lines[0] for sentence in ("Permission denied", "Nothing can be written", "readonly")), (
            err
        )
    assert _files(folder) == before
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    for words in (("init", "--development"), ("quickstart", "--port", str(free_port()))):
        code, err = run(closed / "new", *words, prefix=prefix)
        assert (code, "Nothing can be written" in err, list(closed.iterdir())) == (1, True, []), err


def test_killed_again_and_again_while_it_starts(folder: Path) -> None:
    """A restart loop: whenever the process dies, the next one finds the same server."""
    chance, before = random.Random(21), identity(folder)
    for _ in range(KILLS):
        process = _start(folder, "serve")
        try:
            process.wait(chance.uniform(0.1, 3.0))
        except subprocess.TimeoutExpired:
            process.kill()
        assert process.wait(10) == -signal.SIGKILL
    assert identity(folder) == before
    _serves(folder, "serve")
    assert identity(folder) == before
    print(f"FI-21: {KILLS} kills while starting, identity and database whole")


def test_a_first_start_that_is_killed_is_completed_by_the_next(tmp_path: Path) -> None:
    chance, finished = random.Random(22), 0
    for number in range(FIRST_KILLS):
        folder = tmp_path / f"first{number}"
        port = str(free_port())
        process = _start(folder, "init", "--development", "--port", port)
        try:
            process.wait(chance.uniform(0.8, 6.0))
        except subprocess.TimeoutExpired:
            process.kill()
        finished += process.wait(10) == 0
        if number % 4 == 0:
            _serves(folder, "quickstart", "--port", port)
        else:
            code, err = run(folder, "init", "--development", "--port", port)
            assert code == 0 or "holds a server already" in err, err
            code, err = run(folder, "user", "create", "ann")
            assert code == 0, err
        assert {name for name in IDENTITY if not (folder / name).exists()} == set()
        assert (folder / "secret.key").stat().st_mode & 0o077 == 0
    print(f"FI-21: {FIRST_KILLS} first starts cut off ({finished} were quicker), each completed")


def _files(folder: Path) -> dict[str, str]:
    """Every file with its digest, but for locks and what SQLite keeps beside an open database."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(_content(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".lock" not in str(path) and not path.name.endswith(("-wal", "-shm"))
    }


def _content(path: Path) -> bytes:
    """Of a database what is in it: opening it may bring its log home, which changes no row."""
    data = path.read_bytes()
    if not data.startswith(b"SQLite format 3"):
        return data
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return "\n".join(database.iterdump()).encode()


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with folder.with_suffix(".log").open("ab") as log:
        return subprocess.Popen(
            [*COMMAND, "--data", str(folder), *words], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT
        )


def _serves(folder: Path, *words: str) -> None:
    """It comes up, answers, and ends well."""
    process = _start(folder, *words)
    try:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            assert process.poll() is None
            try:
                port = _port(folder)
                if port and httpx.get(f"http://127.0.0.1:{port}/.well-known/nodeinfo").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        else:
            raise AssertionError(f"it does not answer:\n{folder.with_suffix('.log').read_text()[-3000:]}")
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def _port(folder: Path) -> int | None:
    file = folder / "config.toml"
    lines = file.read_text().splitlines() if file.exists() else []
    return next((int(line.partition("=")[2]) for line in lines if line.startswith("port")), None)
