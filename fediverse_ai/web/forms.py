"""Forms that only our own pages can send: size, type, origin and a token bound to the session (OAU-14)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai import auth
from fediverse_ai.core.access import principal_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Malformed, Unsupported
from fediverse_ai.core.limits import FORM_BODY_BYTES, FORM_FIELDS, VISITOR_SECONDS
from fediverse_ai.core.responses import read_body
from fediverse_ai.core.texts import _, marked
from fediverse_ai.mastodon import parameters
from fediverse_ai.mastodon.parameters import Parameters

_VISITOR_CHARS = 43
_STALE = marked(
    "This form is no longer valid, or did not come from this server. Go back, load the page again and send it anew."
)


def token(request: Request) -> str:
    """The form token of whoever asks: signed-in people's hangs on their session, visitors' on a cookie of their own.

    It looks different in every answer, so that the size of a compressed page tells nothing of it (BREACH).
    """
    made = _token_for(_binding(request) or _new_visitor(request))
    mask = _context(request).clock.token(len(made))
    return _text(mask + _masked(made, mask))


def remember_visitor(request: Request, response: Response) -> Response:
    """Give the cookie to a visitor whose form was just rendered, if they did not have it."""
    secret = getattr(request.state, "new_visitor", None)
    if secret is not None:
        config = _context(request).config
        auth.set_cookie(response, config, auth.visitor_cookie_name(config), secret, VISITOR_SECONDS)
    return response


async def read_form(request: Request) -> dict[str, str]:
    """The fields of a form that this reader's own page sent; of doubles the last counts.

    Raises Unsupported, Malformed, TooLarge, and Forbidden when origin or token are not ours.
    """
    fields = await read_open_form(request)
    check_token(request, fields)
    return fields


async def read_open_form(request: Request) -> dict[str, str]:
    """As read_form, for forms that change nothing here: from a page of ours, and without a token, so that the page
    can be the same for every visitor. Raises Unsupported, Malformed, TooLarge, and Forbidden for other origins."""
    check_origin(request)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Unsupported(_("This address takes a form."), f"content-type {kind[:60]!r}")
    body = await read_body(request, FORM_BODY_BYTES)
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=FORM_FIELDS, errors="strict")
    except ValueError as error:
        raise Malformed(_("The form cannot be read."), str(error)[:200]) from None
    return {name: value.replace("\r\n", "\n").replace("\x00", "") for name, value in pairs}


async def read_with_files(request: Request, most_bytes: int) -> Parameters:
    """The fields and files of a form that this reader's own page sent, with files or without. Raises as read_form."""
    check_origin(request)
    sent = await parameters.read(request, body_bytes=most_bytes + FORM_BODY_BYTES)
    check_token(request, {"csrf": sent.text("csrf") or ""})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        raise Unsupported(_("This address takes a form."), f"content-type {kind[:60]!r}")
    return sent


def check_origin(request: Request) -> None:
    """Raises Forbidden when the browser says that another site sent this. Old browsers say nothing; the token stays."""
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        raise Forbidden(_(_STALE), f"sec-fetch-site {site[:20]!r}")
    sender = request.headers.get("origin")
    if sender is not None and sender not in _our_origins(request):
        raise Forbidden(_(_STALE), f"origin {sender[:100]!r}")


def check_token(request: Request, fields: Mapping[str, str]) -> None:
    secret = _binding(request)
    try:
        sent = base64.urlsafe_b64decode(fields.get("csrf", "") + "==")
    except ValueError:
        sent = b""
    half = len(sent) // 2
    if secret is None or not hmac.compare_digest(_token_for(secret), _masked(sent[half:], sent[:half])):
        raise Forbidden(_(_STALE), "form token")


def seal(request: Request, text: str) -> str:
    """A mark that only this reader's session can have put on `text`: what a form shows is what it sends (OAU-04).

    A visitor's hangs on the cookie that remember_visitor gives.
    """
    secret = _binding(request) or _new_visitor(request)
    return _text(hmac.digest(secret.encode(), b"seal 1 " + text.encode(), hashlib.sha256))


def sealed(request: Request, text: str, mark: str) -> bool:
    return _binding(request) is not None and hmac.compare_digest(
        seal(request, text), mark.encode().decode("ascii", "ignore")
    )


def _our_origins(request: Request) -> set[str]:
    config = _context(request).config
    ours = {config.public_url}
    if config.server.development:
        # On a developer's machine one server has several names: localhost, 127.0.0.1, [::1].
        ours.add(f"http://{request.headers.get('host', '')}")
    return ours


def _binding(request: Request) -> str | None:
    config = _context(request).config
    principal = principal_of(request)
    if principal is not None and principal.via == "session":
        return auth.cookie(request.scope, auth.session_cookie_name(config))
    visitor = auth.cookie(request.scope, auth.visitor_cookie_name(config))
    return visitor if visitor is not None and len(visitor) == _VISITOR_CHARS else None


def _new_visitor(request: Request) -> str:
    known: str | None = getattr(request.state, "new_visitor", None)
    if known is None:
        known = _text(_context(request).clock.token(32))
        request.state.new_visitor = known
    return known


def _token_for(secret: str) -> bytes:
    return hmac.digest(secret.encode("utf-8"), b"form token 1", hashlib.sha256)


def _masked(text: bytes, mask: bytes) -> bytes:
    return bytes(one ^ other for one, other in zip(text, mask, strict=False))


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def _context(request: Request) -> Context:
    context: Context = request.app.state.context
    return context
