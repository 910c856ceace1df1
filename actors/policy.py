"""May this actor or domain reach us, and may it see this?"""

from __future__ import annotations

from sqlmodel import or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, Block, DomainRule, Severity
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden


async def load_rules(session: AsyncSession) -> dict[str, str]:
    """host -> severity of every domain rule."""
    rows = await session.exec(select(DomainRule.host, DomainRule.severity))
    return dict(rows.all())


def severity_in(rules: dict[str, str], host: str) -> str | None:
    """The rule for a host or for the nearest parent domain of it; a port is part of no rule."""
    name = host.partition(":")[0]
    while name:
        if name in rules:
            return rules[name]
        name = name.partition(".")[2]
    return None


class DomainRules:
    """The admin's rules by host, kept in memory for a moment, since every request from outside asks for them."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._rules: dict[str, str] = {}
        self._loaded: float | None = None

    async def severity(self, host: str) -> str | None:
        now = self._context.clock.monotonic()
        if self._loaded is None or now - self._loaded > limits.DOMAIN_RULES_SECONDS:
            async with self._context.database.read() as session:
                self._rules = await load_rules(session)
            self._loaded = now
        return severity_in(self._rules, host)

    async def require_welcome(self, uri: str) -> None:
        """Raises Forbidden when the host of this URI is suspended."""
        if await self.severity(urls.origin(uri).partition("://")[2]) == Severity.SUSPEND:
            raise Forbidden("This server does not talk with yours.", f"domain rule for {uri}")

    def forget(self) -> None:
        self._loaded = None


async def blocked_between(session: AsyncSession, one_id: int, other_id: int) -> bool:
    """Has either of the two blocked the other?"""
    query = (
        select(Block.id)
        .where(
            or_(
                (Block.blocker_id == one_id) & (Block.blocked_id == other_id),
                (Block.blocker_id == other_id) & (Block.blocked_id == one_id),
            )
        )
        .limit(1)
    )
    return (await session.exec(query)).first() is not None


def living(actor: Actor) -> bool:
    return actor.suspended_ms is None and actor.deleted_ms is None
