"""GET and POST /oauth/authorize: a person sees which app asks for what, and says yes or no."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import Response

from actors import apps
from actors.apps import OUT_OF_BAND
from actors.models import App
from fediverse_ai.core import scopes
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Malformed
from fediverse_ai.core.texts import _
from fediverse_ai.oauth import documents, redirects, words
from fediverse_ai.web import forms, sign_in
from fediverse_ai.web.rendering import context_of, me_of, on_the_way_to_an_app, page

_NAMES = ("client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method")
_CHALLENGE = re.compile(r"[\w-]{43}", re.ASCII)
_UNKNOWN = (
    "This app is not known here (any more). Let it register anew: sign out in the app, or remove this server there."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that can be decided: by which app, for what, and where the answer goes."""

    app: App
    redirect_uri: str
    scopes: str
    state: str | None
    challenge: str | None


class _Refused(Exception):
    """A request that its app is told of, at an address that is known to be its own."""

    def __init__(self, redirect_uri: str, state: str | None, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.redirect_uri = redirect_uri
        self.fields = {"error": word, "error_description": sentence, "state": state}


async def show(request: Request) -> Response:
    """GET /oauth/authorize: the sign-in form, then the consent page, however often it was given before (OAU-04)."""
    params = _single(request.query_params.multi_items())
    forced = request.query_params.get("force_login", "").lower() in ("1", "true")
    me = me_of(request)
    context = context_of(request)
    if me is None or forced:
        # Known apps are checked before anybody types a password; others are only looked up for people of ours.
        by_address = documents.is_address(params["client_id"])
        name = urlsplit(params["client_id"]).hostname if by_address else (await _known(context, params)).name
        goal = f"/oauth/authorize?{urlencode(params)}"
        return sign_in.form(
            request, goal=goal, sentence=_("%(name)s asks to act for you. Sign in to decide.") % {"name": name}
        )
    try:
        asked = await _asked(context, params, me)
    except _Refused as refusal:
        return _back(request, refusal.redirect_uri, refusal.fields)
    return _consent(request, asked, urlencode(params))


async def decide(request: Request) -> Response:
    """POST /oauth/authorize: the answer to the consent page, and only to what that page showed."""
    fields = await forms.read_form(request)
    me = require(request, "session")
    text = fields.get("request", "")
    if not forms.sealed(request, text, fields.get("seal", "")):
        raise Forbidden("What you agreed to is not what this page showed. Start again from the app.", "seal")
    context = context_of(request)
    try:
        asked = await _asked(context, _single(parse_qsl(text, keep_blank_values=True)), me)
    except _Refused as refusal:
        return _back(request, refusal.redirect_uri, refusal.fields)
    if fields.get("decision") != "allow":
        refused = {"error": "access_denied", "error_description": "The person said no.", "state": asked.state}
        return _back(request, asked.redirect_uri, refused)
    async with context.database.write() as session:
        code = await apps.issue_code(
            session,
            asked.app,
            me.account_id,
            redirect_uri=asked.redirect_uri,
            scopes=asked.scopes,
            challenge=asked.challenge,
        )
    return _back(request, asked.redirect_uri, {"code": code, "state": asked.state})


def _single(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """The parameters that we know, each given once. Raises Malformed: two readers could take different ones."""
    known = [(name, value) for name, value in pairs if name in _NAMES]
    found = dict(known)
    if len(found) != len(known):
        raise Malformed("The app asked for two different things at once.", "repeated parameter")
    if not found.get("client_id") or not found.get("redirect_uri"):
        raise Malformed("The app did not say who it is, or where the answer should go.", "client_id, redirect_uri")
    return found


async def _known(context: Context, params: Mapping[str, str]) -> App:
    """A registered app with a redirect URI of its own. Raises Malformed: a page, never a redirect (OAU-01)."""
    async with context.database.read() as session:
        app = await apps.app_of(session, params["client_id"])
    if app is None:
        raise Malformed(_UNKNOWN, "unknown client id")
    return _at_home(app, params)


def _at_home(app: App, params: Mapping[str, str]) -> App:
    if not redirects.fits(app.redirect_uris, params["redirect_uri"]):
        raise Malformed("The app wants the answer sent to an address that it did not register.", "redirect_uri")
    return app


async def _asked(context: Context, params: Mapping[str, str], me: Principal) -> Asked:
    """The request, checked. Raises what is shown on a page, then _Refused."""
    if documents.is_address(params["client_id"]):
        app = _at_home(await documents.look(context, params["client_id"], me.account_id), params)
    else:
        app = await _known(context, params)
    redirect_uri, state = params["redirect_uri"], params.get("state")

    def refused(word: str, sentence: str) -> _Refused:
        return _Refused(redirect_uri, state, word, sentence)

    if params.get("response_type") != "code":
        raise refused("unsupported_response_type", "response_type is code.")
    wanted = scopes.known(params.get("scope") or scopes.DEFAULT)
    if not wanted or not scopes.covered(app.scopes, wanted):
        raise refused("invalid_scope", f"This app registered for: {app.scopes}.")
    challenge = params.get("code_challenge") or None
    method = params.get("code_challenge_method") or ("plain" if challenge else None)
    if (
        method not in (None, "S256")
        or (method and not challenge)
        or (challenge and not _CHALLENGE.fullmatch(challenge))
    ):
        raise refused("invalid_request", "code_challenge is 43 characters with the method S256.")
    if challenge is None and app.secret_hash is None:
        # OAU-02. Apps with a secret may do without: most phone apps know no PKCE yet.
        raise refused("invalid_request", "An app without a secret needs a code_challenge.")
    return Asked(app, redirect_uri, " ".join(wanted), state, challenge)


def _consent(request: Request, asked: Asked, text: str) -> Response:
    app = asked.app
    answer = page(
        request,
        "authorize.html",
        kept=False,
        busy=True,
        app_name=app.name,
        website=app.website,
        described_at=app.client_id if app.kind == "document" else None,
        place=redirects.place(asked.redirect_uri),
        rights=words.asked(asked.scopes),
        request_text=text,
        seal=forms.seal(request, text),
        other=f"/oauth/authorize?{text}&force_login=true",
    )
    return on_the_way_to_an_app(answer)


def _back(request: Request, redirect_uri: str, fields: Mapping[str, str | None]) -> Response:
    """The answer, at the app's address with our name beside it (RFC 9207), or on a page for a person to copy."""
    if redirect_uri == OUT_OF_BAND:
        answer = page(
            request, "authorize_code.html", kept=False, code=fields.get("code"), reason=fields.get("error_description")
        )
        answer.headers["Referrer-Policy"] = "no-referrer"
        return on_the_way_to_an_app(answer)
    told = {**fields, "iss": context_of(request).config.public_url}
    return Response(
        status_code=302,
        headers={
            "Location": redirects.with_answer(redirect_uri, told),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
        },
    )
