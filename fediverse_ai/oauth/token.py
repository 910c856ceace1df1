"""POST /oauth/token and /oauth/revoke: what a code, an app's own name or a refresh token earns, and its end."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import apps, queries
from actors.apps import Issued
from actors.models import Account, Actor, App
from fediverse_ai.core import scopes
from fediverse_ai.core.context import Context
from fediverse_ai.core.limits import TOKEN_REQUESTS, RateLimiter
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.oauth.answers import OAuthError, answer, read
from fediverse_ai.oauth.clients import authenticated
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.sign_in import address_block

_GRANTS = ("authorization_code", "client_credentials", "refresh_token")


async def token(request: Request) -> Response:
    """POST /oauth/token. Raises OAuthError, TooMany."""
    context = context_of(request)
    _count(request, context)
    fields = await read(request)
    grant = fields.text("grant_type")
    if not grant:
        raise OAuthError("invalid_request", "grant_type is missing.")
    if grant not in _GRANTS:
        # OAU-16: `password` and the implicit grant are not offered.
        raise OAuthError("unsupported_grant_type", f"The grants here are {', '.join(_GRANTS)}.")
    async with context.database.write() as session:
        app = await authenticated(session, request, fields)
        issued = await _issue(session, app, grant, fields)
    # Raised after the commit: a code that comes twice has ended its tokens by now.
    if issued is None:
        raise OAuthError("invalid_grant", "This is no good (any more), or was given to another app or address.")
    return answer(await _told(context, issued))


async def _issue(session: AsyncSession, app: App, grant: str, fields: Parameters) -> Issued | None:
    if grant == "authorization_code":
        code, redirect_uri = fields.text("code"), fields.text("redirect_uri")
        if not code or not redirect_uri:
            raise OAuthError("invalid_request", "code and redirect_uri are needed.")
        return await apps.redeem(session, app, code, redirect_uri=redirect_uri, verifier=fields.text("code_verifier"))
    if grant == "refresh_token":
        refresh = fields.text("refresh_token")
        if not refresh:
            raise OAuthError("invalid_request", "refresh_token is needed.")
        return await apps.refresh(session, app, refresh, fields.text("scope"))
    if app.secret_hash is None:
        raise OAuthError("unauthorized_client", "An app without a secret cannot ask for itself.")
    return await apps.issue(session, app, None, " ".join(_own_scopes(app, fields.text("scope"))))


def _own_scopes(app: App, asked: str | None) -> list[str]:
    """What an app gets for itself: nobody's data, so that this only says which public addresses it may ask."""
    wanted = scopes.known(asked) if asked else [scopes.DEFAULT]
    if not asked and not scopes.covered(app.scopes, wanted):
        wanted = app.scopes.split()
    if not wanted or not scopes.covered(app.scopes, wanted):
        raise OAuthError("invalid_scope", f"This app registered for: {app.scopes}.")
    return wanted


async def _told(context: Context, issued: Issued) -> dict[str, Any]:
    """The token as clients read it: without members that would be null, which fails some."""
    body: dict[str, Any] = {
        "access_token": issued.secret,
        "token_type": "Bearer",
        "scope": issued.scopes,
        "created_at": issued.created_ms // 1000,
    }
    if issued.refresh is not None:
        body["refresh_token"] = issued.refresh
    if issued.account_id is not None:
        async with context.database.read() as session:
            account = await session.get(Account, issued.account_id)
            actor: Actor | None = await queries.by_id(session, account.actor_id) if account is not None else None
        if actor is not None:
            # The ActivityPub API's Basic Profile, and IndieAuth's word, which AndStatus reads.
            body |= {"activitypub_actor_id": actor.uri, "me": actor.uri}
    return body


async def revoke(request: Request) -> Response:
    """POST /oauth/revoke (RFC 7009). A token that is unknown or ended is a success. Raises OAuthError, TooMany."""
    context = context_of(request)
    _count(request, context)
    fields = await read(request)
    secret = fields.text("token")
    async with context.database.write() as session:
        app = await authenticated(session, request, fields)
        if not secret:
            raise OAuthError("invalid_request", "token is needed.")
        own = await apps.revoke(session, app, secret)
    if not own:
        raise OAuthError("unauthorized_client", "This token was not given to this app.", 403)
    return answer({})


def _count(request: Request, context: Context) -> None:
    context.part(RateLimiter).check(f"token:{address_block(request)}", TOKEN_REQUESTS)
