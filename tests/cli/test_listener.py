"""The HTTP server under hostile heads: n−1 and n pass, n+1 is 431; slow ones are cut; proxies are believed by name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from fediverse_ai.cli import listener
from fediverse_ai.core import limits
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured
from tests.support.processes import free_port


async def _echo(request: Request) -> JSONResponse:
    body = await request.body()
    assert request.client is not None
    return JSONResponse({"client": request.client.host, "scheme": request.url.scheme, "bytes": len(body)})


async def _no(_request: Request) -> JSONResponse:
    return JSONResponse({"words": "no" * 1000}, 503, {"connection": "close"})


async def _hesitates(socket: WebSocket) -> None:
    await asyncio.sleep(60)
    await socket.accept()


@asynccontextmanager
async def serving(**server: object) -> AsyncIterator[int]:
    config = Config.model_validate({"server": {"development": True, "port": free_port(), **server}})
    app = Starlette(routes=[Route("/no", _no, methods=["POST"]), Route("/{rest:path}", _echo, methods=["GET", "POST"])])
    up, ending = asyncio.Event(), listener.Ending()

    async def meanwhile() -> None:
        up.set()

    task = asyncio.create_task(listener.listen(app, config, listener.bind(config), ending, meanwhile))
    await up.wait()
    try:
        yield config.server.port
    finally:
        assert ending.server is not None
        ending.server.should_exit = True
        await task


async def ask(port: int, head: bytes, body: bytes = b"") -> bytes:
    """Send raw bytes and read to the end of the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head + b"connection: close\r\n\r\n" + body)
    answer = await asyncio.wait_for(reader.read(), 20)
    writer.close()
    return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ")[1])


def head_of(size: int) -> bytes:
    """A request head whose fields add up to `size` bytes, the `connection` line that `ask` adds included."""
    fixed = len("host") + 1 + 4 + len("connection") + len("close") + 4 + len("a") + 4
    return b"GET / HTTP/1.1\r\nhost: x\r\na: " + b"v" * (size - fixed) + b"\r\n"


async def test_head_bytes_at_the_bound() -> None:
    async with serving() as port:
        bound = limits.RECEIVE_HEAD_BYTES
        assert [status(await ask(port, head_of(size))) for size in (bound - 1, bound, bound + 1)] == [200, 200, 431]


async def test_head_fields_at_the_bound() -> None:
    async with serving() as port:
        bound = limits.RECEIVE_HEAD_FIELDS
        heads = [
            b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: x\r\n" % number for number in range(fields - 1))
            for fields in (bound - 1, bound, bound + 1)
        ]
        assert [status(await ask(port, head)) for head in heads] == [200, 200, 431]


async def test_target_at_the_bound() -> None:
    async with serving() as port:
        bound = limits.RECEIVE_TARGET_BYTES
        heads = [b"GET /" + b"a" * (size - 1) + b" HTTP/1.1\r\nhost: x\r\n" for size in (bound - 1, bound, bound + 1)]
        assert [status(await ask(port, head)) for head in heads] == [200, 200, 431]


async def test_endless_header_is_cut_and_not_kept() -> None:
    async with serving() as port:
        _reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\na: ")
        sent = 0
        try:
            while sent < 100 * limits.RECEIVE_HEAD_BYTES:
                writer.write(b"x" * 8192)
                await writer.drain()
                sent += 8192
                await asyncio.sleep(0.002)
        except ConnectionError:
            pass
        assert sent < 20 * limits.RECEIVE_HEAD_BYTES
        writer.close()
        # The server itself is well.
        assert status(await ask(port, b"GET / HTTP/1.1\r\nhost: x\r\n")) == 200


async def test_slow_head_is_cut_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECEIVE_HEAD_SECONDS", 0.5)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HT")
        began = time.monotonic()
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert 0.3 < time.monotonic() - began < 2
        writer.close()


async def test_next_head_on_a_kept_connection_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RECEIVE_HEAD_SECONDS", 0.5)
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(b"}")
        writer.write(b"GET / HTTP/1.1\r\nslow")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_large_body_then_next_request_on_one_connection() -> None:
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        body = b"x" * 400_000
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(), 5)
        assert answer.count(b"HTTP/1.1 200") == 2
        assert b'"bytes":400000' in answer
        writer.close()


