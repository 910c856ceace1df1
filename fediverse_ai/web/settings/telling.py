"""GET and POST /settings/notifications: which kinds are told, and of whom nothing."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Option
from outbox import told

_PATH = "/settings/notifications"


def _kinds() -> list[Option]:
    return [
        Option("follow", _("Somebody follows you")),
        Option("mention", _("Somebody names you or answers you")),
        Option("like", _("Somebody likes a post of yours")),
        Option("boost", _("Somebody boosts a post of yours")),
        Option("quote", _("Somebody quotes a post of yours")),
        Option("remix", _("Somebody makes a picture from yours")),
        Option("post", _("Somebody posts of whom you asked to hear every post")),
        Option("moved", _("Somebody whom you follow moved")),
    ]


def _groups() -> list[Option]:
    return [
        Option("not_followed", _("People whom you do not follow")),
        Option("not_followers", _("People who do not follow you")),
        Option("new", _("Accounts that are younger than a month")),
    ]


async def show(request: Request) -> Response:
    """The page."""
    async with context_of(request).database.read() as session:
        account, _actor = await frame.mine(session, request)
    kept = told.Told.of(account)
    return frame.show(
        request, "notifications.html", kinds=_kinds(), groups=_groups(), off=kept.off, not_from=kept.not_from
    )


async def save(request: Request) -> Response:
    """What is ticked is told; of the groups that are ticked nothing is."""
    fields = await forms.read_form(request)
    off = [kind.value for kind in _kinds() if not fields.get(f"kind_{kind.value}")]
    groups = [group.value for group in _groups() if fields.get(f"from_{group.value}")]
    async with context_of(request).database.write() as session:
        account, _actor = await frame.mine(session, request)
        account.told = {"off": off, "not_from": groups}
        session.add(account)
    return frame.back(request, _PATH)
