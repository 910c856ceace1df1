"""Domain rules: set, undo, preview, and what they do to actors and follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import update
from sqlmodel import col, delete, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries
from actors.models import Actor, DomainRule, Follow, SeveredFollow, Severity
from actors.policy import DomainRules, Rules, Ruling
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Missing, Unprocessable
from fediverse_ai.core.texts import _

# Statements name their rows in pieces: SQLite takes 32,766 parameters, PostgreSQL 32,767.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule as somebody asks for it."""

    host: str
    severity: str = Severity.SUSPEND
    reject_media: bool = False
    reject_reports: bool = False
    reason: str = ""
    public_comment: str = ""
    obfuscate: bool = False


@dataclass(slots=True)
class Impact:
    """What a rule would cut or hide. `actor_ids`: whose posts disappear, for whoever can count posts."""

    follows: int = 0
    """Accepted or pending follows of ours."""
    followers: int = 0
    """Theirs of ours."""
    actor_ids: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Effect:
    """What `renew` did."""

    actors: int = 0
    severed: int = 0
    restored: int = 0

    def __add__(self, other: Effect) -> Effect:
        return Effect(self.actors + other.actors, self.severed + other.severed, self.restored + other.restored)


def check(wanted: Wanted, own: Collection[str]) -> Wanted:
    """The same with its host in canonical form, without a port. Raises Malformed, Unprocessable for one of `own`."""
    host = urls.canonical_host(wanted.host.strip().removeprefix("*.")).partition(":")[0]
    if host in own:
        raise Unprocessable("A rule about this server itself makes no sense.")
    if wanted.severity not in set(Severity):
        raise Unprocessable(_("The severity is one of %(names)s.") % {"names": ", ".join(Severity)})
    if wanted.severity == Severity.NONE and not (wanted.reject_media or wanted.reject_reports):
        raise Unprocessable("This rule would do nothing: reject media or reports, limit, or suspend.")
    if max(len(wanted.reason), len(wanted.public_comment)) > limits.NAME_CHARS:
        raise Unprocessable(_("Reason and comment may have %(most)d characters.") % {"most": limits.NAME_CHARS})
    return Wanted(
        host,
        str(wanted.severity),
        wanted.reject_media,
        wanted.reject_reports,
        wanted.reason,
        wanted.public_comment,
        wanted.obfuscate,
    )


async def rules(session: AsyncSession, *, undone: bool = False) -> list[DomainRule]:
    """The rules that hold, by host; with `undone` the whole record, newest first."""
    if undone:
        return list(await session.exec(select(DomainRule).order_by(col(DomainRule.id).desc())))
    query = select(DomainRule).where(col(DomainRule.undone_ms).is_(None)).order_by(col(DomainRule.host))
    return list(await session.exec(query))


async def rule_for(session: AsyncSession, host: str) -> DomainRule | None:
    """The rule about exactly this host that holds now."""
    query = select(DomainRule).where(DomainRule.host == host, col(DomainRule.undone_ms).is_(None))
    return (await session.exec(query)).first()


async def set_rule(context: Context, wanted: Wanted, *, by_id: int | None = None) -> DomainRule:
    """Record a decision and let it take effect; one that is there about the same host is undone by it.

    `by_id` is the account that decides, None the command line. Raises Malformed, Unprocessable. No transaction may be
    open: what follows from a rule is written in several.
    """
    async with context.database.write() as session:
        made = await record(session, wanted, by_id=by_id)
    await renew(context)
    return made


async def record(session: AsyncSession, wanted: Wanted, *, by_id: int | None = None) -> DomainRule:
    """The row of a decision alone; `renew` lets any number of them take effect at once."""
    context = context_of(session)
    wanted = check(wanted, context.config.own_hosts)
    before = await rule_for(session, wanted.host)
    if before is not None:
        await _end(session, before, by_id, "replaced")
    made = DomainRule(
        id=context.ids.new(),
        host=wanted.host,
        severity=wanted.severity,
        reject_media=wanted.reject_media,
        reject_reports=wanted.reject_reports,
        reason=wanted.reason,
        public_comment=wanted.public_comment,
        obfuscate=wanted.obfuscate,
        created_ms=context.clock.now_ms(),
        created_by_id=by_id,
    )
    session.add(made)
    await session.flush()
    context.part(DomainRules).changes(session)
    return made


