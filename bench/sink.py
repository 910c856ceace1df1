"""A peer that takes everything: https on one port for every name, 202 for each POST, counts at GET /counts."""

from __future__ import annotations

import asyncio
import json
import ssl
import sys
import time
from dataclasses import dataclass, field


@dataclass
class Counts:
    """How many connections and deliveries came, and when (seconds of the clock)."""

    connections: int = 0
    deliveries: int = 0
    first: float = 0.0
    last: float = 0.0
    marks: dict[str, float] = field(default_factory=dict)


class Sink(asyncio.Protocol):
    """Just enough HTTP: heads end with an empty line, bodies have a Content-Length."""

    def __init__(self, counts: Counts) -> None:
        self.counts = counts
        self.data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.counts.connections += 1

    def data_received(self, data: bytes) -> None:
        self.data += data
        while b"\r\n\r\n" in self.data:
            head, _, rest = self.data.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0].strip() or 0)
            if len(rest) < length:
                return
            self.answer(head, rest[:length])
            self.data = rest[length:]

    def answer(self, head: bytes, body: bytes) -> None:
        if head.startswith(b"POST"):
            now = time.time()
            self.counts.deliveries += 1
            self.counts.first = self.counts.first or now
            self.counts.last = now
            if b'"Create"' in body:
                self.counts.marks.setdefault("create", now)
            self.transport.write(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")  # type: ignore[attr-defined]
            return
        content = json.dumps(self.counts.__dict__).encode()
        if b" /reset" in head:
            self.counts.__dict__.update(Counts().__dict__)
        answer = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
        self.transport.write(answer % (len(content), content))  # type: ignore[attr-defined]


async def main(port: int, certificate: str, key: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    counts = Counts()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Sink(counts), "127.0.0.1", port, ssl=context, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    import uvloop

    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3]))
