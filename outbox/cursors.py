"""Pages of long lists: which one is meant, and its rows, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

LARGEST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Cursor:
    """Which page is asked for: older than `max_id`, newer than `since_id`, or immediately newer than `min_id`."""

    limit: int
    max_id: int | None = None
    since_id: int | None = None
    min_id: int | None = None

    @property
    def forward(self) -> bool:
        """Read upwards from `min_id`; the page is given newest first all the same."""
        return self.min_id is not None

    @property
    def above(self) -> int | None:
        return self.min_id if self.min_id is not None else self.since_id


async def fetch(session: AsyncSession, query: Any, column: Any, at: Cursor) -> list[Any]:
    """The rows of one page of a query, newest first, cut by a column of ids."""
    if at.max_id is not None:
        query = query.where(column < at.max_id)
    if at.above is not None:
        query = query.where(column > at.above)
    ordered = query.order_by(column.asc() if at.forward else column.desc()).limit(at.limit)
    rows = list(await session.exec(ordered))
    return rows[::-1] if at.forward else rows
