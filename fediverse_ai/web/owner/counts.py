"""What the overview counts: the last day by hours, the last fortnight by rules, hosts and days. By id, so bounded."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, literal_column
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import requests
from fediverse_ai.core.context import context_of
from fediverse_ai.core.nodes import SEQUENCE_BITS
from inbox.models import Received
from outbox.models import Attachment, Delivery, HostState, Judgement, Post, PostState, Report
from outbox.records import LegalNotice
from outbox.rulings import Appeal
from outbox.turns import Turn, Usage

HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
HOURS = 24
DAYS = 14
HOSTS = 12


@dataclass
class Counts:
    """Hours are whole ones since 1970, the oldest first; `hours` names them."""

    hours: list[int]
    posts: list[int]
    waits: list[float]
    """Seconds from order to publication, on average of the posts that were begun in that hour."""
    arrived: list[int]
    failed: int
    """Of what arrived."""
    rules: list[tuple[str, int, int]]
    """(rule, held, refused), the most frequent first."""
    hosts: list[tuple[str, int, int]]
    """(host, delivered, not yet or never delivered) of a day."""
    days: list[int]
    """Since 1970, with `seconds` and `watt_hours` of making pictures."""
    seconds: list[float]
    watt_hours: list[float]
    new_bytes: int
    """Of pictures, in a fortnight."""
    queue: dict[str, int] = field(default_factory=dict)
    last_arrival: int | None = None
    last_success: int | None = None
    troubled: int = 0
    """Hosts whose deliveries fail now."""
    oldest_turn: int | None = None


async def count(session: AsyncSession) -> Counts:
    """Everything of the overview that the database knows."""
    now = context_of(session).clock.now_ms()
    hours = list(range(now // HOUR_MS - HOURS + 1, now // HOUR_MS + 1))
    day, fortnight = (hours[0] * HOUR_MS) << SEQUENCE_BITS, (now - DAYS * DAY_MS) << SEQUENCE_BITS
    posts, waits = await _posts(session, day)
    arrived, failed = await _arrived(session, day)
    days = list(range(now // DAY_MS - DAYS + 1, now // DAY_MS + 1))
    made = await _made(session, days[0])
    fresh = select(func.sum(Attachment.size)).where(col(Attachment.id) >= fortnight, col(Attachment.file).is_not(None))
    found = Counts(
        hours, [posts.get(hour, 0) for hour in hours], [waits.get(hour, 0.0) for hour in hours],
        [arrived.get(hour, 0) for hour in hours], failed, await _rules(session, fortnight),
        await _hosts(session, day), days, [made.get(one, (0.0, 0.0))[0] for one in days],
        [made.get(one, (0.0, 0.0))[1] for one in days], int((await session.exec(fresh)).one() or 0),
    )  # fmt: skip
    found.queue = await _queue(session)
    await _reach(session, found)
    return found


async def _posts(session: AsyncSession, since: int) -> tuple[dict[int, int], dict[int, float]]:
    hour: Any = col(Post.created_ms).op("/")(literal_column(str(HOUR_MS)))
    query = select(hour, func.count(), func.avg(col(Post.published_ms) - col(Post.created_ms)))
    ours = query.where(col(Post.local).is_(True), col(Post.id) >= since).group_by(hour)
    rows = list(await session.exec(ours))
    return {at: number for at, number, _wait in rows}, {at: float(wait or 0) / 1000 for at, _number, wait in rows}


async def _arrived(session: AsyncSession, since: int) -> tuple[dict[int, int], int]:
    hour: Any = col(Received.received_ms).op("/")(literal_column(str(HOUR_MS)))
    query = select(hour, Received.state, func.count()).where(col(Received.id) >= since)
    found: Counter[int] = Counter()
    failed = 0
    for at, state, number in await session.exec(query.group_by(hour, col(Received.state))):
        found[at] += number
        failed += number if state == "failed" else 0
    return found, failed


async def _rules(session: AsyncSession, since: int) -> list[tuple[str, int, int]]:
    query = select(Judgement.rule, Judgement.decision, func.count()).where(
        col(Judgement.id) >= since, Judgement.decision != "allow", col(Judgement.decided_by_id).is_(None)
    )
    found: dict[str, Counter[str]] = {}
    for rule, decision, number in await session.exec(query.group_by(col(Judgement.rule), col(Judgement.decision))):
        found.setdefault(rule or "other", Counter())[decision] += number
    rows = [(rule, counted["hold"], counted["refuse"]) for rule, counted in found.items()]
    return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))[:HOSTS]


async def _hosts(session: AsyncSession, since: int) -> list[tuple[str, int, int]]:
    query = select(Delivery.host, Delivery.state, func.count()).where(col(Delivery.id) >= since)
    found: dict[str, list[int]] = {}
    for host, state, number in await session.exec(query.group_by(col(Delivery.host), col(Delivery.state))):
        row = found.setdefault(host, [0, 0])
        if state == "delivered":
            row[0] += number
        elif state in ("lane", "given_up"):
            row[1] += number
    rows = [(host, good, bad) for host, (good, bad) in found.items() if good or bad]
    return sorted(rows, key=lambda row: (-row[2], -row[1], row[0]))[:HOSTS]


async def _made(session: AsyncSession, since: int) -> dict[int, tuple[float, float]]:
    sums = (func.sum(Usage.seconds), func.sum(Usage.watt_hours))
    query = select(Usage.day, *sums).where(Usage.day >= since).group_by(col(Usage.day))
    return {day: (float(seconds or 0), float(energy or 0)) for day, seconds, energy in await session.exec(query)}


async def _queue(session: AsyncSession) -> dict[str, int]:
    """What waits for a person."""
    held = select(func.count()).where(col(Post.local).is_(True), Post.state == PostState.HELD)
    found = {"held": (await session.exec(held)).one()}
    for name, model in (("appeals", Appeal), ("reports", Report), ("notices", LegalNotice)):
        state: Any = getattr(model, "state")  # noqa: B009 - three tables with the same column
        found[name] = (await session.exec(select(func.count()).where(state == "open"))).one()
    return found | {"requests": await requests.count_waiting(session)}


async def _reach(session: AsyncSession, found: Counts) -> None:
    last = (func.max(HostState.last_inbound_ms), func.max(HostState.last_success_ms), func.count(
        col(HostState.failing_since_ms)))  # fmt: skip
    found.last_arrival, found.last_success, found.troubled = (await session.exec(select(*last))).one()
    # A turn stays beside its post when the post is finished.
    line = select(func.count(), func.min(Turn.created_ms)).join(Post, col(Post.id) == col(Turn.post_id))
    line = line.where(col(Turn.began_ms).is_(None), Post.state == PostState.WAITING)
    found.queue["turns"], found.oldest_turn = (await session.exec(line)).one()
