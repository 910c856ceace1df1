"""What the pages of settings share: whose they are, the password asked again, and the way back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import accounts, tries
from actors.models import Account, Actor
from fediverse_ai import auth
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web.rendering import context_of, page, said


@dataclass(frozen=True, slots=True)
class Option:
    """One of several answers: its word, what people read, and what it means."""

    value: str
    name: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Wrong:
    """What was not right about a form: name of the field -> sentence; the sentence of a field "" is for all of it."""

    fields: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.fields)


def me(request: Request) -> Principal:
    return require(request, "session")


async def mine(session: AsyncSession, request: Request) -> tuple[Account, Actor]:
    """The account and actor of whoever asks. Raises Missing for one that was just erased."""
    who = me(request)
    account, actor = await session.get(Account, who.account_id), await session.get(Actor, who.actor_id)
    if account is None or actor is None:
        raise Missing("There is no such account (any more).")
    return account, actor


def show(request: Request, template: str, status: int = 200, *, wrong: Wrong | None = None, **values: Any) -> Response:
    """A page of settings; nobody caches it. `busy`: the lamp is on the page's own button."""
    told = (wrong or Wrong()).fields
    return page(request, f"settings/{template}", status, kept=False, busy=True, wrong=told, **values)


def back(request: Request, path: str, sentence: str = "", *, bad: bool = False) -> Response:
    """To the page of the form, which says what happened."""
    answer = RedirectResponse(path, 303, {"Cache-Control": "no-store"})
    return said(request, answer, sentence or _("Saved."), bad=bad)


def secret(request: Request) -> str:
    """The secret of this browser's session."""
    return auth.cookie(request.scope, auth.session_cookie_name(context_of(request).config)) or ""


async def refused(request: Request, context: Context, password: str) -> str:
    """Before what is dangerous: empty when this is the person's password, else a sentence.

    Tries count with those to sign in, so that nobody guesses here instead (OAU-10). Raises TooMany.
    """
    who = me(request)
    name = accounts.normal_name(who.username)
    async with context.database.read() as session:
        account = await session.get(Account, who.account_id)
    if account is None or account.password_hash is None:
        return _("Set a password first, under Security.")
    await tries.count(context, "name", name, limits.LOGIN_PER_ACCOUNT, doubling=False)
    if await accounts.check_password(context, who.username, password) is None:
        return _("This is not your password.")
    await tries.forgive(context, "name", name)
    return ""


def number(request: Request, name: str) -> int:
    """An id in the path; one that no row can have is that of nobody."""
    value: int = request.path_params[name]
    return value if value < 2**63 else 0
