"""An inbox that is not there (any more): whose it was is looked at soon, and a shared one gives way to their own."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from outbox.models import Activity, Delivery

_ABSENT = frozenset({404, 405, 410})
_GONE = 410


async def note(session: AsyncSession, delivery: Delivery, status: int) -> bool:
    """What an answer that ended a delivery says of the inbox; True when new rows wait in the host's lane.

    No status is proof that somebody is gone. The clockwork that looks at actors asks these first: it finds their new
    inboxes, or that their home says 410.
    """
    if status not in _ABSENT:
        return False
    inbox = delivery.inbox_url
    there = (col(Actor.local).is_(False), queries.lives_at(session, urls.origin(inbox)))
    theirs = or_(col(Actor.inbox_url) == inbox, col(Actor.shared_inbox_url) == inbox)
    await session.exec(update(Actor).where(*there, theirs).values(checked_ms=0))
    if status != _GONE:
        return False
    own = await _own_inboxes(session, delivery)
    await session.exec(update(Actor).where(*there, col(Actor.shared_inbox_url) == inbox).values(shared_inbox_url=None))
    return await _queue(session, delivery, own)


async def _own_inboxes(session: AsyncSession, delivery: Delivery) -> list[str]:
    """The personal inboxes of followers who were to hear of it by the shared one; so many of a host (DOS-17)."""
    query = (
        select(Actor.inbox_url)
        .distinct()
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .join(Activity, col(Activity.actor_id) == col(Follow.followed_id))
        .where(Activity.id == delivery.activity_id, Follow.state == FollowState.ACCEPTED)
        .where(Actor.shared_inbox_url == delivery.inbox_url, Actor.inbox_url != delivery.inbox_url)
    )
    return list(await session.exec(query.order_by(Actor.inbox_url).limit(limits.DELIVERY_CHUNK_INBOXES)))


async def _queue(session: AsyncSession, delivery: Delivery, inboxes: list[str]) -> bool:
    context = context_of(session)
    known = select(Delivery.inbox_url).where(Delivery.activity_id == delivery.activity_id)
    had = set(await session.exec(known.where(col(Delivery.inbox_url).in_(inboxes))))
    rows: list[dict[str, Any]] = [
        {
            "id": context.ids.new(),
            "activity_id": delivery.activity_id,
            "inbox_url": inbox,
            "host": delivery.host,
            "state": "lane",
            "attempts": 0,
            "refusals": 0,
            "created_ms": context.clock.now_ms(),
        }
        for inbox in inboxes
        if inbox not in had
    ]
    if rows:
        await session.exec(insert(Delivery), params=rows)
    return bool(rows)
