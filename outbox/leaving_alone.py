"""Somebody of another server wants nothing from here: follows end on both sides, and nothing is sent to them again."""

from __future__ import annotations

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, optouts, queries
from actors.models import Actor, Follow
from fediverse_ai.core.errors import Unprocessable
from outbox import follow as following


async def leave_alone(session: AsyncSession, actor: Actor) -> int:
    """Keep an opt-out whose author was verified; how many follows ended. Raises Unprocessable for one of ours.

    Their server hears once that they follow nobody here any more, which is the last that it hears about them.
    """
    if actor.local:
        raise Unprocessable("This is for people of other servers.")
    ended = 0
    for one in list(await session.exec(select(Follow).where(Follow.follower_id == actor.id))):
        followed = await queries.by_id(session, one.followed_id)
        if followed is not None and followed.local:
            await following.refuse(session, one, actor, followed)
            ended += 1
    for one in list(await session.exec(select(Follow).where(Follow.followed_id == actor.id))):
        follower = await queries.by_id(session, one.follower_id)
        if follower is not None and follower.local:
            await following.withdraw(session, follower, actor)
            ended += 1
    await optouts.add(session, actor.id)
    subject = audit.Subject("actor", actor.id, actor.handle, actor.id)
    await audit.note(session, None, "actor.opt-out", subject, "Asked for by themselves.", after={"follows": ended})
    return ended
