"""Apps that act for people (OAuth clients): registering them, a consent's code, and the tokens that come of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import CursorResult, delete, update
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import accounts
from actors.accounts import digest, new_secret
from actors.models import App, AuthorizationCode, Token
from fediverse_ai.core import scopes as scope_words
from fediverse_ai.core.access import AppCaller, Principal
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.limits import (
    CODE_SECONDS,
    CODE_TYPED_SECONDS,
    TOKEN_CHARS,
    TOKEN_ENDED_SECONDS,
    TOKEN_IDLE_SECONDS,
    TOKEN_USED_SECONDS,
    UNUSED_APPS,
)

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


@dataclass(frozen=True, slots=True)
class Issued:
    """A new access token, for the last time in clear; `refresh` only for an app that asked for such tokens."""

    secret: str
    refresh: str | None
    scopes: str
    created_ms: int
    account_id: int | None
    token_id: int


async def register(
    session: AsyncSession,
    *,
    name: str,
    redirect_uris: Sequence[str],
    scopes: str,
    website: str | None = None,
    confidential: bool = True,
    refreshes: bool = False,
) -> tuple[App, str | None]:
    """A new app, and its secret unless it is public. Of those that nobody ever used only the newest are kept."""
    context = context_of(session)
    secret = new_secret(context) if confidential else None
    app = App(
        id=context.ids.new(),
        client_id=new_secret(context),
        secret_hash=digest(secret) if secret is not None else None,
        name=name,
        website=website,
        redirect_uris=list(redirect_uris),
        scopes=scopes,
        refreshes=refreshes,
        created_ms=context.clock.now_ms(),
    )
    session.add(app)
    await session.flush()
    await _drop_unused(session)
    return app, secret


async def keep_document(
    session: AsyncSession,
    client_id: str,
    *,
    name: str,
    redirect_uris: Sequence[str],
    website: str | None,
    scopes: str,
    refreshes: bool,
) -> App:
    """The public app whose client id is the address of its description, as that was just read."""
    context = context_of(session)
    now = context.clock.now_ms()
    app = await app_of(session, client_id)
    if app is None:
        app = App(id=context.ids.new(), client_id=client_id, kind="document", created_ms=now)
    app.name, app.website, app.scopes, app.refreshes = name, website, scopes, refreshes
    app.redirect_uris, app.fetched_ms = list(redirect_uris), now
    session.add(app)
    await session.flush()
    await _drop_unused(session)
    return app


async def _drop_unused(session: AsyncSession) -> None:
    """OAU-08: no clock ends a registration, since apps keep theirs for months; only a flood of them does."""
    # The newest but UNUSED_APPS: everything at or below it goes.
    edge = select(App.id).where(col(App.used_ms).is_(None)).order_by(col(App.id).desc()).offset(UNUSED_APPS).limit(1)
    oldest = (await session.exec(edge)).first()
    if oldest is not None:
        await session.execute(delete(App).where(col(App.used_ms).is_(None), col(App.id) <= oldest))


async def app_of(session: AsyncSession, client_id: str) -> App | None:
    """The app with this client id."""
    return (await session.exec(select(App).where(App.client_id == client_id))).first()


async def said(session: AsyncSession, app_id: int | None) -> dict[str, str | None] | None:
    """What an app calls itself, {name, website}, for a post that it writes; None without one."""
    app = await session.get(App, app_id) if app_id is not None else None
    return {"name": app.name, "website": app.website} if app is not None else None


def secret_fits(app: App, secret: str) -> bool:
    """Whether a secret is the app's; compared in constant time (OAU-17)."""
    return app.secret_hash is not None and hmac.compare_digest(app.secret_hash, digest(secret))


async def issue_code(
    session: AsyncSession, app: App, account_id: int, *, redirect_uri: str, scopes: str, challenge: str | None
) -> str:
    """The code of a consent that was just given: good once, for a minute, or for ten where a person types it."""
    context = context_of(session)
    now = context.clock.now_ms()
    code = new_secret(context)
    seconds = CODE_TYPED_SECONDS if redirect_uri == OUT_OF_BAND else CODE_SECONDS
    session.add(
        AuthorizationCode(
            id=context.ids.new(),
            app_id=app.id,
            account_id=account_id,
            code_hash=digest(code),
            redirect_uri=redirect_uri,
            scopes=scopes,
            challenge=challenge,
            created_ms=now,
            expires_ms=now + int(seconds * 1000),
        )
    )
    await _used(session, app)
    return code


