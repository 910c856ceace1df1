"""Signature, policy, size, doubles; forwards believed or not -> group commit -> 202."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors import queries
from actors.authentication import Authenticator, signed_request
from actors.policy import DomainRules
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.authority import Admitted, admit_signed
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.database import GroupCommit
from fediverse_ai.core.errors import Malformed, Unauthenticated, Vanished
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.log import bound, get
from inbox import forwarded, synchronize
from inbox.handlers.delete import bury_actor
from inbox.jobs import handle
from inbox.models import Received

log = get(__name__)

# Epicyon answers a Follow without an id of the answer. Nobody refers to an answer, so its own bytes can name it.
_MAY_BE_NAMELESS = frozenset({"Accept", "Reject"})


@dataclass(frozen=True, slots=True)
class Arrival:
    """A verified activity on its way into the group commit."""

    activity: Admitted
    body: bytes


class Intake(GroupCommit[Arrival, None]):
    """Up to 256 verified activities and the one job that handles them, in one durable transaction."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.database, store)


# Into the table itself: what the mapper does around each row is a third of this transaction's work.
_TABLE: Table = Received.__table__  # type: ignore[attr-defined]  # SQLModel does not type it
_INSERT = {
    "sqlite": sqlite.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
    "postgresql": postgresql.insert(_TABLE).on_conflict_do_nothing().returning(_TABLE.c.id),
}


async def store(session: AsyncSession, arrivals: list[Arrival]) -> list[None]:
    """Insert what is new; a double is no error and gets no second row (D20)."""
    context = context_of(session)
    now = context.clock.now_ms()
    rows: list[dict[str, Any]] = [
        {
            "id": context.ids.new(),
            "activity_uri": arrival.activity.id,
            "type": arrival.activity.type,
            "sender_uri": arrival.activity.owner,
            "body": arrival.body,
            "wide": False,
            "state": "stored",
            "attempts": 0,
            "received_ms": now,
        }
        for arrival in arrivals
    ]
    connection = await session.connection()
    written = sorted((await connection.execute(_INSERT[context.database.dialect], rows)).scalars())
    if written:
        await jobs.enqueue(session, handle, written, soon=True)
    fp("receive.before_commit")
    return [None] * len(arrivals)


async def receive(context: Context, request: Request, body: bytes, told: dict[str, str]) -> None:
    """Take one POST to an inbox. Raises what the door answers with; afterwards the activity is durable.

    Order: cheap refusals first, no fetch for what is dropped anyway. `told` is filled with what the
    activity says of itself, for the log of refusals.
    """
    activity = document.parse(body)
    told["type"] = (document.type_of(activity) or "")[: limits.LOGGED_CHARS]
    told["sender"] = (document.id_of(activity.get("actor")) or "")[: limits.LOGGED_CHARS]
    told["activity"] = document.string(activity, "id", limits.LOGGED_CHARS) or ""
    with bound(activity=told["activity"]):
        await _take(context, request, activity, body, told)


async def _take(
    context: Context, request: Request, activity: dict[str, Any], body: bytes, told: dict[str, str]
) -> None:
    actor_uri = _actor_of(activity)
    await context.part(DomainRules).require_welcome(actor_uri)
    if await _is_of_stranger_alone(context, activity, actor_uri):
        return
    limiter = context.part(RateLimiter)
    try:
        sender = await context.part(Authenticator).authenticate(signed_request(request, body))
    except Vanished as error:
        await _gone(context, activity, actor_uri, error)
        return
    limiter.check(f"inbox-host:{urls.origin(sender.actor_uri)}", limits.INBOX_PER_HOST)
    limiter.check(f"inbox-actor:{sender.actor_uri}", limits.INBOX_PER_ACTOR)
    if sender.actor_uri == actor_uri:
        if "id" not in activity and told["type"] in _MAY_BE_NAMELESS:
            activity["id"] = f"{actor_uri}#{told['type'].lower()}-{hashlib.sha256(body).hexdigest()[:32]}"
            body = document.dump(activity)
        admitted = admit_signed(activity, actor_uri)
    else:
        found = await forwarded.believed(context, activity, body, actor_uri, sender.actor_uri)
        if found is None:
            return
        admitted, body = found
    await context.part(Intake).submit(Arrival(admitted, body))
    fp("receive.after_commit")
    if header := request.headers.get("collection-synchronization"):
        await synchronize.compare(context, header, sender)


def _actor_of(activity: dict[str, Any]) -> str:
    """The one actor an activity names. Raises Malformed (AUT-21)."""
    actor_uri = document.id_of(activity.get("actor"))
    if actor_uri is None or document.type_of(activity) is None:
        raise Malformed("An activity needs one type and one actor.")
    return urls.check_id(actor_uri)


def _deletes_itself(activity: dict[str, Any], actor_uri: str) -> bool:
    return document.type_of(activity) == "Delete" and document.id_of(activity.get("object")) == actor_uri


async def _is_of_stranger_alone(context: Context, activity: dict[str, Any], actor_uri: str) -> bool:
    """Accounts that end or change tell every server: of those never seen here nothing is to be done nor asked."""
    if document.type_of(activity) not in ("Delete", "Update") or document.id_of(activity.get("object")) != actor_uri:
        return False
    async with context.database.read() as session:
        return await queries.by_uri(session, actor_uri) is None


async def _gone(context: Context, activity: dict[str, Any], actor_uri: str, error: Vanished) -> None:
    """The key is gone (410): proof enough for the Delete of that very actor, and for nothing else (SIG-23)."""
    if not _deletes_itself(activity, actor_uri) or not error.gone:
        raise Unauthenticated("The key of this signature is gone.", error.detail)
    try:
        await context.part(Authenticator).confirm_gone(actor_uri)
    except Vanished as confirmed:
        if confirmed.gone:
            async with context.database.write() as session:
                actor = await queries.by_uri(session, actor_uri)
                if actor is not None and not actor.local:
                    await bury_actor(session, actor)
            log.info("actor_gone", actor=actor_uri)
            return
    raise Unauthenticated("The key of this signature is gone.", error.detail)
