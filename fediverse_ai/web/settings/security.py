"""/settings/security: password, passkeys, and the program whose codes are asked for at sign-in."""

from __future__ import annotations

import io

import segno
from starlette.requests import Request
from starlette.responses import Response

from actors import accounts, passkeys, second_factor, tries
from actors.models import Account, Login
from fediverse_ai import mail
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Wrong

PATH = "/settings/security"


async def show(request: Request) -> Response:
    """The page."""
    return await page(request)


async def page(
    request: Request,
    wrong: Wrong | None = None,
    status: int = 200,
    *,
    paper: list[str] | None = None,
    passkey: str = "",
    browser: str = "",
) -> Response:
    """All of it; `paper`: codes shown this once; `passkey`: what a device is asked, to make one."""
    async with context_of(request).database.read() as session:
        account, _actor = await frame.mine(session, request)
        secret = await second_factor.waiting_secret(session, account.id)
        is_on = await second_factor.is_on(session, account.id)
        left = await second_factor.paper_left(session, account.id)
        sessions = await accounts.sessions_of(session, account.id)
        own_keys = await passkeys.of_account(session, account.id)
    groups = [secret[start : start + 4] for start in range(0, len(secret), 4)] if secret else []
    return frame.show(
        request,
        "security.html",
        status,
        wrong=wrong,
        has_password=account.password_hash is not None,
        is_on=is_on,
        secret=" ".join(groups),
        left=left,
        paper=paper or [],
        sessions=len(sessions),
        most=limits,
        mail=mail.configured(context_of(request).config),
        email=account.email,
        passkeys=own_keys,
        passkeys_possible=passkeys.possible(context_of(request).config),
        passkey=passkey,
        browser=browser,
    )


async def change_password(request: Request) -> Response:
    """POST /settings/security/password: asks for the old one; who has none may set one in a session of this hour."""
    fields = await forms.read_form(request)
    context = context_of(request)
    new = fields.get("new", "")
    wrong: dict[str, str] = {}
    if not limits.PASSWORD_MIN_CHARS <= len(new) <= limits.PASSWORD_MAX_CHARS:
        wrong["new"] = _("A password has %(least)d to %(most)d characters.") % {
            "least": limits.PASSWORD_MIN_CHARS,
            "most": limits.PASSWORD_MAX_CHARS,
        }
    elif new != fields.get("again", ""):
        wrong["again"] = _("This is not the same as above.")
    if not wrong and (refusal := await may_change(request, fields.get("password", ""))):
        wrong["password"] = refusal
    if wrong:
        return await page(request, Wrong(wrong), 422)
    keep = frame.secret(request) if fields.get("others") else "all"
    async with context.database.write() as session:
        await accounts.change_password(session, frame.me(request).account_id, new, keep=keep)
    if fields.get("others"):
        return frame.back(request, PATH, _("The new password holds. You are signed out everywhere else."))
    return frame.back(request, PATH, _("The new password holds."))


async def may_change(request: Request, password: str) -> str:
    """Empty when this is the person's password, or they have none and just came in; else why not. Raises TooMany."""
    context = context_of(request)
    async with context.database.read() as session:
        account = await session.get_one(Account, frame.me(request).account_id)
        logins = await accounts.sessions_of(session, account.id)
    if account.password_hash is not None:
        return await frame.refused(request, context, password)
    if _is_fresh(logins, frame.secret(request), context.clock.now_ms()):
        return ""
    return _("Sign in anew by a one-time link, then set a password within the hour.")


def _is_fresh(logins: list[Login], secret: str, now_ms: int) -> bool:
    own = next((login for login in logins if login.secret_hash == accounts.digest(secret)), None)
    return own is not None and now_ms - own.created_ms <= limits.FRESH_SESSION_SECONDS * 1000


async def begin(request: Request) -> Response:
    """POST /settings/security/two-factor: a new secret, after the password."""
    fields = await forms.read_form(request)
    context = context_of(request)
    if refusal := await frame.refused(request, context, fields.get("password", "")):
        return await page(request, Wrong({"begin_password": refusal}), 422)
    async with context.database.write() as session:
        await second_factor.begin(session, frame.me(request).account_id)
    return frame.back(request, f"{PATH}#two-factor", _("Now show the squares to your program and type its code."))


async def squares(request: Request) -> Response:
    """GET /settings/security/squares.svg: the waiting secret as a QR code, for its owner alone."""
    async with context_of(request).database.read() as session:
        account, actor = await frame.mine(session, request)
        secret = await second_factor.waiting_secret(session, account.id)
    if secret is None:
        raise Missing("There is nothing to show.")
    written = io.BytesIO()
    code = segno.make(second_factor.address(context_of(request), actor, secret), error="m", micro=False)
    plain = {"xmldecl": False, "svgclass": None, "lineclass": None}
    code.save(written, kind="svg", scale=4, border=4, dark="#000", light="#fff", **plain)
    headers = {
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    }
    return Response(written.getvalue(), headers=headers, media_type="image/svg+xml")


async def confirm(request: Request) -> Response:
    """POST /settings/security/two-factor/confirm: the first right code; the answer shows the recovery codes, once."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    await tries.count(context, "code", str(me.account_id), limits.CODES_PER_ACCOUNT, doubling=True)
    async with context.database.write() as session:
        paper = await second_factor.confirm(session, me.account_id, fields.get("code", "").replace(" ", ""))
        if paper is not None:
            # Whoever is signed in elsewhere never showed a code; neither did a stolen session.
            await accounts.end_other_sessions(session, me.account_id, frame.secret(request))
    if paper is None:
        return await page(request, Wrong({"code": _("This code is not right. Wait for the next one.")}), 422)
    await tries.forgive(context, "code", str(me.account_id))
    return await page(request, paper=paper)


async def new_paper(request: Request) -> Response:
    """POST /settings/security/two-factor/recovery: new recovery codes, after the password."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    if refusal := await frame.refused(request, context, fields.get("password", "")):
        return await page(request, Wrong({"paper_password": refusal}), 422)
    async with context.database.write() as session:
        if not await second_factor.is_on(session, me.account_id):
            raise Missing("Two-factor sign-in is off.")
        paper = await second_factor.new_paper(session, me.account_id)
    return await page(request, paper=paper)


async def end(request: Request) -> Response:
    """POST /settings/security/two-factor/end: off, after the password and a code; an unfinished start just ends."""
    fields = await forms.read_form(request)
    context, me = context_of(request), frame.me(request)
    async with context.database.read() as session:
        is_on = await second_factor.is_on(session, me.account_id)
    if is_on and (refusal := await frame.refused(request, context, fields.get("password", ""))):
        return await page(request, Wrong({"end_password": refusal}), 422)
    if is_on:
        await tries.count(context, "code", str(me.account_id), limits.CODES_PER_ACCOUNT, doubling=True)
    async with context.database.write() as session:
        right = not is_on or await second_factor.check(session, me.account_id, fields.get("code", ""))
        if right:
            await second_factor.remove(session, me.account_id)
    if not right:
        return await page(request, Wrong({"end_code": _("This code is not right, or was used before.")}), 422)
    return frame.back(request, PATH, _("No code is asked for any more."))