async def redeem(
    session: AsyncSession, app: App, code: str, *, redirect_uri: str | None, verifier: str | None
) -> Issued | None:
    """The token for a code; None when the code does not earn one. Commit in either case.

    A code that comes a second time ends every token that came of it, whoever brings it (RFC 9700, 4.5; OAU-03). A
    wrong verifier or address uses the code up: the right app does not err, a thief may.
    """
    now = context_of(session).clock.now_ms()
    # One statement decides who was first, on both databases.
    used = await session.execute(
        update(AuthorizationCode)
        .where(col(AuthorizationCode.code_hash) == digest(code), col(AuthorizationCode.used_ms).is_(None))
        .values(used_ms=now)
    )
    found = (await session.exec(select(AuthorizationCode).where(AuthorizationCode.code_hash == digest(code)))).first()
    if found is None:
        return None
    if not _changed(used):
        await _revoke(session, col(Token.code_id) == found.id)
        return None
    if found.app_id != app.id or found.expires_ms <= now or found.redirect_uri != redirect_uri:
        return None
    if not _proves(found.challenge, verifier):
        return None
    if not await _may_act(session, found.account_id):
        return None
    return await issue(session, app, found.account_id, found.scopes, code_id=found.id)


def _proves(challenge: str | None, verifier: str | None) -> bool:
    """PKCE with S256. A verifier for a code that had no challenge is a sign of a downgrade (RFC 9700, 2.1.1)."""
    if challenge is None or verifier is None:
        return challenge is None and not verifier
    made = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return hmac.compare_digest(base64.urlsafe_b64encode(made).rstrip(b"=").decode("ascii"), challenge)


async def issue(
    session: AsyncSession, app: App, account_id: int | None, scopes: str, *, code_id: int | None = None
) -> Issued:
    """A new access token; without an account it is the app's own. It has no end but revocation and long idleness."""
    context = context_of(session)
    now = context.clock.now_ms()
    secret = new_secret(context)
    refresh = new_secret(context) if app.refreshes and account_id is not None else None
    token = Token(
        id=context.ids.new(),
        account_id=account_id,
        app_id=app.id,
        code_id=code_id,
        secret_hash=digest(secret),
        refresh_hash=digest(refresh) if refresh is not None else None,
        name=app.name,
        scopes=scopes,
        created_ms=now,
        used_ms=now,
    )
    session.add(token)
    await _used(session, app)
    return Issued(secret, refresh, scopes, now, account_id, token.id)


async def refresh(session: AsyncSession, app: App, secret: str, scopes: str | None) -> Issued | None:
    """A new pair for a refresh token, which ends with its access token; None when it does not earn one. Commit anyway.

    A refresh token that comes a second time was stolen, from the app or by it: everything of its consent ends (RFC
    9700, 4.14.2). `scopes` may ask for less than was given.
    """
    now = context_of(session).clock.now_ms()
    token = (await session.exec(select(Token).where(Token.refresh_hash == digest(secret)))).first()
    if token is None or token.app_id != app.id or token.account_id is None:
        return None
    ended = await session.execute(
        update(Token).where(col(Token.id) == token.id, col(Token.revoked_ms).is_(None)).values(revoked_ms=now)
    )
    if not _changed(ended):
        await _revoke(session, col(Token.code_id) == token.code_id)
        return None
    if not await _may_act(session, token.account_id):
        return None
    wanted = scope_words.known(scopes) if scopes else token.scopes.split()
    if not wanted or not scope_words.covered(token.scopes, wanted):
        return None
    return await issue(session, app, token.account_id, " ".join(wanted), code_id=token.code_id)


async def revoke(session: AsyncSession, app: App, secret: str) -> bool:
    """End a token of this app by either of its secrets; False when the token is another app's. An unknown one is
    none any more (RFC 7009, 2.2)."""
    wanted = digest(secret)
    query = select(Token).where((col(Token.secret_hash) == wanted) | (col(Token.refresh_hash) == wanted))
    token = (await session.exec(query)).first()
    if token is None:
        return True
    if token.app_id != app.id:
        return False
    await _revoke(session, col(Token.id) == token.id)
    return True


