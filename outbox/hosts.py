"""What is known of other servers by delivering to them: counts, traces, and another try on request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import context_of
from outbox import delivery, lanes
from outbox.models import Activity, Delivery, HostState, Post, PostState

_CHUNK = 500


@dataclass(slots=True)
class HostSummary:
    """Deliveries to one host by state, with what the host's row says."""

    host: str
    counts: dict[str, int] = field(default_factory=dict)
    state: HostState | None = None


async def summaries(session: AsyncSession, host: str | None = None) -> list[HostSummary]:
    """Every host that something was or is to be sent to, the troubled ones first."""
    query = select(Delivery.host, Delivery.state, func.count()).group_by(col(Delivery.host), col(Delivery.state))
    if host is not None:
        query = query.where(Delivery.host == host)
    found: dict[str, HostSummary] = {}
    for name, state, number in await session.exec(query):
        found.setdefault(name, HostSummary(name)).counts[state] = number
    for one in found.values():
        one.state = await session.get(HostState, one.host)
    return sorted(
        found.values(), key=lambda one: (-one.counts.get("lane", 0), -one.counts.get("given_up", 0), one.host)
    )


async def deliveries(
    session: AsyncSession,
    *,
    host: str | None = None,
    state: str | None = None,
    object_uri: str | None = None,
    limit: int = 100,
) -> list[tuple[Delivery, Activity]]:
    """Deliveries with their activities, newest first; those about one post with `object_uri`."""
    query = select(Delivery, Activity).join(Activity, col(Activity.id) == col(Delivery.activity_id))
    if host is not None:
        query = query.where(Delivery.host == host)
    if state is not None:
        query = query.where(Delivery.state == state)
    if object_uri is not None:
        query = query.where(or_(col(Activity.object_uri) == object_uri, col(Activity.uri) == object_uri))
    return list(await session.exec(query.order_by(col(Delivery.id).desc()).limit(limit)))


async def retry(session: AsyncSession, host: str, *, given_up: bool = False) -> int:
    """Drain a host's lane now instead of at its time; with `given_up` also what was given up. How many rows wait."""
    if given_up:
        again = {"state": "lane", "done_ms": None, "refusals": 0}
        await session.exec(
            update(Delivery).where(col(Delivery.host) == host, col(Delivery.state) == "given_up").values(**again)
        )
    waiting = (await session.exec(select(func.count()).where(Delivery.host == host, Delivery.state == "lane"))).one()
    if not waiting:
        return 0
    # The wake-up that is arranged may be half a day away. A second one finds the lane empty and goes away again.
    state = await lanes.state_of(session, host)
    state.waking, state.wake_up, state.open_until_ms = True, state.wake_up + 1, None
    session.add(state)
    await session.flush()
    once = f"redeliver:{host}:{state.wake_up}"
    await jobs.enqueue(session, delivery.redeliver, [host], key=host, once=once, soon=True)
    return waiting


async def heard_from(session: AsyncSession, inbox_url: str) -> None:
    """Something verified came from the server of this inbox: it is there, so what waits for it goes now.

    So often at most (HEARD_SECONDS): a server that speaks and does not listen is not to be asked without a pause.
    """
    now = context_of(session).clock.now_ms()
    host = urls.origin(inbox_url).partition("://")[2]
    state = await session.get(HostState, host)
    if state is None or now - (state.last_inbound_ms or 0) < limits.HEARD_SECONDS * 1000:
        return
    state.last_inbound_ms = now
    session.add(state)
    if state.failing_since_ms is not None:
        await retry(session, host)


async def count_posts(session: AsyncSession, author_ids: Sequence[int]) -> int:
    """Published posts of these authors, in pieces: what a domain rule would hide."""
    total = 0
    for start in range(0, len(author_ids), _CHUNK):
        authors = col(Post.author_id).in_(author_ids[start : start + _CHUNK])
        total += (await session.exec(select(func.count()).where(authors, Post.state == PostState.PUBLISHED))).one()
    return total


async def find_post(session: AsyncSession, named: str) -> Post | None:
    """A post by its id, its ActivityPub id, or the address of its page."""
    if named.isascii() and named.isdigit() and len(named) < 20:
        return await session.get(Post, int(named))
    config = context_of(session).config
    tail = named.rstrip("/").rpartition("/")[2]
    if named.startswith(f"{config.public_url}/@") and tail.isascii() and tail.isdigit() and len(tail) < 20:
        return await session.get(Post, int(tail))
    return (await session.exec(select(Post).where(or_(col(Post.uri) == named, col(Post.url) == named)))).first()
