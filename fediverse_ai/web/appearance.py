"""How pages look for one reader: colours, size of text, motion, keys; kept in a cookie, for visitors too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai import auth
from fediverse_ai.core.config import Config
from fediverse_ai.core.limits import APPEARANCE_SECONDS

COOKIE = "appearance"
# What each part may say; the first of each means "as the system has it", or as usual.
THEMES = ("", "light", "dark")
TEXTS = ("", "small", "large", "larger")
MOTIONS = ("", "less")
KEYS = ("", "off")
COUNTS = ("", "off")


@dataclass(frozen=True, slots=True)
class Appearance:
    """One reader's choices, each a word of the tuples above."""

    theme: str = ""
    text: str = ""
    motion: str = ""
    keys: str = ""
    counts: str = ""
    """off: numbers of followers, likes and boosts are not shown."""


def read(request: Request) -> Appearance:
    """What this browser chose; a word that nobody offers counts as none."""
    words = (auth.cookie(request.scope, COOKIE) or "").split(".")
    offered = (THEMES, TEXTS, MOTIONS, KEYS, COUNTS)
    return Appearance(*(word if word in choices else "" for word, choices in zip(words, offered, strict=False)))


def keep(response: Response, config: Config, chosen: Appearance) -> None:
    """Remember the choices in this browser for a year."""
    auth.set_cookie(response, config, COOKIE, ".".join(astuple(chosen)), APPEARANCE_SECONDS)


def restore(response: Response, config: Config, kept: Mapping[str, str]) -> None:
    """Give this browser what an account keeps: the fields of Appearance, and `language`."""
    keep(response, config, Appearance(**{item.name: kept.get(item.name, "") for item in fields(Appearance)}))
    auth.set_cookie(response, config, "language", kept.get("language", ""), APPEARANCE_SECONDS)
