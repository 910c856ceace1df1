"""Signing up: the form, by an invitation or with a reason, and how a request stands."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import invites, one_time, requests, signups
from actors.signups import Mode
from fediverse_ai import joining, mail
from fediverse_ai.core import limits, texts
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, RequestError, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.joining import Application, Unfit
from fediverse_ai.mastodon.instance import rules
from fediverse_ai.web import forms, sign_in
from fediverse_ai.web.rendering import context_of, me_of, page, said

# A field that people do not see; what fills it in is a program.
TRAP = "website"
# What a form that comes back still holds; a password is typed anew.
_KEPT = ("username", "reason", "invite", "email", "agree")


async def show(request: Request) -> Response:
    """GET /sign-up"""
    if me_of(request) is not None:
        return RedirectResponse("/home", 303)
    return await _form(request, {"invite": request.query_params.get("invite", "")[: limits.NAME_CHARS]})


async def show_invite(request: Request) -> Response:
    """GET /invite/{secret}: the form, with who invites."""
    return await _form(request, {"invite": request.path_params["secret"][: limits.NAME_CHARS]})


async def _form(
    request: Request, fields: dict[str, str], wrong: dict[str, str] | None = None, status: int = 200
) -> Response:
    context = context_of(request)
    secret = Application("", "", False, invite=fields.get("invite", "")).invite_secret
    async with context.database.read() as session:
        door = await signups.now(session)
        invite = await invites.open_one(session, secret) if secret else None
        by = await invites.maker_of(session, invite) if invite is not None else None
    values: dict[str, Any] = {
        "is_open": door.mode != Mode.CLOSED and (not secret or invite is not None),
        "asks": door.by_request and not secret,
        "question": door.question or _("Why would you like to join?"),
        "invited": invite is not None,
        "invite": secret,
        "by": by,
        "mail": mail.configured(context.config),
    }
    answer = page(
        request, "joining/sign_up.html", status, kept=False, csrf=forms.token(request), door_now=door, rules=rules(),
        fields=dict.fromkeys(_KEPT, "") | fields, wrong=wrong or {}, trap=TRAP, most=limits, **values,
    )  # fmt: skip
    # The address may hold a secret: other pages learn our host at most.
    answer.headers["Referrer-Policy"] = "strict-origin"
    return forms.remember_visitor(request, answer)


async def send(request: Request) -> Response:
    """POST /sign-up: {username, password, agree, reason, invite, email}."""
    fields = await forms.read_form(request)
    if fields.get(TRAP):
        raise Unprocessable(_("This form was filled in by a program."), "honeypot")
    who = Application(
        name=fields.get("username", "").strip().removeprefix("@")[: limits.NAME_CHARS],
        password=fields.get("password", ""),
        agreed=bool(fields.get("agree")),
        reason=fields.get("reason", ""),
        invite=fields.get("invite", ""),
        email=fields.get("email", ""),
        language=texts.current(),
    )
    shown = {name: fields.get(name, "") for name in _KEPT}
    try:
        joined = await joining.join(context_of(request), who, sign_in.address_block(request))
    except Unfit as error:
        wrong = {_FIELDS.get(name, name): problem.sentence for name, problem in error.problems.items()}
        return await _form(request, shown, wrong, error.status)
    except (Conflict, Forbidden, TooMany) as error:
        return await _failed(request, shown, error)
    if joined.account is not None:
        answer = await sign_in.enter(request, context_of(request), joined.account.id, "/home")
        return said(request, answer, _("Welcome. This is your own page of what you follow; Make is where you begin."))
    return RedirectResponse(f"/sign-up/state/{joined.secret}", 303, {"Cache-Control": "no-store"})


# What apps call otherwise.
_FIELDS = {"agreement": "agree"}


async def _failed(request: Request, shown: dict[str, str], error: RequestError) -> Response:
    answer = await _form(request, shown, {"": _(error.public)}, error.status)
    retry_after = getattr(error, "retry_after", None)
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


async def state(request: Request) -> Response:
    """GET /sign-up/state/{secret}: how one's request stands; the address is all that opens it."""
    secret = request.path_params["secret"]
    async with context_of(request).database.read() as session:
        row = await requests.by_secret(session, secret) if sign_in.SECRET.fullmatch(secret) else None
    if row is None:
        raise Missing(_("There is no such request (any more)."))
    answer = page(request, "joining/state.html", kept=False, row=row)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return answer


async def show_confirmation(request: Request) -> Response:
    """GET /sign-up/confirm/{secret}: a page with a button, because mail programs open links by themselves."""
    return await _confirmation(request)


async def _confirmation(request: Request, *, done: bool = False, status: int = 200) -> Response:
    secret = request.path_params["secret"]
    async with context_of(request).database.read() as session:
        usable = sign_in.SECRET.fullmatch(secret) is not None and await one_time.works(session, secret, "confirm")
    answer = page(
        request, "joining/confirm.html", status, kept=False, usable=usable, done=done, csrf=forms.token(request)
    )
    answer.headers["Referrer-Policy"] = "strict-origin"
    return forms.remember_visitor(request, answer)


async def confirm(request: Request) -> Response:
    """POST /sign-up/confirm/{secret}"""
    await forms.read_form(request)
    secret = request.path_params["secret"]
    done = False
    if sign_in.SECRET.fullmatch(secret):
        async with context_of(request).database.write() as session:
            done = await one_time.confirm_address(session, secret)
    return await _confirmation(request, done=done, status=200 if done else 422)
