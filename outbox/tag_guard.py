"""Hashtags under which people look for what people made: named before an AI picture is posted with one."""

from __future__ import annotations

from collections.abc import Collection

from fediverse_ai.core.config import Config
from outbox import text


def human_tags(config: Config, written: str) -> list[str]:
    """Hashtags of a text that belong to human art by this server's list, as they were written and in their order."""
    guarded = {name.lower() for name in config.posting.human_tags}
    return [name for name in text.hashtags_in(written) if name.lower() in guarded]


def without(written: str, names: Collection[str]) -> str:
    """The text without these hashtags; a line that held nothing else goes too."""
    unwanted = {name.lower() for name in names}
    lines = []
    for line in written.split("\n"):
        left = text.HASHTAG.sub(lambda found: "" if found[1].lower() in unwanted else found[0], line)
        if left == line:
            lines.append(line)
        elif left.strip():
            lines.append(" ".join(left.split()))
    return "\n".join(lines).strip()
