"""What happens while somebody reads, as server-sent events: a count of what is new, and answers to the open thread.

Nothing moves what one reads: news are a button above the list, and answers come at the end of theirs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from actors.models import Actor
from fediverse_ai.auth import who
from fediverse_ai.core import events, limits, texts
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.context import context_of as database_context
from fediverse_ai.core.events import POSTS, Event, Subscription
from fediverse_ai.core.roles import Right
from fediverse_ai.core.texts import ngettext
from fediverse_ai.social.events import Streams
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, post_id_of
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.acts import reader_of, seen_post
from fediverse_ai.web.feeds.shown import shown
from fediverse_ai.web.rendering import context_of, environment
from outbox import home
from outbox.cursors import Cursor
from outbox.dial import unwelcome
from outbox.home import Entry
from outbox.models import Notification, Post, PostState
from outbox.talk import readable

HEADERS = {"Cache-Control": "private, no-store", "X-Accel-Buffering": "no", "X-Content-Type-Options": "nosniff"}
MOST = 40
"""News are counted up to here."""
Told = Callable[[Event | None], Awaitable[bytes]]


async def of_home(request: Request) -> Response:
    """GET /home/events?since=ID: `news` with how much is new at home since that entry."""
    since = _since(request)
    context, me = context_of(request), require(request, "session")
    state = {"told": 0}

    async def tell(event: Event | None) -> bytes:
        if event is not None and event.kind not in ("update", "boost"):
            return b""
        async with context.database.read() as session:
            reader = await reader_of(session, me)
            found = await home.page(session, reader, home.followed_by(reader.id), Cursor(MOST, min_id=since))
            number = sum(entry.post.author_id != reader.id for entry in found.entries)
        if number == state["told"]:
            return b""
        state["told"] = number
        return _news(number, "/home", ngettext("%(num)d new post", "%(num)d new posts", number))

    return await _stream(request, [POSTS], tell)


async def of_notifications(request: Request) -> Response:
    """GET /notifications/events?since=ID: `news` with how many came since that one."""
    since = _since(request)
    context, me = context_of(request), require(request, "session")
    state = {"told": 0}

    async def tell(event: Event | None) -> bytes:
        query = select(func.count()).where(
            Notification.actor_id == me.actor_id, col(Notification.id) > since, ~col(Notification.aside)
        )
        async with context.database.read() as session:
            number = (await session.exec(query)).one()
        if number == state["told"]:
            return b""
        state["told"] = number
        return _news(number, "/notifications", ngettext("%(num)d more", "%(num)d more", number))

    return await _stream(request, [f"user:{me.actor_id}"], tell)


async def of_post(request: Request) -> Response:
    """GET /posts/{post_id}/events: `reply` with each new answer in this thread that the reader may and wants to see."""
    context, me = context_of(request), require(request, "session")
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        root = await seen_post(session, reader, post_id_of(request))
    known: set[int] = set()

    async def tell(event: Event | None) -> bytes:
        if event is None or event.kind != "update" or event.payload_id in known:
            return b""
        async with context.database.read() as session:
            reader = await reader_of(session, me)
            post = await _answer_in(session, reader, root.id, event.payload_id)
            if post is None:
                return b""
            known.add(post.id)
            back = deeds.address_of(post, reader)
            items = await shown(session, request, reader, [Entry(post)], "thread", back=back)
        return _event("reply", _fragment(request, items[0])) if items else b""

    return await _stream(request, [POSTS, f"user:{me.actor_id}"], tell)


async def _answer_in(session: AsyncSession, reader: Actor, root_id: int, post_id: int) -> Post | None:
    """The post, if it answers the root, directly or through others that the reader may see, and is welcome."""
    post = (await readable(session, reader, [post_id])).get(post_id)
    if post is None or post.state != PostState.PUBLISHED:
        return None
    now = database_context(session).clock.now_ms()
    if (await session.exec(select(Post.id).where(Post.id == post_id, unwelcome(reader.id, now)))).first() is not None:
        return None
    parent_id, steps = post.in_reply_to_id, 0
    while parent_id is not None and parent_id != root_id and steps < limits.API_ANCESTORS:
        parent = await session.get(Post, parent_id)
        parent_id, steps = parent.in_reply_to_id if parent is not None else None, steps + 1
    return post if parent_id == root_id else None


def _since(request: Request) -> int:
    said = request.query_params.get("since", "")
    return min(int(said), LARGEST_ID) if said.isascii() and said.isdigit() and len(said) < 20 else 0


async def _stream(request: Request, channels: list[str], tell: Told) -> Response:
    """Raises TooMany and Unavailable beyond the bounds for listeners."""
    me, context = require(request, "session"), context_of(request)
    subscription = events.subscribe(context, channels)
    try:
        context.part(Streams).enter(me.actor_id)
    except BaseException:
        subscription.close()
        raise
    told = _told(request, context, me, subscription, tell, texts.current())
    return StreamingResponse(told, headers=HEADERS, media_type="text/event-stream")


async def _told(
    request: Request, context: Context, me: Principal, subscription: Subscription, tell: Told, language: str
) -> AsyncIterator[bytes]:
    clock = context.clock
    # The answer is written after the request's own work is over, and its language with it.
    texts.use(language)
    try:
        yield f"retry: {int(limits.STREAM_RETRY_SECONDS * 1000)}\n\n".encode()
        end = clock.monotonic() + limits.STREAM_SECONDS
        beat = checked = clock.monotonic()
        # What happened between the page and this stream.
        if said := await tell(None):
            yield said
        while clock.monotonic() < end:
            event = await subscription.next(limits.STREAM_CHECK_SECONDS)
            if event is not None and (said := await tell(event)):
                beat = clock.monotonic()
                yield said
            elif clock.monotonic() - beat >= limits.STREAM_HEARTBEAT_SECONDS:
                beat = clock.monotonic()
                yield b": still here\n\n"
            if clock.monotonic() - checked >= limits.STREAM_CHECK_SECONDS:
                checked = clock.monotonic()
                user = await who(request.scope)
                # A stream ends with the session that opened it (OAU-07).
                if not isinstance(user, Principal) or user.actor_id != me.actor_id:
                    return
    finally:
        context.part(Streams).leave(me.actor_id)
        subscription.close()


def _news(number: int, href: str, words: str) -> bytes:
    made = environment().get_template("feeds/news.html").render(number=number, href=href, words=words % {"num": number})
    return _event("news", made)


def _fragment(request: Request, item: object) -> str:
    me = require(request, "session")
    values = {
        "one": item,
        "csrf": forms.token(request),
        "me": me,
        "moderates": me.may(Right.MODERATE),
        "ago_now": context_of(request).clock.now_ms(),
        "language": texts.current(),
    }
    return environment().get_template("feeds/reply.html").render(values)


def _event(kind: str, text: str) -> bytes:
    """One event; every line of the text is a line of its data."""
    lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
    return f"event: {kind}\n{lines}\n".encode()
