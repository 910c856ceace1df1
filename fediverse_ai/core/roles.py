"""What a role may do: the one table of roles and rights, for doors, verbs and the documents alike."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from fediverse_ai.core.texts import marked


class Role(StrEnum):
    """What somebody is on this server, from the least to the most."""

    MEMBER = "member"
    MODERATOR = "moderator"
    ADMIN = "admin"
    OWNER = "owner"


class Right(StrEnum):
    """One thing that a role may do, or not."""

    TAKE_PART = "take-part"
    MODERATE = "moderate"
    ADMIT = "admit"
    INVITE = "invite"
    RUN = "run"
    NAME_MODERATORS = "name-moderators"
    NAME_ADMINS = "name-admins"


MEANINGS: Final[Mapping[Right, str]] = {
    Right.TAKE_PART: marked("make, post, follow and everything of one's own"),
    Right.MODERATE: marked("decide what is held or reported, and act on people of lower roles"),
    Right.ADMIT: marked("let in or turn away who asked to join"),
    Right.INVITE: marked("invite people; members too, where the owner allows it"),
    Right.RUN: marked("see and steer the server: pages under This server, sign-ups, announcements"),
    Right.NAME_MODERATORS: marked("give and take the role of a moderator"),
    Right.NAME_ADMINS: marked("give and take the roles of admins and owners"),
}

_MODERATOR: Final = frozenset({Right.TAKE_PART, Right.MODERATE, Right.ADMIT})
_ADMIN: Final = _MODERATOR | {Right.INVITE, Right.RUN, Right.NAME_MODERATORS}
MAY: Final[Mapping[Role, frozenset[Right]]] = {
    Role.MEMBER: frozenset({Right.TAKE_PART}),
    Role.MODERATOR: _MODERATOR,
    Role.ADMIN: _ADMIN,
    Role.OWNER: _ADMIN | {Right.NAME_ADMINS},
}
NAMES: Final = tuple(role.value for role in Role)


def may(role: str, right: Right) -> bool:
    """Whether a role has a right; a word that is no role has none."""
    return right in MAY.get(Role(role), frozenset()) if role in NAMES else False


def holding(right: Right) -> frozenset[str]:
    """The roles that have a right."""
    return frozenset(role.value for role in Role if right in MAY[role])


def rank(role: str) -> int:
    """0 for members up to 3 for owners: nobody acts on people of their own rank or a higher one."""
    return NAMES.index(role) if role in NAMES else 0


def naming(role: str) -> Right:
    """The right that giving or taking a role needs; the right to take part goes with every account."""
    return Right.NAME_ADMINS if role in (Role.ADMIN, Role.OWNER) else Right.NAME_MODERATORS
