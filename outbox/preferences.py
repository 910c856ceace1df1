"""What another server wants to be sent, stated by our admin or by itself, and honoured before delivery."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum

from sqlmodel import col, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from fediverse_ai.core import urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Malformed
from fediverse_ai.core.texts import marked
from outbox import labels
from outbox.models import Activity, Attachment, Delivery, HostState, Post


class Wish(StrEnum):
    """One per host; it covers the hosts below it too, as a domain rule does."""

    EVERYTHING = "everything"
    REPLIES = "replies"
    """Posts only when they answer somebody there."""
    NO_AI = "no-ai"
    """No posts that carry a picture made by AI."""


SAID = {
    Wish.EVERYTHING: marked("everything"),
    Wish.REPLIES: marked("only replies to its people"),
    Wish.NO_AI: marked("no posts with AI-made pictures"),
}

# What brings a post to a server. All else is about relations, or takes back what was sent: a Delete always goes out.
BRINGS = frozenset({"Create", "Update", "Announce", "Add"})


async def state_wish(session: AsyncSession, host: str, wish: Wish, *, by: str = "") -> HostState:
    """Remember what a host wants from now on. `by` is empty for our admin, else the URI of the actor who signed for it.

    A host speaks for itself and never takes back what the admin set. Raises Malformed for what is no host, or an
    actor of another one.
    """
    context = context_of(session)
    name = urls.canonical_host(host.strip()).partition(":")[0]
    if by and urls.host_of(by).partition(":")[0] != name:
        raise Malformed("A server speaks for itself only.", f"{by} for {name}")
    state = await session.get(HostState, name)
    if state is None:
        state = HostState(host=name)
    if by and state.wish_ms is not None and not state.wish_by and state.wish != Wish.EVERYTHING:
        return state
    state.wish, state.wish_by, state.wish_ms = wish, by, context.clock.now_ms()
    session.add(state)
    await session.flush()
    await _recall(session, name)
    return state


async def _recall(session: AsyncSession, name: str) -> None:
    """Withhold what is queued for this host, or one below it, and is not for it any more. A wish that is lifted brings
    nothing back: what was withheld is too old to be news."""
    now = context_of(session).clock.now_ms()
    queued = select(Delivery.id, Delivery.host, Activity.type, Activity.object_uri).join(
        Activity, col(Activity.id) == col(Delivery.activity_id)
    )
    queued = queued.where(col(Delivery.state).in_(("pending", "lane")), col(Activity.type).in_(BRINGS))
    hosts = await session.exec(select(Delivery.host).distinct().where(col(Delivery.state).in_(("pending", "lane"))))
    for host in [one for one in hosts if name in policy.names(one)]:
        about: dict[tuple[str, str | None], list[int]] = {}
        for row_id, _, kind, object_uri in await session.exec(queued.where(Delivery.host == host)):
            about.setdefault((kind, object_uri), []).append(row_id)
        for (kind, object_uri), ids in about.items():
            why = (await unwished(session, kind, object_uri, {host})).get(host)
            if why is not None:
                values = {"state": "withheld", "last_error": why, "done_ms": now}
                await session.exec(update(Delivery).where(col(Delivery.id).in_(ids)).values(**values))


async def wishes(session: AsyncSession) -> list[HostState]:
    """Every host that does not want everything, by name."""
    query = select(HostState).where(HostState.wish != Wish.EVERYTHING).order_by(col(HostState.host))
    return list(await session.exec(query))


async def wish_of(session: AsyncSession, host: str) -> Wish:
    """What holds for a host: its own wish, or the one of the nearest name above it."""
    found = {state.host: Wish(state.wish) for state in await wishes(session)}
    return _nearest(found, host)[1]


async def unwished(session: AsyncSession, kind: str, object_uri: str | None, hosts: Collection[str]) -> dict[str, str]:
    """host -> why an activity of this kind about this object is not for it. Empty for what brings no post."""
    if kind not in BRINGS or object_uri is None:
        return {}
    stated = {state.host: Wish(state.wish) for state in await wishes(session)}
    concerned = {host: found for host in hosts if (found := _nearest(stated, host))[1] != Wish.EVERYTHING}
    if not concerned:
        return {}
    post = (await session.exec(select(Post).where(Post.uri == object_uri))).first()
    if post is None:
        return {}
    pictures = await session.exec(select(Attachment).where(Attachment.post_id == post.id))
    return _not_for(post, list(pictures), concerned)


async def not_for(
    session: AsyncSession, post: Post, attachments: Sequence[Attachment], hosts: Collection[str]
) -> dict[str, str]:
    """host -> why a post that is not out yet would not be sent there."""
    stated = {state.host: Wish(state.wish) for state in await wishes(session)}
    return _not_for(post, attachments, {host: _nearest(stated, host) for host in hosts})


def _not_for(
    post: Post, attachments: Sequence[Attachment], concerned: Mapping[str, tuple[str, Wish]]
) -> dict[str, str]:
    ai = carries_ai(attachments)
    answered = _host_of(post.in_reply_to_uri)
    return {
        host: f"{source} wants {SAID[wish]}"
        for host, (source, wish) in concerned.items()
        if (wish == Wish.NO_AI and ai) or (wish == Wish.REPLIES and source not in policy.names(answered))
    }


def carries_ai(attachments: Sequence[Attachment]) -> bool:
    """Is a picture among them that was made by AI: ours by its origin, another's by what its server says of it?"""
    return labels.is_ai(attachments) or any(
        (item.digital_source_type or "").rpartition("/")[2].lower().endswith("algorithmicmedia") for item in attachments
    )


def _nearest(stated: dict[str, Wish], host: str) -> tuple[str, Wish]:
    return next(((name, stated[name]) for name in policy.names(host) if name in stated), (host, Wish.EVERYTHING))


def _host_of(uri: str | None) -> str:
    try:
        return urls.host_of(uri) if uri else ""
    except Malformed:
        return ""
