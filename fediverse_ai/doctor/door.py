"""/doctor/…: what arrived here of a request that the doctor sent to the public address; for nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from actors import queries
from actors.authentication import Authenticator, signed_request
from fediverse_ai.activitypub.keys import load_public_key
from fediverse_ai.core import limits
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, Missing, TooLarge, Unauthenticated
from fediverse_ai.core.responses import read_body
from fediverse_ai.doctor import tokens

_HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


def _opened(request: Request) -> tuple[Context, str]:
    """The context and the nonce. Raises Missing for everybody but the doctor of this very server."""
    context: Context = request.app.state.context
    given = request.headers.get(tokens.HEADER, "")
    nonce = tokens.read(context, given[: limits.TOKEN_CHARS]) if given else None
    if nonce is None:
        raise Missing("There is nothing at this address.")
    return context, nonce


async def echo(request: Request) -> Response:
    """GET /doctor/echo: how the request looks from here."""
    _context, nonce = _opened(request)
    scope = request.scope
    said = {
        "nonce": nonce,
        "host": request.headers.get("host"),
        "path": (scope.get("raw_path") or b"").decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "scheme": scope["scheme"],
        "client": scope["client"][0] if scope.get("client") else None,
        "forwarded_for": request.headers.get("x-forwarded-for"),
        "forwarded_proto": request.headers.get("x-forwarded-proto"),
        "forwarded": request.headers.get("forwarded"),
    }
    return JSONResponse(said, headers=_HEADERS)


async def body(request: Request) -> Response:
    """POST /doctor/body: how many bytes of it arrived; none is kept."""
    context, nonce = _opened(request)
    limit = context.config.media.max_upload_bytes + limits.UPLOAD_ENVELOPE_BYTES
    size = 0
    async with asyncio.timeout(limits.RECEIVE_BODY_SECONDS):
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise TooLarge("The request is too large.", f"over {limit} bytes")
    return JSONResponse({"nonce": nonce, "bytes": size}, headers=_HEADERS)


async def stream(request: Request) -> Response:
    """GET /doctor/stream: two events, a moment apart."""
    context, nonce = _opened(request)

    async def events() -> AsyncIterator[bytes]:
        yield f"data: {nonce}\n\n".encode()
        await context.clock.sleep(limits.DOCTOR_PAUSE_SECONDS)
        yield b"data: end\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers=_HEADERS)


async def signature(request: Request) -> Response:
    """POST /doctor/signature: does our own signature hold here, read as the inbox reads others'?"""
    context, nonce = _opened(request)
    data = await read_body(request, limits.FORM_BODY_BYTES)
    async with context.database.read() as session:
        instance = await queries.by_uri(session, f"{context.config.public_url}/actor")
        key = await queries.key_of(session, instance.id) if instance is not None else None
    if key is None:
        raise Missing("There is nothing at this address.", "the server's own actor has no key")
    try:
        context.part(Authenticator).check(signed_request(request, data), load_public_key(key.public_pem))
    except (Unauthenticated, Malformed) as error:
        return JSONResponse({"nonce": nonce, "holds": False, "why": error.detail}, headers=_HEADERS)
    return JSONResponse({"nonce": nonce, "holds": True}, headers=_HEADERS)


ROUTES: list[Route] = [
    Door("/doctor/echo", echo, needs="anyone", methods=["GET"]),
    Door("/doctor/echo/{rest:path}", echo, needs="anyone", methods=["GET"]),
    Door("/doctor/stream", stream, needs="anyone", methods=["GET"]),
    Door("/doctor/body", body, needs="anyone", methods=["POST"]),
    Door("/doctor/signature", signature, needs="anyone", methods=["POST"]),
]
