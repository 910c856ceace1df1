"""Which app asks: by its client id, and at the addresses for programs also by its secret."""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote_plus

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request

from actors import apps
from actors.models import App
from fediverse_ai.core.limits import URL_LENGTH
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.oauth.answers import OAuthError, invalid_client


async def authenticated(session: AsyncSession, request: Request, fields: Parameters) -> App:
    """The app that sends a request to the token or revocation address, by Basic or in the body.

    A confidential app has to bring its secret; one that a public app brings means nothing. Raises OAuthError.
    """
    basic = _basic(request)
    client_id, secret = basic or (fields.text("client_id") or "", fields.text("client_secret"))
    if basic is not None and fields.text("client_secret"):
        raise OAuthError("invalid_request", "Say who you are in one way: by HTTP Basic or in the body.")
    if basic is not None and (fields.text("client_id") or client_id) != client_id:
        raise OAuthError("invalid_request", "The header and the body name different apps.")
    app = await apps.app_of(session, client_id) if 0 < len(client_id) <= URL_LENGTH else None
    if app is None:
        raise invalid_client(basic is not None)
    if app.secret_hash is not None and not (secret and apps.secret_fits(app, secret)):
        raise invalid_client(basic is not None)
    return app


def _basic(request: Request) -> tuple[str, str] | None:
    """Id and secret of an HTTP Basic header, each form-encoded within (RFC 6749 2.3.1)."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, colon, secret = base64.b64decode(value.strip(), validate=True).decode("utf-8").partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise invalid_client(basic=True) from None
    if not colon:
        raise invalid_client(basic=True)
    return unquote_plus(client_id), unquote_plus(secret)
