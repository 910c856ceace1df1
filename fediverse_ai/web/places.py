"""Where one can go: the entries of every navigation, and who sees them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from actors.stops import ACCOUNT, MODEL, Stop
from fediverse_ai.core.access import Principal
from fediverse_ai.core.roles import Right
from fediverse_ai.core.texts import _, marked


@dataclass(frozen=True, slots=True)
class Place:
    """One entry: where, its name in the reader's language, whether it is this page or holds it, and an icon's name."""

    href: str
    name: str
    here: bool = False
    next: bool = False
    icon: str = ""
    """Of templates/icons.html; where there is one, the place lies under the thumb on a phone."""


@dataclass(frozen=True, slots=True)
class Family:
    """A navigation of its own beside a family of pages: address of its first page, name, and pages by address."""

    href: str
    name: str
    right: Right
    pages: tuple[tuple[str, str], ...]


# Names are marked here and translated where they are shown.
FAMILIES: dict[str, Family] = {
    "settings": Family(
        "/settings",
        marked("Settings"),
        Right.TAKE_PART,
        (
            ("/settings", marked("Profile")),
            ("/settings/appearance", marked("Appearance")),
            ("/settings/privacy", marked("Privacy and consent")),
            ("/settings/filters", marked("AI dial and filters")),
            ("/settings/tags", marked("Hashtags you follow")),
            ("/settings/notifications", marked("Notifications")),
            ("/settings/sessions", marked("Sessions and apps")),
            ("/settings/security", marked("Security")),
            ("/settings/quotas", marked("What you may use")),
            ("/settings/invites", marked("Invitations")),
            ("/settings/data", marked("Import and export")),
            ("/settings/account", marked("Move or delete")),
        ),
    ),
    "moderation": Family(
        "/moderation",
        marked("Moderation"),
        Right.MODERATE,
        (
            ("/moderation", marked("Queue")),
            ("/moderation/appeals", marked("Appeals")),
            ("/moderation/reports", marked("Reports")),
            ("/moderation/legal", marked("Legal notices")),
            ("/moderation/accounts", marked("Accounts")),
            ("/moderation/requests", marked("Requests to join")),
            ("/moderation/log", marked("Audit log")),
        ),
    ),
    "owner": Family(
        "/owner",
        marked("This server"),
        Right.RUN,
        (
            ("/owner", marked("Overview")),
            ("/owner/federation", marked("Federation")),
            ("/owner/rules", marked("Domain rules")),
            ("/owner/policy", marked("Policy")),
            ("/owner/people", marked("People")),
            ("/owner/invites", marked("Sign-ups and invitations")),
            ("/owner/requests", marked("Requests to join")),
            ("/owner/announcements", marked("Announcements")),
            ("/owner/models", marked("Models")),
            ("/owner/disk", marked("Room on the disk")),
            ("/owner/backups", marked("Backups")),
            ("/owner/health", marked("Health")),
            ("/owner/trace", marked("One post's way")),
            ("/owner/stop", marked("Stop switch")),
        ),
    ),
}

# The foot of every page, for everybody.
FOOT: tuple[tuple[str, str], ...] = (
    ("/about", marked("About this server")),
    ("/docs", marked("Documents")),
    ("/models", marked("Models")),
    ("/verify", marked("Made here?")),
    ("/federation", marked("Other servers")),
    ("/transparency", marked("Transparency")),
    ("/report", marked("Report something")),
    ("/opt-out", marked("I dislike AI images")),
)


def foot() -> list[Place]:
    """What everybody may look up about this server."""
    return [Place(href, _(name)) for href, name in FOOT]


def main(me: Principal | None, here: str) -> list[Place]:
    """The top line: five places for a member, what a stranger may look at otherwise."""
    if me is None:
        entries = [("/explore", _("Explore"), ""), ("/about", _("About"), ""), ("/sign-in", _("Sign in"), "")]
    else:
        entries = [
            ("/home", _("Home"), "home"),
            ("/explore", _("Explore"), "explore"),
            ("/make", _("Make"), "make"),
            ("/notifications", _("Activity"), "activity"),
            (f"/@{me.username}", _("You"), "you"),
        ]
    return [Place(href, name, here == href, href == "/make", icon) for href, name, icon in entries]


def families(me: Principal | None) -> list[Place]:
    """The page families that this person may enter, for the foot of every page."""
    if me is None:
        return []
    return [Place(family.href, _(family.name)) for family in FAMILIES.values() if me.may(family.right)]


def family_name(family: str) -> str:
    """What a family of pages is called."""
    return _(FAMILIES[family].name)


def beside(family: str, here: str) -> list[Place]:
    """The navigation beside the pages of a family; the deepest entry that holds `here` is the current one."""
    pages = FAMILIES[family].pages
    held = [href for href, _name in pages if here == href or here.startswith(href + "/")]
    current = max(held, key=len, default="")
    return [Place(href, _(name), href == current) for href, name in pages]


@dataclass(frozen=True, slots=True)
class Standstill:
    """What the foot of a page says of one stop; `since` in epoch milliseconds."""

    name: str
    since: int
    reason: str


_STOPPED = {
    "generation": marked("making pictures"),
    "outbox": marked("publishing"),
    "federation": marked("talking with other servers"),
}


def stopped(stops: Iterable[Stop]) -> list[Standstill]:
    """What stands still, in the reader's words."""
    return [Standstill(stopped_name(stop.scope), stop.since_ms, stop.reason) for stop in stops]


def stopped_name(scope: str) -> str:
    """What a scope of the stop switch is called."""
    if scope.startswith(MODEL):
        return _("the model %(name)s") % {"name": scope.removeprefix(MODEL)}
    if scope.startswith(ACCOUNT):
        return _("the account @%(name)s") % {"name": scope.removeprefix(ACCOUNT)}
    return _(_STOPPED[scope])
