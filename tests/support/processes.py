"""Programs in their own process: started, waited for, read, killed by their own id."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NotReady(AssertionError):
    """The program ended or did not answer in time; carries the tail of what it wrote."""


def free_port() -> int:
    """A TCP port on loopback that nobody used a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Program:
    """One child process whose output goes to a file."""

    def __init__(self, command: Sequence[str | Path], *, env: Mapping[str, str], log: Path, cwd: Path = ROOT) -> None:
        self.log = log
        self.log.parent.mkdir(parents=True, exist_ok=True)
        cwd.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                cwd=cwd,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    async def ready(self, probe: Callable[[], Awaitable[bool]], seconds: float = 30.0) -> None:
        """Wait until `probe` says yes."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.running:
                raise NotReady(f"ended with {self.process.returncode}:\n{self.output()[-4000:]}")
            if await probe():
                return
            await asyncio.sleep(0.05)
        raise NotReady(f"not ready after {seconds} s:\n{self.output()[-4000:]}")

    async def ended(self, seconds: float = 20.0) -> int:
        """Wait for its own end; the exit status (negative: the signal)."""
        end = time.monotonic() + seconds
        while self.running:
            if time.monotonic() > end:
                raise NotReady(f"still running after {seconds} s:\n{self.output()[-4000:]}")
            await asyncio.sleep(0.02)
        return self.process.returncode

    async def stop(self, seconds: float = 15.0) -> int:
        """SIGTERM and wait; a program that does not go is killed and the test fails."""
        if self.running:
            self.process.send_signal(signal.SIGTERM)
        try:
            return await self.ended(seconds)
        finally:
            self.kill()

    def kill(self) -> None:
        """kill -9 of the program and of its own children (it leads its own session)."""
        if self.running:
            self.process.kill()
        self.process.wait()
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            return


async def eventually(
    look: Callable[[], Awaitable[object]], what: str, seconds: float = 20.0, every: float = 0.1
) -> object:
    """The first true answer of `look`; a failed test names `what` and the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = await look()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"did not happen within {seconds} s: {what} (last answer: {answer!r})")
        await asyncio.sleep(every)
