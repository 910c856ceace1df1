"""GET /settings/sessions: where somebody is signed in, which apps may act for them, and an end to each (OAU-23)."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import accounts, apps
from fediverse_ai import auth
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.oauth import words
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of, page

_HERE = "/settings/sessions"


@dataclass(frozen=True, slots=True)
class SessionLine:
    id: int
    name: str
    since_ms: int
    this: bool


@dataclass(frozen=True, slots=True)
class AppLine:
    id: int
    name: str
    described_at: str | None
    rights: list[str]
    since_ms: int
    used_ms: int


async def show(request: Request) -> Response:
    """The page."""
    me = require(request, "session")
    own = accounts.digest(_secret(request))
    async with context_of(request).database.read() as session:
        logins = await accounts.sessions_of(session, me.account_id)
        granted = await apps.apps_of(session, me.account_id)
    lines: dict[int, AppLine] = {}
    for app, token in granted:
        used, since, scopes = token.used_ms or token.created_ms, token.created_ms, token.scopes
        if (known := lines.get(app.id)) is not None:
            used, since = max(used, known.used_ms), min(since, known.since_ms)
            scopes = " ".join(found.scopes for owner, found in granted if owner.id == app.id)
        described_at = app.client_id if app.kind == "document" else None
        lines[app.id] = AppLine(app.id, app.name, described_at, words.asked(scopes), since, used)
    return page(
        request,
        "sessions.html",
        kept=False,
        sessions=[
            SessionLine(login.id, login.name or _("A browser"), login.created_ms, login.secret_hash == own)
            for login in logins
        ],
        apps=list(lines.values()),
    )


async def end(request: Request) -> Response:
    """POST /settings/sessions/{login_id}/end. Raises Missing."""
    await forms.read_form(request)
    me = require(request, "session")
    async with context_of(request).database.write() as session:
        await accounts.end_session(session, me.account_id, _number(request, "login_id"))
    return _again()


async def end_others(request: Request) -> Response:
    """POST /settings/sessions/others/end: every browser but this one."""
    await forms.read_form(request)
    me = require(request, "session")
    async with context_of(request).database.write() as session:
        await accounts.end_other_sessions(session, me.account_id, _secret(request))
    return _again()


async def end_app(request: Request) -> Response:
    """POST /settings/apps/{app_id}/end: everything that was given to an app. Raises Missing."""
    await forms.read_form(request)
    me = require(request, "session")
    async with context_of(request).database.write() as session:
        if not await apps.revoke_app(session, me.account_id, _number(request, "app_id")):
            raise Missing("This app may not act for you (any more).")
    return _again()


def _number(request: Request, name: str) -> int:
    """An id in the path; one that no row can have is that of nobody."""
    value: int = request.path_params[name]
    return value if value < 2**63 else 0


def _secret(request: Request) -> str:
    return auth.cookie(request.scope, auth.session_cookie_name(context_of(request).config)) or ""


def _again() -> Response:
    return RedirectResponse(_HERE, 303, {"Cache-Control": "no-store"})
