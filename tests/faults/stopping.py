"""Load on one server while it is told to stop, and what became of every connection (FI-20)."""

from __future__ import annotations

import asyncio
import io
import json
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import websockets
from PIL import Image

REFUSED = (ConnectionRefusedError, TimeoutError)
CONNECT_SECONDS = 0.8
"""After the signal the kernel answers nobody who comes anew; whoever waits longer finds the next server."""


@dataclass
class Load:
    """Clients of one server; `told` counts what became of their connections, `kept` what was acknowledged."""

    port: int
    token: str
    told: Counter[str] = field(default_factory=Counter)
    pictures: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    unsure: int = 0
    """Posts that were answered with 503: they may be there all the same, as the answer waits for the gate."""
    over: bool = False
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    number: int = 0

    def start(self) -> None:
        """Six who read, two who upload, three who listen to events, two to sockets, two who post."""
        makers = [*[self._read] * 6, *[self._upload] * 2, *[self._post] * 2]
        self._tasks = [asyncio.create_task(self._again(make, n)) for n, make in enumerate(makers)]
        self._tasks += [asyncio.create_task(self._listen()) for _ in range(3)]
        self._tasks += [asyncio.create_task(self._socket()) for _ in range(2)]

    async def end(self) -> None:
        """Wait until nobody is connected any more."""
        self.over = True
        await asyncio.wait_for(asyncio.gather(*self._tasks), 25)

    async def _again(self, make: Any, number: int) -> None:
        while not self.over:
            try:
                await make(number)
            except REFUSED:
                self.told["refused"] += 1
                return
            except OSError as error:
                self.told[f"lost: {make.__name__} {error}"] += 1
                return

    async def _ask(self, head: str, body: bytes = b"", *, slowly: bool = False) -> tuple[int, bytes]:
        """One request on a connection of its own. Raises ConnectionError when there is no whole answer."""
        reader, writer = await asyncio.wait_for(asyncio.open_connection("127.0.0.1", self.port), CONNECT_SECONDS)
        lines = [head, f"host: 127.0.0.1:{self.port}", "connection: close", f"content-length: {len(body)}", "", ""]
        answer = asyncio.create_task(reader.read())
        try:
            writer.write("\r\n".join(lines).encode())
            step = 16_384 if slowly else len(body) or 1
            for at in range(0, len(body), step):
                if answer.done():
                    break
                with suppress(ConnectionError):
                    writer.write(body[at : at + step])
                    await writer.drain()
                if slowly:
                    await asyncio.sleep(0.02)
            found = await asyncio.wait_for(answer, 20)
        finally:
            answer.cancel()
            writer.transport.abort()
        start, _, rest = found.partition(b"\r\n\r\n")
        if not start.startswith(b"HTTP/1.1 "):
            raise ConnectionError(f"no answer: {found[:80]!r}")
        for line in start.lower().split(b"\r\n"):
            if line.startswith(b"content-length:") and int(line.split(b":")[1]) != len(rest):
                raise ConnectionError(f"cut off after {len(rest)} bytes")
        if b"transfer-encoding: chunked" in start.lower() and not rest.endswith(b"0\r\n\r\n"):
            raise ConnectionError("cut off before its end")
        status = int(start.split()[1])
        if status not in (200, 202, 503):
            raise ConnectionError(f"answered {status}: {rest[:200]!r}")
        self.told[str(status)] += 1
        return status, rest

    async def _read(self, number: int) -> None:
        await self._ask(f"GET /about?{number} HTTP/1.1\r\naccept: text/html")
        await asyncio.sleep(0.01)

    async def _upload(self, _number: int) -> None:
        body = (
            b"--x\r\ncontent-disposition: form-data; name=file; filename=a.jpg\r\n\r\n" + _picture() + b"\r\n--x--\r\n"
        )
        kind = "content-type: multipart/form-data; boundary=x"
        await self._ask(
            f"POST /api/v2/media HTTP/1.1\r\n{kind}\r\nauthorization: Bearer {self.token}", body, slowly=True
        )

    async def _post(self, number: int) -> None:
        """In turn a picture to be made, and words for the followers."""
        self.number += 1
        wish: dict[str, str] = {"status": f"Post {time.monotonic_ns()}"}
        if number % 2:
            wish["prompt"] = "a red fox in the snow"
        head = f"POST /api/v1/statuses HTTP/1.1\r\ncontent-type: application/json\r\nauthorization: Bearer {self.token}"
        status, rest = await self._ask(head, json.dumps(wish).encode())
        if status == 503:
            self.unsure += 1
        else:
            (self.pictures if "prompt" in wish else self.words).append(json.loads(rest)["id"])
        await asyncio.sleep(0.6)

    async def _listen(self) -> None:
        """A stream of events, which has to end as HTTP ends an answer."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        head = (
            f"GET /api/v1/streaming/user HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\nauthorization: Bearer {self.token}"
        )
        writer.write(f"{head}\r\n\r\n".encode())
        found = b""
        with suppress(OSError):
            while piece := await reader.read(65_536):
                found = (found + piece)[-4_096:]
        self.told["stream ended" if found.endswith(b"0\r\n\r\n") else "lost: stream"] += 1
        writer.close()

    async def _socket(self) -> None:
        """A WebSocket, which has to be closed with the code for a restart."""
        address = f"ws://127.0.0.1:{self.port}/api/v1/streaming?stream=user"
        headers = {"authorization": f"Bearer {self.token}"}
        try:
            async with websockets.connect(address, additional_headers=headers, proxy=None) as socket:
                with suppress(websockets.ConnectionClosed):
                    while True:
                        await socket.recv()
                self.told["socket closed" if socket.close_code == 1012 else f"lost: socket {socket.close_code}"] += 1
        except websockets.InvalidStatus as refused:
            # On a slow machine it may not have begun when the server stops: then it is told to come back.
            status = refused.response.status_code
            self.told["socket refused" if status == 503 else f"lost: socket {status}"] += 1


_made: list[bytes] = []


def _picture() -> bytes:
    """A JPEG of about a megabyte, so that its upload takes more than a second."""
    if not _made:
        file = io.BytesIO()
        Image.effect_noise((1400, 1400), 60).convert("RGB").save(file, "JPEG", quality=92)
        _made.append(file.getvalue())
    return _made[0]
