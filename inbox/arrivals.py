"""What arrived for one of our people: activities as they were received and those of neighbours, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block, Follow, FollowState, Mute, Severity
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.vocabulary import PUBLIC
from inbox.models import Received
from outbox import addressed
from outbox.addressed import Addressed
from outbox.models import Activity, Post, PostState, Visibility
from outbox.visibility import may_see

_FIELDS = ("to", "cc", "bto", "bcc", "audience")
# What an author does with a post of their own goes where the post went.
_CARRY = ("Create", "Update", "Delete")


@dataclass(frozen=True, slots=True)
class Arrival:
    """One activity in somebody's inbox; `id` sorts by time."""

    id: int
    activity: document.Document
    at_ms: int


async def keep(session: AsyncSession, row: Received, sender: Actor, activity: document.Document) -> None:
    """Remember for whom a handled activity is: those it names, the authors of posts it is about, or all who follow."""
    value = activity.get("object")
    inner = value if isinstance(value, dict) else {}
    named = {uri for holder in (activity, inner) for key in _FIELDS for uri in document.audience(holder, key)}
    row.wide = PUBLIC in named or (sender.followers_uri is not None and sender.followers_uri in named)
    about = [document.id_of(value), document.id_of(inner.get("object")), document.id_of(inner.get("actor"))]
    tags = [document.id_of(tag.get("href")) for tag in document.objects(inner, "tag")]
    uris = {*named, *(uri for uri in (*about, *tags) if uri is not None)} - {PUBLIC}
    await addressed.note(session, row.activity_uri, uris)
    session.add(row)


async def page(
    session: AsyncSession, owner: Actor, before: int | None, limit: int, *, after: int | None = None
) -> tuple[list[Arrival], int | None]:
    """At most `limit` activities before an id (or the oldest after one), and the id to go on from, None at the end.

    What was deleted since, what a block or a mute stands before, and posts that may not be seen any more are left out.
    """
    found: list[Arrival] = []
    while True:
        rows = await _rows(session, owner, before, limit + 1, after)
        for number, bytes_, at_ms in rows[:limit]:
            activity = document.parse(bytes_)
            if await _is_shown(session, owner, activity):
                found.append(Arrival(number, activity, at_ms))
        last = rows[limit - 1][0] if len(rows) > limit else None
        if found or last is None:
            return found, last
        # A page that lost everything would end a client's walk too early.
        before, after = (None, last) if after is not None else (last, None)


async def _rows(
    session: AsyncSession, owner: Actor, before: int | None, limit: int, after: int | None
) -> Sequence[tuple[int, bytes, int]]:
    """From both tables, by id: ids of either are drawn from one row of numbers."""
    found: list[tuple[int, bytes, int]] = []
    for model, query in ((Received, _received(owner)), (Activity, _neighbours(owner))):
        if before is not None:
            query = query.where(col(model.id) < before)
        if after is not None:
            query = query.where(col(model.id) > after)
        order = col(model.id).asc() if after is not None else col(model.id).desc()
        found += [tuple(row) for row in await session.exec(query.order_by(order).limit(limit))]
    return sorted(found, key=lambda row: row[0], reverse=after is None)[:limit]


def _followed(owner: Actor, column: Any) -> Any:
    return (
        select(column)
        .join(Follow, col(Follow.followed_id) == col(Actor.id))
        .where(Follow.follower_id == owner.id, Follow.state == FollowState.ACCEPTED)
    )


def _barred(owner: Actor, column: Any) -> ColumnElement[bool]:
    """Senders who are blocked, block, are muted, suspended or gone."""
    blocked = select(Block.blocked_id).where(Block.blocker_id == owner.id)
    blocking = select(Block.blocker_id).where(Block.blocked_id == owner.id)
    muted = select(Mute.muted_id).where(Mute.muter_id == owner.id)
    reasons = (
        col(Actor.id).in_(blocked),
        col(Actor.id).in_(blocking),
        col(Actor.id).in_(muted),
        col(Actor.suspended_ms).is_not(None),
        col(Actor.deleted_ms).is_not(None),
        col(Actor.severity) == Severity.SUSPEND,
    )
    barred: ColumnElement[bool] = column.in_(select(_same(column)).where(or_(*reasons)))
    return barred


def _same(column: Any) -> Any:
    return col(Actor.uri) if column.key == "sender_uri" else col(Actor.id)


def _named(owner: Actor) -> Any:
    return select(Addressed.activity_uri).where(Addressed.actor_id == owner.id)


def _received(owner: Actor) -> Any:
    sender = col(Received.sender_uri)
    followed = and_(col(Received.wide).is_(True), sender.in_(_followed(owner, Actor.uri)))
    return (
        select(Received.id, Received.body, Received.received_ms)
        .where(Received.state == "done", or_(col(Received.activity_uri).in_(_named(owner)), followed))
        .where(~_barred(owner, sender))
    )


def _neighbours(owner: Actor) -> Any:
    """Activities of people of this server: open ones, those about posts for followers, those that name the owner."""
    sender = col(Activity.actor_id)
    theirs = select(Post.uri).where(Post.visibility == Visibility.FOLLOWERS, Post.author_id == Activity.actor_id)
    for_followers = and_(col(Activity.type).in_(_CARRY), col(Activity.object_uri).in_(theirs))
    wide = and_(or_(col(Activity.public).is_(True), for_followers), sender.in_(_followed(owner, Actor.id)))
    return (
        select(Activity.id, Activity.body, Activity.created_ms)
        .where(sender != owner.id, or_(wide, col(Activity.uri).in_(_named(owner))))
        .where(~_barred(owner, sender))
    )


async def _is_shown(session: AsyncSession, owner: Actor, activity: document.Document) -> bool:
    """What is about a post is shown to whom the post is; a deletion is shown to all who got it."""
    if document.type_of(activity) == "Delete":
        return True
    uri = document.id_of(activity.get("object"))
    post = (await session.exec(select(Post).where(Post.uri == uri))).first() if uri else None
    if post is None:
        return True
    return post.state == PostState.PUBLISHED and await may_see(session, owner, post)
