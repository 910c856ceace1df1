"""Child processes for untrusted bytes and for models: memory, time and file limits; killed and started again."""

from __future__ import annotations

import asyncio
import ctypes
import importlib
import json
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from fediverse_ai.core import errors
from fediverse_ai.core.limits import DECODE_MEMORY_BYTES, MODELS_MEMORY_BYTES
from fediverse_ai.core.limits import SANDBOX_ERROR_CHARS as ERROR_CHARS
from fediverse_ai.core.limits import SANDBOX_FRAME_BYTES as FRAME_BYTES
from fediverse_ai.core.limits import SANDBOX_OPEN_FILES as OPEN_FILES

Lane = Literal["decode", "models"]
Reason = Literal["timeout", "memory", "died", "error", "closed"]

_BYTES = "$bytes"
_HEAD = struct.Struct(">II")
_ANSWERED = 42
_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_NO_NEW_PRIVS = 0x10000000, 0x40000000, 38


class SandboxFailed(errors.FediverseError):
    """The child gave no usable answer; `reason` says why: late, out of memory, dead, an error, or closed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__("This could not be checked.", f"sandbox {reason}: {detail}")
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What one lane may use. `fresh`: every call runs in a new process (a fork), so no call can poison the next."""

    memory_bytes: int
    fresh: bool


class Sandbox:
    """Two lazily started child processes of this program: `decode` for untrusted bytes, `models` for inference.

    A call names a function as `module:function`. Arguments and result are None, bool, int, float, str, bytes, and
    lists and dicts of these; tuples arrive as lists. The children have an empty environment, no network where the
    kernel allows that to be taken away, and cannot write files. Usable from any thread and any event loop.
    """

    def __init__(
        self, *, decode_memory_bytes: int = DECODE_MEMORY_BYTES, models_memory_bytes: int = MODELS_MEMORY_BYTES
    ) -> None:
        self._lanes: dict[Lane, _Worker] = {
            "decode": _Worker("decode", Limits(decode_memory_bytes, fresh=True)),
            "models": _Worker("models", Limits(models_memory_bytes, fresh=False)),
        }

    async def run(self, function: str, *args: Any, timeout: float, lane: Lane = "models") -> Any:
        """Call `module:function` with `args` in the child and answer its result.

        `timeout` in seconds starts when the lane is free; then the child is killed and started anew by the next call.
        Raises SandboxFailed, or the RequestError that the function itself raised.
        """
        return await asyncio.wrap_future(self._lanes[lane].submit(function, args, timeout))

    def pids(self) -> dict[Lane, int]:
        """The process id of each running child, for the memory figures of `doctor` and the bench."""
        return {name: worker.pid for name, worker in self._lanes.items() if worker.pid is not None}

    async def close(self) -> None:
        """Kill the children; calls under way fail."""
        for worker in self._lanes.values():
            await asyncio.to_thread(worker.close)


class _Worker:
    """One lane: a thread that talks to one child, so that calls queue in order and no event loop is bound to it."""

    def __init__(self, name: Lane, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"sandbox-{name}")
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None
        self._closed = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def submit(self, function: str, args: Sequence[Any], timeout: float) -> Future[Any]:
        if self._closed:
            raise SandboxFailed("closed", "the sandbox is closed")
        return self._thread.submit(self._call, function, args, timeout)

    def close(self) -> None:
        self._closed = True
        self._kill()
        # Calls that wait are not cancelled (their callers would look cancelled): each finds the sandbox closed.
        self._thread.shutdown(wait=True)
        self._drop()

    def _call(self, function: str, args: Sequence[Any], timeout: float) -> Any:
        if self._closed:
            raise SandboxFailed("closed", "the sandbox is closed")
        request = pack({"call": function, "seconds": timeout, "args": list(args)})
        channel = self._socket or self._start()
        late = threading.Event()

        def expire() -> None:
            late.set()
            self._kill()

        watchdog = threading.Timer(timeout, expire)
        watchdog.start()
        try:
            channel.sendall(request)
            answer = receive(channel)
        except (OSError, EOFError, ValueError) as error:
            self._drop()
            if self._closed:
                raise SandboxFailed("closed", "the sandbox was closed meanwhile") from error
            if late.is_set():
                raise SandboxFailed("timeout", f"{function} took more than {timeout} s") from error
            raise SandboxFailed("died", f"{function}: {error}") from error
        finally:
            watchdog.cancel()
            watchdog.join()
            if late.is_set():
                self._drop()
        return self._result(function, answer)

    def _result(self, function: str, answer: Any) -> Any:
        if not isinstance(answer, dict) or "ok" not in answer:
            raise SandboxFailed("died", f"{function}: unreadable answer")
        if answer["ok"]:
            return answer["value"]
        kind, public, detail = (str(answer.get(key, "")) for key in ("kind", "public", "detail"))
        if kind == "MemoryError":
            self._drop()
            raise SandboxFailed("memory", f"{function}: more than {self._limits.memory_bytes} bytes")
        raised = getattr(errors, kind, None)
        if isinstance(raised, type) and issubclass(raised, errors.RequestError):
            raise raised(public, detail)
        raise SandboxFailed("error", f"{function}: {kind}: {detail}")

    def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        with theirs:
            limits = f"{theirs.fileno()}, {self._limits.memory_bytes}, {self._limits.fresh}"
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, nothing from outside
                [sys.executable, "-P", "-s", "-c", f"from generation.sandbox import serve; serve({limits})"],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                cwd="/",
                start_new_session=True,
            )
        self._socket = ours
        return ours

    def _kill(self) -> None:
        process = self._process
        if process and process.poll() is None:
            # The whole session: a fresh call runs in a fork of the child.
            os.killpg(process.pid, signal.SIGKILL)

    def _drop(self) -> None:
        self._kill()
        if self._process:
            self._process.wait()
        if self._socket:
            self._socket.close()
        self._process = self._socket = None


