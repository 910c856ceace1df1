"""ActivityRoute: one URL, two doors; which of ActivityPub and HTML a request asks for."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from starlette.routing import Match
from starlette.types import Scope

from fediverse_ai.activitypub.vocabulary import AS_CONTEXT
from fediverse_ai.core.access import Door
from fediverse_ai.core.limits import ACCEPT_CHARS, ACCEPTS_REMEMBERED

_PARAMETER: Final = re.compile(r'[ \t]*;[ \t]*(?:([A-Za-z0-9_-]+)[ \t]*=[ \t]*(?:"([^"\\]*)"|([^";,\s]+)))?[ \t]*')
_TYPE: Final = re.compile(r"[ \t]*([A-Za-z0-9*!#$&^_.+-]+/[A-Za-z0-9*!#$&^_.+-]+)[ \t]*")
_QUALITY: Final = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_ACTIVITY: Final = frozenset({"application/activity+json", "application/ld+json"})
_PAGES: Final = frozenset({"text/html", "application/xhtml+xml", "text/*"})
_ANYTHING: Final = frozenset({"*/*", "application/*", "application/json"})


def _ranges(header: str) -> list[tuple[str, dict[str, str]]]:
    """Media types with their parameters, in order; what does not parse ends the reading."""
    found: list[tuple[str, dict[str, str]]] = []
    position = 0
    while match := _TYPE.match(header, position):
        media_type, position = match[1].lower(), match.end()
        parameters: dict[str, str] = {}
        while (match := _PARAMETER.match(header, position)) and match.end() > position:
            position = match.end()
            if match[1]:
                parameters.setdefault(match[1].lower(), match[2] if match[2] is not None else match[3])
        found.append((media_type, parameters))
        if header[position : position + 1] != ",":
            break
        position += 1
    return found


def _quality(parameters: dict[str, str]) -> float:
    value = parameters.get("q", "1")
    return float(value) if _QUALITY.fullmatch(value) else 0.0


@lru_cache(ACCEPTS_REMEMBERED)
def wants_activity(accept: str | None, *, otherwise: bool = True) -> bool:
    """Whether an Accept header asks for ActivityPub rather than for a page (as peers send it: federation practice).

    True when `application/activity+json` or `application/ld+json` (with or without profile) is at least as welcome as
    HTML. A request that names neither (`*/*`, `application/json`, no header) gets `otherwise`.
    """
    best_activity = best_page = 0.0
    for media_type, parameters in _ranges((accept or "")[:ACCEPT_CHARS]):
        quality = _quality(parameters)
        if media_type in _ACTIVITY:
            best_activity = max(best_activity, quality)
        elif media_type in _PAGES:
            best_page = max(best_page, quality)
    if best_activity == best_page == 0.0:
        return otherwise
    return best_activity >= best_page


def is_activity_type(content_type: str) -> bool:
    """Whether a Content-Type is ActivityPub's: `application/activity+json`, or `application/ld+json` with its profile.

    A charset other than UTF-8 makes it something else (PAR-23, NET-13).
    """
    ranges = _ranges(content_type)
    if len(ranges) != 1 or "," in content_type:
        return False
    media_type, parameters = ranges[0]
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        return False
    if media_type == "application/ld+json":
        return AS_CONTEXT in parameters.get("profile", "").split(" ")
    return media_type == "application/activity+json"


class ActivityRoute(Door):
    """A Door that is there only for requests that ask for ActivityPub; a page under the same path answers the others.

    `otherwise` says who answers a request without preference: True suits ids (the default), False suits `/@name`.
    Both doors must answer with `Vary: Accept`.
    """

    def __init__(
        self, path: str, endpoint: Callable[..., Any], *, needs: str, otherwise: bool = True, **options: Any
    ) -> None:
        super().__init__(path, endpoint, needs=needs, **options)
        self.otherwise = otherwise

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As Route.matches, but nothing matches a request that prefers a page."""
        match, found = super().matches(scope)
        if match is not Match.NONE:
            accept = b", ".join(value for name, value in scope["headers"] if name == b"accept")
            if not wants_activity(accept.decode("latin-1")[:ACCEPT_CHARS], otherwise=self.otherwise):
                return Match.NONE, {}
        return match, found
