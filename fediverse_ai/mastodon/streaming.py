"""Streams as apps listen to them: one each as server-sent events, or several on one WebSocket."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from actors import apps, queries
from actors.models import Actor
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import events, limits
from fediverse_ai.core.access import Principal, SocketDoor, allows, principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Malformed, Missing, RequestError, TooMany, Unauthenticated
from fediverse_ai.core.events import Subscription
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.mastodon import answers
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.listeners import NAMED, OWN, PUBLIC, Listener, Message, Stream
from fediverse_ai.social.events import Streams
from outbox.cursors import LARGEST_ID
from outbox.shelves import ReadingList

# Where a stream has an address of its own.
PATHS = {
    "user": "user",
    "user/notification": "user:notification",
    "public": "public",
    "public/local": "public:local",
    "public/remote": "public:remote",
    "hashtag": "hashtag",
    "hashtag/local": "hashtag:local",
    "list": "list",
    "direct": "direct",
}
_HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


def _principal(connection: HTTPConnection) -> Principal:
    principal = principal_of(connection)
    if principal is None:
        raise Unauthenticated("The access token is invalid", "a stream needs a person")
    return principal


async def _stream(session: AsyncSession, who: Principal, name: str, words: Mapping[str, Any]) -> Stream:
    """The stream that a name and its further word mean. Raises Malformed, Forbidden, Missing (somebody else's list)."""
    if name in PUBLIC:
        return Stream(name)
    if name in OWN:
        wanted = "read:notifications" if name == "user:notification" else "read:statuses"
        if not allows(who.scopes, wanted):
            raise Forbidden("This action is outside the authorized scopes", f"{name} needs {wanted}")
        return Stream(name)
    said = words.get(NAMED.get(name, ""))
    if name == "list":
        list_id = answers.id_of(said)
        row = await session.get(ReadingList, list_id) if list_id is not None and list_id <= LARGEST_ID else None
        if row is None or row.actor_id != who.actor_id or not allows(who.scopes, "read:lists"):
            raise Missing(answers.NOT_FOUND)
        return Stream(name, str(row.id))
    tag = hashtags.name_of(said) if isinstance(said, str) and name in NAMED else None
    if tag is None:
        raise Malformed("Unknown stream type" if name not in NAMED else "Missing tag name parameter")
    return Stream(name, tag)


async def _ears(context: Context, who: Principal) -> Listener:
    async with context.database.read() as session:
        reader: Actor | None = await queries.by_id(session, who.actor_id)
    if reader is None:
        raise Unauthenticated("The access token is invalid")
    return Listener(context, reader)


async def _messages(
    context: Context, who: Principal, listener: Listener, subscription: Subscription
) -> AsyncIterator[Message | None]:
    """What to tell, until the token ends; None when it is time for a sign of life (OAU-07)."""
    clock = context.clock
    checked = beat = clock.monotonic()
    while True:
        event = await subscription.next(limits.STREAM_CHECK_SECONDS)
        now = clock.monotonic()
        if now - checked >= limits.STREAM_CHECK_SECONDS:
            if who.token_id is None or not await apps.still_stands(context, who.token_id):
                return
            checked = now
        if event is not None:
            async for message in listener.hear(event):
                yield message
        elif now - beat >= limits.STREAM_HEARTBEAT_SECONDS:
            beat = now
            yield None


def _sse(path: str) -> Callable[[Request], Any]:
    async def listen(request: Request) -> Response:
        context, who = context_of(request), _principal(request)
        listener = await _ears(context, who)
        only_media = request.query_params.get("only_media") in ("1", "true") and path.startswith("public")
        async with context.database.read() as session:
            name = PATHS[path] + (":media" if only_media else "")
            listener.streams[await _stream(session, who, name, request.query_params)] = None
        context.part(Streams).enter(who.actor_id)
        return StreamingResponse(_told(context, who, listener), headers=_HEADERS, media_type="text/event-stream")

    listen.__doc__ = f"GET /api/v1/streaming/{path}"
    return listen


async def _told(context: Context, who: Principal, listener: Listener) -> AsyncIterator[bytes]:
    subscription = None
    try:
        subscription = events.subscribe(context, listener.channels)
        yield b":)\n\n"
        async for message in _messages(context, who, listener, subscription):
            yield _line(message) if message is not None else b":thump\n\n"
    finally:
        context.part(Streams).leave(who.actor_id)
        if subscription is not None:
            subscription.close()


def _line(message: Message) -> bytes:
    return f"event: {message.kind}\ndata: {message.payload}\n\n".encode()


async def health(request: Request) -> Response:
    """GET /api/v1/streaming/health"""
    return PlainTextResponse("OK")


async def plain(request: Request) -> Response:
    """GET /api/v1/streaming without a WebSocket"""
    raise Malformed("This address is for WebSockets; each stream has an address of its own below it.")


async def socket(connection: WebSocket) -> None:
    """The WebSocket of /api/v1/streaming: one stream by `?stream=…`, more by messages `{"type": "subscribe", …}`.

    The token is echoed as the protocol when it came as one: browsers hang up otherwise.
    """
    context: Context = connection.app.state.context
    who = _principal(connection)
    offered = connection.headers.get("sec-websocket-protocol", "").partition(",")[0].strip()
    try:
        listener = await _ears(context, who)
        context.part(Streams).enter(who.actor_id)
    except (TooMany, Unauthenticated) as error:
        await connection.send_denial_response(PlainTextResponse(error.public, error.status))
        return
    subscription = None
    try:
        await connection.accept(subprotocol=offered or None)
        subscription = events.subscribe(context, listener.channels)
        if name := connection.query_params.get("stream"):
            asked = {"type": "subscribe", "stream": name, **dict(connection.query_params)}
            await _answer(context, who, listener, connection, asked)
        await _both_ways(context, who, listener, connection, subscription)
    finally:
        context.part(Streams).leave(who.actor_id)
        if subscription is not None:
            subscription.close()


async def _both_ways(
    context: Context, who: Principal, listener: Listener, connection: WebSocket, subscription: Subscription
) -> None:
    """Tell what happens and take orders, until one of the two ends."""

    async def tell() -> None:
        async for message in _messages(context, who, listener, subscription):
            if message is not None:
                body = {"stream": message.stream.label, "event": message.kind, "payload": message.payload}
                await connection.send_text(orjson.dumps(body).decode())

    async def take() -> None:
        limiter = context.part(RateLimiter)
        while True:
            said = await connection.receive_text()
            limiter.check(f"stream-messages:{who.actor_id}", limits.STREAM_MESSAGES)
            await _answer(context, who, listener, connection, _order(said))

    tasks = [asyncio.ensure_future(tell()), asyncio.ensure_future(take())]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception) and not isinstance(error, WebSocketDisconnect | RequestError | RuntimeError):
            raise error
    with suppress(RuntimeError, WebSocketDisconnect):
        await connection.close(1000)


