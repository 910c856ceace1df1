"""Two-factor sign-in: one-time codes by time (RFC 6238), each taken once, and codes of paper for when they are lost."""

from __future__ import annotations

import base64
import hmac
import re
from urllib.parse import quote

import pyotp
from sqlalchemy import func
from sqlmodel import col, delete, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.accounts import digest
from actors.keys import KeyRing
from actors.models import Actor
from actors.personal import RecoveryCode, SecondFactor
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Missing
from fediverse_ai.core.limits import CODE_DRIFT_STEPS, RECOVERY_CODES

# What every program takes without asking (RFC 6238, 1.2 and 4): six digits of SHA-1 over steps of half a minute.
DIGITS = 6
STEP_SECONDS = 30
_SECRET_BYTES = 20
_PURPOSE = b"second factor"
_CODE = re.compile(rf"\d{{{DIGITS}}}", re.ASCII)
_PAPER_CHARS = 12
_PAPER = re.compile(rf"[a-z2-7]{{{_PAPER_CHARS}}}")


def code_at(secret: str, step: int) -> str:
    """The code of a base32 secret for one time step (epoch seconds // STEP_SECONDS)."""
    return pyotp.HOTP(secret, digits=DIGITS).at(step)


def address(context: Context, actor: Actor, secret: str) -> str:
    """What a code of squares holds for a program (otpauth:)."""
    name = quote(f"{context.config.host}:{actor.username}")
    return f"otpauth://totp/{name}?secret={secret}&issuer={quote(context.config.host)}"


async def is_on(session: AsyncSession, account_id: int) -> bool:
    """Is a code asked for when this account signs in?"""
    found = await session.get(SecondFactor, account_id)
    return found is not None and found.confirmed_ms is not None


async def begin(session: AsyncSession, account_id: int) -> str:
    """A new base32 secret that waits for its first right code. Raises Conflict while another one is asked for."""
    context = context_of(session)
    found = await session.get(SecondFactor, account_id)
    if found is not None and found.confirmed_ms is not None:
        raise Conflict("Two-factor sign-in is on already.")
    secret = _words(context.clock.token(_SECRET_BYTES))
    sealed = context.part(KeyRing).box.seal(secret.encode(), _PURPOSE)
    now = context.clock.now_ms()
    if found is None:
        found = SecondFactor(account_id=account_id, secret_sealed=sealed, created_ms=now)
    found.secret_sealed, found.created_ms, found.last_step = sealed, now, 0
    session.add(found)
    await session.flush()
    return secret


async def waiting_secret(session: AsyncSession, account_id: int) -> str | None:
    """The secret that waits for its first right code; never one that is in use."""
    found = await session.get(SecondFactor, account_id)
    return None if found is None or found.confirmed_ms is not None else _secret(context_of(session), found)


async def confirm(session: AsyncSession, account_id: int, code: str) -> list[str] | None:
    """Ask for codes from now on, if this one is right. Gives the codes of paper, shown this once; None for a wrong one.

    Raises Missing when nothing waits.
    """
    found = await session.get(SecondFactor, account_id)
    if found is None or found.confirmed_ms is not None:
        raise Missing("There is nothing to confirm; start anew.")
    if not await _take(session, found, code):
        return None
    found.confirmed_ms = context_of(session).clock.now_ms()
    session.add(found)
    return await new_paper(session, account_id)


async def check(session: AsyncSession, account_id: int, code: str) -> bool:
    """Is this a right code, of the program or of paper? It is used up."""
    typed = re.sub(r"[\s-]", "", code).lower()
    found = await session.get(SecondFactor, account_id)
    if found is None or found.confirmed_ms is None:
        return False
    if _CODE.fullmatch(typed):
        return await _take(session, found, typed)
    if not _PAPER.fullmatch(typed):
        return False
    used = await session.exec(
        delete(RecoveryCode).where(
            col(RecoveryCode.account_id) == account_id, col(RecoveryCode.code_hash) == _paper_hash(account_id, typed)
        )
    )
    return bool(used.rowcount)


async def new_paper(session: AsyncSession, account_id: int) -> list[str]:
    """New codes of paper, in groups of four; the old ones no longer work."""
    context = context_of(session)
    await session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    codes = [_words(context.clock.token(8))[:_PAPER_CHARS].lower() for _ in range(RECOVERY_CODES)]
    for code in codes:
        session.add(RecoveryCode(id=context.ids.new(), account_id=account_id, code_hash=_paper_hash(account_id, code)))
    await session.flush()
    return ["-".join(code[start : start + 4] for start in range(0, _PAPER_CHARS, 4)) for code in codes]


async def paper_left(session: AsyncSession, account_id: int) -> int:
    query = select(func.count()).select_from(RecoveryCode).where(RecoveryCode.account_id == account_id)
    return (await session.exec(query)).one()


async def remove(session: AsyncSession, account_id: int) -> bool:
    """Ask for no codes any more. False when none were asked for."""
    await session.exec(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    gone = await session.exec(delete(SecondFactor).where(col(SecondFactor.account_id) == account_id))
    return bool(gone.rowcount)


async def _take(session: AsyncSession, found: SecondFactor, code: str) -> bool:
    """A code of now or of the steps beside it that is newer than the last one taken; one statement decides."""
    context = context_of(session)
    now = context.clock.now_ms() // 1000 // STEP_SECONDS
    secret = _secret(context, found)
    near = range(now - CODE_DRIFT_STEPS, now + CODE_DRIFT_STEPS + 1)
    # All are compared, so that time does not tell which one it was.
    right = [step for step in near if hmac.compare_digest(code_at(secret, step).encode(), code.encode())]
    if not right:
        return False
    taken = await session.exec(
        update(SecondFactor)
        .where(col(SecondFactor.account_id) == found.account_id, col(SecondFactor.last_step) < right[-1])
        .values(last_step=right[-1])
    )
    return bool(taken.rowcount)


def _words(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii")


def _secret(context: Context, found: SecondFactor) -> str:
    return context.part(KeyRing).box.open(found.secret_sealed, _PURPOSE).decode("ascii")


def _paper_hash(account_id: int, code: str) -> str:
    """Sixty random bits need no slow hash; with the account in it equal codes of two people are two rows."""
    return digest(f"{account_id}:{code}")
