"""What an author wrote, read: mentions and hashtags found, HTML made."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fediverse_ai.core import html, limits

# `@name` or `@name@host`; not inside a word, an address or a URL.
MENTION = re.compile(r"(?<![\w/@.])@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([A-Za-z0-9.-]+(?::\d+)?))?")
# Letters, digits and underscore, not digits alone (FEP-eb48).
# Python's \w lacks the vowel signs and other marks of Hebrew, Arabic, Indic scripts, Thai, Lao and Burmese.
_LETTER = (
    r"[\w\u0300-\u036f\u0591-\u05bd\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0df3"
    r"\u0e31-\u0e3a\u0e47-\u0e4e\u0eb1-\u0ebc\u0ec8-\u0ecd\u102b-\u103e]"
)
HASHTAG = re.compile(rf"(?<![\w/#&])#({_LETTER}*[^\W\d]{_LETTER}*)")
_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """One mention as it is linked: `url` for people, `handle` without the leading @."""

    uri: str
    handle: str
    url: str


def mentions_in(text: str) -> list[str]:
    """Handles as written (`name` or `name@host`), each once, in order."""
    found = (f"{name}@{host}" if host else name for name, host in MENTION.findall(text))
    return list(dict.fromkeys(found))[: limits.POST_MENTIONS]


def hashtags_in(text: str) -> list[str]:
    """Hashtags as written, each once (compared without case), in order."""
    found: dict[str, str] = {}
    for name in HASHTAG.findall(text):
        found.setdefault(name.lower(), name)
    return list(found.values())[: limits.POST_TAGS]


def hashtag_name(text: str) -> str | None:
    """One hashtag with or without its #, in the lower case in which it is kept; None for what is none."""
    said = text.strip().removeprefix("#")[: limits.NAME_CHARS + 1]
    found = HASHTAG.fullmatch(f"#{said}") if len(said) <= limits.NAME_CHARS else None
    return found[1].lower() if found is not None else None


def hashtag_link(public_url: str, name: str) -> str:
    safe = stdlib_html.escape(name)
    href = f"{public_url}/tags/{safe.lower()}"
    return f'<a href="{href}" class="mention hashtag" rel="tag">#<span>{safe}</span></a>'


def mention_link(mentioned: Mentioned) -> str:
    name = stdlib_html.escape(mentioned.handle.partition("@")[0])
    href = stdlib_html.escape(mentioned.url)
    return f'<span class="h-card"><a href="{href}" class="u-url mention">@<span>{name}</span></a></span>'


def to_html(text: str, public_url: str, mentioned: Mapping[str, Mentioned]) -> str:
    """Paragraphs with links; `mentioned` maps handles as written to the actors they were found to be."""
    links: list[str] = []

    def keep(link: str) -> str:
        # Links are set aside while the text is escaped, in characters of the private use area.
        links.append(link)
        return f"\ue000{len(links) - 1}\ue001"

    def mention(match: re.Match[str]) -> str:
        handle = f"{match[1]}@{match[2]}" if match[2] else match[1]
        who = mentioned.get(handle)
        return keep(mention_link(who)) if who else match[0]

    prepared = text.replace("\ue000", "").replace("\ue001", "")
    prepared = MENTION.sub(mention, prepared)
    prepared = HASHTAG.sub(lambda match: keep(hashtag_link(public_url, match[1])), prepared)
    return _PLACEHOLDER.sub(lambda match: links[int(match[1])], html.paragraphs(prepared))
