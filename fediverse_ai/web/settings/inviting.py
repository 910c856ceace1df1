"""/settings/quotas: what one may use and what is left; /settings/invites: one's own invitations."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import invites
from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.errors import RequestError
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.owner.admission import number_of
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from outbox import budget, quotas

_PATH = "/settings/invites"


async def quota(request: Request) -> Response:
    """GET /settings/quotas"""
    async with context_of(request).database.read() as session:
        account, actor = await frame.mine(session, request)
        shares = await quotas.shares(session, actor.id)
        public = await budget.of_today(session, actor)
    named = [(_(quotas.KINDS[share.kind]), share) for share in shares]
    return frame.show(request, "quotas.html", shares=named, public=public, role=account.role)


async def show(request: Request) -> Response:
    """GET /settings/invites"""
    return await _page(request)


async def _page(request: Request, link: str = "") -> Response:
    async with context_of(request).database.read() as session:
        account, _actor = await frame.mine(session, request)
        may = await invites.may_invite(session, account)
        found = await invites.listed(session, made_by=account.id)
    return frame.show(request, "invites.html", may=may, found=found, link=link, bounds=limits)


async def make(request: Request) -> Response:
    """POST /settings/invites: {uses, days, note}: the answer shows the link, once."""
    fields = await forms.read_form(request)
    context = context_of(request)
    try:
        async with context.database.write() as session:
            by = await session.get_one(Account, frame.me(request).account_id)
            uses, days = number_of(fields, "uses"), number_of(fields, "days")
            _row, secret = await invites.make(session, by, uses=uses, days=days, note=fields.get("note", ""))
    except RequestError as error:
        return frame.back(request, _PATH, _(error.public), bad=True)
    return await _page(request, f"{context.config.public_url}/invite/{secret}")


async def revoke(request: Request) -> Response:
    """POST /settings/invites/{invite_id}/revoke. Raises Missing for another's as for none."""
    await forms.read_form(request)
    async with context_of(request).database.write() as session:
        by = await session.get_one(Account, frame.me(request).account_id)
        await invites.revoke(session, frame.number(request, "invite_id"), by)
    return frame.back(request, _PATH, _("The link lets nobody in any more."))
