"""What a backend may answer instead of what it should: one list for all doubles of image backends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import JSONResponse, Response, StreamingResponse


async def _endless() -> AsyncIterator[bytes]:
    yield b'{"data":[{"b64_json":"'
    while True:
        yield b"A" * 1_000_000
        await asyncio.sleep(0)  # so that the server notices that its client left


async def _cut() -> AsyncIterator[bytes]:
    yield b'{"id": "'
    raise ConnectionResetError("the double hangs up")


async def _trickle() -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(0.05)


async def faulty(name: str) -> Response:
    """The answer of that name; `hang` never comes."""
    match name:
        case "limited":
            return JSONResponse({"error": {"code": "busy", "message": "queue full"}}, 429, {"retry-after": "7"})
        case "broken":
            return JSONResponse({"error": "CUDA out of memory"}, 500)
        case "unavailable":
            return Response("<html>loading</html>", 503, {"retry-after": "soon"}, "text/html")
        case "wrong_key":
            return JSONResponse({"error": {"code": "unauthorized", "message": "no"}}, 401)
        case "refused":
            return JSONResponse({"error": {"code": "content_policy", "message": "no"}}, 400)
        case "bad_request":
            return JSONResponse({"error": {"type": "invalid_prompt", "message": "no"}, "node_errors": {}}, 400)
        case "html":
            return Response("<!doctype html><p>sign in", 200, media_type="text/html")
        case "list":
            return JSONResponse([1, 2])
        case "empty":
            return JSONResponse({})
        case "redirect":
            return Response(b"", 307, {"location": "http://127.0.0.1:1/elsewhere"})
        case "compressed":
            return Response(b"\x1f\x8b\x08", 200, {"content-encoding": "gzip"})
        case "oversized":
            return StreamingResponse(_endless(), 200, media_type="application/json")
        case "disconnect":
            return StreamingResponse(_cut(), 200, {"content-length": "100000"})
        case "trickle":
            return StreamingResponse(_trickle(), 200, {"content-length": "100000"})
        case "hang":
            await asyncio.sleep(3600)
    raise ValueError(name)
