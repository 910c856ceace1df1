"""May this actor or domain reach us, and may it see this?"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor, ActorRule, Block, DomainRule, Severity
from actors.optouts import OptOut
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Forbidden, Malformed
from fediverse_ai.core.lately import Lately


@dataclass(frozen=True, slots=True)
class Ruling:
    """What holds for a host. `source` is the host whose rule says so, `*` for allow-list mode, None without a rule."""

    severity: str | None = None
    """Severity.LIMIT, Severity.SUSPEND, or None."""
    reject_media: bool = False
    reject_reports: bool = False
    source: str | None = None

    @property
    def suspended(self) -> bool:
        return self.severity == Severity.SUSPEND

    @property
    def weight(self) -> int:
        """Severities by how much they do: 0, 1, 2."""
        return {Severity.LIMIT: 1, Severity.SUSPEND: 2}.get(Severity(self.severity or Severity.NONE), 0)


NOTHING = Ruling()
UNLISTED = Ruling(severity=Severity.SUSPEND, source="*")


def ruling_of(rule: DomainRule) -> Ruling:
    severity = None if rule.severity == Severity.NONE else rule.severity
    return Ruling(severity, rule.reject_media, rule.reject_reports, rule.host)


class Rules:
    """Every rule at one moment. The nearest name counts: a rule for a host, else for its parent, and so on (FED-07)."""

    def __init__(
        self,
        rulings: Mapping[str, Ruling],
        allowed: Iterable[str] = (),
        own: Collection[str] = (),
        actors: Mapping[str, Ruling] | None = None,
        inboxes: Iterable[str] = (),
    ) -> None:
        """`allowed`: when not empty, every host is suspended that is neither in it nor below one that is.

        `actors`: what holds for single actors by their URIs; `inboxes`: the personal inboxes of the suspended ones.
        """
        self._rulings = dict(rulings)
        self._actors = dict(actors or {})
        self._inboxes = frozenset(inboxes)
        self._allowed = frozenset(allowed)
        self._own = own

    def over(self, host: str) -> Ruling:
        """The ruling over a host; a port is part of no rule, and no rule is over ourselves."""
        if host in self._own:
            return NOTHING
        found = next((self._rulings[name] for name in names(host) if name in self._rulings), NOTHING)
        listed = not self._allowed or not self._allowed.isdisjoint(names(host))
        return found if listed or found.suspended else UNLISTED

    def over_actor(self, host: str, uri: str) -> Ruling:
        """The ruling over an actor: the strictest of those over itself, the host of its handle and that of its id."""
        first = self.over(host)
        try:
            second = self.over(urls.host_of(uri))
        except Malformed:
            second = NOTHING
        harder = max(first, second, self._actors.get(uri, NOTHING), key=lambda ruling: ruling.weight)
        return replace(
            harder,
            reject_media=first.reject_media or second.reject_media,
            reject_reports=first.reject_reports or second.reject_reports,
        )

    def suspends(self, uri: str) -> bool:
        """Is this very actor suspended, whatever holds for its host?"""
        return self._actors.get(uri, NOTHING).suspended

    def bars(self, inbox: str) -> bool:
        """Is this the inbox of a suspended actor alone?"""
        return inbox in self._inboxes

    def with_(self, changes: Mapping[str, Ruling | None]) -> Rules:
        """The rules as they would be with these changes; None takes a rule away."""
        changed = {**self._rulings, **changes}
        kept = {host: ruling for host, ruling in changed.items() if ruling is not None}
        return Rules(kept, self._allowed, self._own, self._actors, self._inboxes)


@lru_cache(maxsize=2048)
def names(host: str) -> tuple[str, ...]:
    """A host and what lies above it, nearest first, without a port: `a.b.test:1` -> a.b.test, b.test, test."""
    labels = host.partition(":")[0].split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)) if labels[start])


async def load_rules(session: AsyncSession) -> Rules:
    """The rules that hold now."""
    config = context_of(session).config
    rows = await session.exec(select(DomainRule).where(col(DomainRule.undone_ms).is_(None)))
    hosts = {rule.host: ruling_of(rule) for rule in rows}
    single = select(Actor.uri, Actor.inbox_url, ActorRule.severity).join(ActorRule, col(ActorRule.actor_id) == Actor.id)
    found = list(await session.exec(single.where(col(ActorRule.undone_ms).is_(None))))
    actors = {uri: Ruling(severity, source=uri) for uri, _, severity in found}
    inboxes = [inbox for _, inbox, severity in found if severity == Severity.SUSPEND]
    return Rules(hosts, config.federation.allow_list, config.own_hosts, actors, inboxes)


class DomainRules(Lately[Rules]):
    """The admin's rules by host, kept in memory for a moment, since every request from outside asks for them."""

    def __init__(self, context: Context) -> None:
        super().__init__(context, limits.DOMAIN_RULES_SECONDS, load_rules, Rules({}))

    async def over(self, host: str) -> Ruling:
        return (await self.now()).over(host)

    async def require_welcome(self, uri: str) -> None:
        """Raises Forbidden when the host of this URI is suspended, or the actor that it names."""
        rules = await self.now()
        if rules.over(urls.host_of(uri)).suspended or rules.suspends(uri):
            raise Forbidden("This server does not talk with yours.", f"domain rule for {uri}")


async def blocked_between(session: AsyncSession, one_id: int, other_id: int) -> bool:
    """Has either of the two blocked the other, or asked this server to be left alone?"""
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
    if (await session.exec(query)).first() is not None:
        return True
    asked = select(OptOut.id).where(col(OptOut.actor_id).in_((one_id, other_id))).limit(1)
    return (await session.exec(asked)).first() is not None


def living(actor: Actor) -> bool:
    """Neither suspended, by itself or with its host, nor gone."""
    return actor.suspended_ms is None and actor.deleted_ms is None and actor.severity != Severity.SUSPEND
