"""Hashtags in what people write (FEP-eb48): found, kept, linked, and listed in `tag`."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Iterable
from typing import Any

from fediverse_ai.core import html, limits

# Letters, digits and underscore, not digits alone (FEP-eb48).
# Python's \w lacks the vowel signs and other marks of Hebrew, Arabic, Indic scripts, Thai, Lao and Burmese.
_LETTER = (
    r"[\w\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0df3"
    r"\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e]"
)
HASHTAG = re.compile(rf"(?<![\w/#&])#({_LETTER}*[^\W\d]{_LETTER}*)")


def found_in(text: str) -> list[str]:
    """Hashtags as written, each once (compared without case), in order; those in web addresses are none."""
    found: dict[str, str] = {}
    for name in HASHTAG.findall(html.without_addresses(text)):
        found.setdefault(name.lower(), name)
    return list(found.values())[: limits.POST_TAGS]


def name_of(text: str) -> str | None:
    """One hashtag with or without its #, in the lower case in which it is kept; None for what is none."""
    said = text.strip().removeprefix("#")[: limits.NAME_CHARS + 1]
    found = HASHTAG.fullmatch(f"#{said}") if len(said) <= limits.NAME_CHARS else None
    return found[1].lower() if found is not None else None


def link(public_url: str, name: str) -> str:
    """The link that stands for a hashtag in HTML, in the form that every peer knows."""
    safe = stdlib_html.escape(name)
    href = f"{public_url}/tags/{safe.lower()}"
    return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{safe}</span></a>'


def linked(text: str, public_url: str) -> str:
    """Plain text as HTML, with its web addresses and hashtags as links."""
    aside = html.Aside()

    def change(part: str) -> str:
        return HASHTAG.sub(lambda match: aside.keep(link(public_url, match[1])), part)

    return aside.put_back(html.paragraphs(html.outside_addresses(aside.emptied(text), change)))


def tags(public_url: str, names: Iterable[str]) -> list[dict[str, Any]]:
    """The members of `tag` for these hashtags."""
    return [{"type": "Hashtag", "name": f"#{name}", "href": f"{public_url}/tags/{name.lower()}"} for name in names]
