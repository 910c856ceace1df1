"""What this server tells of itself besides: how much happens in a week, and whom it does not talk to."""

from __future__ import annotations

import hashlib

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import rules
from actors.models import Account, Severity
from fediverse_ai.core.nodes import SEQUENCE_BITS
from fediverse_ai.mastodon import answers
from fediverse_ai.mastodon.answers import Json
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from outbox.models import Post
from outbox.visibility import OPEN

WEEKS = 12
WEEK_MS = 7 * 86_400_000
# 1970 began on a Thursday; weeks begin on Mondays.
_MONDAY_MS = 4 * 86_400_000
_SEVERITIES = {Severity.LIMIT: "silence", Severity.SUSPEND: "suspend"}


async def activity(request: Request) -> Response:
    """GET /api/v1/instance/activity: the last twelve weeks, the newest first; what everybody may see is counted.

    Whether somebody came is not recorded, so `logins` are people who posted.
    """
    context = context_of(request)
    now = context.clock.now_ms()
    begins = now - (now - _MONDAY_MS) % WEEK_MS
    async with context.database.read() as session:
        weeks = [await _week(session, begins - number * WEEK_MS) for number in range(WEEKS)]
    return answers.answer(weeks)


async def _week(session: AsyncSession, begins_ms: int) -> Json:
    """Numbers as strings, as the API has them."""
    ends_ms = begins_ms + WEEK_MS
    posted = select(func.count(), func.count(func.distinct(Post.author_id))).where(
        col(Post.local).is_(True), Post.state == "published", col(Post.visibility).in_(OPEN),
        col(Post.id) >= begins_ms << SEQUENCE_BITS, col(Post.id) < ends_ms << SEQUENCE_BITS,
    )  # fmt: skip
    posts, people = (await session.exec(posted)).one()
    came = select(func.count()).where(col(Account.created_ms) >= begins_ms, col(Account.created_ms) < ends_ms)
    new = (await session.exec(came)).one()
    return {"week": str(begins_ms // 1000), "statuses": str(posts), "logins": str(people), "registrations": str(new)}


async def domain_blocks(request: Request) -> Response:
    """GET /api/v1/instance/domain_blocks: what the page of our rules tells everybody, without their reasons (PRV-14)"""
    async with context_of(request).database.read() as session:
        held = await rules.rules(session)
    return answers.answer([
        {
            "domain": (shown := rules.shown(rule)),
            # Of what is shown: of the whole name it would tell what the stars are for.
            "digest": hashlib.sha256(shown.encode()).hexdigest(),
            "severity": _SEVERITIES[Severity(rule.severity)],
            "comment": rule.public_comment,
        }
        for rule in held
        if Severity(rule.severity) in _SEVERITIES
    ])  # fmt: skip


ROUTES = [
    ApiDoor("/api/v1/instance/activity", activity, needs="anyone"),
    ApiDoor("/api/v1/instance/domain_blocks", domain_blocks, needs="anyone"),
]
