"""POST of accounts: an app lets somebody in or takes their request, with what is wrong told field by field."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import accounts, apps
from actors.models import App
from fediverse_ai import joining
from fediverse_ai.core import limits, texts
from fediverse_ai.core.access import AppCaller, allows, app_of
from fediverse_ai.core.addresses import blocks_of
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden
from fediverse_ai.joining import Application, Joined, Unfit
from fediverse_ai.mastodon import answers, parameters
from fediverse_ai.mastodon.doors import ApiDoor, context_of
from fediverse_ai.mastodon.parameters import Parameters


async def create(request: Request) -> Response:
    """POST /api/v1/accounts: username, password, agreement, locale, reason, email, invite_code; by an app's own token.

    In at once by an invitation; otherwise the token that is given begins to work when somebody in charge said yes.
    Raises Forbidden for a person's token and where this door is closed, TooMany.
    """
    context, app = context_of(request), _app(request)
    who = _application(await parameters.read(request))
    secret = accounts.new_secret(context)
    kept = {"hash": accounts.digest(secret), "app_id": app.app_id, "scopes": " ".join(sorted(app.scopes))}
    address = blocks_of(request.client.host if request.client is not None else "")[0][0]
    try:
        joined = await joining.join(context, who, address, token=kept)
    except Unfit as error:
        return _told(error)
    return answers.answer(await _token(context, app, joined, secret))


def _app(request: Request) -> AppCaller:
    """The app that asks for itself. Raises Forbidden for a person's token, and for a lack of scope."""
    app = app_of(request)
    if app is None or not allows(app.scopes, "write:accounts"):
        raise Forbidden("This action is outside the authorized scopes", "sign-up needs an app's own token")
    return app


def _application(asked: Parameters) -> Application:
    locale = (asked.text("locale") or "").replace("_", "-")
    return Application(
        name=(asked.text("username") or "").strip().removeprefix("@")[: limits.NAME_CHARS],
        password=asked.text("password") or "",
        agreed=bool(asked.flag("agreement")),
        reason=asked.text("reason") or "",
        invite=asked.text("invite_code") or "",
        email=asked.text("email") or "",
        language=locale if locale in texts.languages() else texts.SOURCE,
    )


async def _token(context: Context, app: AppCaller, joined: Joined, secret: str) -> dict[str, Any]:
    scopes, created = " ".join(sorted(app.scopes)), context.clock.now_ms()
    if joined.account is not None:
        async with context.database.write() as session:
            row = await session.get_one(App, app.app_id)
            issued = await apps.issue(session, row, joined.account.id, scopes)
        secret = issued.secret
    return {"access_token": secret, "token_type": "Bearer", "scope": scopes, "created_at": created // 1000}


def _told(error: Unfit) -> Response:
    """Every field with Mastodon's word for what is wrong, and our sentence."""
    details = {
        name: [{"error": problem.code, "description": problem.sentence}] for name, problem in error.problems.items()
    }
    return answers.answer({"error": f"Validation failed: {error.public}", "details": details}, error.status)


ROUTES = [
    ApiDoor("/api/v1/accounts", create, needs="app", methods=["POST"], rate=limits.SIGN_UP_TRIES),
]