def _order(said: str) -> Mapping[str, Any]:
    try:
        found = orjson.loads(said)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


async def _answer(
    context: Context, who: Principal, listener: Listener, connection: WebSocket, order: Mapping[str, Any]
) -> None:
    """Carry out one order; what cannot be done is said on the socket and changes nothing."""
    kind, name = order.get("type"), order.get("stream")
    if kind not in ("subscribe", "unsubscribe") or not isinstance(name, str):
        return
    try:
        async with context.database.read() as session:
            stream = await _stream(session, who, name, order)
        if kind == "unsubscribe":
            listener.streams.pop(stream, None)
        elif len(listener.streams) >= limits.STREAMS_PER_SOCKET:
            raise TooMany("Too many streams on one connection.")
        else:
            listener.streams[stream] = None
        listener.ties.at = float("-inf")
    except RequestError as error:
        await connection.send_text(orjson.dumps({"error": error.public, "status": error.status}).decode())


ROUTES = [
    ApiDoor("/api/v1/streaming/health", health, needs="anyone"),
    *(ApiDoor(f"/api/v1/streaming/{path}", _sse(path), needs="read") for path in PATHS),
    ApiDoor("/api/v1/streaming", plain, needs="anyone"),
]
SOCKETS = [
    SocketDoor("/api/v1/streaming", socket, needs="read"),
    SocketDoor("/api/v1/streaming/", socket, needs="read"),
]