async def undo(context: Context, host: str, *, by_id: int | None = None, reason: str = "") -> Effect:
    """Take the rule about this host back, with what it cut (D23). Raises Missing where there is none."""
    async with context.database.write() as session:
        await lift(session, host, by_id=by_id, reason=reason)
    return await renew(context)


async def lift(session: AsyncSession, host: str, *, by_id: int | None = None, reason: str = "") -> DomainRule:
    """End the rule about this host alone; `renew` lets it take effect. Raises Malformed, Missing."""
    rule = await rule_for(session, urls.canonical_host(host.strip()).partition(":")[0])
    if rule is None:
        raise Missing(_("There is no rule about %(about)s.") % {"about": host})
    await _end(session, rule, by_id, reason[: limits.NAME_CHARS])
    return rule


async def _end(session: AsyncSession, rule: DomainRule, by_id: int | None, reason: str) -> None:
    context = context_of(session)
    if rule.undone_ms is not None:
        raise Conflict("This rule was undone before.")
    rule.undone_ms, rule.undone_by_id, rule.undone_reason = context.clock.now_ms(), by_id, reason
    session.add(rule)
    await session.flush()
    context.part(DomainRules).changes(session)


@dataclass(frozen=True, slots=True)
class _Standing:
    """A remote actor and what is over it according to its row."""

    id: int
    host: str
    uri: str
    severity: str | None
    reject_media: bool


async def _standings(session: AsyncSession, after: int = 0, ids: Sequence[int] | None = None) -> list[_Standing]:
    """The next piece of the remote actors by id, or those of these `ids`."""
    columns: Any = (Actor.id, Actor.host, Actor.uri, Actor.severity, Actor.reject_media)
    query = select(*columns).where(col(Actor.local).is_(False), col(Actor.id) > after)
    if ids is not None:
        query = query.where(col(Actor.id).in_(ids))
    rows = await session.exec(query.order_by(col(Actor.id)).limit(limits.RULED_ACTORS))
    return [_Standing(*row) for row in rows]


def _ruling(rules_now: Rules, actor: _Standing) -> Ruling | None:
    """What holds for this actor and is not in its row yet."""
    ruling = rules_now.over_actor(actor.host, actor.uri)
    return None if (ruling.severity, ruling.reject_media) == (actor.severity, actor.reject_media) else ruling


async def renew(context: Context) -> Effect:
    """Make the rows agree with the rules: mark actors, cut follows with suspended ones, give back what was cut.

    A piece of the actors at a time, so that no transaction is long; what is suspended is refused from the first moment,
    since doors and deliveries ask the rules. Nothing is sent to anybody: a suspended server is not told, so its side
    still stands when the rule is undone. What a crash leaves undone is done by the next run (clockwork).
    """
    context.part(DomainRules).forget()
    effect, after = Effect(), 0
    while True:
        async with context.database.read() as session:
            rules_now = await policy.load_rules(session)
            piece = await _standings(session, after)
        if not piece:
            return effect
        after = piece[-1].id
        concerned = [actor.id for actor in piece if _ruling(rules_now, actor) is not None]
        for ids in _chunks(concerned):
            async with context.database.write() as session:
                effect += await renew_actors(session, ids)


async def renew_actors(session: AsyncSession, ids: Sequence[int]) -> Effect:
    """The same for so many actors, in the caller's transaction."""
    rules_now = await policy.load_rules(session)
    changed: dict[tuple[str | None, bool], list[int]] = {}
    suspended: list[int] = []
    released: list[int] = []
    for actor in await _standings(session, ids=ids):
        ruling = _ruling(rules_now, actor)
        if ruling is None:
            continue
        changed.setdefault((ruling.severity, ruling.reject_media), []).append(actor.id)
        if ruling.suspended and actor.severity != Severity.SUSPEND:
            suspended.append(actor.id)
        elif actor.severity == Severity.SUSPEND and not ruling.suspended:
            released.append(actor.id)
    for (severity, reject_media), marked in changed.items():
        values = {"severity": severity, "reject_media": reject_media}
        await session.exec(update(Actor).where(col(Actor.id).in_(marked)).values(**values))
    severed, restored = await _sever(session, suspended), await _restore(session, released)
    return Effect(sum(map(len, changed.values())), severed, restored)


