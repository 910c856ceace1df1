"""Polls by others (FEP-9967): a Question is a post with choices and counts. Ours vote in them by outbox/votes.py."""

from __future__ import annotations

from typing import Any

from fediverse_ai.activitypub import document
from fediverse_ai.core import limits
from fediverse_ai.core.html import text_of


def poll_of(body: dict[str, Any]) -> dict[str, Any] | None:
    """{multiple, options: [{title, votes}], voters, ends_ms, closed_ms} of a Question; None for everything else.

    `oneOf` or `anyOf` hold the choices, each with its votes as `replies.totalItems` (Mastodon, Misskey).
    """
    if document.type_of(body) != "Question":
        return None
    multiple = bool(document.objects(body, "anyOf"))
    found = document.objects(body, "anyOf" if multiple else "oneOf")[: limits.POLL_OPTIONS]
    options = []
    for choice in found:
        title = text_of(document.text(choice, "name", limits.NAME_CHARS, cut=True) or "")
        replies = choice.get("replies")
        counted = (
            document.integer(replies, "totalItems", 0, limits.JSON_INTEGER_MAX) if isinstance(replies, dict) else 0
        )
        if title:
            options.append({"title": title, "votes": counted or 0})
    if not options:
        return None
    return {
        "multiple": multiple,
        "options": options,
        "voters": document.integer(body, "votersCount", 0, limits.JSON_INTEGER_MAX),
        "ends_ms": document.timestamp_ms(body, "endTime"),
        "closed_ms": document.timestamp_ms(body, "closed"),
    }
