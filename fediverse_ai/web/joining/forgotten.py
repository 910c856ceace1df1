"""A forgotten password: a link by mail where there is mail, else by whoever runs the server; and what it opens."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import accounts, one_time, tries
from fediverse_ai import mail
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms, sign_in
from fediverse_ai.web.rendering import context_of, page, said


async def show(request: Request) -> Response:
    """GET /sign-in/forgotten"""
    answer = page(
        request, "joining/forgotten.html", kept=False, csrf=forms.token(request),
        mail=mail.configured(context_of(request).config),
    )  # fmt: skip
    return forms.remember_visitor(request, answer)


async def ask(request: Request) -> Response:
    """POST /sign-in/forgotten: {username}. The answer is the same for every name (OAU-12). Raises TooMany."""
    fields = await forms.read_form(request)
    context = context_of(request)
    name = accounts.normal_name(fields.get("username", ""))
    limiter = context.part(RateLimiter)
    limiter.check(f"reset:address:{sign_in.address_block(request)}", limits.RESET_MAILS)
    sends = mail.configured(context.config) and limiter.wait(f"reset:name:{name}", limits.RESET_MAILS) == 0
    async with context.database.write() as session:
        account = await accounts.account_of(session, name)
        acts = account is not None and await accounts.principal(session, account.id, frozenset(), "session") is not None
        if account is not None and acts and sends:
            await mail.send_to(session, account, "reset", {"name": name})
    words = _("If this name has a mail address here, a link is on its way to it. It works for half an hour.")
    return said(request, RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"}), words)


async def show_reset(request: Request) -> Response:
    """GET /sign-in/reset/{secret}"""
    return await _form(request)


async def _form(request: Request, wrong: dict[str, str] | None = None, status: int = 200) -> Response:
    secret = request.path_params["secret"]
    async with context_of(request).database.read() as session:
        usable = sign_in.SECRET.fullmatch(secret) is not None and await one_time.works(session, secret, "reset")
    answer = page(
        request, "joining/reset.html", status, kept=False, csrf=forms.token(request), usable=usable, wrong=wrong or {},
        most=limits,
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "strict-origin"
    return forms.remember_visitor(request, answer)


async def reset(request: Request) -> Response:
    """POST /sign-in/reset/{secret}: {new, again}. Afterwards one signs in as always, with a code where one is asked."""
    fields = await forms.read_form(request)
    context = context_of(request)
    block = sign_in.address_block(request)
    await tries.count(context, "address", block, limits.LOGIN_PER_ADDRESS, doubling=True)
    secret = request.path_params["secret"]
    if fields.get("new", "") != fields.get("again", ""):
        return await _form(request, {"again": _("This is not the same as above.")}, 422)
    account = None
    if sign_in.SECRET.fullmatch(secret):
        try:
            async with context.database.write() as session:
                account = await one_time.use_reset(session, secret, fields.get("new", ""))
        except Unprocessable as error:
            return await _form(request, {"new": _(error.public)}, error.status)
    if account is None:
        return await _form(request, status=422)
    words = _("The new password holds. You were signed out everywhere; sign in with it.")
    return said(request, RedirectResponse("/sign-in", 303, {"Cache-Control": "no-store"}), words)
