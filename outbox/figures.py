"""The server's own figures for everybody: decisions, appeals, reports, notices and measures by month; no content."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from outbox.models import Judgement, Report
from outbox.records import LegalNotice, Measure
from outbox.rulings import Appeal


@dataclass
class Month:
    """One calendar month, UTC. Rules map to how often each held or refused."""

    name: str
    """YYYY-MM."""
    allowed: int = 0
    held: int = 0
    refused: int = 0
    rules: dict[str, int] = field(default_factory=dict)
    let_out: int = 0
    """By people."""
    turned_down: int = 0
    appeals: dict[str, int] = field(default_factory=dict)
    reports_here: int = 0
    reports_elsewhere: int = 0
    notices: dict[str, int] = field(default_factory=dict)
    """By kind, and `upheld` and `rejected` of those decided."""
    measures: dict[str, int] = field(default_factory=dict)


class Figures:
    """A part of the context: the months, counted at most every TRANSPARENCY_SECONDS."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._months: list[Month] = []
        self._counted: float | None = None

    async def months(self) -> list[Month]:
        """The last TRANSPARENCY_MONTHS, the newest first."""
        now = self._context.clock.monotonic()
        if self._counted is None or now - self._counted > limits.TRANSPARENCY_SECONDS:
            async with self._context.database.read() as session:
                self._months = [
                    await _month(session, self._context.config.host, start, end)
                    for start, end in _spans(self._context.clock.now())
                ]
            self._counted = now
        return self._months


def plain(months: list[Month]) -> list[dict[str, Any]]:
    """The same for programs."""
    return [asdict(month) for month in months]


def _spans(now: datetime) -> list[tuple[datetime, datetime]]:
    """(first moment, first moment of the next) of each month, the newest first."""
    start = datetime(now.year, now.month, 1, tzinfo=UTC)
    end = datetime(now.year + now.month // 12, now.month % 12 + 1, 1, tzinfo=UTC)
    found = []
    for _ in range(limits.TRANSPARENCY_MONTHS):
        found.append((start, end))
        start, end = datetime(start.year - (start.month == 1), (start.month - 2) % 12 + 1, 1, tzinfo=UTC), start
    return found


async def _month(session: AsyncSession, host: str, start: datetime, end: datetime) -> Month:
    made = Month(start.strftime("%Y-%m"))
    within = (int(start.timestamp() * 1000), int(end.timestamp() * 1000) - 1)
    person = col(Judgement.decided_by_id).is_not(None)
    said = (
        select(Judgement.decision, Judgement.rule, person, func.count())
        .where(col(Judgement.created_ms).between(*within))
        .group_by(Judgement.decision, col(Judgement.rule), person)
    )
    rules: Counter[str] = Counter()
    for decision, rule, by_person, number in await session.exec(said):
        if by_person:
            made.let_out += number if decision == "allow" else 0
            made.turned_down += number if decision == "refuse" else 0
            continue
        made.allowed += number if decision == "allow" else 0
        made.held += number if decision == "hold" else 0
        made.refused += number if decision == "refuse" else 0
        if decision != "allow":
            rules[str(rule or "other")] += number
    made.rules = dict(rules.most_common())
    made.appeals = await _by(session, Appeal, Appeal.state, within)
    made.measures = await _by(session, Measure, Measure.kind, within)
    made.notices = await _by(session, LegalNotice, LegalNotice.kind, within)
    decided = await _by(session, LegalNotice, LegalNotice.state, within)
    made.notices |= {name: number for name, number in decided.items() if name != "open"}
    by_host = await _by(session, Report, Report.host, within)
    made.reports_here = by_host.pop(host, 0)
    made.reports_elsewhere = sum(by_host.values())
    return made


async def _by(session: AsyncSession, model: Any, column: Any, within: tuple[int, int]) -> dict[str, int]:
    query = select(column, func.count()).where(col(model.created_ms).between(*within)).group_by(column)
    return {str(name): number for name, number in await session.exec(query)}
