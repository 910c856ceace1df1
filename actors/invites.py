"""Invitations: links that let people in, bounded in number and time; who made them, and who came by them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, audit, signups
from actors.admission import Arrival, Invite
from actors.audit import Subject
from actors.models import Account, Actor
from fediverse_ai.core import limits, roles
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, TooMany, Unprocessable
from fediverse_ai.core.roles import Right
from fediverse_ai.core.texts import _

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Told:
    """An invitation with who made it and who came by it, for lists."""

    invite: Invite
    by: str | None
    came: tuple[str, ...]
    open: bool


async def make(
    session: AsyncSession, by: Account | None, *, uses: int = 1, days: int = 7, note: str = ""
) -> tuple[Invite, str]:
    """A new invitation and, for the only time, its secret. `by` None is the command line.

    Raises Forbidden for a member where only people in charge invite, Unprocessable for numbers out of bounds, TooMany
    beyond INVITES_OPEN of one member.
    """
    context = context_of(session)
    if not 1 <= uses <= limits.INVITE_USES or not 1 <= days <= limits.INVITE_DAYS or len(note) > limits.NAME_CHARS:
        bounds = {"uses": limits.INVITE_USES, "days": limits.INVITE_DAYS}
        raise Unprocessable(_("An invitation is for 1 to %(uses)d people and 1 to %(days)d days.") % bounds)
    if by is not None and not await may_invite(session, by):
        raise Forbidden(_("You may not invite people here."))
    if by is not None and not roles.may(by.role, Right.INVITE):
        running = [told for told in await listed(session, made_by=by.id) if told.open]
        if len(running) >= limits.INVITES_OPEN:
            raise TooMany(_("You have many open invitations; take one back first."))
    secret, now = accounts.new_secret(context), context.clock.now_ms()
    invite = Invite(
        id=context.ids.new(),
        secret_hash=accounts.digest(secret),
        made_by_id=by.id if by is not None else None,
        note=note.strip(),
        most_uses=uses,
        created_ms=now,
        expires_ms=now + days * DAY_MS,
    )
    session.add(invite)
    await session.flush()
    after = {"uses": uses, "days": days}
    await audit.note(session, by, "invite.make", Subject("invite", invite.id, invite.note), after=after)
    return invite, secret


async def may_invite(session: AsyncSession, account: Account) -> bool:
    """Whether somebody may invite now: by their role, or as a member where members may."""
    if roles.may(account.role, Right.INVITE):
        return True
    door = await signups.now(session)
    return door.by_invite and door.members_invite


async def open_one(session: AsyncSession, secret: str) -> Invite | None:
    """The invitation that a secret opens, if it can still be used; it is not used up by asking."""
    return (await session.exec(select(Invite).where(*_opens(secret, context_of(session).clock.now_ms())))).first()


def _opens(secret: str, now_ms: int) -> list[ColumnElement[bool]]:
    """Conditions: the secret is right, there are uses and time left, and who made it may still act here."""
    acting = (
        select(Account.id)
        .join(Actor, col(Actor.id) == col(Account.actor_id))
        .where(col(Account.id) == col(Invite.made_by_id), col(Account.disabled_ms).is_(None))
        .where(col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
    )
    return [
        col(Invite.secret_hash) == accounts.digest(secret),
        col(Invite.revoked_ms).is_(None),
        col(Invite.uses) < col(Invite.most_uses),
        col(Invite.expires_ms) > now_ms,
        or_(col(Invite.made_by_id).is_(None), acting.exists()),
    ]


def is_open(invite: Invite, now_ms: int) -> bool:
    return invite.revoked_ms is None and invite.uses < invite.most_uses and now_ms < invite.expires_ms


async def use(session: AsyncSession, secret: str) -> Invite:
    """Count one use. One statement decides who was first, on both databases. Raises Forbidden when it opens nothing."""
    used = await session.execute(
        update(Invite)
        .where(*_opens(secret, context_of(session).clock.now_ms()))
        .values(uses=col(Invite.uses) + 1)
        .returning(col(Invite.id))
        .execution_options(synchronize_session=False)
    )
    number = used.scalar_one_or_none()
    if number is None:
        raise Forbidden(_("This invitation was used, taken back, or is too old."))
    return await session.get_one(Invite, number, populate_existing=True)


async def revoke(session: AsyncSession, invite_id: int, by: Account | None) -> Invite:
    """It lets nobody in any more; who came by it stays. One's own, or any for who runs the server.

    Raises Missing for another's as for none, Conflict for one that is over.
    """
    invite = await session.get(Invite, invite_id)
    own = by is None or roles.may(by.role, Right.RUN) or (invite is not None and invite.made_by_id == by.id)
    if invite is None or not own:
        raise Missing(_("There is no such invitation."))
    now = context_of(session).clock.now_ms()
    if not is_open(invite, now):
        raise Conflict(_("This invitation is over already."))
    invite.revoked_ms = now
    session.add(invite)
    await session.flush()
    await audit.note(session, by, "invite.revoke", Subject("invite", invite.id, invite.note))
    return invite


async def listed(session: AsyncSession, *, made_by: int | None = None, limit: int = limits.PEOPLE_ROWS) -> list[Told]:
    """Invitations of one account or of everybody, the newest first."""
    maker = select(Invite, Actor.username).outerjoin(Account, col(Account.id) == col(Invite.made_by_id))
    query = maker.outerjoin(Actor, col(Actor.id) == col(Account.actor_id)).order_by(col(Invite.id).desc()).limit(limit)
    if made_by is not None:
        query = query.where(Invite.made_by_id == made_by)
    rows = list(await session.exec(query))
    came = await _came(session, [invite.id for invite, _name in rows])
    now = context_of(session).clock.now_ms()
    return [Told(invite, name, tuple(came.get(invite.id, ())), is_open(invite, now)) for invite, name in rows]


async def _came(session: AsyncSession, ids: Sequence[int]) -> dict[int, list[str]]:
    query = (
        select(Arrival.invite_id, Actor.username)
        .join(Account, col(Account.id) == col(Arrival.account_id))
        .join(Actor, col(Actor.id) == col(Account.actor_id))
        .where(col(Arrival.invite_id).in_(ids))
        .order_by(col(Arrival.account_id))
    )
    found: dict[int, list[str]] = {}
    for invite_id, name in await session.exec(query):
        found.setdefault(invite_id or 0, []).append(name)
    return found


async def inviter_of(session: AsyncSession, account_id: int) -> str | None:
    """Who invited somebody, by name; None for who came otherwise or whose inviter is gone."""
    query = (
        select(Actor.username)
        .join(Account, col(Account.actor_id) == col(Actor.id))
        .join(Arrival, col(Arrival.invited_by_id) == col(Account.id))
        .where(Arrival.account_id == account_id)
    )
    return (await session.exec(query)).first()


async def maker_of(session: AsyncSession, invite: Invite) -> str | None:
    """Who made an invitation, by name."""
    query = select(Actor.username).join(Account, col(Account.actor_id) == col(Actor.id))
    return (await session.exec(query.where(Account.id == invite.made_by_id))).first()
