"""Observation: what a process of this server last saw of itself, by name; one table that all processes share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, delete
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import json_column
from fediverse_ai.core.rows import Row


class Observation(Row, table=True):
    """The newest value under a name; there is no history."""

    __tablename__ = "observation"

    name: str = Field(primary_key=True)
    value: dict[str, Any] = Field(default_factory=dict, sa_column=json_column())
    made_ms: int = Field(sa_type=BigInteger)


async def put(session: AsyncSession, name: str, value: dict[str, Any]) -> None:
    """Remember this under a name, from now."""
    now = context_of(session).clock.now_ms()
    row = await session.get(Observation, name) or Observation(name=name, made_ms=now)
    row.value, row.made_ms = value, now
    session.add(row)


async def get(session: AsyncSession, name: str) -> Observation | None:
    """What was last put under a name."""
    return await session.get(Observation, name)


async def named(session: AsyncSession, beginning: str) -> list[Observation]:
    """All whose names begin so, by name."""
    query = select(Observation).where(col(Observation.name).startswith(beginning, autoescape=True))
    return list(await session.exec(query.order_by(Observation.name)))


async def forget(session: AsyncSession, beginning: str, before_ms: int) -> None:
    """Drop those whose names begin so and that are older."""
    old = delete(Observation).where(col(Observation.name).startswith(beginning, autoescape=True))
    await session.execute(old.where(col(Observation.made_ms) < before_ms))
