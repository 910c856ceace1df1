"""The jobs that carry activities out: deliver a chunk once, redeliver a host's lane in order."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, update
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import keys, queries, stops
from actors.keys import RequestSigner, Scheme
from actors.policy import DomainRules
from fediverse_ai.activitypub import signatures, synchronization
from fediverse_ai.activitypub.knocking import knock
from fediverse_ai.activitypub.vocabulary import ACTIVITY_JSON
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Nonsense, Unauthenticated, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.http import Answer
from fediverse_ai.core.log import bound, get
from fediverse_ai.core.metrics import Count, Time
from outbox import absent, lanes
from outbox.lanes import Outcome, Result
from outbox.models import Activity, Delivery, HostState

log = get(__name__)

TRIES = Count("deliveries", "Tries to deliver, by what the other server's answer means.", outcome=tuple(Result))
SECONDS = Time("delivery_seconds", "One try to deliver, its knocks included.")

# What a peer answers to a signature that it cannot read; some say 400.
KNOCK_AGAIN = frozenset({400, 401, 403})

# While one of these is stopped nothing leaves; what is queued waits in its lane and goes on from there.
STANDSTILL = (stops.Scope.OUTBOX, stops.Scope.FEDERATION)

Attempt = tuple[Delivery, Outcome]


@jobs.job(queue="out")
async def deliver(context: Context, ids: list[int | str]) -> None:
    """First attempts of one activity at up to 50 inboxes, side by side; what fails goes to its host's lane."""
    async with context.database.read() as session:
        rows = await lanes.pending_rows(session, [int(value) for value in ids])
        signers = await _signers(session, rows)
        still = await stops.over(session, *STANDSTILL)
    if still is not None and await _stand_still(context, rows):
        return
    fp("deliver.before_send")
    gate = asyncio.Semaphore(limits.DELIVERY_CONCURRENCY)

    async def one(delivery: Delivery, activity: Activity) -> Attempt:
        async with gate:
            return delivery, await _tried(context, delivery, activity, signers[delivery.id])

    attempts = await asyncio.gather(*(one(*row) for row in rows))
    fp("deliver.after_send")
    await _written(context, attempts)
    fp("deliver.after_record")


@jobs.job(queue="lane")
async def redeliver(context: Context, ids: list[int | str]) -> None:
    """Drain one host's lane in order until it is empty or the host fails again."""
    host = str(ids[0])
    failed: Outcome | None = None
    while failed is None:
        async with context.database.read() as session:
            still = await stops.over(session, *STANDSTILL)
            row = await lanes.next_in_lane(session, host) if still is None else None
            signers = await _signers(session, [row] if row else [])
        if row is None:
            break
        delivery, activity = row
        outcome = await _tried(context, delivery, activity, signers[delivery.id])
        await _written(context, [(delivery, outcome)], waking=False)
        failed = outcome if outcome.result is not Result.DELIVERED else None
    async with context.database.write() as session:
        await _rest(session, host, failed)


async def _written(context: Context, attempts: Sequence[Attempt], *, waking: bool = True) -> None:
    """Outcomes in one transaction. While the disk is full it waits with them: sending all again would be worse."""

    async def write() -> None:
        async with context.database.write() as session:
            await _record(session, attempts, waking=waking)

    await jobs.with_room(context, "deliver", write)


async def _stand_still(context: Context, rows: Sequence[tuple[Delivery, Activity]]) -> bool:
    """While nothing may leave, rows wait in their hosts' lanes, untried; False if that ended meanwhile."""
    async with context.database.write() as session:
        if await stops.over(session, *STANDSTILL) is None:
            return False
        waiting = update(Delivery).where(
            col(Delivery.id).in_([row.id for row, _ in rows]), col(Delivery.state) == "pending"
        )
        await session.exec(waiting.values(state="lane"))
    return True


