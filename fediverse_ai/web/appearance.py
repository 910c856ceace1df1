"""How pages look for one reader: colours, size of text, motion, keys; kept in a cookie, for visitors too."""

from __future__ import annotations

from dataclasses import astuple, dataclass

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


@dataclass(frozen=True, slots=True)
class Appearance:
    """One reader's choices, each a word of the tuples above."""

    theme: str = ""
    text: str = ""
    motion: str = ""
    keys: str = ""


def read(request: Request) -> Appearance:
    """What this browser chose; a word that nobody offers counts as none."""
    words = (auth.cookie(request.scope, COOKIE) or "").split(".")
    offered = (THEMES, TEXTS, MOTIONS, KEYS)
    return Appearance(*(word if word in choices else "" for word, choices in zip(words, offered, strict=False)))


def keep(response: Response, config: Config, chosen: Appearance) -> None:
    """Remember the choices in this browser for a year."""
    auth.set_cookie(response, config, COOKIE, ".".join(astuple(chosen)), APPEARANCE_SECONDS)
