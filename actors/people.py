"""The people of this server, for those who run it: found, and given or taken a role."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func
from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries
from actors.audit import Subject
from actors.models import Account, Actor
from fediverse_ai.core import limits, roles
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, Unprocessable
from fediverse_ai.core.roles import Role
from fediverse_ai.core.texts import _

STATES = ("active", "suspended", "disabled", "leaving", "gone")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account here."""

    actor: Actor
    account: Account

    @property
    def state(self) -> str:
        """One of STATES."""
        if self.actor.deleted_ms is not None:
            return "gone"
        if self.actor.suspended_ms is not None:
            return "suspended"
        if self.account.disabled_ms is not None:
            return "disabled"
        return "leaving" if self.account.leaves_ms is not None else "active"


async def found(
    session: AsyncSession, *, words: str = "", role: str = "", state: str = "", before_id: int | None = None
) -> list[Person]:
    """People by words of their name, role and state, the newest first, at most PEOPLE_ROWS."""
    query = select(Actor, Account).join(Account, col(Account.actor_id) == col(Actor.id))
    name = words.strip().lstrip("@").lower()[: limits.NAME_CHARS]
    if name:
        by_name = col(Actor.username_lower).contains(name, autoescape=True)
        query = query.where(or_(by_name, func.lower(Actor.name).contains(name, autoescape=True)))
    if role in roles.NAMES:
        query = query.where(Account.role == role)
    if state in STATES:
        query = query.where(*_in_state(state))
    if before_id is not None:
        query = query.where(col(Account.id) < before_id)
    rows = await session.exec(query.order_by(col(Account.id).desc()).limit(limits.PEOPLE_ROWS))
    return [Person(actor, account) for actor, account in rows]


def _in_state(state: str) -> Sequence[ColumnElement[bool]]:
    gone, suspended = col(Actor.deleted_ms), col(Actor.suspended_ms)
    disabled, leaves = col(Account.disabled_ms), col(Account.leaves_ms)
    chain = [("gone", gone), ("suspended", suspended), ("disabled", disabled), ("leaving", leaves)]
    conditions: list[ColumnElement[bool]] = []
    for name, column in chain:
        if name == state:
            return [*conditions, column.is_not(None)]
        conditions.append(column.is_(None))
    return conditions


async def by_name(session: AsyncSession, name: str) -> Person:
    """Somebody of this server by name. Raises Missing."""
    actor = await queries.local_by_name(session, name.strip().removeprefix("@"))
    query = select(Account).where(Account.actor_id == (actor.id if actor is not None else 0))
    account = (await session.exec(query)).first()
    if actor is None or account is None:
        raise Missing(_("There is nobody called %(name)s here.") % {"name": name[: limits.USERNAME_CHARS]})
    return Person(actor, account)


async def change_role(session: AsyncSession, person: Person, role: str, by: Account | None, reason: str = "") -> None:
    """Give somebody another role; `by` None is the command line, which may all.

    Raises Unprocessable for no role, Forbidden for who may not give or take this one, Conflict for the last owner.
    """
    if role not in roles.NAMES:
        raise Unprocessable(_("A role is owner, admin, moderator or member."))
    account, owners = await _locked(session, person.account.id)
    old = account.role
    if old == role:
        raise Conflict(_("That is their role already."))
    if by is not None and not all(roles.may(by.role, roles.naming(one)) for one in (old, role)):
        raise Forbidden(_("Only an owner gives or takes the roles of admins and owners."))
    if by is not None and person.state == "gone":
        raise Conflict(_("This account is gone."))
    if old == Role.OWNER and not owners:
        raise Conflict(_("This is the only owner. Make somebody else an owner first."))
    account.role = role
    session.add(account)
    await session.flush()
    subject = Subject("actor", person.actor.id, person.actor.handle, person.actor.id)
    await audit.note(session, by, "account.role", subject, reason, before={"role": old}, after={"role": role})


async def _locked(session: AsyncSession, account_id: int) -> tuple[Account, list[int]]:
    """The account, and the other owners who can sign in: somebody must be in charge.

    All of them are locked in one order, so that two owners who step down at once neither both go nor wait for each
    other for ever.
    """
    either = or_(col(Account.role) == Role.OWNER, col(Account.id) == account_id)
    query = select(Account).where(either).order_by(col(Account.id)).with_for_update()
    rows = list(await session.exec(query.execution_options(populate_existing=True)))
    account = next(row for row in rows if row.id == account_id)
    others = [row.actor_id for row in rows if row.id != account_id and row.role == Role.OWNER and not row.disabled_ms]
    acting = select(Actor.id).where(col(Actor.id).in_(others), col(Actor.suspended_ms).is_(None))
    return account, list(await session.exec(acting.where(col(Actor.deleted_ms).is_(None))))
