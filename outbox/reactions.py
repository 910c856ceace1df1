"""Who liked and who boosted a post, as activities: ours as they were sent, others' as far as we know them."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.documents import iso
from actors.models import Actor
from actors.policy import blocked_between
from outbox.models import Post, Reaction, ReactionKind

_NAMES = {ReactionKind.LIKE: "Like", ReactionKind.BOOST: "Announce"}


async def activities_of(
    session: AsyncSession, reader: Actor, post: Post, kind: ReactionKind, limit: int
) -> list[dict[str, Any]]:
    """The latest reactions of one kind, the reader's own among them; without people the reader has a block with."""
    query = (
        select(Reaction, Actor)
        .join(Actor, col(Actor.id) == col(Reaction.actor_id))
        .where(Reaction.post_id == post.id, Reaction.kind == kind)
        .where(col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
        .order_by((col(Reaction.actor_id) == reader.id).desc(), col(Reaction.id).desc())
        .limit(limit)
    )
    return [
        {
            "id": reaction.uri,
            "type": _NAMES[kind],
            "actor": actor.uri,
            "object": post.uri,
            "published": iso(reaction.created_ms),
        }
        for reaction, actor in list(await session.exec(query))
        if not await blocked_between(session, reader.id, actor.id)
    ]
