"""The event stream of an actor: what arrives and how its own posts come along, as server-sent events."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from actors.models import Actor
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.auth import who
from fediverse_ai.core import events, limits
from fediverse_ai.core.access import Principal, allows
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Malformed, TooMany
from fediverse_ai.core.nodes import SEQUENCE_BITS
from fediverse_ai.social.doors import context_of, described, owner_of
from fediverse_ai.social.reading import shown
from inbox import arrivals
from outbox import own, pending
from outbox.models import Post, PostState

Json = dict[str, Any]
_HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
# What is handled late has an id from before: so far back is looked again.
_OVERLAP = int(limits.STREAM_OVERLAP_SECONDS * 1000) << SEQUENCE_BITS


class Streams:
    """How many streams each person has open in this process."""

    def __init__(self) -> None:
        self._open: Counter[int] = Counter()

    def enter(self, actor_id: int) -> None:
        """Raises TooMany beyond STREAMS_PER_ACCOUNT."""
        if self._open[actor_id] >= limits.STREAMS_PER_ACCOUNT:
            raise TooMany("You have too many streams open; close one first.", retry_after=60)
        self._open[actor_id] += 1

    def leave(self, actor_id: int) -> None:
        self._open[actor_id] -= 1
        if self._open[actor_id] <= 0:
            del self._open[actor_id]


@described
async def stream(request: Request) -> Response:
    """`text/event-stream` for the owner's app, for an hour at most. After a break, `Last-Event-ID` says where to go on:
    everything stored since is sent, the last seconds before it perhaps again."""
    _, owner = await owner_of(request, "read")
    context = context_of(request)
    since = _since(request)
    context.part(Streams).enter(owner.id)
    return StreamingResponse(_told(request, context, owner, since), headers=_HEADERS, media_type="text/event-stream")


def _since(request: Request) -> int | None:
    value = request.headers.get("last-event-id")
    if not value:
        return None
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
        raise Malformed("That is no Last-Event-ID of this stream.")
    return int(value)


@dataclass
class Watch:
    """What one stream has told already."""

    owner: Actor
    floor: int
    seen: set[int] = field(default_factory=set)
    posts: dict[int, Json] = field(default_factory=dict)

    async def arrived(self, context: Context) -> list[bytes]:
        """New arrivals as events, oldest first."""
        found: list[arrivals.Arrival] = []
        after: int | None = self.floor
        async with context.database.read() as session:
            while after is not None:
                items, after = await arrivals.page(session, self.owner, None, limits.COLLECTION_ITEMS, after=after)
                found += items
        fresh = [one for one in found if one.id not in self.seen]
        self.seen |= {one.id for one in fresh}
        if fresh:
            self.floor = max(self.floor, max(one.id for one in fresh) - _OVERLAP)
            self.seen = {number for number in self.seen if number > self.floor}
        inbox = self.owner.inbox_url
        return [_event("Add", {"object": shown(one), "target": inbox}, one.id) for one in fresh]

    async def moved(self, context: Context) -> list[bytes]:
        """What changed about the owner's posts that are not out: their state and their progress."""
        async with context.database.read() as session:
            waiting = {post.id: post for post in await own.unfinished(session, self.owner, limits.COLLECTION_ITEMS)}
            over = [await session.get(Post, number) for number in self.posts.keys() - waiting.keys()]
        ended = [post for post in over if post is not None]
        told: list[bytes] = []
        for post in [*waiting.values(), *ended]:
            snapshot = pending.progress(context.config, post)
            if self.posts.get(post.id) != snapshot:
                self.posts[post.id] = snapshot
                told.append(_event("Update", {"object": _marked(post, snapshot), "target": self.owner.outbox_url}))
        for post in ended:
            del self.posts[post.id]
        return told

    @property
    def waits(self) -> bool:
        return any(snapshot["state"] == PostState.WAITING for snapshot in self.posts.values())


def _marked(post: Post, snapshot: Json) -> Json:
    inner = {name: value for name, value in snapshot.items() if name not in ("@context", "object")}
    return {"id": post.uri, "type": "Note", "state": snapshot["state"], "progress": inner}


def _event(kind: str, body: Json, number: int | None = None) -> bytes:
    data = document.dump({"@context": vocabulary.AS_CONTEXT, "type": kind, **body})
    line = f"id: {number}\n".encode() if number is not None else b""
    return b"event: " + kind.encode() + b"\n" + line + b"data: " + data + b"\n\n"


async def _told(request: Request, context: Context, owner: Actor, since: int | None) -> AsyncIterator[bytes]:
    clock = context.clock
    subscription = None
    try:
        subscription = events.subscribe(context, [f"user:{owner.id}"])
        start = context.ids.new() if since is None else since
        watch = Watch(owner, start - _OVERLAP)
        if since is None:
            # What was there before is for the inbox to tell.
            await watch.arrived(context)
        await watch.moved(context)
        yield f": of {owner.username}\nretry: {int(limits.STREAM_RETRY_SECONDS * 1000)}\n\n".encode()
        end, beat = clock.monotonic() + limits.STREAM_SECONDS, clock.monotonic()
        while clock.monotonic() < end and await _may_listen(request, owner):
            for event in [*await watch.arrived(context), *await watch.moved(context)]:
                yield event
                beat = clock.monotonic()
            if clock.monotonic() - beat >= limits.STREAM_HEARTBEAT_SECONDS:
                yield b": still here\n\n"
                beat = clock.monotonic()
            await subscription.next(limits.PROGRESS_SECONDS if watch.waits else limits.STREAM_CHECK_SECONDS)
    finally:
        context.part(Streams).leave(owner.id)
        if subscription is not None:
            subscription.close()


async def _may_listen(request: Request, owner: Actor) -> bool:
    """Asked again and again: a stream ends with its token, its account, or its right to read (OAU-07)."""
    user = await who(request.scope)
    return isinstance(user, Principal) and user.actor_id == owner.id and allows(user.scopes, "read")
