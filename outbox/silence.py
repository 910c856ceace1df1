"""Silence a whole server for one of our people: nothing of it is shown any more, and its people no longer follow."""

from __future__ import annotations

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Follow
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _
from outbox import follow as follows
from outbox.shelves import SilencedHost


async def silence(session: AsyncSession, reader: Actor, host: str) -> None:
    """`host` is canonical and not ours. Once is enough. Raises Unprocessable beyond the bound."""
    context = context_of(session)
    mine = (SilencedHost.actor_id == reader.id,)
    if (await session.exec(select(SilencedHost.id).where(*mine, SilencedHost.host == host))).first() is None:
        have = (await session.exec(select(func.count()).select_from(SilencedHost).where(*mine))).one()
        if have >= limits.SILENCED_HOSTS:
            raise Unprocessable(_("At most %(most)d servers can be blocked.") % {"most": limits.SILENCED_HOSTS})
        session.add(SilencedHost(id=context.ids.new(), actor_id=reader.id, host=host))
    there = select(Follow, Actor).where(Follow.followed_id == reader.id, Actor.host == host)
    for row, follower in list(await session.exec(there.join(Actor, col(Actor.id) == col(Follow.follower_id)))):
        await follows.refuse(session, row, follower, reader)
    away = select(Follow.followed_id).where(Follow.follower_id == reader.id)
    for followed in list(await session.exec(select(Actor).where(col(Actor.id).in_(away), Actor.host == host))):
        await follows.withdraw(session, reader, followed)
