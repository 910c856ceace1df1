"""Who hears what on a stream: what happened is matched with what one listener follows, and told as they may see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import orjson
from cachetools import LRUCache
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import blocks, queries
from actors.models import Actor, Follow, Mute
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.events import POSTS, Event
from fediverse_ai.mastodon import batches, conversations, filtering, notifications
from fediverse_ai.mastodon.answers import Json
from outbox import dial, home
from outbox.dial import Dial
from outbox.home import Entry
from outbox.models import Attachment, Notification, Post, PostState, PostTag, Reaction, Visibility
from outbox.shelves import Conversation, ListMember, SilencedHost, TagFollow
from outbox.visibility import OPEN, may_see

T = TypeVar("T")

PUBLIC = ("public", "public:local", "public:remote", "public:media", "public:local:media", "public:remote:media")
OWN = ("user", "user:notification", "direct")
NAMED = {"hashtag": "tag", "hashtag:local": "tag", "list": "list"}
"""Streams that need a further word, and its name."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream that a listener asked for: its name, and the hashtag or the list's id."""

    name: str
    word: str = ""

    @property
    def label(self) -> list[str]:
        """As events name it."""
        return [self.name, self.word] if self.word else [self.name]


@dataclass(frozen=True, slots=True)
class Message:
    """One event on one stream; the payload is text, as the protocol has it."""

    stream: Stream
    kind: str
    payload: str


@dataclass(frozen=True, slots=True)
class Glance:
    """What matching needs to know of a post, and of the boost that brings it."""

    kind: str
    post: Post
    author: Actor
    tags: frozenset[str]
    pictures: bool
    answered_id: int | None
    ai: bool = False
    boost: Reaction | None = None

    @property
    def is_open(self) -> bool:
        return self.post.visibility in OPEN


class Glances:
    """What happened lately, looked up and rendered once however many listen."""

    def __init__(self) -> None:
        self._glances: LRUCache[Event, asyncio.Task[Glance | None]] = LRUCache(limits.EVENT_QUEUE)
        self._bodies: LRUCache[Event, asyncio.Task[Json | None]] = LRUCache(limits.EVENT_QUEUE)

    async def glance(self, context: Context, event: Event) -> Glance | None:
        """What the event is about; None when it is gone again."""
        return await _once(self._glances, event, lambda: _look(context, event))

    async def body(self, context: Context, event: Event, seen: Glance) -> Json | None:
        """The Status of an open post as anybody here sees it the moment it comes."""
        return await _once(self._bodies, event, lambda: _render(context, None, seen))


