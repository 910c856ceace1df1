"""Ask, accept, refuse and undo a follow: rows only; what must be sent is the caller's matter."""

from __future__ import annotations

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core.context import context_of


async def add(session: AsyncSession, follower: Actor, followed: Actor, uri: str, state: FollowState) -> Follow:
    """Record a follow, or renew the one there is: a repeated Follow carries a new id and is answered again."""
    follow = await queries.follow_of(session, follower.id, followed.id)
    if follow is None:
        context = context_of(session)
        follow = Follow(
            id=context.ids.new(),
            uri=uri,
            follower_id=follower.id,
            followed_id=followed.id,
            state=state,
            created_ms=context.clock.now_ms(),
        )
    else:
        follow.uri = uri
        # Asking again never takes back what was granted.
        if follow.state != FollowState.ACCEPTED:
            follow.state = state
    session.add(follow)
    await session.flush()
    return follow


async def settle(session: AsyncSession, follow: Follow, state: FollowState) -> None:
    follow.state = state
    session.add(follow)
    await session.flush()


async def remove(session: AsyncSession, follower_id: int, followed_id: int) -> bool:
    result = await session.exec(
        delete(Follow).where(col(Follow.follower_id) == follower_id, col(Follow.followed_id) == followed_id)
    )
    return bool(result.rowcount)


async def sever(session: AsyncSession, one_id: int, other_id: int) -> None:
    """End every follow between two actors, as a block does."""
    await remove(session, one_id, other_id)
    await remove(session, other_id, one_id)
