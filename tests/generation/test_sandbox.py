"""The sandbox: values cross whole, and a child that hangs, swells or dies harms one call only."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fediverse_ai.core.errors import Unsupported
from generation import sandbox as module
from generation.sandbox import Lane, Sandbox, SandboxFailed

LANES: list[Lane] = ["decode", "models"]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox(decode_memory_bytes=256 << 20, models_memory_bytes=512 << 20)
    yield sandbox
    asyncio.run(sandbox.close())


async def refused(sandbox: Sandbox, lane: Lane, function: str, *args: object, timeout: float = 5) -> SandboxFailed:
    with pytest.raises(SandboxFailed) as caught:
        await sandbox.run(function, *args, timeout=timeout, lane=lane)
    return caught.value


@pytest.mark.parametrize("lane", LANES)
async def test_values_cross_whole(sandbox: Sandbox, lane: Lane) -> None:
    value = {"a": [1, 2.5, None, True, "ü"], "b": b"\0\xff" * 100_000, "c": [{"d": b""}, b"x"]}
    assert await sandbox.run("copy:copy", value, timeout=5, lane=lane) == value


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.floats(allow_nan=False),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(VALUES)
def test_any_value_survives_the_wire(value: object) -> None:
    here, there = socket.socketpair()
    with here, there:
        here.settimeout(5)
        there.settimeout(5)
        here.sendall(module.pack({"value": value}))
        assert module.receive(there) == {"value": value}


def test_what_cannot_cross_is_refused_before_it_is_sent() -> None:
    for bad in ({1: 2}, {"$bytes": 3}, object()):
        with pytest.raises(TypeError):
            module.pack(bad)


@pytest.mark.parametrize("lane", LANES)
async def test_the_child_inherits_no_secret_and_cannot_write(
    sandbox: Sandbox, lane: Lane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEDIVERSE_AI__GENERATION__API_KEY", "secret")
    found = await sandbox.run("generation.sandbox:inspect", timeout=5, lane=lane)
    assert "FEDIVERSE_AI__GENERATION__API_KEY" not in found["environment"]
    assert not {"HOME", "USER"} & set(found["environment"])
    assert found["file_bytes"] == 0
    assert found["memory_bytes"] == (256 << 20 if lane == "decode" else 512 << 20)
    assert found["pid"] != os.getpid()


async def test_decoding_gets_a_new_process_each_time_and_models_keep_theirs(sandbox: Sandbox) -> None:
    fresh = {(await sandbox.run("os:getpid", timeout=5, lane="decode")) for _ in range(3)}
    kept = {(await sandbox.run("os:getpid", timeout=5, lane="models")) for _ in range(3)}
    assert len(fresh) == 3
    assert len(kept) == 1


@pytest.mark.parametrize("lane", LANES)
async def test_a_hanging_child_is_killed_in_time(sandbox: Sandbox, lane: Lane) -> None:
    await sandbox.run("os:getpid", timeout=5, lane=lane)
    before, began = sandbox.pids()[lane], time.monotonic()
    assert (await refused(sandbox, lane, "time:sleep", 60, timeout=0.3)).reason == "timeout"
    assert time.monotonic() - began < 3
    with pytest.raises(ProcessLookupError):
        os.kill(before, 0)
    assert await sandbox.run("math:sqrt", 9, timeout=5, lane=lane) == 3


@pytest.mark.parametrize("lane", LANES)
async def test_a_greedy_child_is_stopped_by_its_limit(sandbox: Sandbox, lane: Lane) -> None:
    assert (await refused(sandbox, lane, "builtins:bytes", 1 << 30)).reason == "memory"
    assert await sandbox.run("math:sqrt", 9, timeout=5, lane=lane) == 3


@pytest.mark.parametrize("lane", LANES)
@pytest.mark.parametrize("death", [("os:abort",), ("os:_exit", 0), ("os:_exit", 7), ("signal:raise_signal", 11)])
async def test_a_dying_child_is_replaced(sandbox: Sandbox, lane: Lane, death: tuple[object, ...]) -> None:
    function, *args = death
    assert (await refused(sandbox, lane, str(function), *args, timeout=20)).reason == "died"
    assert await sandbox.run("math:sqrt", 9, timeout=5, lane=lane) == 3


@pytest.mark.parametrize("lane", LANES)
async def test_errors_cross_as_words(sandbox: Sandbox, lane: Lane) -> None:
    assert "JSONDecodeError" in (await refused(sandbox, lane, "json:loads", "{")).detail
    assert (await refused(sandbox, lane, "no.such:thing")).reason == "error"
    assert (await refused(sandbox, lane, "builtins:object")).reason == "error"
    with pytest.raises(Unsupported, match="begins with"):
        await sandbox.run("generation.images:admit_bytes", b"nothing", timeout=5, lane=lane)


async def test_calls_queue_and_the_loop_stays_free(sandbox: Sandbox) -> None:
    await sandbox.run("os:getpid", timeout=5)
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticker = asyncio.create_task(tick())
    began = time.monotonic()
    await asyncio.gather(*(sandbox.run("time:sleep", 0.15, timeout=0.6) for _ in range(4)))
    ticker.cancel()
    # One after another, though each had only 0.6 s of its own; and the loop went on meanwhile.
    assert time.monotonic() - began >= 0.6
    assert ticks > 15


PARENT = """
import asyncio, sys
from generation.sandbox import Sandbox

async def main():
    sandbox = Sandbox()
    for lane in ("decode", "models"):
        await sandbox.run("os:getpid", timeout=5, lane=lane)
    print(*sandbox.pids().values(), flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_children_do_not_outlive_a_killed_parent() -> None:
    root = Path(module.__file__).parent.parent
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, cwd=root) as parent:
        assert parent.stdout
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        parent.kill()
    assert len(pids) == 2
    until = time.monotonic() + 5
    while time.monotonic() < until and any(map(alive, pids)):
        time.sleep(0.02)
    assert not any(map(alive, pids))


def alive(pid: int) -> bool:
    """A child that ended may still wait, as a zombie without a command line, for whoever adopted it."""
    try:
        return bool(Path(f"/proc/{pid}/cmdline").read_bytes())
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_closing_ends_calls_and_children() -> None:
    sandbox = Sandbox()
    await sandbox.run("os:getpid", timeout=5)
    pid = sandbox.pids()["models"]
    calls = [asyncio.create_task(sandbox.run("time:sleep", 30, timeout=60)) for _ in range(3)]
    await asyncio.sleep(0.1)
    await sandbox.close()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [result.reason for result in results if isinstance(result, SandboxFailed)] == ["closed"] * 3
    assert sandbox.pids() == {}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert (await refused(sandbox, "decode", "os:getpid")).reason == "closed"
