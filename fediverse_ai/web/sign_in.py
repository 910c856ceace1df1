"""In by password, by passkey or by a one-time link, and out again."""

from __future__ import annotations

import re

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import accounts, passkeys, requests, second_factor, tries
from actors.models import Account
from fediverse_ai import auth
from fediverse_ai.core import addresses, limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.log import auth_failed
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import appearance, challenges, forms, words
from fediverse_ai.web.rendering import context_of, me_of, on_the_way_to_an_app, page
from outbox import restraints
from outbox.records import Measure

# A path of ours: one slash first, and no character that a browser could read as another host (XSS-11).
_NEXT = re.compile(r"/(?:[\w@-][\w@.-]*(?:/[\w@-][\w@.-]*)*)?(?:\?[\w=&-]*)?", re.ASCII)
# Back to the consent page with what the app asked, encoded by us.
_CONSENT = re.compile(r"/oauth/authorize\?[\w=&%.~+*-]*", re.ASCII)
_WRONG = marked("Name and password do not belong together. Check both and try again.")
_PURPOSE = "in"
_UNKNOWN = marked("This passkey does not open an account here (any more). Sign in by your password instead.")
SECRET = re.compile(r"[\w-]{20,100}", re.ASCII)


async def show(request: Request) -> Response:
    """GET /sign-in"""
    if me_of(request) is not None:
        return RedirectResponse(safe_next(request.query_params.get("next", "")), 303)
    return form(request, goal=request.query_params.get("next", ""))


def form(
    request: Request, *, status: int = 200, goal: str = "", sentence: str = "", wrong: str = "", username: str = ""
) -> Response:
    """The sign-in page; also the answer to a page that needs a person and met a stranger."""
    config = context_of(request).config
    possible = passkeys.possible(config)
    answer = page(
        request,
        "sign_in.html",
        status,
        kept=False,
        csrf=forms.token(request),
        next=safe_next(goal),
        sentence=sentence,
        wrong=wrong,
        username=username,
        passkey=passkeys.options_to_enter(config, challenges.question(request, _PURPOSE)) if possible else "",
    )
    if _CONSENT.fullmatch(goal):
        on_the_way_to_an_app(answer)
    return forms.remember_visitor(request, answer)


async def check(request: Request) -> Response:
    """POST /sign-in. Raises TooMany after ten tries in a quarter of an hour, by address or by name (OAU-10)."""
    fields = await forms.read_form(request)
    context = context_of(request)
    username, goal = fields.get("username", "")[:100], fields.get("next", "")
    name = accounts.normal_name(username)
    await tries.count(context, "address", address_block(request), limits.LOGIN_PER_ADDRESS, doubling=True)
    await tries.count(context, "name", name, limits.LOGIN_PER_ACCOUNT, doubling=False)
    account = await accounts.check_password(context, username, fields.get("password", ""))
    if account is None and await requests.waiting_for(context, name, fields.get("password", "")) is not None:
        sentence = _("Your request to join still waits for an answer. Please come back later.")
        return form(request, status=422, goal=goal, wrong=sentence, username=username)
    if account is None:
        auth_failed(client_ip(request), "sign_in")
        why = await _why_not(context, username, fields.get("password", ""))
        if why is not None:
            return RedirectResponse(why, 303, {"Cache-Control": "no-store"})
        return form(request, status=422, goal=goal, wrong=_(_WRONG), username=username)
    await tries.forgive(context, "name", name)
    return await _go_on(request, context, account.id, safe_next(goal))


async def check_passkey(request: Request) -> Response:
    """POST /sign-in/passkey: the answer of a device to the page's question. No code is asked for beside it."""
    fields = await forms.read_form(request)
    context = context_of(request)
    goal, answer = fields.get("next", ""), fields.get("answer", "")
    await tries.count(context, "address", address_block(request), limits.LOGIN_PER_ADDRESS, doubling=True)
    try:
        challenge, asked_ms = challenges.asked(request, _PURPOSE, answer)
        async with context.database.write() as session:
            account_id = await passkeys.take(session, answer, challenge, asked_ms)
    except Unprocessable as error:
        return form(request, status=422, goal=goal, wrong=error.public)
    if account_id is None:
        auth_failed(client_ip(request), "passkey")
        return form(request, status=422, goal=goal, wrong=_(_UNKNOWN))
    async with context.database.read() as session:
        may = await accounts.principal(session, account_id, frozenset(), "session")
        made = await _suspension(session, account_id) if may is None else None
    if may is not None:
        return await enter(request, context, account_id, safe_next(goal))
    if made is not None:
        return RedirectResponse(restraints.statement_url("", made), 303, {"Cache-Control": "no-store"})
    return form(request, status=422, goal=goal, wrong=_(_UNKNOWN))


async def _suspension(session: AsyncSession, account_id: int) -> Measure | None:
    account = await session.get_one(Account, account_id)
    return await restraints.in_force(session, account.actor_id, "suspend")


async def _why_not(context: Context, username: str, password: str) -> str | None:
    """For somebody who is suspended and knows their password: where they read why, and may object."""
    async with context.database.read() as session:
        made = await restraints.suspension_of(session, accounts.normal_name(username))
    if made is None or await accounts.check_password(context, username, password, suspended=True) is None:
        return None
    return restraints.statement_url("", made)