@pytest.mark.parametrize("more", [0, 40])
async def test_who_is_answered_while_still_sending_gets_the_answer(more: int) -> None:
    """The connection is not reset under them, nor kept for long: what comes after the answer is thrown away."""
    piece = b"x" * 16_384
    async with serving() as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"POST /no HTTP/1.1\r\nhost: x\r\ncontent-length: 9000000\r\n\r\n" + piece)
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        for _ in range(more):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
        rest = await asyncio.wait_for(reader.read(), 5)
        assert status(head) == 503
        assert rest == b'{"words":"' + b"no" * 1000 + b'"}'

        async def go_on() -> None:
            while True:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0.05)

        # After a while nobody takes anything any more.
        with pytest.raises(ConnectionError):
            await asyncio.wait_for(go_on(), 10)
        writer.close()


FORWARDED = b"GET / HTTP/1.1\r\nhost: x\r\nx-forwarded-for: 203.0.113.9\r\nx-forwarded-proto: https\r\n"


async def test_forwarded_headers_are_believed_only_from_configured_addresses() -> None:
    async with serving() as port:
        assert b'"client":"127.0.0.1","scheme":"http"' in await ask(port, FORWARDED)
    async with serving(trusted_proxies=["198.51.100.0/24"]) as port:
        assert b'"client":"127.0.0.1","scheme":"http"' in await ask(port, FORWARDED)
    async with serving(trusted_proxies=["127.0.0.0/8"]) as port:
        assert b'"client":"203.0.113.9","scheme":"https"' in await ask(port, FORWARDED)


async def test_what_runs_beside_ends_the_server_with_its_error() -> None:
    config = Config.model_validate({"server": {"development": True, "port": free_port()}})

    async def meanwhile() -> None:
        raise Misconfigured("no")

    with pytest.raises(Misconfigured):
        await listener.listen(Starlette(), config, listener.bind(config), listener.Ending(), meanwhile)


def test_port_is_refused_while_it_is_held() -> None:
    config = Config.model_validate({"server": {"development": True, "port": free_port()}})
    with listener.bind(config), pytest.raises(Misconfigured, match="cannot be used"):
        listener.bind(config)


async def _slow(request: Request) -> JSONResponse:
    await asyncio.sleep(float(request.query_params["seconds"]))
    return JSONResponse({})


async def _events(_request: Request) -> StreamingResponse:
    async def told() -> AsyncIterator[bytes]:
        while True:
            yield b":\n\n"
            await asyncio.sleep(0.05)

    return StreamingResponse(told(), media_type="text/event-stream")


async def test_at_the_end_everybody_who_was_let_in_is_answered() -> None:
    """FI-20 in small: finished in time, 503 when not, a stream that ends as HTTP ends, 503 for a late first request."""
    config = Config.model_validate({"server": {"development": True, "port": free_port()}})
    app = Starlette(routes=[Route("/slow", _slow), Route("/events", _events), WebSocketRoute("/socket", _hesitates)])
    up, ending = asyncio.Event(), listener.Ending()

    async def meanwhile() -> None:
        up.set()

    task = asyncio.create_task(listener.listen(app, config, listener.bind(config), ending, meanwhile))
    await up.wait()
    port = config.server.port
    head = "GET /{} HTTP/1.1\r\nhost: x\r\n"
    asked = [
        asyncio.create_task(ask(port, head.format(path).encode()))
        for path in ("slow?seconds=0.6", "slow?seconds=60", "events")
    ]
    shy_reader, shy = await asyncio.open_connection("127.0.0.1", port)
    shy.write(b"GET /socket HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
              b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")  # fmt: skip
    late_reader, late = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0.2)
    began = time.monotonic()
    assert ending.server is not None
    ending.server.should_exit = True
    await asyncio.sleep(0.3)
    late.write(head.format("slow?seconds=0").encode() + b"\r\n")
    told = await asyncio.wait_for(late_reader.read(), 5)
    late.close()
    assert (status(told), b"retry-after: 5" in told.lower(), b"connection: close" in told.lower()) == (503, True, True)
    shown = await asyncio.wait_for(shy_reader.read(), 5)
    shy.close()
    assert (status(shown), b"retry-after: 5" in shown.lower()) == (503, True), "a socket that was not begun"
    finished, cut, stream = await asyncio.gather(*asked)
    assert (status(finished), status(cut), status(stream)) == (200, 503, 200)
    assert stream.endswith(b"\r\n0\r\n\r\n"), "the stream broke off"
    await task
    assert time.monotonic() - began < 4
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", port)
