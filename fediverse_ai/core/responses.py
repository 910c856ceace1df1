"""Reading bodies within their bounds, and the answers that every door gives alike."""

from __future__ import annotations

import asyncio
import hashlib

import orjson
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Elsewhere, FediverseError, Malformed, RequestError, TooLarge
from fediverse_ai.core.limits import RECEIVE_BODY_SECONDS
from fediverse_ai.core.texts import _

ACTIVITY_JSON = "application/activity+json; charset=utf-8"
_TITLES = {
    400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 409: "Conflict", 410: "Gone",
    413: "Content Too Large", 415: "Unsupported Media Type", 421: "Misdirected Request", 422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
    507: "Insufficient Storage",
}  # fmt: skip


async def read_body(request: Request, limit: int) -> bytes:
    """The raw body, at most `limit` bytes, complete within RECEIVE_BODY_SECONDS.

    Raises TooLarge as soon as the announced or the received size is beyond the limit, Malformed when the sender is
    too slow or announces nonsense.
    """
    announced = request.headers.get("content-length")
    if announced is not None:
        if not (announced.isascii() and announced.isdigit()):
            raise Malformed("The length of the request is not a number.", f"content-length {announced[:40]!r}")
        if int(announced[:20]) > limit:
            raise _too_large(limit, f"announced {announced[:20]}")
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(RECEIVE_BODY_SECONDS):
            async for chunk in request.stream():
                size += len(chunk)
                if size > limit:
                    raise _too_large(limit, f"read {size} bytes")
                chunks.append(chunk)
    except TimeoutError:
        raise Malformed("The request took too long to arrive.", f"{size} bytes in time") from None
    return b"".join(chunks)


def _too_large(limit: int, detail: str) -> TooLarge:
    return TooLarge(_("The request is too large; the limit is %(most)d bytes.") % {"most": limit}, detail)


def status_of(error: FediverseError) -> int:
    """The HTTP status of an error: its own, 502 when another server failed us, 500 otherwise."""
    if isinstance(error, RequestError):
        return error.status
    return 502 if isinstance(error, Elsewhere) else 500


def problem(error: FediverseError) -> Response:
    """An RFC 9457 problem document; it holds the public sentence and never the detail."""
    status = status_of(error)
    title = _TITLES.get(status, "Error")
    kind = getattr(error, "problem_type", "about:blank")
    body = orjson.dumps({"type": kind, "title": title, "status": status, "detail": error.public})
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    retry_after = getattr(error, "retry_after", None)
    if retry_after is None and status in (503, 507):
        retry_after = 30
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    headers |= getattr(error, "headers", {})
    return Response(body, status, headers, media_type="application/problem+json")


def etag_of(body: bytes) -> str:
    """A strong entity tag, quoted, from the bytes themselves."""
    return f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'


def activity_json(
    body: bytes,
    etag: str | None = None,
    *,
    request: Request | None = None,
    private: bool = False,
    status: int = 200,
    media_type: str = ACTIVITY_JSON,
    max_age: int = 180,
) -> Response:
    """Stored JSON bytes as an answer with `ETag` and `Vary`; 304 when `request` already has them.

    `private` is for an answer that depends on who asked: it is never cached (D14).
    """
    tag = etag or etag_of(body)
    headers = {
        "ETag": tag,
        "Vary": "Accept, Signature, Authorization, Cookie" if private else "Accept, Signature",
        "Cache-Control": "private, no-store" if private else f"public, max-age={max_age}",
        "X-Content-Type-Options": "nosniff",
    }
    if request is not None and status == 200 and _has(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, status, headers | {"Content-Type": media_type})


def _has(request: Request, tag: str) -> bool:
    known = request.headers.get("if-none-match")
    return known is not None and any(item.strip().removeprefix("W/") in (tag, "*") for item in known.split(","))
