"""The floor of a GET: a bare ASGI application with stored bytes, under the same HTTP server with the same settings."""

from __future__ import annotations

import sys
from typing import Any

import uvicorn

BODY = b"x" * 2_000
HEADERS = [(b"content-type", b"application/activity+json"), (b"content-length", b"2000")]


async def app(scope: dict[str, Any], _receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": BODY})


if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_config=None, access_log=False, lifespan="off")
