"""The hub: what just happened, told to whoever listens in this process; who is slow loses the oldest events."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import after_commit
from fediverse_ai.core.errors import Unavailable
from fediverse_ai.core.limits import EVENT_CHANNELS, EVENT_QUEUE, EVENT_SUBSCRIBERS

if TYPE_CHECKING:
    from sqlmodel.ext.asyncio.session import AsyncSession

    from fediverse_ai.core.context import Context


POSTS = "posts"
"""Every post that comes out, changes, is boosted or goes: `update`, `status.update`, `boost` (a reaction's id),
`delete`. Who may see it is the listener's to ask."""


def making(post_id: int) -> str:
    """The channel of one post that is being made: `progress` (the post's id)."""
    return f"making:{post_id}"


@dataclass(frozen=True, slots=True)
class Event:
    """`kind` happened on `channel` to the row `payload_id`. Listeners read the row anew: nothing else is carried."""

    channel: str
    kind: str
    payload_id: int


class Subscription:
    """One listener's queue; iterate over it. `channels` may be changed by `listen` and `ignore` while it runs."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(EVENT_QUEUE)
        self.channels: set[str] = set()
        self.lost = 0
        """How many events were dropped because this listener was too slow."""

    def listen(self, channels: Iterable[str]) -> None:
        """Hear of more channels, at most EVENT_CHANNELS in all; further ones are not heard."""
        for channel in channels:
            if len(self.channels) < EVENT_CHANNELS:
                self.channels.add(channel)
                self._hub.listeners[channel].add(self)

    def ignore(self, channels: Iterable[str]) -> None:
        """Hear no more of these channels."""
        for channel in channels:
            self.channels.discard(channel)
            self._hub.leave(self, channel)

    def tell(self, event: Event | None) -> None:
        if self._queue.full():
            self._queue.get_nowait()
            self.lost += 1
        self._queue.put_nowait(event)

    async def next(self, seconds: float) -> Event | None:
        """The next event; None when nothing came within `seconds` or the subscription was closed."""
        try:
            async with asyncio.timeout(seconds):
                return await self._queue.get()
        except TimeoutError:
            return None

    async def __aiter__(self) -> AsyncIterator[Event]:
        while (event := await self._queue.get()) is not None:
            yield event

    def close(self) -> None:
        """Leave every channel and end an iteration that waits."""
        self.ignore(list(self.channels))
        self._hub.subscribers -= 1
        self.tell(None)


class Hub:
    """Who listens to what, in this process. Use `publish` and `subscribe` below."""

    def __init__(self) -> None:
        self.listeners: defaultdict[str, set[Subscription]] = defaultdict(set)
        self.subscribers = 0

    def leave(self, subscription: Subscription, channel: str) -> None:
        found = self.listeners.get(channel)
        if found is not None:
            found.discard(subscription)
            if not found:
                del self.listeners[channel]

    def subscribe(self, channels: Iterable[str]) -> Subscription:
        """A new listener; it must be closed. Raises Unavailable beyond EVENT_SUBSCRIBERS."""
        if self.subscribers >= EVENT_SUBSCRIBERS:
            raise Unavailable("Too many listen already.", f"{self.subscribers} subscribers", retry_after=60)
        self.subscribers += 1
        made = Subscription(self)
        made.listen(channels)
        return made

    def publish(self, event: Event) -> None:
        """Tell everybody on the event's channel, now."""
        for listener in tuple(self.listeners.get(event.channel, ())):
            listener.tell(event)


def publish(context: Context, channel: str, kind: str, payload_id: int) -> None:
    """Tell of something that is committed already."""
    context.part(Hub).publish(Event(channel, kind, payload_id))


def publish_after(session: AsyncSession, channels: Iterable[str], kind: str, payload_id: int) -> None:
    """Tell of it once the session's transaction is durable; never when it is rolled back."""
    hub, wanted = context_of(session).part(Hub), list(channels)

    def tell() -> None:
        for channel in wanted:
            hub.publish(Event(channel, kind, payload_id))

    after_commit(session, tell)


def subscribe(context: Context, channels: Iterable[str]) -> Subscription:
    """Listen to channels: POSTS, `making(POST_ID)`, and `user:ACTOR_ID` for what concerns one person."""
    return context.part(Hub).subscribe(channels)
