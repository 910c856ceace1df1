"""Requests to join: asked with a reason, answered by somebody in charge with a note, and seen by who asked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts, audit, signups
from actors.admission import SignUpRequest
from actors.audit import Subject
from actors.models import Account, Actor, Token
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Missing, TooMany, Unprocessable
from fediverse_ai.core.texts import _

DAY_MS = 86_400_000
WAITING, APPROVED, DENIED = "waiting", "approved", "denied"


@dataclass(frozen=True, slots=True)
class Applicant:
    """What somebody says who asks to join; `password_hash` was computed before."""

    name: str
    password_hash: str
    reason: str
    email: str | None = None
    language: str = "en"


async def ask(session: AsyncSession, who: Applicant) -> tuple[SignUpRequest, str]:
    """A request, and the secret of the address at which its state is seen.

    Raises Unprocessable without a reason, Conflict for a name that is taken, TooMany when many wait already.
    """
    context = context_of(session)
    reason = who.reason.strip()
    if not 0 < len(reason) <= limits.SIGN_UP_REASON_CHARS:
        most = {"most": limits.SIGN_UP_REASON_CHARS}
        raise Unprocessable(_("Say why you would like to join, in at most %(most)d characters.") % most)
    await signups.require_free(session, who.name)
    await _room(session, context.clock.now_ms())
    secret = accounts.new_secret(context)
    row = SignUpRequest(
        id=context.ids.new(),
        name=who.name,
        name_lower=who.name.lower(),
        password_hash=who.password_hash,
        email=who.email,
        reason=reason,
        language=who.language,
        secret_hash=accounts.digest(secret),
        created_ms=context.clock.now_ms(),
    )
    session.add(row)
    await session.flush()
    return row, secret


async def _room(session: AsyncSession, now_ms: int) -> None:
    """OAU-25: a flood of requests buries nobody. Raises TooMany."""
    query = select(func.count()).select_from(SignUpRequest)
    waiting = (await session.exec(query.where(SignUpRequest.state == WAITING))).one()
    today = (await session.exec(query.where(SignUpRequest.created_ms > now_ms - DAY_MS))).one()
    if waiting >= limits.SIGN_UP_BACKLOG or today >= limits.SIGN_UPS_DAILY:
        raise TooMany(
            _("Many people have asked to join lately; please come back tomorrow."),
            f"{waiting} requests wait, {today} came today",
            retry_after=3600,
        )


async def by_secret(session: AsyncSession, secret: str) -> SignUpRequest | None:
    """The request whose address somebody has."""
    query = select(SignUpRequest).where(SignUpRequest.secret_hash == accounts.digest(secret))
    return (await session.exec(query)).first()


async def waiting_for(context: Context, name: str, password: str) -> SignUpRequest | None:
    """The request that waits under a name, for who knows its password: told at the sign-in, to nobody else."""
    query = select(SignUpRequest).where(SignUpRequest.name_lower == name, SignUpRequest.state == WAITING)
    async with context.database.read() as session:
        row = (await session.exec(query)).first()
    if row is None or not await accounts.fits(context, row.password_hash, password):
        return None
    return row


async def is_awaited(context: Context, token: str) -> bool:
    """Is this the token that an app got with a request which nobody has answered yet?"""
    # So few wait (limits.SIGN_UP_BACKLOG) that looking at each is nothing.
    query = select(SignUpRequest.token).where(SignUpRequest.state == WAITING)
    async with context.database.read() as session:
        hashed = accounts.digest(token)
        return any(kept.get("hash") == hashed for kept in await session.exec(query))


async def by_id(session: AsyncSession, number: int) -> SignUpRequest:
    """Raises Missing."""
    row = await session.get(SignUpRequest, number, with_for_update=True)
    if row is None:
        raise Missing(_("There is no such request."))
    return row


async def by_name(session: AsyncSession, name: str) -> SignUpRequest:
    """The request that waits under a name. Raises Missing."""
    query = select(SignUpRequest.id).where(
        SignUpRequest.name_lower == accounts.normal_name(name), SignUpRequest.state == WAITING
    )
    number = (await session.exec(query)).first()
    if number is None:
        raise Missing(_("There is no such request."))
    return await by_id(session, number)


async def approve(
    session: AsyncSession, row: SignUpRequest, by: Account | None, note: str = ""
) -> tuple[Actor, Account]:
    """Yes: the account is made, and an app's token begins to work. Raises Conflict when it is decided already."""
    actor, account = await signups.admit(session, _still_waiting(row).name, row.password_hash)
    if row.token:
        session.add(_token(context_of(session), account, row.token))
    await _decide(session, row, by, APPROVED, note)
    return actor, account


async def deny(session: AsyncSession, row: SignUpRequest, by: Account | None, note: str = "") -> None:
    """No, and why. The name is free again. Raises Conflict when it is decided already."""
    await _decide(session, _still_waiting(row), by, DENIED, note)


def _still_waiting(row: SignUpRequest) -> SignUpRequest:
    if row.state != WAITING:
        raise Conflict(_("This request is decided already."))
    return row


def _token(context: Context, account: Account, kept: dict[str, Any]) -> Token:
    return Token(
        id=context.ids.new(),
        account_id=account.id,
        app_id=kept["app_id"],
        secret_hash=kept["hash"],
        scopes=kept["scopes"],
        created_ms=context.clock.now_ms(),
    )


async def _decide(session: AsyncSession, row: SignUpRequest, by: Account | None, state: str, note: str) -> None:
    if len(note) > limits.REASON_CHARS:
        raise Unprocessable(_("The note is too long."))
    row.state, row.note = state, note.strip()
    row.decided_ms, row.decided_by_id = context_of(session).clock.now_ms(), by.id if by is not None else None
    row.password_hash, row.email, row.token = None, None, {}
    session.add(row)
    await session.flush()
    action = "request.approve" if state == APPROVED else "request.deny"
    await audit.note(session, by, action, Subject("request", row.id, row.name), row.note)


async def listed(session: AsyncSession, *, decided: bool = False) -> list[SignUpRequest]:
    """What waits, the oldest first; or what was decided lately, the newest first."""
    query = select(SignUpRequest).limit(limits.PEOPLE_ROWS)
    if decided:
        query = query.where(SignUpRequest.state != WAITING).order_by(col(SignUpRequest.decided_ms).desc())
    else:
        query = query.where(SignUpRequest.state == WAITING).order_by(col(SignUpRequest.id))
    return list(await session.exec(query))


async def count_waiting(session: AsyncSession) -> int:
    query = select(func.count()).select_from(SignUpRequest).where(SignUpRequest.state == WAITING)
    return (await session.exec(query)).one()


async def forget(context: Context) -> None:
    """Clockwork: decided requests, after the time for which who asked can look them up."""
    before = context.clock.now_ms() - int(limits.SIGN_UP_KEPT_SECONDS * 1000)
    async with context.database.write() as session:
        await session.exec(delete(SignUpRequest).where(col(SignUpRequest.decided_ms) < before))
