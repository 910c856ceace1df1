"""Links that work once: for a new password, and to prove a mail address. Stored by the hash of their secret."""

from __future__ import annotations

from sqlalchemy import delete
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts
from actors.models import Account, Login
from fediverse_ai.core.limits import CONFIRM_LINK_SECONDS, RESET_LINK_SECONDS

RESET, CONFIRM = "reset", "confirm"


async def make_reset(session: AsyncSession, account_id: int) -> str:
    """The secret of a link under which a new password is set, once, within half an hour (OAU-12); older ones end."""
    await _end(session, account_id, RESET)
    return await accounts.new_login(session, account_id, RESET, RESET_LINK_SECONDS * 1000)


async def use_reset(session: AsyncSession, secret: str, password: str) -> Account | None:
    """Set the password; every session, link and token ends. None when the link is used, too old or of nobody here.

    Raises Unprocessable for a password that is too short or too long: the link stays good.
    """
    if not await accounts.unused(session, secret, RESET):
        return None
    hashed = await accounts.hash_password(password)
    account_id = await accounts.used_up(session, secret, RESET)
    if account_id is None or await accounts.principal(session, account_id, frozenset(), "session") is None:
        return None
    account = await session.get_one(Account, account_id)
    account.password_hash = hashed
    session.add(account)
    await accounts.end_everything(session, account.id)
    return account


async def make_confirmation(session: AsyncSession, account_id: int, address: str) -> str:
    """The secret of the link that proves a mail address; the one before ends."""
    await _end(session, account_id, CONFIRM)
    return await accounts.new_login(session, account_id, CONFIRM, CONFIRM_LINK_SECONDS * 1000, address)


async def confirm_address(session: AsyncSession, secret: str) -> bool:
    """The address of this link is its account's from now on. False when it is used or too old."""
    query = select(Login).where(Login.secret_hash == accounts.digest(secret), Login.kind == CONFIRM)
    row = (await session.exec(query)).first()
    account_id = await accounts.used_up(session, secret, CONFIRM)
    if row is None or account_id is None:
        return False
    account = await session.get_one(Account, account_id)
    account.email = row.name
    session.add(account)
    await session.delete(row)
    return True


async def _end(session: AsyncSession, account_id: int, kind: str) -> None:
    await session.execute(delete(Login).where(col(Login.account_id) == account_id, col(Login.kind) == kind))


async def works(session: AsyncSession, secret: str, kind: str) -> bool:
    """Whether a link of this kind could still be used; it is not used up by asking."""
    return await accounts.unused(session, secret, kind)
