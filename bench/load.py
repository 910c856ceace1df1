"""Load from a compiled client: wrk sends requests signed before; a plain socket client where it is missing."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 32
SCRIPT = Path(__file__).with_name("load.lua")


@dataclass(frozen=True)
class Load:
    """What the client saw: answers of the 2xx and 3xx kind, others, and latencies in milliseconds."""

    answered: int
    refused: int
    broken: int
    seconds: float
    p50_ms: float
    p99_ms: float
    client: str


def raw(method: str, target: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """One HTTP/1.1 request as it goes over the wire."""
    lines = [f"{method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if body:
        lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def send(port: int, requests: Sequence[bytes], seconds: float, *, repeat: bool = False) -> Load:
    """Send for `seconds`, each request once (or again and again with `repeat`), over 32 connections."""
    with tempfile.NamedTemporaryFile(suffix=".requests") as file:
        for request in requests:
            file.write(b"%d\n%s" % (len(request), request))
        file.flush()
        wrk = shutil.which("wrk")
        how = "repeat" if repeat else "once"
        command = (
            [wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds:.0f}s", "-s", str(SCRIPT), f"http://127.0.0.1:{port}", "--"]
            if wrk
            else [sys.executable, "-m", "bench.load", str(port), str(seconds)]
        )
        program = await asyncio.create_subprocess_exec(*command, file.name, how, stdout=asyncio.subprocess.PIPE)
        out, _ = await asyncio.wait_for(program.communicate(), seconds + 60)
    found = json.loads(out.decode().splitlines()[-1])
    found["answered"] -= found["refused"]
    return Load(**found, client="wrk" if wrk else "python sockets")


async def _connection(port: int, requests: list[bytes], end: float, seen: list[tuple[int, float]], again: bool) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.monotonic() < end and requests:
        request = requests[len(seen) % len(requests)] if again else requests.pop()
        began = time.monotonic()
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0].strip()
        if length:
            await reader.readexactly(int(length))
        seen.append((int(head[9:12]), time.monotonic() - began))
    writer.close()


async def _main(port: int, seconds: float, data: bytes, how: str) -> None:
    requests: list[bytes] = []
    while data:
        length, _, data = data.partition(b"\n")
        requests.append(data[: int(length)])
        data = data[int(length) :]
    seen: list[tuple[int, float]] = []
    began = time.monotonic()
    requests.reverse()
    work = (_connection(port, requests, began + seconds, seen, how == "repeat") for _ in range(CONNECTIONS))
    results = await asyncio.gather(*work, return_exceptions=True)
    times = sorted(1000 * took for _, took in seen) or [0.0]
    facts = {
        "answered": len(seen),
        "seconds": time.monotonic() - began,
        "refused": sum(status >= 400 for status, _ in seen),
        "broken": sum(isinstance(result, BaseException) for result in results),
        "p50_ms": times[len(times) // 2],
        "p99_ms": times[len(times) * 99 // 100],
    }
    print(json.dumps(facts))


if __name__ == "__main__":
    import uvloop

    uvloop.run(_main(int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3]).read_bytes(), sys.argv[4]))
