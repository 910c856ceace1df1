"""People of other servers who want nothing from here: who asked, and what counts as their word."""

from __future__ import annotations

from sqlalchemy import BigInteger
from sqlmodel import Field, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id
from fediverse_ai.core.rows import Row


class OptOut(Row, table=True):
    """One actor of another server who asked to be left alone; while the row is there, nothing is sent to them."""

    __tablename__ = "opt_out"

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", unique=True, sa_type=BigInteger, ondelete="CASCADE")
    created_ms: int = Field(sa_type=BigInteger)


async def of_actor(session: AsyncSession, actor_id: int) -> OptOut | None:
    """Did this actor ask to be left alone?"""
    return (await session.exec(select(OptOut).where(OptOut.actor_id == actor_id))).first()


async def add(session: AsyncSession, actor_id: int) -> OptOut:
    """Remember it; asking twice is asking once."""
    known = await of_actor(session, actor_id)
    if known is not None:
        return known
    context = context_of(session)
    made = OptOut(id=context.ids.new(), actor_id=actor_id, created_ms=context.clock.now_ms())
    session.add(made)
    await session.flush()
    return made
