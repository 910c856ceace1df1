"""The stop switch: what the people in charge have stopped, why, and since when."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, documents, queries
from actors.audit import Subject
from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Missing, Unavailable, Unprocessable
from fediverse_ai.core.lately import Lately
from fediverse_ai.core.log import get
from fediverse_ai.core.rows import Row
from fediverse_ai.core.texts import _

log = get(__name__)

MODEL, ACCOUNT = "model:", "account:"
RETRY = int(limits.STANDSTILL_RETRY_SECONDS)
_NAMED = re.compile(r"(model|account):[A-Za-z0-9_.-]{1,100}")


class Scope(StrEnum):
    """What can be stopped as a whole; `model:ID` and `account:NAME` stop one."""

    GENERATION = "generation"
    """No picture is made."""
    OUTBOX = "outbox"
    """Nothing is published, and nothing that was published leaves."""
    FEDERATION = "federation"
    """Nothing is sent to, taken from or fetched from other servers."""


class Stop(Row, table=True):
    """One thing that stands still; taken away when it is started again."""

    __tablename__ = "stop"

    scope: str = Field(primary_key=True)
    reason: str
    """Said in public: in the foot of every page, in NodeInfo and to whoever waits."""
    since_ms: int = Field(sa_type=BigInteger)


def scope_of(text: str) -> str:
    """A scope as it is stored. Raises Unprocessable for anything else than a Scope, model:ID or account:NAME."""
    wanted = text.strip()
    if wanted in set(Scope) or _NAMED.fullmatch(wanted):
        return wanted
    raise Unprocessable("Name what to stop: generation, outbox, federation, model:ID or account:NAME.")


async def standing(session: AsyncSession) -> list[Stop]:
    """Everything that is stopped, the oldest stop first."""
    return list(await session.exec(select(Stop).order_by(col(Stop.since_ms), col(Stop.scope))))


def public(stop: Stop) -> dict[str, str]:
    """A stop as NodeInfo says it: scope, reason, since (RFC 3339, UTC)."""
    return {"scope": stop.scope, "reason": stop.reason, "since": documents.iso(stop.since_ms)}


async def over(session: AsyncSession, *scopes: str) -> Stop | None:
    """The oldest stop over any of these scopes, read in the caller's transaction."""
    query = select(Stop).where(col(Stop.scope).in_(scopes)).order_by(col(Stop.since_ms)).limit(1)
    return (await session.exec(query)).first()


async def over_post(session: AsyncSession, username: str, models: Iterable[str] = ()) -> Stop | None:
    """What keeps a post of this account, with pictures by these models, from going out."""
    return await over(session, Scope.OUTBOX, ACCOUNT + username, *sorted({MODEL + name for name in models}))


async def require_outbox(session: AsyncSession, username: str) -> None:
    """Raises Unavailable with the reason when this account may put nothing new out now: posts wait, these do not."""
    stop = await over_post(session, username)
    if stop is not None:
        raise Unavailable(
            _("This is stopped for now: %(reason)s") % {"reason": stop.reason},
            f"stopped: {stop.scope}",
            retry_after=RETRY,
        )


async def put(session: AsyncSession, scope: str, reason: str, by: Account | None = None) -> Stop:
    """Stop something, or give a stop that stands a new reason. Raises Unprocessable, Missing for no such account."""
    scope, reason = scope_of(scope), " ".join(reason.split())
    if not 0 < len(reason) <= limits.REASON_CHARS:
        raise Unprocessable(_("Say why, in at most %(most)d characters.") % {"most": limits.REASON_CHARS})
    if scope.startswith(ACCOUNT) and await queries.local_by_name(session, scope.removeprefix(ACCOUNT)) is None:
        raise Missing("There is no such account.")
    context = context_of(session)
    known = await session.get(Stop, scope)
    before = {"reason": known.reason} if known is not None else None
    stop = known or Stop(scope=scope, reason=reason, since_ms=context.clock.now_ms())
    stop.reason = reason
    session.add(stop)
    await session.flush()
    await audit.note(session, by, "stop", Subject("stop", 0, scope), reason, before=before, after={"reason": reason})
    context.part(StopSwitch).changes(session)
    log.warning("stopped", scope=scope, reason=reason)
    return stop


async def lift(session: AsyncSession, scope: str, reason: str = "", by: Account | None = None) -> None:
    """Start it again. Raises Unprocessable, Missing when it is not stopped. What waits is woken by the caller."""
    scope = scope_of(scope)
    stop = await session.get(Stop, scope)
    if stop is None:
        raise Missing("That is not stopped.")
    before = {"reason": stop.reason}
    await session.delete(stop)
    await session.flush()
    await audit.note(session, by, "start", Subject("stop", 0, scope), reason, before=before)
    context_of(session).part(StopSwitch).changes(session)
    log.warning("started", scope=scope)


class StopSwitch(Lately[list[Stop]]):
    """What is stopped, as of a second ago at most: for what every request asks; publish and deliver read the rows.

    Pages say what is `known`: a page is looked for by `now` before it is made.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context, limits.STANDSTILL_SECONDS, standing, [])

    async def require(self, scope: Scope) -> None:
        """Raises Unavailable with the reason when this is stopped."""
        for stop in await self.now():
            if stop.scope == scope:
                raise Unavailable(
                    _("This is stopped for now: %(reason)s") % {"reason": stop.reason},
                    f"stopped: {scope}",
                    retry_after=RETRY,
                )
