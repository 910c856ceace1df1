"""POST /settings/security/mail: where mail for somebody goes; proved by a link before it counts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai import mail
from fediverse_ai.core import limits, texts
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame

_PATH = "/settings/security#mail"


async def change(request: Request) -> Response:
    """{email, password}: an empty address forgets the one that is kept. Raises TooMany, Missing without mail."""
    fields = await forms.read_form(request)
    context = context_of(request)
    if not mail.configured(context.config):
        raise Missing(_("This server sends no mail."))
    async with context.database.read() as session:
        account, actor = await frame.mine(session, request)
    if account.password_hash is not None and (
        refusal := await frame.refused(request, context, fields.get("password", ""))
    ):
        return frame.back(request, _PATH, refusal, bad=True)
    written = fields.get("email", "").strip()
    try:
        address = mail.checked_address(written) if written else None
    except Unprocessable as error:
        return frame.back(request, _PATH, _(error.public), bad=True)
    context.part(RateLimiter).check(f"confirm:{account.id}", limits.CONFIRM_MAILS)
    async with context.database.write() as session:
        account, actor = await frame.mine(session, request)
        if account.email is not None and account.email != address:
            # Whoever takes an account over by its address is noticed at the old one (OAU-21).
            await mail.send_to(session, account, "moved", {"name": actor.username})
        if address is None:
            account.email = None
            session.add(account)
        else:
            about = {"name": actor.username}
            await mail.send(session, "confirm", address, account_id=account.id, language=texts.current(), about=about)
    words = _("Open the link that comes to this address.") if address else _("No mail goes to you any more.")
    return frame.back(request, _PATH, words)
