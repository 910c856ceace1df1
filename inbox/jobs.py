"""The job that handles what was received: resolve without a transaction, then one short one for each."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted, admit_signed
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.database import after_commit
from fediverse_ai.core.errors import FediverseError, NoRoom, Unavailable, Unreachable
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import bound, get
from fediverse_ai.core.metrics import Count
from inbox import arrivals, forwarded, groups, handlers, retire
from inbox.incoming import Incoming, Outcome
from inbox.models import Received
from inbox.resolve import resolve
from outbox import forward, hosts

log = get(__name__)

HANDLED = Count("inbox_activities", "Activities that arrived, by what became of them.",
                outcome=(*Outcome, "failed", "later"))  # fmt: skip

RETRY_SECONDS = (60.0, 300.0, 1800.0)
GONE = "the sender is gone or suspended"


@jobs.job(queue="in")
async def handle(context: Context, ids: list[int | str]) -> None:
    """Handle received activities in the order in which they came; one that fails does not stop the others."""
    async with context.database.read() as session:
        query = select(Received).where(col(Received.id).in_([int(value) for value in ids]), Received.state == "stored")
        rows = list(await session.exec(query.order_by(col(Received.id))))
        senders = await queries.by_uris(session, (row.sender_uri for row in rows))
    fp("handle.begin")
    for row in rows:
        with bound(activity=row.activity_uri):
            await _safely(context, row, senders.get(row.sender_uri))


async def _safely(context: Context, row: Received, sender: Actor | None) -> None:
    """Handle one; a poison message must not take its neighbours with it."""
    try:
        await _one(context, row, sender)
    except NoRoom:
        raise  # the whole job waits for room; the row is still a promise
    except (Unreachable, Unavailable) as error:
        await _later(context, row, error.detail)
    except FediverseError as error:
        await _settle(context, row, Outcome.DROPPED, error.detail)
    except Exception as error:  # the worker loop: whatever a handler raises ends here
        log.error("handler_failed", exc_info=error)
        await _later(context, row, repr(error))


async def resume(context: Context) -> None:
    """Received activities whose job is gone are given to one again (see outbox/sweep.py)."""
    waiting = await context.jobs.waiting(limits.SWEEP_JOBS)
    if len(waiting) >= limits.SWEEP_JOBS:
        return
    busy = {item for job in waiting if job.name == handle.name for item in job.ids}
    before = context.clock.now_ms() - int(limits.ABANDONED_SECONDS * 1000)
    async with context.database.write() as session:
        query = select(Received.id).where(Received.state == "stored", col(Received.received_ms) < before)
        rows = await session.exec(query.order_by(col(Received.id)).limit(limits.SWEEP_ROWS))
        lost = [row_id for row_id in rows if row_id not in busy]
        if lost:
            await jobs.enqueue(session, handle, lost)


async def _one(context: Context, row: Received, sender: Actor | None) -> None:
    activity = admit_signed(document.parse(row.body), row.sender_uri)
    if sender is None or not policy.living(sender):
        await _settle(context, row, Outcome.DROPPED, GONE)
        return
    if not handlers.supports(activity.type):
        await _settle(context, row, Outcome.UNSUPPORTED, activity.type)
        return
    said, author = activity, sender
    if (inner := groups.inside(activity)) is not None:
        opened = await _opened(context, row, inner)
        if opened is None:
            return
        said, author = opened
    budget = Budget(fetches=limits.FETCH_PER_ACTIVITY, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    resolved = await resolve(context, said, author, budget)
    handler = handlers.find(said.type, resolved.type)
    if handler is None:
        await _settle(context, row, Outcome.UNSUPPORTED, f"{said.type} of {resolved.type}")
        return
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        now = await queries.by_uris(session, {sender.uri, author.uri})
        if fresh is None or fresh.state != "stored":
            return
        if any(uri not in now or not policy.living(now[uri]) for uri in (sender.uri, author.uri)):
            # What was handled just before this one may have been their end.
            await _mark(session, fresh, context, Outcome.DROPPED, GONE)
            return
        sender = now[sender.uri]
        outcome = await handler(session, Incoming(said, now[author.uri], resolved, row.received_ms))
        if outcome is Outcome.DONE:
            if said is activity:
                await forward.pass_on(session, activity, row.body, sender)
            await arrivals.keep(session, fresh, sender, activity.document)
            await hosts.heard_from(session, sender.inbox_url)
        await retire.used(session, sender)
        fp("handle.before_commit")
        await _mark(session, fresh, context, outcome, None)
    fp("handle.after_commit")


async def _opened(context: Context, row: Received, inner: dict[str, Any]) -> tuple[Admitted, Actor] | None:
    """What a group announced that somebody did, and who; None where nothing is left to do. The row is settled then.

    The group's word counts for as much as that of anybody who forwards: a proof, or the home of what was done, decides.
    """
    actor_uri = document.id_of(inner.get("actor"))
    if document.type_of(inner) not in groups.OPENED or actor_uri is None:
        await _settle(context, row, Outcome.UNSUPPORTED, f"Announce of {document.type_of(inner)}")
        return None
    await context.part(DomainRules).require_welcome(urls.check_id(actor_uri))
    found = await forwarded.heard(context, inner, actor_uri, row.sender_uri)
    if found.admitted is None:
        detail = f"{document.type_of(inner)} by {actor_uri}{'' if found.done else ', not believed or not wanted'}"
        await _settle(context, row, Outcome.DONE if found.done else Outcome.IGNORED, detail)
        return None
    async with context.database.read() as session:
        author = await queries.by_uri(session, actor_uri)
    if author is None or author.local or not policy.living(author):
        await _settle(context, row, Outcome.DROPPED, GONE)
        return None
    return found.admitted, author


async def _mark(session: AsyncSession, row: Received, context: Context, outcome: str, detail: str | None) -> None:
    row.state, row.detail = outcome, detail[: limits.ERROR_CHARS] if detail else None
    row.handled_ms = context.clock.now_ms()
    session.add(row)
    kind = row.type
    after_commit(session, lambda: _count(outcome, kind))


def _count(outcome: str, kind: str) -> None:
    HANDLED.add(outcome)
    log.debug("activity_handled", outcome=outcome, type=kind)


async def _settle(context: Context, row: Received, outcome: Outcome, detail: str) -> None:
    log.info(
        "activity_done" if outcome is Outcome.DONE else "activity_refused",
        activity=row.activity_uri,
        type=row.type,
        sender=row.sender_uri,
        outcome=outcome,
        detail=detail,
    )
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        if fresh is not None and fresh.state == "stored":
            await _mark(session, fresh, context, outcome, detail)


async def _later(context: Context, row: Received, detail: str) -> None:
    """Try this one again alone, after a while, and not for ever."""
    async with context.database.write() as session:
        fresh = await session.get(Received, row.id, with_for_update=True)
        if fresh is None or fresh.state != "stored":
            return
        fresh.attempts += 1
        fresh.detail = detail[: limits.ERROR_CHARS]
        session.add(fresh)
        if fresh.attempts > len(RETRY_SECONDS):
            await _mark(session, fresh, context, "failed", detail)
            return
        HANDLED.add("later")
        await jobs.enqueue(session, handle, [row.id], delay=RETRY_SECONDS[fresh.attempts - 1])
