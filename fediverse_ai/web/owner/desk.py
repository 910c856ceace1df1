"""What the pages of the owner share: who decides, how a page looks, and the way back."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Account
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Malformed, Misconfigured, Missing, TooLarge
from fediverse_ai.web import forms
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import page

# What a person may have done wrong, or what has changed meanwhile: said on the page that they were on.
SAYABLE = (*desk.SAYABLE, Malformed, Misconfigured, TooLarge)
back = desk.back
reason_of = desk.reason_of


async def admin(session: AsyncSession, request: Request) -> Account:
    """The account of the admin or owner who asks."""
    account = await session.get(Account, require(request, "admin").account_id)
    if account is None:
        raise Missing("There is no such account (any more).")
    return account


def base(session: AsyncSession) -> str:
    """The address of this server, for links that are shown."""
    return context_of(session).config.public_url


async def form(request: Request) -> dict[str, str]:
    """The fields of an admin's form."""
    require(request, "admin")
    return await forms.read_form(request)


def show(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page of the owner; nobody caches it."""
    return page(request, f"owner/{template}", status, kept=False, most=limits.NAME_CHARS, **values)