async def revoke_app(session: AsyncSession, account_id: int, app_id: int) -> bool:
    """End everything that an account gave to an app; False when there is nothing."""
    await session.execute(
        delete(AuthorizationCode).where(
            col(AuthorizationCode.account_id) == account_id,
            col(AuthorizationCode.app_id) == app_id,
            col(AuthorizationCode.used_ms).is_(None),
        )
    )
    return await _revoke(session, (col(Token.account_id) == account_id) & (col(Token.app_id) == app_id)) > 0


async def apps_of(session: AsyncSession, account_id: int) -> list[tuple[App, Token]]:
    """The apps that may act for an account, each with its live tokens, the last used first."""
    query = (
        select(App, Token)
        .join(Token, col(Token.app_id) == col(App.id))
        .where(Token.account_id == account_id, col(Token.revoked_ms).is_(None))
        .order_by(col(Token.used_ms).desc(), col(Token.id).desc())
    )
    return list(await session.exec(query))


async def caller(context: Context, secret: str) -> Principal | AppCaller | None:
    """Who asks with this access token: a person's app with the scopes it was given, or an app for itself."""
    if not secret or len(secret) > TOKEN_CHARS:
        return None
    now = context.clock.now_ms()
    async with context.database.read() as session:
        token = (await session.exec(select(Token).where(Token.secret_hash == digest(secret)))).first()
        if token is None or not _lives(token, now):
            return None
        rights = scope_words.granted(token.scopes)
        who: Principal | AppCaller | None = None
        if token.account_id is not None:
            who = await accounts.principal(
                session, token.account_id, rights, "token", app_id=token.app_id, token_id=token.id
            )
        elif token.app_id is not None:
            who = AppCaller(token.app_id, token.id, rights)
    if who is not None and (token.used_ms or 0) <= now - TOKEN_USED_SECONDS * 1000:
        async with context.database.write() as session:
            await session.execute(update(Token).where(col(Token.id) == token.id).values(used_ms=now))
    return who


async def still_stands(context: Context, token_id: int) -> bool:
    """Whether a token that opened something lasting, such as a stream, may keep it (OAU-07)."""
    async with context.database.read() as session:
        token = await session.get(Token, token_id)
        if token is None or not _lives(token, context.clock.now_ms()):
            return False
        return token.account_id is None or await _may_act(session, token.account_id)


async def forget(context: Context) -> None:
    """Clockwork: drop codes a day after their end and tokens a while after theirs; until then a replay is noticed."""
    now = context.clock.now_ms()
    async with context.database.write() as session:
        await session.execute(delete(AuthorizationCode).where(col(AuthorizationCode.expires_ms) < now - 86_400_000))
        await session.execute(delete(Token).where(col(Token.revoked_ms) < now - int(TOKEN_ENDED_SECONDS * 1000)))
        idle = now - int((TOKEN_IDLE_SECONDS + TOKEN_ENDED_SECONDS) * 1000)
        await session.execute(delete(Token).where(func.coalesce(Token.used_ms, Token.created_ms) < idle))


def _lives(token: Token, now_ms: int) -> bool:
    idle_ms = now_ms - (token.used_ms or token.created_ms)
    return token.revoked_ms is None and idle_ms <= TOKEN_IDLE_SECONDS * 1000


async def _may_act(session: AsyncSession, account_id: int) -> bool:
    return await accounts.principal(session, account_id, frozenset(), "token") is not None


async def _used(session: AsyncSession, app: App) -> None:
    now = context_of(session).clock.now_ms()
    await session.execute(update(App).where(col(App.id) == app.id, col(App.used_ms).is_(None)).values(used_ms=now))
    await session.flush()


async def _revoke(session: AsyncSession, condition: object) -> int:
    now = context_of(session).clock.now_ms()
    ended = await session.execute(
        update(Token).where(condition, col(Token.revoked_ms).is_(None)).values(revoked_ms=now)  # type: ignore[arg-type]
    )
    return _changed(ended)


def _changed(result: object) -> int:
    assert isinstance(result, CursorResult)
    return result.rowcount