async def _go_on(request: Request, context: Context, account_id: int, goal: str) -> Response:
    """In, or to the page that asks for a code."""
    async with context.database.read() as session:
        asked = await second_factor.is_on(session, account_id)
    if not asked:
        return await enter(request, context, account_id, goal)
    async with context.database.write() as session:
        ticket = await accounts.begin_second_step(session, account_id)
    return _code_form(request, ticket, goal)


def _code_form(request: Request, ticket: str, goal: str, *, wrong: str = "", status: int = 200) -> Response:
    answer = page(
        request,
        "sign_in_code.html",
        status,
        kept=False,
        csrf=forms.token(request),
        ticket=ticket,
        next=safe_next(goal),
        wrong=wrong,
    )
    if _CONSENT.fullmatch(goal):
        on_the_way_to_an_app(answer)
    return forms.remember_visitor(request, answer)


async def check_code(request: Request) -> Response:
    """POST /sign-in/code: the second step. Raises TooMany after five tries in a quarter of an hour."""
    fields = await forms.read_form(request)
    context = context_of(request)
    ticket, goal = fields.get("ticket", ""), fields.get("next", "")
    account_id: int | None = None
    if SECRET.fullmatch(ticket):
        async with context.database.read() as session:
            account_id = await accounts.second_step(session, ticket)
    if account_id is None:
        return form(request, status=422, goal=goal, wrong=_("That took too long. Please begin again."))
    await tries.count(context, "code", str(account_id), limits.CODES_PER_ACCOUNT, doubling=True)
    async with context.database.write() as session:
        right = await second_factor.check(session, account_id, fields.get("code", ""))
        if right:
            right = await accounts.second_step(session, ticket, used=True) is not None
    if not right:
        auth_failed(client_ip(request), "code")
        sentence = _("This code is not right, or was used before. Wait for the next one and try again.")
        return _code_form(request, ticket, goal, wrong=sentence, status=422)
    await tries.forgive(context, "code", str(account_id))
    return await enter(request, context, account_id, safe_next(goal))


async def show_link(request: Request) -> Response:
    """GET /sign-in/link/{secret}: a page with a button, because mail programs and previews open links by themselves."""
    context = context_of(request)
    secret = request.path_params["secret"]
    async with context.database.read() as session:
        usable = SECRET.fullmatch(secret) is not None and await accounts.link_works(session, secret)
    answer = page(request, "sign_in_link.html", kept=False, usable=usable, csrf=forms.token(request))
    # The address holds a secret: other pages learn our host at most. (no-referrer would break the form's Origin.)
    answer.headers["Referrer-Policy"] = "strict-origin"
    return forms.remember_visitor(request, answer)


async def use_link(request: Request) -> Response:
    """POST /sign-in/link/{secret}"""
    await forms.read_form(request)
    context = context_of(request)
    await tries.count(context, "address", address_block(request), limits.LOGIN_PER_ADDRESS, doubling=True)
    secret = request.path_params["secret"]
    account_id: int | None = None
    if SECRET.fullmatch(secret):
        async with context.database.write() as session:
            account = await accounts.use_link(session, secret)
            account_id = account.id if account is not None else None
    if account_id is None:
        auth_failed(client_ip(request), "link")
        answer = page(request, "sign_in_link.html", 422, kept=False, usable=False, csrf="")
        answer.headers["Referrer-Policy"] = "strict-origin"
        return answer
    return await _go_on(request, context, account_id, "/")


async def leave(request: Request) -> Response:
    """POST /sign-out: the session ends here and at the server, not only in this browser (OAU-13)."""
    await forms.read_form(request)
    context = context_of(request)
    name = auth.session_cookie_name(context.config)
    secret = auth.cookie(request.scope, name)
    if secret:
        async with context.database.write() as session:
            await accounts.close_session(session, secret)
    answer = RedirectResponse("/", 303, {"Cache-Control": "no-store", "Clear-Site-Data": '"cache"'})
    auth.drop_cookie(answer, context.config, name)
    return answer


async def enter(request: Request, context: Context, account_id: int, goal: str) -> Response:
    """A new session under a new secret; the one that this browser had, if any, ends."""
    name = auth.session_cookie_name(context.config)
    old = auth.cookie(request.scope, name)
    async with context.database.write() as session:
        if old:
            await accounts.close_session(session, old)
        secret = await accounts.open_session(session, account_id, words.browser(request.headers.get("user-agent", "")))
        account = await session.get_one(Account, account_id)
    answer = RedirectResponse(goal, 303, {"Cache-Control": "no-store"})
    auth.set_cookie(answer, context.config, name, secret, limits.SESSION_SECONDS)
    auth.drop_cookie(answer, context.config, auth.visitor_cookie_name(context.config))
    if account.appearance:
        appearance.restore(answer, context.config, account.appearance)
    return answer


def safe_next(goal: str) -> str:
    """Where to go afterwards: a plain path of this server, or the consent page, else the gallery."""
    if len(goal) <= limits.RECEIVE_TARGET_BYTES and _CONSENT.fullmatch(goal):
        return goal
    return goal if len(goal) <= 200 and _NEXT.fullmatch(goal) else "/"


def client_ip(request: Request) -> str | None:
    """Whoever is at the other end, as the listener knows it."""
    return request.client.host if request.client is not None else None


def address_block(request: Request) -> str:
    """What counts as one address: an IPv4 address, or an IPv6 network of 64 bits, which one person may own (OAU-11)."""
    return addresses.blocks_of(request.client.host if request.client is not None else "")[0][0]
