"""Hashtags under which people look for what people made: named before an AI picture is posted with one."""

from __future__ import annotations

import re
from collections.abc import Collection

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import html
from fediverse_ai.core.config import Config


def human_tags(config: Config, written: str) -> list[str]:
    """Hashtags of a text that belong to human art by this server's list, as they were written and in their order."""
    guarded = {name.lower() for name in config.posting.human_tags}
    return [name for name in hashtags.found_in(written) if name.lower() in guarded]


def without(written: str, names: Collection[str]) -> str:
    """The text without these hashtags; a line that held nothing else goes too."""
    unwanted = {name.lower() for name in names}

    def left_of(found: re.Match[str]) -> str:
        return "" if found[1].lower() in unwanted else found[0]

    lines = []
    for line in written.split("\n"):
        left = html.outside_addresses(line, lambda part: hashtags.HASHTAG.sub(left_of, part))
        if left == line:
            lines.append(line)
        elif left.strip():
            lines.append(" ".join(left.split()))
    return "\n".join(lines).strip()
