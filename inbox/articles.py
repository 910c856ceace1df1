"""Others' articles, pages, events and films as posts: a title, words that fit a feed, and where the whole is."""

from __future__ import annotations

import re
from html import escape
from typing import Any

from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.vocabulary import CONVERTED_TYPES
from fediverse_ai.core import html, limits

Json = dict[str, Any]

_HEADING = re.compile(r"<(/?)h[1-6]\b[^<>]{0,300}>", re.IGNORECASE)
# PeerTube writes its descriptions so, and says it.
_PLAIN = frozenset({"text/plain", "text/markdown"})


def is_article(body: Json) -> bool:
    """Is it none of the types that are shown as they are (Note, Question), but one that becomes a post (Mastodon)?"""
    return document.type_of(body) in CONVERTED_TYPES


def content_of(body: Json, page_url: str) -> str:
    """HTML of the post: the title, the words or their beginning, what a link post is about, and its page.

    `summary` is the beginning of an article here, and no warning (WordPress); without one the words are cut.
    """
    title = " ".join(html.text_of(document.text(body, "name", limits.NAME_CHARS, cut=True) or "").split())
    head = f"<p><strong>{escape(title, quote=False)}</strong></p>" if title else ""
    return html.clean(head + _words(body) + html.paragraphs("\n".join(dict.fromkeys([*_links(body), page_url]))))


def _words(body: Json) -> str:
    written = document.html(body) or document.html(body, "summary") or ""
    if (document.string(body, "mediaType", 100) or "").partition(";")[0].strip().lower() in _PLAIN:
        written = html.paragraphs(written)
    plain = html.text_of(written)
    if len(plain) <= limits.ARTICLE_CHARS:
        return _HEADING.sub(lambda found: "</strong></p>" if found[1] else "<p><strong>", written)
    beginning = html.text_of(document.html(body, "summary") or "") or plain
    return html.paragraphs(_cut(beginning))


def _cut(text: str) -> str:
    if len(text) <= limits.ARTICLE_CHARS:
        return text
    whole, _, _ = text[: limits.ARTICLE_CHARS].rpartition(" ")
    return f"{whole or text[: limits.ARTICLE_CHARS]}…"


def _links(body: Json) -> list[str]:
    """What a link post is about (Lemmy, PieFed, Mbin)."""
    links = (one for one in document.objects(body, "attachment") if document.type_of(one) == "Link")
    return [url for one in links if (url := document.link_of(one.get("href"))) is not None][:1]


def pictures_of(body: Json) -> list[Json]:
    """Attachments; an article without any has the picture at its head, and an Image is one itself."""
    attached = document.objects(body, "attachment")
    if not is_article(body) or any(document.type_of(one) != "Link" for one in attached):
        return attached
    itself = [body] if document.type_of(body) == "Image" else []
    return [*attached, *itself, *(document.objects(body, "image", 1) or _preview(body))]


def _preview(body: Json) -> list[Json]:
    """What a film shows before it runs: the widest of its icons (PeerTube)."""
    icons = document.objects(body, "icon") if document.type_of(body) in ("Audio", "Video") else []
    return sorted(icons, key=lambda icon: document.integer(icon, "width", 1, 100_000) or 0)[-1:]
