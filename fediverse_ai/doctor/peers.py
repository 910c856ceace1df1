"""Our clock, held against those of servers that we talk with."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from statistics import median

from sqlmodel import col, select

from actors.policy import DomainRules
from actors.stops import Scope, StopSwitch
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Elsewhere
from fediverse_ai.core.texts import _
from fediverse_ai.doctor.findings import Finding, advice, problem, well
from outbox.models import HostState

SECONDS_OFF = 30
SECONDS_WRONG = 240
"""Strict servers take a signature for five minutes."""


async def clock(context: Context) -> Finding | None:
    """How far ours is from the middle one of theirs; None when nobody can be asked."""
    if Scope.FEDERATION in {stop.scope for stop in await context.part(StopSwitch).now()}:
        return None
    query = select(HostState.host).where(col(HostState.last_success_ms).is_not(None))
    query = query.order_by(col(HostState.last_success_ms).desc()).limit(limits.DOCTOR_PEERS)
    async with context.database.read() as session:
        hosts = list(await session.exec(query))
    asked = await asyncio.gather(*(_ahead(context, host) for host in hosts))
    found = [seconds for seconds in asked if seconds is not None]
    if not found:
        return None
    off = round(median(found))
    said = {"seconds": abs(off), "servers": len(found)}
    if abs(off) < SECONDS_OFF:
        return well("clock", _("agrees with %(servers)d other servers") % said)
    words = _("the clock is %(seconds)d s slow, measured against %(servers)d other servers")
    if off < 0:
        words = _("the clock is %(seconds)d s fast, measured against %(servers)d other servers")
    cure = _("Set it and keep it with NTP (systemd-timesyncd or chrony): others refuse our signatures.")
    return (problem if abs(off) > SECONDS_WRONG else advice)("clock", words % said, cure)


async def _ahead(context: Context, host: str) -> float | None:
    """By how many seconds a server's clock is ahead of ours."""
    if (await context.part(DomainRules).over(host)).suspended:
        return None
    url = f"{context.config.public_url.partition(':')[0]}://{host}/.well-known/nodeinfo"
    before = context.clock.now()
    try:
        answer = await context.http.get(url, deadline=limits.DOCTOR_LOOK_SECONDS)
        theirs = parsedate_to_datetime(answer.headers.get("date", ""))
    except (Elsewhere, ValueError):
        return None
    middle = before + (context.clock.now() - before) / 2
    # A Date has whole seconds, and was cut.
    return (theirs - middle).total_seconds() + 0.5 if theirs.tzinfo is not None else None
