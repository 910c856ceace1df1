"""Rules about single actors of other servers: limit, suspend, restore; as rules about hosts do, for one only."""

from __future__ import annotations

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries, rules
from actors.models import Account, Actor, ActorRule, Key, Severity
from actors.policy import DomainRules
from actors.remote import ChangedKeys
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _


async def rule_for(session: AsyncSession, actor_id: int) -> ActorRule | None:
    """The rule about this actor that holds now."""
    query = select(ActorRule).where(ActorRule.actor_id == actor_id, col(ActorRule.undone_ms).is_(None))
    return (await session.exec(query)).first()


async def actor_rules(session: AsyncSession, *, undone: bool = False) -> list[tuple[ActorRule, Actor]]:
    """The rules that hold with whom they are about; with `undone` the whole record, newest first."""
    query = select(ActorRule, Actor).join(Actor, col(Actor.id) == col(ActorRule.actor_id))
    if not undone:
        query = query.where(col(ActorRule.undone_ms).is_(None))
    return list(await session.exec(query.order_by(col(ActorRule.id).desc())))


async def set_rule(
    context: Context, actor_id: int, severity: Severity, *, reason: str = "", by_id: int | None = None
) -> rules.Effect:
    """Limit or suspend one actor, in place of the rule that there is. Raises Missing, Unprocessable.

    Suspended: its requests are refused, nothing is fetched from it or sent to it, follows between it and ours are cut
    and remembered, its posts are hidden. Nobody is told. `by_id` is the account that decides, None the command line.
    """
    async with context.database.write() as session:
        return await record(session, actor_id, severity, reason=reason, by_id=by_id)


async def record(
    session: AsyncSession, actor_id: int, severity: Severity, *, reason: str = "", by_id: int | None = None
) -> rules.Effect:
    """The same in the caller's transaction, with its entry in the audit log."""
    context = context_of(session)
    if severity not in (Severity.LIMIT, Severity.SUSPEND):
        raise Unprocessable("An actor can be limited or suspended.")
    actor = await _theirs(session, actor_id)
    before = await _end(session, actor_id, by_id, "replaced")
    session.add(
        ActorRule(
            id=context.ids.new(),
            actor_id=actor_id,
            severity=severity,
            reason=reason[: limits.NAME_CHARS],
            created_ms=context.clock.now_ms(),
            created_by_id=by_id,
        )
    )
    effect = await _take_effect(session, actor_id)
    await _note(session, actor, f"actor.{severity.value}", reason, by_id, before=before, after=severity.value)
    context.part(DomainRules).changes(session)
    return effect


async def restore(context: Context, actor_id: int, *, reason: str = "", by_id: int | None = None) -> rules.Effect:
    """Take the rule about an actor back, with what it cut (D23). Raises Missing where there is none."""
    async with context.database.write() as session:
        return await lift(session, actor_id, reason=reason, by_id=by_id)


async def lift(
    session: AsyncSession,
    actor_id: int,
    *,
    reason: str = "",
    by_id: int | None = None,
    undoes: audit.AuditEntry | None = None,
) -> rules.Effect:
    """The same in the caller's transaction, with its entry in the audit log."""
    actor = await _theirs(session, actor_id)
    before = await _end(session, actor_id, by_id, reason[: limits.NAME_CHARS])
    if not before:
        raise Missing(_("There is no rule about %(about)s.") % {"about": actor.handle})
    effect = await _take_effect(session, actor_id)
    action = "undo" if undoes is not None else "actor.restore"
    await _note(session, actor, action, reason, by_id, before=before, after="", undoes=undoes)
    context_of(session).part(DomainRules).changes(session)
    return effect


async def _note(
    session: AsyncSession,
    actor: Actor,
    action: str,
    reason: str,
    by_id: int | None,
    *,
    before: str,
    after: str,
    undoes: audit.AuditEntry | None = None,
) -> None:
    by = await session.get(Account, by_id) if by_id is not None else None
    subject = audit.Subject("actor", actor.id, actor.handle, actor.id)
    values = {"before": {"rule": before or None}, "after": {"rule": after or None}}
    await audit.note(session, by, action, subject, reason, undoes=undoes, **values)


async def _theirs(session: AsyncSession, actor_id: int) -> Actor:
    actor = await queries.by_id(session, actor_id)
    if actor is None:
        raise Missing("There is no such actor here.")
    if actor.local:
        raise Unprocessable("Rules are about actors of other servers.")
    return actor


async def _end(session: AsyncSession, actor_id: int, by_id: int | None, reason: str) -> str:
    """What the rule did that ends now; empty without one."""
    rule = await rule_for(session, actor_id)
    if rule is None:
        return ""
    rule.undone_ms, rule.undone_by_id, rule.undone_reason = context_of(session).clock.now_ms(), by_id, reason
    session.add(rule)
    return rule.severity


async def _take_effect(session: AsyncSession, actor_id: int) -> rules.Effect:
    """The row follows the rules, and this process forgets the keys by which it knew the actor."""
    await session.flush()
    effect = await rules.renew_actors(session, [actor_id])
    for uri in await session.exec(select(Key.uri).where(Key.actor_id == actor_id)):
        context_of(session).part(ChangedKeys).tell(uri)
    return effect
