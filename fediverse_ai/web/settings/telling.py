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
        Option("private", _("Direct posts of people whom you do not follow")),
        Option("limited", _("People whom the moderators limited")),
    ]


def _words(group: str) -> list[Option]:
    """What may become of what a group does; whose direct posts do not arrive at all is a matter of privacy."""
    told_, aside = Option("tell", _("Tell me")), Option("aside", _("Put it aside until I let them in"))
    nothing = Option("drop", _("Tell me nothing"))
    if group == "limited":
        return [aside, nothing]
    return [told_, aside] if group == "private" else [told_, aside, nothing]


def _chosen(kept: told.Told, group: str) -> str:
    word = kept.word_for(group).value
    return "drop" if (group, word) == ("limited", "tell") else word


async def show(request: Request) -> Response:
    """The page."""
    async with context_of(request).database.read() as session:
        account, _actor = await frame.mine(session, request)
    kept = told.Told.of(account)
    groups = [(group, _words(group.value), _chosen(kept, group.value)) for group in _groups()]
    return frame.show(request, "notifications.html", kinds=_kinds(), groups=groups, off=kept.off)


async def save(request: Request) -> Response:
    """What is ticked is told; of each group of people what is chosen for it."""
    fields = await forms.read_form(request)
    off = frozenset(kind.value for kind in _kinds() if not fields.get(f"kind_{kind.value}"))
    said = {group.value: fields.get(f"from_{group.value}", "") for group in _groups()}
    chosen = told.Told(
        off,
        frozenset(group for group in told.GROUPS if said[group] == "drop"),
        frozenset(group for group in told.ASIDE if said[group] == "aside"),
    )
    async with context_of(request).database.write() as session:
        account, _actor = await frame.mine(session, request)
        account.told = chosen.kept()
        session.add(account)
    return frame.back(request, _PATH)