async def _rest(session: AsyncSession, host: str, failed: Outcome | None) -> None:
    """Put the lane's wake-up away, and arrange the next one if something is left."""
    state = await lanes.state_of(session, host)
    state.waking = False
    session.add(state)
    await session.flush()
    if not await lanes.has_lane(session, host) or await stops.over(session, *STANDSTILL) is not None:
        return
    # A row that was given up is not the host's fault: what follows it goes on soon.
    passing = failed is None or failed.result is Result.PERMANENT
    await wake(
        session, host, delay=limits.LANE_JOIN_SECONDS if passing else _pause(session, max(state.failures, 1), failed)
    )


async def wake(session: AsyncSession, host: str, *, delay: float) -> None:
    """Arrange the next drain of a host's lane, unless one is arranged already."""
    state = await lanes.state_of(session, host)
    if state.waking:
        return
    state.waking = True
    state.wake_up += 1
    session.add(state)
    await session.flush()
    await jobs.enqueue(session, redeliver, [host], key=host, delay=delay, once=f"redeliver:{host}:{state.wake_up}")


async def _tried(context: Context, delivery: Delivery, activity: Activity, sign: RequestSigner) -> Outcome:
    """One try, counted and told to the log under the names of activity and delivery."""
    began = context.clock.monotonic()
    with bound(activity=activity.uri, delivery=delivery.id):
        outcome = await attempt(context, delivery, activity, sign)
        facts = {"inbox": delivery.inbox_url, "outcome": outcome.result, "detail": outcome.detail}
        if outcome.result is Result.DELIVERED:
            log.debug("delivered", **facts)
        else:
            log.info("delivery_failed", **facts)
    TRIES.add(outcome.result)
    SECONDS.took(context.clock.monotonic() - began)
    return outcome


async def attempt(context: Context, delivery: Delivery, activity: Activity, sign: RequestSigner) -> Outcome:
    """One try: signed now, and a bounded number of times otherwise when the first knock is refused."""
    rules = await context.part(DomainRules).now()
    if rules.over(delivery.host).suspended or rules.bars(delivery.inbox_url):
        return Outcome(Result.PERMANENT, "a rule of ours ended this")

    async def post(way: RequestSigner) -> Answer:
        return await _post(context, delivery, activity, way)

    try:
        answer, taken, first_status = await knock(
            sign,
            delivery.inbox_url,
            activity.body,
            post,
            refusals=KNOCK_AGAIN,
            counts=lambda status: lanes.classify(status) is Result.DELIVERED,
        )
    except Unreachable as error:
        return Outcome(Result.RETRY, error.detail, error.retry_after)
    except Nonsense as error:
        return Outcome(Result.PERMANENT, error.detail)
    result = lanes.classify(answer.status)
    # A 400 may have had another cause; a host that verifies only after it has answered would take anything.
    learned: Scheme | None = None if first_status == 400 else taken.scheme
    retry_after = _retry_after(answer.headers.get("retry-after", ""), context.clock.now())
    return Outcome(result, f"status {answer.status}", retry_after, learned, answer.status)


async def _post(context: Context, delivery: Delivery, activity: Activity, sign: RequestSigner) -> Answer:
    # Without a charset, which JSON does not have: Epicyon compares the whole line.
    headers = {"Content-Type": ACTIVITY_JSON, **sign("POST", delivery.inbox_url, activity.body)}
    return await context.http.post(
        delivery.inbox_url, body=activity.body, headers=headers, deadline=limits.DELIVERY_SECONDS
    )


def _retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait: the header's number, or until its date (RFC 9110 §10.2.3); None for neither."""
    if value.isascii() and value.isdigit():
        return min(float(value[:12]), limits.RETRY_AFTER_SECONDS)
    try:
        seconds = (signatures.parse_http_date(value) - now).total_seconds()
    except Unauthenticated:
        return None
    return min(seconds, limits.RETRY_AFTER_SECONDS) if seconds > 0 else None