def _environment() -> dict[str, str]:
    """Nothing is inherited: the parent's environment holds the secrets of the server."""
    root = str(Path(__file__).resolve().parent.parent)
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([root, *filter(None, sys.path)])),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "2",
        "OPENBLAS_NUM_THREADS": "1",
    }


def pack(value: Any) -> bytes:
    """One message: two lengths, JSON, then the bytes values one after another. No pickle: it would run code."""
    blobs: list[bytes] = []

    def plain(part: Any) -> Any:
        if isinstance(part, bytes | bytearray | memoryview):
            blobs.append(bytes(part))
            return {_BYTES: len(blobs[-1])}
        if isinstance(part, dict):
            if _BYTES in part or not all(isinstance(key, str) for key in part):
                raise TypeError("keys must be strings")
            return {key: plain(inner) for key, inner in part.items()}
        if isinstance(part, list | tuple):
            return [plain(inner) for inner in part]
        return part

    text = json.dumps(plain(value)).encode()
    body = b"".join(blobs)
    if len(text) + len(body) > FRAME_BYTES:
        raise ValueError("message too long")
    return _HEAD.pack(len(text), len(body)) + text + body


def receive(channel: socket.socket) -> Any:
    """Read one message of `pack`. EOFError when the other side is gone, ValueError when it is malformed."""
    text_length, body_length = _HEAD.unpack(_exactly(channel, _HEAD.size))
    if text_length + body_length > FRAME_BYTES:
        raise ValueError("message too long")
    text = _exactly(channel, text_length)
    body = _exactly(channel, body_length)
    offset = 0

    def whole(part: dict[str, Any]) -> Any:
        nonlocal offset
        if part.keys() != {_BYTES}:
            return part
        start, offset = offset, offset + int(part[_BYTES])
        return body[start:offset]

    return json.loads(text, object_hook=whole)


def _exactly(channel: socket.socket, length: int) -> bytes:
    buffer = bytearray(length)
    view, have = memoryview(buffer), 0
    while have < length:
        got = channel.recv_into(view[have:])
        if got == 0:
            raise EOFError("the other side is gone")
        have += got
    return bytes(buffer)


def serve(descriptor: int, memory_bytes: int, fresh: bool) -> None:
    """The child's life: read a call, answer it, until the parent is gone."""
    _confine(memory_bytes)
    with socket.socket(fileno=descriptor) as channel:
        while True:
            try:
                request = receive(channel)
            except (EOFError, OSError):
                return
            try:
                function: Callable[..., Any] | Exception = _resolve(request["call"])
            except (ImportError, AttributeError, ValueError) as error:
                function = error
            if fresh:
                _in_fork(channel, function, request)
            else:
                channel.sendall(_answer(function, request))


def _in_fork(channel: socket.socket, function: Callable[..., Any] | Exception, request: dict[str, Any]) -> None:
    child = os.fork()
    if child == 0:
        try:
            channel.sendall(_answer(function, request))
            os._exit(_ANSWERED)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    if os.waitstatus_to_exitcode(status) != _ANSWERED:
        # It died half-way through an answer, perhaps: only a new channel is clean again.
        os._exit(1)


def _resolve(name: str) -> Callable[..., Any]:
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found


def _answer(function: Callable[..., Any] | Exception, request: dict[str, Any]) -> bytes:
    try:
        if isinstance(function, Exception):
            raise function
        _allow_seconds(request["seconds"])
        return pack({"ok": True, "value": function(*request["args"])})
    except Exception as error:
        # The edge of a process: whatever it was, it crosses as words.
        return _failure(error)


def _failure(error: Exception) -> bytes:
    public = error.public if isinstance(error, errors.FediverseError) else ""
    detail = error.detail if isinstance(error, errors.FediverseError) else str(error)
    kind = "MemoryError" if isinstance(error, MemoryError) else type(error).__name__
    return pack({"ok": False, "kind": kind, "public": public[:ERROR_CHARS], "detail": detail[:ERROR_CHARS]})


def _allow_seconds(seconds: float) -> None:
    """CPU time for this call alone; the kernel ends a call that outlives even its parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    threads = os.cpu_count() or 1
    soft = int(usage.ru_utime + usage.ru_stime + seconds * threads) + 2
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft if hard == resource.RLIM_INFINITY else min(soft, hard), hard))


def _confine(memory_bytes: int) -> None:
    for kind, value in (
        (resource.RLIMIT_AS, memory_bytes),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
    ):
        _, hard = resource.getrlimit(kind)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        resource.setrlimit(kind, (value, value))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        # Refused in many containers; then the address rule of the host's firewall is all there is.
        libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def inspect() -> dict[str, Any]:
    """What this process may do; called through the sandbox by `doctor` and by the tests."""
    try:
        interfaces = [name for _, name in socket.if_nameindex()]
    except OSError:
        interfaces = []
    return {
        "memory_bytes": resource.getrlimit(resource.RLIMIT_AS)[0],
        "file_bytes": resource.getrlimit(resource.RLIMIT_FSIZE)[0],
        "environment": sorted(os.environ),
        "interfaces": interfaces,
        "pid": os.getpid(),
    }
