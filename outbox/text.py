"""What an author wrote, read: mentions found, HTML made with them and with hashtags as links."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Mapping
from dataclasses import dataclass

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import html, limits

# `@name` or `@name@host`; not inside a word, an address or a URL.
MENTION = re.compile(r"(?<![\w/@.])@([A-Za-z0-9_]+(?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?)(?:@([A-Za-z0-9.-]+(?::\d+)?))?")


@dataclass(frozen=True, slots=True)
class Mentioned:
    """One mention as it is linked: `url` for people, `handle` without the leading @."""

    uri: str
    handle: str
    url: str


def mentions_in(text: str) -> list[str]:
    """Handles as written (`name` or `name@host`), each once, in order."""
    found = (f"{name}@{host}" if host else name for name, host in MENTION.findall(html.without_addresses(text)))
    return list(dict.fromkeys(found))[: limits.POST_MENTIONS]


def mention_link(mentioned: Mentioned) -> str:
    name = stdlib_html.escape(mentioned.handle.partition("@")[0])
    href = stdlib_html.escape(mentioned.url)
    return f'<span class="h-card"><a href="{href}" class="u-url mention">@<span>{name}</span></a></span>'


def to_html(text: str, public_url: str, mentioned: Mapping[str, Mentioned]) -> str:
    """Paragraphs with links; `mentioned` maps handles as written to the actors they were found to be."""
    aside = html.Aside()

    def mention(match: re.Match[str]) -> str:
        handle = f"{match[1]}@{match[2]}" if match[2] else match[1]
        who = mentioned.get(handle)
        return aside.keep(mention_link(who)) if who else match[0]

    def change(part: str) -> str:
        part = MENTION.sub(mention, part)
        return hashtags.HASHTAG.sub(lambda match: aside.keep(hashtags.link(public_url, match[1])), part)

    return aside.put_back(html.paragraphs(html.outside_addresses(aside.emptied(text), change)))
