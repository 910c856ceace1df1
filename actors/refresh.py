"""Are others' actors still as we know them? Asked on use once a day, and for those we deal with every week."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import exists, or_, update
from sqlmodel import col, select

from actors import policy, queries
from actors.models import Actor, Follow, Severity
from actors.remote import RemoteActors
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError, Unreachable, Vanished
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get

log = get(__name__)

HOUR_MS = 3_600_000


class Found(StrEnum):
    """What an actor's home said."""

    FRESH = "fresh"
    SKIPPED = "skipped"
    """Not asked: ours, gone, or of a suspended server."""
    MISSING = "missing"
    """404, or an answer that cannot be used."""
    UNREACHABLE = "unreachable"
    GONE = "gone"
    """410: the owner's word that it does not come back."""


def is_stale(actor: Actor, now_ms: int) -> bool:
    """Was a remote actor last seen a day ago, or has it been missing, and not been asked for within the hour?"""
    if actor.local or not policy.living(actor) or now_ms - actor.checked_ms < HOUR_MS:
        return False
    return actor.missing_since_ms is not None or now_ms - actor.fetched_ms > limits.ACTOR_STALE_SECONDS * 1000


async def renew(context: Context, actor_id: int) -> Found:
    """Fetch an actor anew and note when it is missing; who is gone is the caller's matter (no transaction may be open).

    Its keys, inboxes and marks of domain rules are renewed with it.
    """
    async with context.database.read() as session:
        actor = await queries.by_id(session, actor_id)
    if actor is None or actor.local or not policy.living(actor):
        return Found.SKIPPED
    remote = context.part(RemoteActors)
    budget = Budget(fetches=limits.KEY_FETCHES, seconds=limits.FETCH_DOCUMENT_SECONDS, clock=context.clock)
    try:
        await remote.take(await remote.fetcher.document(actor.uri, budget=budget), budget)
    except FediverseError as error:
        found = _meaning(error)
        log.info("actor_not_refreshed", actor=actor.uri, found=found, detail=error.detail)
        await mark_missing(context, [actor_id])
        return found
    return Found.FRESH


def _meaning(error: FediverseError) -> Found:
    if isinstance(error, Vanished):
        return Found.GONE if error.gone else Found.MISSING
    return Found.UNREACHABLE if isinstance(error, Unreachable) else Found.MISSING


async def mark_missing(context: Context, actor_ids: list[int]) -> None:
    """Their home did not serve them now; since when is kept from the first time."""
    now = context.clock.now_ms()
    theirs = col(Actor.id).in_(actor_ids)
    async with context.database.write() as session:
        await session.exec(update(Actor).where(theirs).values(checked_ms=now))
        await session.exec(
            update(Actor).where(theirs, col(Actor.missing_since_ms).is_(None)).values(missing_since_ms=now)
        )


async def due(context: Context, limit: int) -> list[tuple[int, str]]:
    """(id, host) of living remote actors whom somebody here follows or who follow somebody, longest unseen first."""
    before = context.clock.now_ms() - int(limits.ACTOR_REFRESH_SECONDS * 1000)
    related = exists(
        select(Follow.id).where(or_(col(Follow.follower_id) == Actor.id, col(Follow.followed_id) == Actor.id))
    )
    query = (
        select(Actor.id, Actor.host)
        .where(col(Actor.local).is_(False), col(Actor.deleted_ms).is_(None), col(Actor.suspended_ms).is_(None))
        .where(or_(col(Actor.severity).is_(None), col(Actor.severity) != Severity.SUSPEND))
        .where(col(Actor.checked_ms) < before, related)
        .order_by(col(Actor.checked_ms))
        .limit(limit)
    )
    async with context.database.read() as session:
        return list(await session.exec(query))
