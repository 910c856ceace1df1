"""Apps introduce themselves: POST /api/v1/apps as Mastodon has it, POST /oauth/register by RFC 7591."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import apps
from actors.models import App
from fediverse_ai.core import scopes
from fediverse_ai.core.access import require_token
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.limits import APP_REGISTRATIONS, URL_LENGTH, RateLimiter
from fediverse_ai.mastodon import answers, parameters
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.oauth import redirects, words
from fediverse_ai.oauth.answers import OAuthError, answer, read
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.sign_in import address_block

# RFC 7591's words for how an app proves who it is; we hand out secrets or none.
METHODS = ("none", "client_secret_post", "client_secret_basic")


def _count(request: Request, context: Context) -> None:
    """OAU-08: anybody may register, so it is counted by address."""
    context.part(RateLimiter).check(f"apps:{address_block(request)}", APP_REGISTRATIONS)


async def apps_post(request: Request) -> Response:
    """POST /api/v1/apps. Raises Unprocessable, TooMany."""
    context = context_of(request)
    _count(request, context)
    fields = await parameters.read(request)
    name = words.plain_name(fields.text("client_name") or "")
    if not name:
        raise Unprocessable("Validation failed: Application name can't be blank")
    uris = redirects.listed(fields.words("redirect_uris"))
    if uris is None:
        raise Unprocessable("Validation failed: Redirect URI must be an absolute URI that may be redirected to.")
    asked = (fields.text("scopes") or " ".join(fields.words("scopes")) or scopes.DEFAULT).replace("+", " ")
    allowed = scopes.known(asked)
    if not allowed:
        raise Unprocessable("Validation failed: Scopes doesn't match configured on the server.")
    website = fields.text("website")
    async with context.database.write() as session:
        app, secret = await apps.register(
            session, name=name, redirect_uris=uris, scopes=" ".join(allowed), website=_address(website)
        )
    return answers.answer(
        _entity(app)
        | {"client_id": app.client_id, "client_secret": secret, "client_secret_expires_at": 0, "vapid_key": ""}
    )


def _address(text: str | None) -> str | None:
    """A web address that an app gives for itself; shown as text, never as a link (OAU-08)."""
    given = (text or "").strip()
    fine = len(given) <= URL_LENGTH and given.startswith(("https://", "http://")) and given.isprintable()
    return given if fine and " " not in given else None


def _entity(app: App) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "website": app.website,
        "scopes": app.scopes.split(),
        "redirect_uri": "\n".join(app.redirect_uris),
        "redirect_uris": app.redirect_uris,
    }


async def verify_credentials(request: Request) -> Response:
    """GET /api/v1/apps/verify_credentials: which app holds this token, a person's or its own."""
    caller = require_token(request)
    async with context_of(request).database.read() as session:
        app = await session.get(App, caller.app_id) if caller.app_id is not None else None
    if app is None:
        raise Missing("This token was not given to an app.")
    return answers.answer(_entity(app) | {"vapid_key": ""})


async def register(request: Request) -> Response:
    """POST /oauth/register (RFC 7591). A `client_id` that comes along is ignored. Raises OAuthError, TooMany."""
    context = context_of(request)
    _count(request, context)
    fields = await read(request)
    uris = redirects.listed(fields.words("redirect_uris"))
    if uris is None:
        raise OAuthError("invalid_redirect_uri", "Each redirect URI must be one that may be redirected to.")
    method = fields.text("token_endpoint_auth_method") or "client_secret_basic"
    if method not in METHODS:
        raise OAuthError("invalid_client_metadata", f"token_endpoint_auth_method is one of {', '.join(METHODS)}.")
    allowed = scopes.known(fields.text("scope") or " ".join(scopes.WHOLE))
    if not allowed:
        raise OAuthError("invalid_client_metadata", "None of these scopes is known here.")
    grants = _grants(fields)
    async with context.database.write() as session:
        app, secret = await apps.register(
            session,
            name=words.plain_name(fields.text("client_name") or "") or "An app without a name",
            redirect_uris=uris,
            scopes=" ".join(allowed),
            website=_address(fields.text("client_uri")),
            confidential=method != "none",
            refreshes="refresh_token" in grants,
        )
    body: dict[str, Any] = {
        "client_id": app.client_id,
        "client_id_issued_at": app.created_ms // 1000,
        "client_name": app.name,
        "redirect_uris": app.redirect_uris,
        "grant_types": grants,
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "scope": app.scopes,
    }
    echoed = {
        key: value for key in ("software_id", "software_version") if (value := (fields.text(key) or "")[:URL_LENGTH])
    }
    if app.website:
        echoed["client_uri"] = app.website
    if secret is not None:
        body |= {"client_secret": secret, "client_secret_expires_at": 0}
    return answer(body | echoed, 201)


def _grants(fields: Parameters) -> list[str]:
    """The grants an app will use, of those that there are; the code grant always is one."""
    asked = fields.words("grant_types")
    return ["authorization_code", *(grant for grant in ("client_credentials", "refresh_token") if grant in asked)]
