"""GET /make/{post_id}/events: how a picture comes along as server-sent events, for its author alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import orjson
from sqlmodel import select
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fediverse_ai.auth import who
from fediverse_ai.core import events, limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.events import Subscription
from fediverse_ai.social.events import Streams
from fediverse_ai.web.cards import NOT_THERE, post_id_of
from fediverse_ai.web.rendering import context_of
from outbox import turns
from outbox.models import Post, PostState
from outbox.turns import Turn

Json = dict[str, Any]
HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}


async def stream(request: Request) -> Response:
    """`event: progress` with `facts` as JSON at every change, and one `event: end` when the post waits no more.

    Pages work without it, by asking /make/ID/progress. Raises Missing for a post that is not the asker's, TooMany and
    Unavailable beyond the bounds for listeners.
    """
    me = require(request, "session")
    context = context_of(request)
    post_id = post_id_of(request)
    await facts(context, me.actor_id, post_id)
    subscription = events.subscribe(context, [events.making(post_id)])
    try:
        context.part(Streams).enter(me.actor_id)
    except BaseException:
        subscription.close()
        raise
    told = _told(request, context, me, post_id, subscription)
    return StreamingResponse(told, headers=HEADERS, media_type="text/event-stream")


async def facts(context: Context, actor_id: int, post_id: int) -> Json:
    """What is known of a post on its way.

    {state, words, fraction, gate, ahead, place, step, steps, seconds_left, preview, url}: `fraction` 0…1; `gate` is
    what the gate looks at (prompt, picture, pictures); `ahead` pictures come before it here, `place` orders at the
    backend; `preview` is an address that changes with the picture; `url` is the page to go on to once `state` is no
    longer `waiting`. What is not known is None. Raises Missing for a post that is not this actor's.
    """
    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        if post is None or post.author_id != actor_id or post.state == PostState.DELETED:
            raise Missing(NOT_THERE)
        seen = await turns.outlook(session, post)
        painted = (await session.exec(select(Turn.previewed_ms).where(Turn.post_id == post_id))).first()
    said, waits = post.progress or {}, post.state == PostState.WAITING
    known = {name: said.get(name) if waits else None for name in ("fraction", "gate", "place", "step", "steps")}
    return known | {
        "state": str(post.state),
        "words": str(said.get("words") or "") if waits else post.reason or "",
        "ahead": seen.ahead,
        "seconds_left": seen.seconds_left,
        "preview": f"/make/{post_id}/preview?at={painted}" if seen.has_preview else None,
        "url": None if waits else f"/make/{post_id}",
    }


async def _told(
    request: Request, context: Context, me: Principal, post_id: int, subscription: Subscription
) -> AsyncIterator[bytes]:
    clock = context.clock
    try:
        yield f"retry: {int(limits.STREAM_RETRY_SECONDS * 1000)}\n\n".encode()
        last: Json = {}
        end = clock.monotonic() + limits.STREAM_SECONDS
        beat = checked = clock.monotonic()
        while clock.monotonic() < end:
            now = await facts(context, me.actor_id, post_id)
            if now["state"] != PostState.WAITING:
                yield _event("progress", now) + _event("end", now)
                return
            if _but_for_time(now) != _but_for_time(last):
                last, beat = now, clock.monotonic()
                yield _event("progress", now)
            elif clock.monotonic() - beat >= limits.STREAM_HEARTBEAT_SECONDS:
                beat = clock.monotonic()
                yield b": still here\n\n"
            # Whoever makes it may be another process, which tells nothing here: so look anyway, now and then.
            await subscription.next(limits.STREAM_LOOK_SECONDS)
            if clock.monotonic() - checked >= limits.STREAM_CHECK_SECONDS:
                checked = clock.monotonic()
                if not await _may_listen(request, me):
                    return
    except Missing:
        # It was thrown away while somebody watched.
        yield _event("end", {"state": str(PostState.DELETED), "url": "/make"})
    finally:
        context.part(Streams).leave(me.actor_id)
        subscription.close()


def _but_for_time(told: Json) -> Json:
    """Seconds left change all the time; they are worth no event of their own."""
    return {name: value for name, value in told.items() if name != "seconds_left"}


def _event(kind: str, body: Json) -> bytes:
    return f"event: {kind}\n".encode() + b"data: " + orjson.dumps(body) + b"\n\n"


async def _may_listen(request: Request, me: Principal) -> bool:
    """A stream ends with the session that opened it (OAU-07)."""
    user = await who(request.scope)
    return isinstance(user, Principal) and user.actor_id == me.actor_id