def _chunks(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + _CHUNK] for start in range(0, len(ids), _CHUNK)]


async def _sever(session: AsyncSession, ids: Sequence[int]) -> int:
    """Move the follows of these actors to where they are remembered."""
    context = context_of(session)
    theirs = or_(col(Follow.follower_id).in_(ids), col(Follow.followed_id).in_(ids))
    found = list(await session.exec(select(Follow).where(theirs)))
    for follow in found:
        session.add(
            SeveredFollow(
                id=context.ids.new(),
                uri=follow.uri,
                follower_id=follow.follower_id,
                followed_id=follow.followed_id,
                state=follow.state,
                created_ms=follow.created_ms,
                severed_ms=context.clock.now_ms(),
            )
        )
    await session.flush()
    await session.exec(delete(Follow).where(theirs))
    return len(found)


async def _restore(session: AsyncSession, ids: Sequence[int]) -> int:
    """Give follows back, unless one of the two is gone, suspended on the other side too, or follows anew already."""
    theirs = or_(col(SeveredFollow.follower_id).in_(ids), col(SeveredFollow.followed_id).in_(ids))
    restored = 0
    for cut in list(await session.exec(select(SeveredFollow).where(theirs))):
        pair = await queries.by_ids(session, (cut.follower_id, cut.followed_id))
        if any(actor.severity == Severity.SUSPEND for actor in pair.values()):
            continue
        known = await queries.follow_of(session, cut.follower_id, cut.followed_id)
        if known is None and all(policy.living(actor) for actor in pair.values()):
            session.add(
                Follow(
                    id=context_of(session).ids.new(),
                    uri=cut.uri,
                    follower_id=cut.follower_id,
                    followed_id=cut.followed_id,
                    state=cut.state,
                    created_ms=cut.created_ms,
                )
            )
            restored += 1
        await session.delete(cut)
        await session.flush()
    return restored


async def preview(session: AsyncSession, wanted: Mapping[str, Ruling | None]) -> dict[str, Impact]:
    """host of each rule -> what it would newly cut (suspend) or hide (suspend, limit), if all were set together."""
    now = await policy.load_rules(session)
    then: Rules = now.with_(wanted)
    found = {host: Impact() for host, ruling in wanted.items() if ruling is not None}
    cut: dict[int, str] = {}
    piece = await _standings(session)
    while piece:
        _weigh(piece, now, then, found, cut)
        piece = await _standings(session, piece[-1].id)
    for chunk in _chunks(list(cut)):
        theirs = or_(col(Follow.follower_id).in_(chunk), col(Follow.followed_id).in_(chunk))
        for follower_id, followed_id in await session.exec(
            select(Follow.follower_id, Follow.followed_id).where(theirs)
        ):
            if follower_id in cut:
                found[cut[follower_id]].followers += 1
            elif followed_id in cut:
                found[cut[followed_id]].follows += 1
    return found


def _weigh(
    piece: Sequence[_Standing], now: Rules, then: Rules, found: Mapping[str, Impact], cut: dict[int, str]
) -> None:
    """Add to `found` and `cut` whom the rules then would hold harder than those of now."""
    for actor in piece:
        before, after = now.over_actor(actor.host, actor.uri), then.over_actor(actor.host, actor.uri)
        if after.source is None or after.source not in found or after.weight <= before.weight:
            continue
        found[after.source].actor_ids.append(actor.id)
        if after.suspended:
            cut[actor.id] = after.source


def ruling_of(wanted: Wanted) -> Ruling:
    severity = None if wanted.severity == Severity.NONE else wanted.severity
    return Ruling(severity, wanted.reject_media, wanted.reject_reports, wanted.host)


def shown(rule: DomainRule) -> str:
    """The host as strangers read it: with stars where the admin wants that."""
    if not rule.obfuscate:
        return rule.host
    return ".".join(_starred(label) for label in rule.host.split("."))


def _starred(label: str) -> str:
    return label if len(label) < 3 else label[0] + "*" * (len(label) - 2) + label[-1]