async def _once(kept: LRUCache[Event, asyncio.Task[T]], event: Event, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    task = kept.get(event)
    if task is None:
        task = kept[event] = asyncio.create_task(make())
    return await asyncio.shield(task)


async def _look(context: Context, event: Event) -> Glance | None:
    async with context.database.read() as session:
        boost = await session.get(Reaction, event.payload_id) if event.kind == "boost" else None
        post = await session.get(Post, boost.post_id if boost is not None else event.payload_id)
        if post is None or (event.kind == "boost" and boost is None):
            return None
        author = await queries.by_id(session, post.author_id)
        if author is None or (post.state != PostState.PUBLISHED and event.kind != "delete"):
            return None
        tags = frozenset(await session.exec(select(PostTag.name).where(PostTag.post_id == post.id)))
        picture = (await session.exec(select(Attachment.id).where(Attachment.post_id == post.id).limit(1))).first()
        ai = (await session.exec(select(Post.id).where(Post.id == post.id, dial.of_ai(Post.id)))).first() is not None
        parent = await session.get(Post, post.in_reply_to_id) if post.in_reply_to_id is not None else None
        answered = parent.author_id if parent is not None else (0 if post.in_reply_to_uri else None)
        return Glance(event.kind, post, author, tags, picture is not None, answered, ai, boost)


async def _render(context: Context, reader: Actor | None, seen: Glance) -> Json | None:
    # Whoever listens is signed in.
    look = replace(batches.look_of(context, None), trusted=True)
    async with context.database.read() as session:
        entry = Entry(seen.post, seen.boost)
        found = await batches.statuses(session, context, reader, [entry], look=look)
    return found[0] if found else None


@dataclass
class Ties:
    """Whom a listener follows, and whom they want to hear nothing of; some seconds old at most."""

    followed: set[int] = field(default_factory=set)
    without_boosts: set[int] = field(default_factory=set)
    barred: set[int] = field(default_factory=set)
    silenced: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    hides_ai: bool = False
    members: dict[str, set[int]] = field(default_factory=dict)
    at: float = float("-inf")


class Listener:
    """One person's ears: give it events, get what to tell them on which of their streams."""

    def __init__(self, context: Context, reader: Actor) -> None:
        self.context, self.reader = context, reader
        self.streams: dict[Stream, None] = {}
        self.ties = Ties()

    @property
    def channels(self) -> list[str]:
        return [POSTS, f"user:{self.reader.id}"]

    async def hear(self, event: Event) -> AsyncIterator[Message]:
        """What this event means for the streams that are listened to."""
        if event.channel == POSTS:
            seen = await self.context.part(Glances).glance(self.context, event)
            wanted = await self._wanting(seen) if seen is not None else []
            if seen is None or not wanted:
                return
            payload = str(seen.post.id) if event.kind == "delete" else await self._payload(event, seen)
            kind = "update" if event.kind == "boost" else event.kind
            for stream in wanted if payload is not None else []:
                yield Message(stream, kind, payload or "")
        elif event.kind == "ties":
            self.ties.at = float("-inf")
        elif event.kind == "merged":
            for stream in self._named("user", "user:notification"):
                yield Message(stream, "notifications_merged", "1")
        elif event.kind in ("notification", "conversation"):
            async for message in self._own(event):
                yield message

    async def _own(self, event: Event) -> AsyncIterator[Message]:
        names = ("user", "user:notification") if event.kind == "notification" else ("direct",)
        streams = self._named(*names)
        if not streams:
            return
        async with self.context.database.read() as session:
            made = await _personal(session, self.context, self.reader, event)
        for stream in streams if made else []:
            yield Message(stream, event.kind, orjson.dumps(made[0]).decode())

    def _named(self, *names: str) -> list[Stream]:
        return [stream for stream in self.streams if stream.name in names]

    async def _payload(self, event: Event, seen: Glance) -> str | None:
        """The Status for this listener: the common one for open posts of others, else one of their own."""
        if not seen.is_open or seen.author.id == self.reader.id:
            made = await _render(self.context, self.reader, seen)
            return orjson.dumps(made).decode() if made is not None else None
        common = await self.context.part(Glances).body(self.context, event, seen)
        if common is None:
            return None
        inner = common.get("reblog")
        made = common | _UNTOUCHED | ({"reblog": inner | _UNTOUCHED} if inner else {})
        async with self.context.database.read() as session:
            await filtering.apply(session, self.context, self.reader, [made])
        return orjson.dumps(made).decode()

    async def _wanting(self, seen: Glance) -> list[Stream]:
        """The streams that this post belongs on, if the listener may and wants to see it."""
        await self._refresh()
        ties, author = self.ties, seen.author
        actors = {author.id} | ({seen.boost.actor_id} if seen.boost is not None else set())
        if actors & ties.barred or author.host in ties.silenced:
            return []
        if seen.ai and ties.hides_ai and author.id != self.reader.id:
            return []
        found = [stream for stream in self.streams if self._belongs(stream, seen)]
        if found and not seen.is_open and seen.kind != "delete":
            async with self.context.database.read() as session:
                if not await may_see(session, self.reader, seen.post):
                    return []
        return found

    def _belongs(self, stream: Stream, seen: Glance) -> bool:
        if stream.name == "user":
            return self._is_home(seen)
        if stream.name == "list":
            members = self.ties.members.get(stream.word, set())
            source = seen.boost.actor_id if seen.boost is not None else seen.author.id
            return source in members and seen.post.visibility != Visibility.DIRECT
        if stream.name in NAMED:
            shown = seen.post.visibility == Visibility.PUBLIC or (seen.post.local and seen.is_open)
            here = seen.post.local or stream.name != "hashtag:local"
            return seen.boost is None and shown and here and stream.word in seen.tags
        return stream.name in PUBLIC and _is_public(stream.name, seen)

    def _is_home(self, seen: Glance) -> bool:
        ties, post = self.ties, seen.post
        if post.visibility == Visibility.DIRECT:
            return False
        if seen.boost is not None:
            source = seen.boost.actor_id
            return source == self.reader.id or (source in ties.followed and source not in ties.without_boosts)
        circle = ties.followed | {self.reader.id}
        if seen.author.id in circle:
            return seen.answered_id is None or seen.answered_id in circle or seen.answered_id == seen.author.id
        return post.visibility == Visibility.PUBLIC and seen.answered_id is None and bool(seen.tags & ties.tags)

    async def _refresh(self) -> None:
        now = self.context.clock.monotonic()
        if now - self.ties.at < limits.STREAM_TIES_SECONDS:
            return
        async with self.context.database.read() as session:
            self.ties = await _ties(session, self.context, self.reader, list(self.streams))
        self.ties.at = now


# What a post is to anybody the moment it comes.
_UNTOUCHED: Json = {"favourited": False, "reblogged": False, "muted": False, "bookmarked": False, "filtered": []}


def _is_public(name: str, seen: Glance) -> bool:
    post = seen.post
    if seen.boost is not None or seen.answered_id is not None or seen.author.severity is not None:
        return False
    # The local one shows quiet posts too, as the gallery does.
    if post.visibility != Visibility.PUBLIC and not (name.startswith("public:local") and seen.is_open):
        return False
    if (":local" in name and not post.local) or (":remote" in name and post.local):
        return False
    return seen.pictures or not name.endswith(":media")


async def _personal(session: AsyncSession, context: Context, reader: Actor, event: Event) -> list[Json]:
    if event.kind == "notification":
        row = await session.get(Notification, event.payload_id)
        known = row is not None and row.actor_id == reader.id and row.kind in notifications.TYPES
        return await notifications.entities_of(session, context, reader, [row]) if row is not None and known else []
    thread = await session.get(Conversation, event.payload_id)
    if thread is None or thread.actor_id != reader.id:
        return []
    return await conversations.entities_of(session, context, reader, [thread])


async def _ties(session: AsyncSession, context: Context, reader: Actor, streams: list[Stream]) -> Ties:
    now = context.clock.now_ms()
    muted = select(Mute.muted_id).where(
        Mute.muter_id == reader.id, col(Mute.expires_ms).is_(None) | (col(Mute.expires_ms) > now)
    )
    plain = select(Follow.followed_id).where(Follow.follower_id == reader.id, col(Follow.boosts).is_(False))
    found = Ties(
        followed={row[0] for row in await session.execute(home.followed_by(reader.id))} - {reader.id},
        without_boosts=set(await session.exec(plain)),
        barred=await blocks.barred_with(session, reader.id) | set(await session.exec(muted)),
        silenced=set(await session.exec(select(SilencedHost.host).where(SilencedHost.actor_id == reader.id))),
        hides_ai=await dial.dial_of(session, reader.id) == Dial.HIDE,
        tags=set(await session.exec(select(TagFollow.name).where(TagFollow.actor_id == reader.id))),
    )
    for stream in streams:
        if stream.name == "list":
            members = select(ListMember.member_id).where(ListMember.list_id == int(stream.word))
            found.members[stream.word] = set(await session.exec(members))
    return found
