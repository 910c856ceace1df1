"""A host's lane: what it could not take waits there in order; the schedule of retries and what each status means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.keys import Scheme
from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from outbox.models import Activity, Delivery, HostState

# Activities that bring a post to others, or keep it before their eyes.
_SAYS_IT = ("Create", "Update", "Announce", "Add")


class Result(StrEnum):
    """What an answer to a delivery means."""

    DELIVERED = "delivered"
    RETRY = "retry"
    REFUSED = "refused"
    """401, 403 or a redirect: clocks and key caches heal, so three tries."""
    MISSING = "missing"
    """404: permanent after a day."""
    PERMANENT = "permanent"


@dataclass(frozen=True, slots=True)
class Outcome:
    result: Result
    detail: str
    retry_after: float | None = None
    scheme: Scheme | None = None
    """The signature scheme of the last request, when there was an answer."""
    status: int = 0
    """The status of that answer; 0 without one."""


def classify(status: int) -> Result:
    if 200 <= status < 300:
        return Result.DELIVERED
    if status in (401, 403) or 300 <= status < 400:
        return Result.REFUSED
    if status == 404:
        return Result.MISSING
    if status in (408, 425, 429) or (status >= 500 and status != 501):
        return Result.RETRY
    return Result.PERMANENT


def backoff(failures: int, clock: Clock) -> float:
    """Seconds until the next try after `failures` in a row: 1 min, 5, 15, 1 h, 3 h, 6 h, then 12 h; ±30 %."""
    known = limits.BACKOFF_SECONDS
    base = known[failures - 1] if 0 < failures <= len(known) else limits.REPEAT_SECONDS
    return base * clock.uniform(1 - limits.JITTER, 1 + limits.JITTER)


def gives_up(row: Delivery, outcome: Outcome, now_ms: int) -> bool:
    """Is this row's last try behind it?"""
    age = now_ms - row.created_ms
    match outcome.result:
        case Result.PERMANENT:
            return True
        case Result.REFUSED:
            return row.refusals + 1 >= limits.DELIVERY_REFUSALS
        case Result.MISSING:
            return age >= limits.MISSING_GIVE_UP_SECONDS * 1000
        case _:
            return age >= limits.GIVE_UP_SECONDS * 1000


async def hosts_in_lane(session: AsyncSession, object_uri: str | None) -> set[str]:
    """Hosts where something new would overtake: they have a lane, or a direct delivery of the same object under way."""
    query = select(Delivery.host).distinct().where(Delivery.state == "lane")
    found = set(await session.exec(query))
    if object_uri is not None:
        same = (
            select(Delivery.host)
            .distinct()
            .join(Activity, col(Activity.id) == col(Delivery.activity_id))
            .where(Delivery.state == "pending", Activity.object_uri == object_uri)
        )
        found |= set(await session.exec(same))
    return found


async def schemes(session: AsyncSession, hosts: set[str]) -> dict[str, Scheme]:
    """host -> the signature scheme that worked last, where that is known."""
    if not hosts:
        return {}
    query = select(HostState.host, HostState.scheme).where(col(HostState.host).in_(hosts))
    return {host: Scheme(scheme) for host, scheme in await session.exec(query) if scheme}


async def state_of(session: AsyncSession, host: str) -> HostState:
    state = await session.get(HostState, host)
    return state if state is not None else (await states_of(session, {host}))[host]


async def states_of(session: AsyncSession, hosts: set[str]) -> dict[str, HostState]:
    """host -> what we know of it; rows for those that are new."""
    rows = await session.exec(select(HostState).where(col(HostState.host).in_(hosts)))
    found = {row.host: row for row in rows}
    new = [HostState(host=host) for host in sorted(hosts - found.keys())]
    session.add_all(new)
    await session.flush()
    return found | {row.host: row for row in new}


async def next_in_lane(session: AsyncSession, host: str) -> tuple[Delivery, Activity] | None:
    """The oldest row of a lane, unless a direct delivery of the same object is still under way."""
    query = (
        select(Delivery, Activity)
        .join(Activity, col(Activity.id) == col(Delivery.activity_id))
        .where(Delivery.host == host, Delivery.state == "lane")
        .order_by(col(Delivery.id))
        .limit(1)
    )
    row = (await session.exec(query)).first()
    if row is None or row[1].object_uri in await _pending_objects(session, host):
        return None
    return row


async def _pending_objects(session: AsyncSession, host: str) -> set[Any]:
    query = (
        select(Activity.object_uri)
        .join(Delivery, col(Activity.id) == col(Delivery.activity_id))
        .where(Delivery.host == host, Delivery.state == "pending", col(Activity.object_uri).is_not(None))
    )
    return set(await session.exec(query))


async def has_lane(session: AsyncSession, host: str) -> bool:
    query = select(Delivery.id).where(Delivery.host == host, Delivery.state == "lane").limit(1)
    return (await session.exec(query)).first() is not None


async def recall(session: AsyncSession, object_uri: str, now_ms: int) -> None:
    """Nothing of what was deleted leaves any more: what still waits about it for its hosts stays here.

    The Delete goes to them all the same: a try that failed may have arrived, and one may be under way just now.
    """
    about = select(Activity.id).where(Activity.object_uri == object_uri, col(Activity.type).in_(_SAYS_IT))
    waiting = update(Delivery).where(col(Delivery.activity_id).in_(about), col(Delivery.state) == "lane")
    await session.exec(waiting.values(state="withheld", last_error="deleted before it was taken", done_ms=now_ms))


async def pending_rows(session: AsyncSession, ids: Sequence[int]) -> list[tuple[Delivery, Activity]]:
    query = (
        select(Delivery, Activity)
        .join(Activity, col(Activity.id) == col(Delivery.activity_id))
        .where(col(Delivery.id).in_(ids), Delivery.state == "pending")
    )
    return list(await session.exec(query))
