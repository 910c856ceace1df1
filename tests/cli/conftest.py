"""Real commands in real processes, each test with folders of its own."""

from __future__ import annotations

import contextvars
import io
import json
import logging
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import structlog

from fediverse_ai.cli import commands
from tests.support.processes import ROOT

COMMAND = [sys.executable, "-m", "fediverse_ai.cli"]


@dataclass
class Done:
    """A command that ended."""

    code: int
    out: str
    err: str
    seconds: float

    @property
    def facts(self) -> Any:
        """What it printed with --json: one value, or a list of them when it printed several lines."""
        values = [json.loads(line) for line in self.out.splitlines()]
        return values[0] if len(values) == 1 else values


@dataclass
class Cli:
    """Runs commands on one folder; `started` are servers that end with the test."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        clean = {key: value for key, value in os.environ.items() if not key.startswith("FEDIVERSE_AI__")}
        return clean | self.env

    def __call__(self, *words: str, stdin: str | None = None, seconds: float = 60.0) -> Done:
        began = time.monotonic()
        done = subprocess.run(
            [*COMMAND, "--data", str(self.folder), *words],
            capture_output=True, text=True, input=stdin or "", timeout=seconds, cwd=ROOT, env=self.environment(),
        )  # fmt: skip
        return Done(done.returncode, done.stdout, done.stderr, time.monotonic() - began)

    def start(self, *words: str) -> subprocess.Popen[str]:
        """A server that keeps running; its output is a pipe to be read line by line."""
        process = subprocess.Popen(
            [*COMMAND, "--data", str(self.folder), *words],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            cwd=ROOT, env=self.environment(),
        )  # fmt: skip
        self.started.append(process)
        return process


def files(folder: Path) -> dict[str, bytes]:
    """Every file of a folder and its bytes, but for locks and the database's log."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".lock" not in str(path) and not path.name.endswith(("-wal", "-shm"))
    }


@dataclass
class Inside:
    """The same commands in the test's own process, where a table of refusals does not import everything each time."""

    folder: Path
    capsys: pytest.CaptureFixture[str]

    def __call__(self, *words: str, stdin: str = "") -> Done:
        began = time.monotonic()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sys.stdin", io.StringIO(stdin))
            code = contextvars.copy_context().run(commands.run, ["--data", str(self.folder), *words])
        out, err = self.capsys.readouterr()
        return Done(code, out, err, time.monotonic() - began)


def events(process: subprocess.Popen[str], *, until: str) -> list[dict[str, Any]]:
    """The JSON lines that a server printed, up to and with the event `until`."""
    assert process.stdout is not None
    found: list[dict[str, Any]] = []
    for line in process.stdout:
        found.append(json.loads(line))
        if found[-1].get("event") == until:
            return found
    raise AssertionError(f"ended without {until}: {found}\n{process.stderr.read() if process.stderr else ''}")


@pytest.fixture
def cli(tmp_path: Path) -> Iterator[Cli]:
    made = Cli(tmp_path / "instance")
    yield made
    for process in made.started:
        if process.poll() is None:
            process.kill()
        process.communicate()


@pytest.fixture
def inside(cli: Cli, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Inside]:
    for key in [key for key in os.environ if key.startswith("FEDIVERSE_AI__")]:
        monkeypatch.delenv(key)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    mask = os.umask(0o077)
    root = logging.getLogger()
    logged = root.handlers[:], root.level
    yield Inside(cli.folder, capsys)
    # The commands log to this test's stderr, which is about to go.
    root.handlers[:], root.level = logged
    structlog.reset_defaults()
    os.umask(mask)
    for number, handler in handlers.items():
        signal.signal(number, handler)


@cache
def _one_port() -> int:
    """Below the ports that the kernel gives to connections, where nobody takes it between two tests."""
    with socket.socket() as probe:
        for number in random.Random(os.getpid()).sample(range(20_000, 30_000), 100):
            try:
                probe.bind(("127.0.0.1", number))
            except OSError:
                continue
            return number
    raise AssertionError("a hundred ports are taken")


@pytest.fixture
def port() -> int:
    """The same for every test of this process: a folder that one of them settled serves for the next."""
    return _one_port()
