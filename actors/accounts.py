"""The people behind local actors: accounts, passwords, one-time sign-in links, browser sessions, access tokens."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Account, Actor, AuthorizationCode, Login, Token
from fediverse_ai.core import roles
from fediverse_ai.core.access import Principal
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.gate import Gate
from fediverse_ai.core.limits import (
    CHECKS_WAIT_SECONDS,
    PASSWORD_MAX_CHARS,
    PASSWORD_MIN_CHARS,
    PASSWORDS_AT_ONCE,
    PASSWORDS_WAITING,
    SECOND_STEP_SECONDS,
    SESSION_SECONDS,
    SIGN_IN_LINK_SECONDS,
)
from fediverse_ai.core.texts import _

SECRET_BYTES = 32

# 32 MiB and three passes (OWASP asks for 19 MiB and two or more); two at once, so that sign-ins cannot fill the memory.
_hasher = PasswordHasher(time_cost=3, memory_cost=32 * 1024, parallelism=1)
_hashing = ThreadPoolExecutor(max_workers=PASSWORDS_AT_ONCE, thread_name_prefix="password")


class PasswordGate(Gate):
    """Before the checks of passwords: who comes when many wait is told to come back."""

    def __init__(self) -> None:
        super().__init__("passwords", PASSWORDS_AT_ONCE, PASSWORDS_WAITING, CHECKS_WAIT_SECONDS)


@dataclass(frozen=True, slots=True)
class _Person:
    account_id: int
    actor_id: int
    username: str
    role: str


async def create_account(
    session: AsyncSession, actor: Actor, *, role: str = "member", password: str | None = None
) -> Account:
    """An account for a local actor; without a password it is entered by a link. Raises Unprocessable."""
    if role not in roles.NAMES:
        raise Unprocessable(_("A role is one of %(names)s.") % {"names": ", ".join(roles.NAMES)})
    context = context_of(session)
    account = Account(
        id=context.ids.new(),
        actor_id=actor.id,
        role=role,
        password_hash=await hash_password(password) if password is not None else None,
        created_ms=context.clock.now_ms(),
    )
    session.add(account)
    await session.flush()
    return account


async def account_of(session: AsyncSession, username: str) -> Account | None:
    """The account of the local actor with this name, however it is written."""
    query = (
        select(Account)
        .join(Actor, col(Actor.id) == col(Account.actor_id))
        .where(Actor.username_lower == normal_name(username), col(Actor.local).is_(True))
    )
    return (await session.exec(query)).first()


async def hash_password(password: str) -> str:
    """The argon2id hash of a password of 10 to 256 characters, computed in a thread. Raises Unprocessable."""
    normal = unicodedata.normalize("NFC", password)
    if not PASSWORD_MIN_CHARS <= len(normal) <= PASSWORD_MAX_CHARS:
        raise Unprocessable(
            _("A password has %(least)d to %(most)d characters.")
            % {"least": PASSWORD_MIN_CHARS, "most": PASSWORD_MAX_CHARS}
        )
    return await asyncio.get_running_loop().run_in_executor(
        _hashing, _hasher.hash, normal.encode("utf-8", "surrogatepass")
    )


async def set_password(session: AsyncSession, account_id: int, password: str) -> None:
    """A new password; every session, link and token of the account ends (D18). Raises Unprocessable, Missing."""
    hashed = await hash_password(password)
    account = await session.get(Account, account_id)
    if account is None:
        raise Missing("There is no such account.")
    account.password_hash = hashed
    session.add(account)
    await end_everything(session, account_id)


async def end_everything(session: AsyncSession, account_id: int) -> None:
    """Sign an account out everywhere: its sessions, its unused links, its access tokens."""
    await session.execute(delete(Login).where(col(Login.account_id) == account_id))
    await _end_apps(session, account_id)


async def _end_apps(session: AsyncSession, account_id: int) -> None:
    """No app may act for an account any more."""
    await session.execute(delete(AuthorizationCode).where(col(AuthorizationCode.account_id) == account_id))
    await session.execute(
        update(Token)
        .where(col(Token.account_id) == account_id, col(Token.revoked_ms).is_(None))
        .values(revoked_ms=context_of(session).clock.now_ms())
    )


async def change_password(session: AsyncSession, account_id: int, password: str, *, keep: str) -> None:
    """A new password that its owner chose: links end, and so does everything else, but for the session with the cookie
    secret `keep`. "all" keeps sessions and apps. Raises Unprocessable, Missing."""
    hashed = await hash_password(password)
    account = await session.get(Account, account_id)
    if account is None:
        raise Missing("There is no such account.")
    account.password_hash = hashed
    session.add(account)
    await session.execute(
        delete(Login).where(col(Login.account_id) == account_id, col(Login.kind).in_(("link", "second", "passkey")))
    )
    if keep != "all":
        await end_other_sessions(session, account_id, keep)
        await _end_apps(session, account_id)


async def check_password(context: Context, username: str, password: str, *, suspended: bool = False) -> Account | None:
    """The account, if the password is right and it may sign in; or with `suspended` one that may not, for that reason.

    A name that nobody has, an account without a password and a wrong password cost the same work. Raises Unavailable
    when many others wait for theirs.
    """
    async with context.database.read() as session:
        query = (
            select(Account)
            .join(Actor, col(Actor.id) == col(Account.actor_id))
            .where(Actor.username_lower == normal_name(username), col(Actor.local).is_(True))
            .where(col(Account.disabled_ms).is_(None))
            .where(col(Actor.suspended_ms).is_not(None) if suspended else col(Actor.suspended_ms).is_(None))
            .where(col(Actor.deleted_ms).is_(None))
        )
        account = (await session.exec(query)).first()
    stored = account.password_hash if account is not None else None
    return account if await fits(context, stored, password) else None


async def fits(context: Context, stored: str | None, password: str) -> bool:
    """Whether this is the password of a stored hash; without one the same work is done. Raises Unavailable."""
    normal = unicodedata.normalize("NFC", password[: PASSWORD_MAX_CHARS + 1])
    async with context.part(PasswordGate):
        right = await asyncio.get_running_loop().run_in_executor(_hashing, _matches, stored, normal)
    return right and stored is not None


def _matches(stored: str | None, password: str) -> bool:
    try:
        right = _hasher.verify(stored or _nobodys_hash(), _bytes(password))
    except (VerificationError, InvalidHashError):
        return False
    return right and len(password) <= PASSWORD_MAX_CHARS


def _bytes(text: str) -> bytes:
    """UTF-8 also of what is no text, so that it is wrong like any other wrong password."""
    return text.encode("utf-8", "surrogatepass")


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    return _hasher.hash("a password that opens nothing")


async def make_link(session: AsyncSession, account_id: int) -> str:
    """The secret of a sign-in link that works once, within an hour."""
    return await new_login(session, account_id, "link", SIGN_IN_LINK_SECONDS * 1000)


async def link_works(session: AsyncSession, secret: str) -> bool:
    """Whether a link could still be used; it is not used up by asking."""
    return await unused(session, secret, "link")


async def use_link(session: AsyncSession, secret: str) -> Account | None:
    """Use a link up and give its account; None when it is unknown, used, too old, or the account may not sign in."""
    account_id = await used_up(session, secret, "link")
    if account_id is None:
        return None
    person = await _person(session, account_id)
    return await session.get(Account, account_id) if person is not None else None


async def unused(session: AsyncSession, secret: str, kind: str) -> bool:
    """Whether a link of this kind could still be used; it is not used up by asking."""
    query = select(Login.id).where(Login.secret_hash == digest(secret), Login.kind == kind)
    query = query.where(col(Login.used_ms).is_(None), Login.expires_ms > context_of(session).clock.now_ms())
    return (await session.exec(query)).first() is not None


async def used_up(session: AsyncSession, secret: str, kind: str) -> int | None:
    """Whose link this was, now used up. One statement decides who was first, on both databases."""
    now = context_of(session).clock.now_ms()
    used = await session.execute(
        update(Login)
        .where(col(Login.secret_hash) == digest(secret), col(Login.kind) == kind)
        .where(col(Login.used_ms).is_(None), col(Login.expires_ms) > now)
        .values(used_ms=now)
        .returning(col(Login.account_id))
    )
    number: int | None = used.scalar_one_or_none()
    return number


async def begin_second_step(session: AsyncSession, account_id: int) -> str:
    """The secret by which a browser that knew the password may come back with a code."""
    return await new_login(session, account_id, "second", SECOND_STEP_SECONDS * 1000)


async def second_step(session: AsyncSession, secret: str, *, used: bool = False) -> int | None:
    """Whose sign-in waits for a code under this secret; `used` ends it. None for an unknown or an old one."""
    now = context_of(session).clock.now_ms()
    query = select(Login).where(Login.secret_hash == digest(secret), Login.kind == "second", Login.expires_ms > now)
    found = (await session.exec(query)).first()
    if found is None or await _person(session, found.account_id) is None:
        return None
    if used:
        await session.delete(found)
    return found.account_id


async def open_session(session: AsyncSession, account_id: int, name: str = "") -> str:
    """The secret for the cookie of a new browser session, good for 14 days; old ones of the account are swept.

    `name` says which browser it is.
    """
    now = context_of(session).clock.now_ms()
    await session.execute(delete(Login).where(col(Login.account_id) == account_id, col(Login.expires_ms) <= now))
    return await new_login(session, account_id, "session", SESSION_SECONDS * 1000, name)


async def sessions_of(session: AsyncSession, account_id: int) -> list[Login]:
    """The open browser sessions of an account, the newest first."""
    query = (
        select(Login)
        .where(Login.account_id == account_id, Login.kind == "session")
        .where(Login.expires_ms > context_of(session).clock.now_ms())
        .order_by(col(Login.id).desc())
    )
    return list(await session.exec(query))


async def end_session(session: AsyncSession, account_id: int, login_id: int) -> None:
    """End one browser session of an account. Raises Missing for one of another account as for none."""
    found = await session.get(Login, login_id)
    if found is None or found.account_id != account_id or found.kind != "session":
        raise Missing("There is no such session (any more).")
    await session.delete(found)


async def end_other_sessions(session: AsyncSession, account_id: int, secret: str) -> None:
    """End every browser session of an account but the one with this cookie secret."""
    await session.execute(
        delete(Login).where(
            col(Login.account_id) == account_id, col(Login.kind) == "session", col(Login.secret_hash) != digest(secret)
        )
    )


async def close_session(session: AsyncSession, secret: str) -> None:
    """End the browser session with this cookie secret; nothing happens when there is none."""
    await session.execute(delete(Login).where(col(Login.secret_hash) == digest(secret), col(Login.kind) == "session"))


async def principal_for_cookie(context: Context, secret: str) -> Principal | None:
    """Who is signed in with this cookie secret. A session carries no OAuth scopes: it opens pages, not the API."""
    if not _plausible(secret):
        return None
    async with context.database.read() as session:
        query = select(Login.account_id).where(
            Login.secret_hash == digest(secret),
            Login.kind == "session",
            Login.expires_ms > context.clock.now_ms(),
        )
        account_id = (await session.exec(query)).first()
        if account_id is None:
            return None
        return await principal(session, account_id, frozenset(), "session")


async def principal(
    session: AsyncSession,
    account_id: int,
    scopes: frozenset[str],
    via: Literal["session", "token"],
    *,
    app_id: int | None = None,
    token_id: int | None = None,
) -> Principal | None:
    """An account as the one who asks; None when it may not act now (D18)."""
    person = await _person(session, account_id)
    if person is None:
        return None
    return Principal(person.account_id, person.actor_id, person.username, person.role, scopes, via, app_id, token_id)


def new_secret(context: Context) -> str:
    """256 random bits as 43 characters of base64url."""
    return base64.urlsafe_b64encode(context.clock.token(SECRET_BYTES)).rstrip(b"=").decode("ascii")


def digest(secret: str) -> str:
    """How secrets of 256 random bits are stored: SHA-256, hex. Nothing slower is needed for what cannot be guessed."""
    return hashlib.sha256(_bytes(secret)).hexdigest()


async def _person(session: AsyncSession, account_id: int) -> _Person | None:
    """An account that may act: not disabled, its actor neither suspended nor deleted (D18)."""
    query = (
        select(Account.id, Actor.id, Actor.username, Account.role)
        .join(Actor, col(Actor.id) == col(Account.actor_id))
        .where(Account.id == account_id, col(Account.disabled_ms).is_(None))
        .where(col(Actor.suspended_ms).is_(None), col(Actor.deleted_ms).is_(None))
    )
    row = (await session.exec(query)).first()
    return _Person(*row) if row is not None else None


async def new_login(session: AsyncSession, account_id: int, kind: str, lifetime_ms: int, name: str = "") -> str:
    """The secret of a new session or link of a kind; `name` is what belongs to it."""
    context = context_of(session)
    now = context.clock.now_ms()
    secret = new_secret(context)
    session.add(
        Login(
            id=context.ids.new(),
            account_id=account_id,
            secret_hash=digest(secret),
            kind=kind,
            name=name,
            created_ms=now,
            expires_ms=now + lifetime_ms,
        )
    )
    await session.flush()
    return secret


def _plausible(secret: str) -> bool:
    return 40 <= len(secret) <= 64 and secret.isascii()


def normal_name(username: str) -> str:
    """A user name as typed, as it is compared: without case, spaces around it and the @ before it."""
    return username.strip().removeprefix("@").lower()[:100]
