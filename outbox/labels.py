"""Every form of the AI label, in one place, from each picture's recorded origin.

The forms: a visible line with hashtags, the Hashtag in `tag`, `genAI` on the Note, `digitalSourceType` on the
attachment. The mark in the file itself is written by generation/provenance.py from the same IRI.
"""

from __future__ import annotations

import html as stdlib_html
from collections.abc import Sequence
from typing import Any

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core.config import Config
from outbox.belongings import Disclosure
from outbox.disclosure import disclosed
from outbox.models import Attachment, Origin, Post

SHOWN_ELSEWHERE = 4
AI_ORIGINS = frozenset({Origin.MADE_HERE, Origin.DECLARED_AI})


def is_ai(attachments: Sequence[Attachment]) -> bool:
    """Is any picture made by AI, by its recorded origin? Text alone never is."""
    return any(attachment.origin in AI_ORIGINS for attachment in attachments)


def tag_names(config: Config, attachments: Sequence[Attachment]) -> list[str]:
    """The hashtags of the label, as the admin has them."""
    return list(config.labels.hashtags) if is_ai(attachments) else []


def line(config: Config, attachments: Sequence[Attachment], level: str = Disclosure.FULL) -> str:
    """The visible line as HTML, or an empty string; with what made the pictures, if that may be known."""
    if not is_ai(attachments):
        return ""
    titles = dict.fromkeys(_title(attachment, level) for attachment in attachments if attachment.origin in AI_ORIGINS)
    named = stdlib_html.escape(", ".join(title for title in titles if title))
    tags = " ".join(hashtags.link(config.public_url, name) for name in config.labels.hashtags)
    return f"<p>AI-generated{' · ' if named else ''}{named} {tags}</p>"


def _title(attachment: Attachment, level: str) -> str:
    if attachment.origin == Origin.DECLARED_AI:
        return "declared by its author"
    known = disclosed(attachment.recipe, level)
    return f"{known.get('title') or known.get('generator') or ''} {known.get('version', '')}".strip()


def set_line(post: Post, attachments: Sequence[Attachment]) -> str:
    """The link to all pictures, for the servers that show the first four of them (Mastodon among them)."""
    if len(attachments) <= SHOWN_ELSEWHERE:
        return ""
    link = stdlib_html.escape(post.url or post.uri)
    return f'<p><a href="{link}">All {len(attachments)} pictures</a></p>'


def note_terms(attachments: Sequence[Attachment]) -> dict[str, Any]:
    """What the Note itself says; PieFed reads `genAI` at Create only, so it is right from the first delivery."""
    return {"genAI": True} if is_ai(attachments) else {}


def attachment_terms(attachment: Attachment) -> dict[str, Any]:
    if attachment.origin in AI_ORIGINS and attachment.digital_source_type:
        return {"digitalSourceType": attachment.digital_source_type}
    return {}