async def _signers(session: AsyncSession, rows: Sequence[tuple[Delivery, Activity]]) -> dict[int, RequestSigner]:
    """delivery id -> signer of its activity's actor, by the scheme that its host took last."""
    schemes = await lanes.schemes(session, {delivery.host for delivery, _ in rows})
    signers = {who: await keys.signer_of(session, *who) for who in {(row.actor_id, row.key_uri) for _, row in rows}}
    headers = await synchronization_headers(session, rows)
    found: dict[int, RequestSigner] = {}
    for delivery, activity in rows:
        sign = signers[activity.actor_id, activity.key_uri].by(schemes.get(delivery.host, keys.Scheme.CAVAGE))
        header = headers.get(delivery.id)
        found[delivery.id] = sign.covering("Collection-Synchronization", header) if header else sign
    return found


async def synchronization_headers(session: AsyncSession, rows: Sequence[tuple[Delivery, Activity]]) -> dict[int, str]:
    """delivery id -> the FEP-8fcf header of what is addressed to followers: a digest of those on that server."""
    addressed: dict[int, list[Delivery]] = {}
    for delivery, activity in rows:
        if b'/followers"' in activity.body:
            addressed.setdefault(activity.actor_id, []).append(delivery)
    headers: dict[int, str] = {}
    for actor_id, deliveries in addressed.items():
        actor = await queries.by_id(session, actor_id)
        if actor is None or actor.followers_uri is None:
            continue
        origins = {delivery.id: urls.origin(delivery.inbox_url) for delivery in deliveries}
        uris = await queries.followers_on(session, actor_id, set(origins.values()))
        url = f"{actor.uri}/followers_synchronization"
        for delivery_id, origin in origins.items():
            headers[delivery_id] = synchronization.header(actor.followers_uri, url, uris[origin])
    return headers


async def _record(session: AsyncSession, attempts: Sequence[Attempt], *, waking: bool = True) -> None:
    """Outcomes into the rows; hosts that failed get their lane, hosts that took it a clean slate."""
    context = context_of(session)
    now = context.clock.now_ms()
    changes = [_change(delivery, outcome, now) for delivery, outcome in attempts]
    if changes:
        table = Delivery.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
        statement = update(table).where(table.c.id == bindparam("row_id"))
        names = ("state", "attempts", "refusals", "last_error", "done_ms")
        await session.exec(statement.values({name: bindparam(name) for name in names}), params=changes)
    failed = {delivery.host: outcome for delivery, outcome in attempts if outcome.result is Result.RETRY}
    taken = {delivery.host: outcome.scheme for delivery, outcome in attempts if outcome.result is Result.DELIVERED}
    for host, state in (await lanes.states_of(session, {delivery.host for delivery, _ in attempts})).items():
        _learn(state, failed.get(host), taken.get(host), now)
    await session.flush()
    for change, (delivery, outcome) in zip(changes, attempts, strict=True):
        if waking and change["state"] == "lane":
            state = await lanes.state_of(session, delivery.host)
            await wake(session, delivery.host, delay=_pause(session, max(state.failures, 1), outcome))
        if change["state"] == "given_up" and await absent.note(session, delivery, outcome.status):
            await wake(session, delivery.host, delay=limits.LANE_JOIN_SECONDS)


def _change(delivery: Delivery, outcome: Outcome, now: int) -> dict[str, int | str | None]:
    delivered = outcome.result is Result.DELIVERED
    given_up = not delivered and lanes.gives_up(delivery, outcome, now)
    return {
        "row_id": delivery.id,
        "state": "delivered" if delivered else "given_up" if given_up else "lane",
        "attempts": delivery.attempts + 1,
        "refusals": delivery.refusals + (outcome.result is Result.REFUSED),
        "last_error": None if delivered else outcome.detail[: limits.ERROR_CHARS],
        "done_ms": now if delivered or given_up else None,
    }


def _learn(state: HostState, failed: Outcome | None, scheme: str | None, now: int) -> None:
    if scheme is not None:
        state.scheme = scheme
    if failed is None:
        state.failures, state.failing_since_ms, state.last_success_ms = 0, None, now
    else:
        state.failures += 1
        state.failing_since_ms = state.failing_since_ms or now


def _pause(session: AsyncSession, failures: int, outcome: Outcome | None) -> float:
    wanted = outcome.retry_after if outcome is not None and outcome.retry_after else 0.0
    return max(lanes.backoff(failures, context_of(session).clock), wanted)
