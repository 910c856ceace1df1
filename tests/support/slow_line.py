"""A slow line between a browser and our server: pages come in pieces, so that the browser paints what it has so far."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

_HEAD_END = b"\r\n\r\n"
_HTML = re.compile(rb"\r\ncontent-type: text/html", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_BLOCK = re.compile(rb"<(?:li|tr|p|h2|div|dt|form|figure|section|article|details|fieldset|footer)\b")
_BLOCKS = 6
_FIRST_PAINT_S = 0.6
# Kept to ourselves: one answer for one connection, unpacked, so that a piece of bytes is a piece of a page.
_DROPPED = re.compile(rb"\r\n(?:connection|proxy-connection|accept-encoding):[^\r]*", re.IGNORECASE)


@asynccontextmanager
async def slow_line(pieces: int, pause_s: float) -> AsyncIterator[str]:
    """The address of an HTTP proxy on loopback; pages through it come in `pieces` at most, with pauses between."""

    serving: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await _answer(reader, writer, pieces, pause_s)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the browser went on to another page
        finally:
            writer.close()

    def begin(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(serve(reader, writer))
        serving.add(task)
        task.add_done_callback(serving.discard)

    server = await asyncio.start_server(begin, "127.0.0.1", 0)
    try:
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        for task in serving:
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pieces: int, pause_s: float) -> None:
    head = await reader.readuntil(_HEAD_END)
    line, _, fields = head.partition(b"\r\n")
    method, address, version = line.decode().split(" ")
    parts = urlsplit(address)
    if parts.scheme != "http" or parts.hostname is None:
        # A browser's own wishes, such as those of its form filler; pages of ours ask nobody else.
        writer.write(f"{version} 403 Forbidden\r\nconnection: close\r\ncontent-length: 0".encode() + _HEAD_END)
        return
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    length = _LENGTH.search(b"\r\n" + fields)
    body = await reader.readexactly(int(length[1])) if length else b""
    above, below = await asyncio.open_connection(parts.hostname, parts.port or 80)
    try:
        kept = _DROPPED.sub(b"", b"\r\n" + fields.removesuffix(_HEAD_END))
        below.write(f"{method} {path} {version}".encode() + kept + b"\r\nconnection: close" + _HEAD_END + body)
        head = await above.readuntil(_HEAD_END)
        writer.write(head)
        if _HTML.search(head):
            await _in_pieces(await above.read(), writer, pieces, pause_s)
        else:
            while data := await above.read(1 << 16):
                writer.write(data)
                await writer.drain()
    finally:
        below.close()


async def _in_pieces(page: bytes, writer: asyncio.StreamWriter, pieces: int, pause_s: float) -> None:
    """Cut where a block begins, after a few of them each time: what stands in a row arrives one by one."""
    begins = [found.start() for found in _BLOCK.finditer(page)]
    ends = begins[:: max(_BLOCKS, -(-len(begins) // pieces))]
    sent = 0
    for number, end in enumerate([*ends, len(page)]):
        writer.write(page[sent:end])
        await writer.drain()
        sent = end
        if sent < len(page):
            # Until it paints something of a new page a browser keeps the old one, for half a second at most.
            await asyncio.sleep(pause_s if number > 1 else _FIRST_PAINT_S / 2)
