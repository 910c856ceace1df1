"""Liked (with an emoji or without), announced, and both undone."""

from __future__ import annotations

from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy
from actors import queries as actor_queries
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.emoji import emoji_of
from fediverse_ai.activitypub.vocabulary import NOTE_TYPES
from inbox import tombstones
from inbox.incoming import Incoming, Outcome
from inbox.notes import keep, visibility_of
from outbox import queries, react
from outbox.models import Post, PostState, Reaction, ReactionKind
from outbox.publish import count_reply
from outbox.visibility import OPEN, may_see


async def liked(session: AsyncSession, received: Incoming) -> Outcome:
    """A Like or an EmojiReact, which count alike (FEP-c0e0)."""
    return await _reacted(session, received, ReactionKind.LIKE)


async def announced(session: AsyncSession, received: Incoming) -> Outcome:
    return await _reacted(session, received, ReactionKind.BOOST)


async def _reacted(session: AsyncSession, received: Incoming, kind: ReactionKind) -> Outcome:
    post = await queries.by_uri(session, received.object.uri) if received.object.uri else None
    if post is None and kind == ReactionKind.BOOST:
        post = await _boosted(session, received)
    if post is None or post.state != PostState.PUBLISHED:
        return Outcome.IGNORED
    # A private post cannot be boosted into view, and no answer confirms that it exists (AUT-18).
    if not await may_see(session, received.sender, post) or (
        kind == ReactionKind.BOOST and post.visibility not in OPEN
    ):
        return Outcome.DROPPED
    if await tombstones.has_stone(session, received.activity.id, received.sender.uri):
        return Outcome.IGNORED
    emoji = emoji_of(received.activity.document) if kind == ReactionKind.LIKE else None
    fresh = await react.record(session, received.sender, post, kind, received.activity.id, emoji=emoji)
    if not fresh:
        await _renew(session, received, post, kind, emoji)
    return Outcome.DONE if fresh else Outcome.IGNORED


async def _renew(session: AsyncSession, received: Incoming, post: Post, kind: ReactionKind, emoji: str | None) -> None:
    """A repeated reaction goes on under its new id, so that a late Undo of the old one does not end it."""
    kept = await react.reaction_of(session, received.sender.id, post.id, kind)
    if kept is not None and kept.emoji == emoji:
        kept.uri = received.activity.id
        session.add(kept)


async def _boosted(session: AsyncSession, received: Incoming) -> Post | None:
    """A post that came along because somebody here follows the booster."""
    admitted = received.object.admitted
    if admitted is None or admitted.type not in NOTE_TYPES or admitted.how != "fetched" or admitted.owner is None:
        return None
    author = await actor_queries.by_uri(session, admitted.owner)
    if author is None or author.local or not policy.living(author):
        return None
    # Its home may hand us what we may not spread, and what was deleted does not come back by another's boost.
    to, cc = document.audience(admitted.document, "to"), document.audience(admitted.document, "cc")
    if visibility_of(author, to, cc) not in OPEN or await tombstones.has_stone(session, admitted.id, author.uri):
        return None
    post = await keep(session, author, admitted, received.received_ms)
    await count_reply(session, post)
    return post


async def like_undone(session: AsyncSession, received: Incoming) -> Outcome:
    return await _undone(session, received, ReactionKind.LIKE)


async def announce_undone(session: AsyncSession, received: Incoming) -> Outcome:
    return await _undone(session, received, ReactionKind.BOOST)


async def _undone(session: AsyncSession, received: Incoming, kind: ReactionKind) -> Outcome:
    """By the id of the reaction, else by the post it names; always the sender's own (AUT-11)."""
    value = received.activity.document.get("object")
    inner = value if isinstance(value, dict) else {}
    if inner and document.id_of(inner.get("actor")) not in (None, received.sender.uri):
        return Outcome.DROPPED
    uri = received.object.uri
    query = select(Reaction.post_id).where(Reaction.actor_id == received.sender.id, Reaction.kind == kind)
    post_id = (await session.exec(query.where(Reaction.uri == uri))).first() if uri else None
    post = await session.get(Post, post_id) if post_id is not None else None
    superseded = post is None and await tombstones.is_superseded(session, uri, received.sender.uri)
    if post is None and not superseded and (target := document.id_of(inner.get("object"))):
        post = await queries.by_uri(session, target)
        if post is not None and await _says_another(session, received.sender.id, post, kind, inner):
            post = None
    erased = post is not None and await react.erase(session, received.sender.id, post, kind)
    if uri is not None:
        await tombstones.set_stone(session, uri, received.sender.uri, for_ever=erased)
    return Outcome.DONE if erased else Outcome.IGNORED


async def _says_another(
    session: AsyncSession, actor_id: int, post: Post, kind: ReactionKind, inner: dict[str, Any]
) -> bool:
    """Elsewhere one may react with several emoji; we keep the first, and the end of another is not its end."""
    wanted = emoji_of(inner)
    kept = await react.reaction_of(session, actor_id, post.id, kind)
    return wanted is not None and kept is not None and kept.emoji != wanted


async def undone(session: AsyncSession, received: Incoming) -> Outcome:
    """Undo of something that is not here, by an id alone: it is remembered, in case that comes later."""
    if received.object.uri is None:
        return Outcome.DROPPED
    await tombstones.set_stone(session, received.object.uri, received.sender.uri)
    return Outcome.IGNORED
