"""The days on which this server was brought back from a backup, and what is still to be settled with others since."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id, json_column
from fediverse_ai.core.limits import RECONCILE_DAYS
from fediverse_ai.core.rows import Row

DAY_MS = 86_400_000


class Restoration(Row, table=True):
    """One restore. No id that is given afterwards is of `floor_ms` or before."""

    __tablename__ = "restoration"

    id: int = Field(primary_key=True, sa_type=big_id())
    backup: str
    """The name of the file."""
    made_ms: int = Field(sa_type=BigInteger)
    """When the backup was made: what came later was lost, or is known from the list beside the backups."""
    floor_ms: int = Field(sa_type=BigInteger)
    """No earlier than the lost server's last sign of life."""
    ahead_ms: int = Field(default=0, sa_type=BigInteger)
    """By how much ids run ahead of this machine's clock, so that they are past the floor from the first one on."""
    restored_ms: int = Field(sa_type=BigInteger)
    complete: bool = False
    """Was there a list of what came after the backup?"""
    settled: dict[str, int] = Field(default_factory=dict, sa_column=json_column())
    """What was changed so that nothing happens twice, in rows."""
    follows: list[dict[str, Any]] = Field(default_factory=list, sa_column=json_column())
    """Follows that the list tells of and that need another server: {uri, follower, followed, tries}."""
    asked_id: int = Field(default=0, sa_type=BigInteger)
    """Follows of our people up to this id were asked for again."""
    reconciled_ms: int | None = Field(default=None, sa_type=BigInteger)


async def latest(session: AsyncSession) -> Restoration | None:
    """The last restore; None for a server that never needed one."""
    return (await session.exec(select(Restoration).order_by(col(Restoration.id).desc()).limit(1))).first()


async def is_behind(session: AsyncSession) -> bool:
    """May others know more of our follows than we do? Within RECONCILE_DAYS of a restore without the list."""
    found = await latest(session)
    if found is None or found.complete:
        return False
    return context_of(session).clock.now_ms() - found.restored_ms < RECONCILE_DAYS * DAY_MS
