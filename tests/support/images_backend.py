"""A faithful double of an OpenAI-compatible images endpoint: a real HTTP server on loopback, with its failures."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from collections import deque
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from PIL import Image

MODEL = "double-1"
KEY = "sk-double-0123456789"
SIZES = ("256x256", "512x512", "1024x1024", "1536x1024", "1024x1536")


@dataclass
class Call:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class ImagesBackend:
    """`async with ImagesBackend() as backend`: then `backend.url` is the base address to configure.

    Each request takes the next name from `script` (default `ok`); `calls` remembers what arrived; `arrived` is set
    by the first request, `left` when a client goes away before its answer. It checks the key, the model, `n`, the
    size and the prompt as the real endpoint does, refuses unknown fields when `strict`, and makes pictures
    that depend on the prompt and seed.
    """

    key: str = KEY
    strict: bool = True
    extra_fields: frozenset[str] = frozenset()
    delay: float = 0.0
    retry_after: str = "7"
    picture_format: str = "PNG"
    script: deque[str] = field(default_factory=deque)
    calls: list[Call] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v1"
        self._open: set[asyncio.Task[Any]] = set()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._open.add(task)
        try:
            call = await self._read(reader)
            self.calls.append(call)
            self.arrived.set()
            answering = asyncio.ensure_future(self._answer(call, writer))
            leaving = asyncio.ensure_future(reader.read(1))
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                self.left.set()
            for half in (answering, leaving):
                half.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(task)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> Call:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        raw = await reader.readexactly(int(headers.get("content-length", 0)))
        return Call(method, path, headers, json.loads(raw) if raw else {})

    async def _answer(self, call: Call, writer: asyncio.StreamWriter) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        if call.method == "GET" and call.path.startswith("/generated/"):
            picture = self.draw({"prompt": call.path, "size": "256x256"}, 0)
            return await send(writer, 200, picture, {"content-type": "image/png"})
        if call.method != "POST" or call.path != "/v1/images/generations":
            return await fail(writer, 404, "Not found", "not_found")
        if self.key and call.headers.get("authorization") != f"Bearer {self.key}":
            sent = call.headers.get("authorization", "").removeprefix("Bearer ")
            return await fail(writer, 401, f"Incorrect API key provided: {sent}.", "invalid_api_key")
        wrong = self._wrong(call.body)
        if wrong:
            return await fail(writer, 400, wrong, "invalid_value")
        name = self.script.popleft() if self.script else "ok"
        return await getattr(self, f"_do_{name}")(call.body, writer)

    def _wrong(self, body: dict[str, Any]) -> str | None:
        known = {"model", "prompt", "n", "size", "quality", "response_format"} | self.extra_fields
        if self.strict and body.keys() - known:
            return f"Unknown parameter: '{sorted(body.keys() - known)[0]}'."
        if not isinstance(body.get("prompt"), str) or not body["prompt"]:
            return "Missing required parameter: 'prompt'."
        if body.get("model") != MODEL:
            return f"The model '{body.get('model')}' does not exist."
        if not 1 <= body.get("n", 1) <= 10:
            return "Invalid value: 'n' must be between 1 and 10."
        return None if body.get("size", "1024x1024") in SIZES else f"Invalid size '{body.get('size')}'."

    def draw(self, body: dict[str, Any], index: int) -> bytes:
        """One colour of the size asked for: by prompt and seed, or another one each time where there is no seed."""
        width, height = map(int, body.get("size", "1024x1024").split("x"))
        chance = body.get("seed", f"call {len(self.calls)}")
        digest = hashlib.sha256(f"{body['prompt']}/{chance}/{index}".encode()).digest()
        out = io.BytesIO()
        Image.new("RGB", (width, height), tuple(digest[:3])).save(out, self.picture_format)
        return out.getvalue()

    def _data(self, body: dict[str, Any]) -> list[dict[str, str]]:
        return [{"b64_json": base64.b64encode(self.draw(body, i)).decode()} for i in range(body.get("n", 1))]

    async def _do_ok(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"created": 1, "data": self._data(body)})

    async def _do_data_url(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        data = [{"b64_json": "data:image/png;base64," + item["b64_json"]} for item in self._data(body)]
        await send(writer, 200, {"created": 1, "data": data})

    async def _do_url(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        data = [{"url": f"http://127.0.0.1:{self.port}/generated/{i}.png"} for i in range(body.get("n", 1))]
        await send(writer, 200, {"created": 1, "data": data})

    async def _do_foreign_url(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"created": 1, "data": [{"url": "http://127.0.0.1:1/latest/meta-data"}]})

    async def _do_file_url(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"created": 1, "data": [{"url": "file:///etc/passwd"}]})

    async def _do_refuse(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await fail(writer, 400, "Your request was rejected by the safety system.", "moderation_blocked")

    async def _do_refuse_as_policy(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await fail(writer, 400, "Rejected.", "content_policy_violation")

    async def _do_limited(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await fail(writer, 429, "Rate limit reached.", "rate_limit_exceeded", {"retry-after": self.retry_after})

    async def _do_spent(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await fail(writer, 429, "You exceeded your current quota.", "insufficient_quota")

    async def _do_broken(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await fail(writer, 500, "CUDA out of memory", "server_error")

    async def _do_unavailable(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 503, b"<html>loading</html>", {"content-type": "text/html", "retry-after": "soon"})

    async def _do_html(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, b"<!doctype html><p>sign in", {"content-type": "text/html"})

    async def _do_wrong_shape(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"data": [7, None]})

    async def _do_empty(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"created": 1, "data": []})

    async def _do_bad_base64(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, {"data": [{"b64_json": "iVBORw0KGgo!!!"}] * body.get("n", 1)})

    async def _do_wrong_bytes(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        page = base64.b64encode(b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>").decode()
        await send(writer, 200, {"data": [{"b64_json": page}] * body.get("n", 1)})

    async def _do_oversized(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n\r\n{"data":[{"b64_json":"'
        )
        while True:
            writer.write(b"A" * 1_000_000)
            await writer.drain()

    async def _do_redirect(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 307, b"", {"location": "http://127.0.0.1:1/elsewhere"})

    async def _do_compressed(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await send(writer, 200, b"\x1f\x8b\x08", {"content-type": "application/json", "content-encoding": "gzip"})

    async def _do_hang(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(3600)

    async def _do_trickle(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{")
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.05)

    async def _do_disconnect(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000\r\n\r\n{"data":[')
        await writer.drain()

    async def _do_garbage(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        writer.write(b"\x15\x03\x01\x00\x02\x02\x46")
        await writer.drain()


async def send(
    writer: asyncio.StreamWriter, status: int, body: bytes | dict[str, Any], headers: dict[str, str] | None = None
) -> None:
    """Write one answer and close."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"content-type": "application/json", "content-length": str(len(raw)), "connection": "close"}
    lines = [f"{name}: {value}" for name, value in (fields | (headers or {})).items()]
    writer.write("\r\n".join([f"HTTP/1.1 {status} Said", *lines, "", ""]).encode() + raw)
    await writer.drain()


async def fail(
    writer: asyncio.StreamWriter, status: int, message: str, code: str, headers: dict[str, str] | None = None
) -> None:
    """Write an error in OpenAI's shape."""
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    await send(writer, status, {"error": error}, headers)
