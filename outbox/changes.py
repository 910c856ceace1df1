"""What a client's Update changes: members that are named are replaced, null removes, and what must stay is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.activitypub.document import Document
from fediverse_ai.core import html, limits
from fediverse_ai.core.errors import Forbidden, Unprocessable
from outbox import drafting
from outbox.edit import Change
from outbox.models import Attachment, Post

Json = dict[str, Any]

_WORDS = frozenset({"content", "contentMap", "source", "summary", "summaryMap", "sensitive", "attachment"})
# Members that are made anew from the others, and what only says of what kind the object is.
_MADE = frozenset({"@context", "type", "tag", "updated", "mediaType", "generator", "genAI"})
_FLAGS = {
    "manuallyApprovesFollowers": "manually_approves",
    "discoverable": "discoverable",
    "indexable": "indexable",
}
_PROFILE = frozenset({"name", "nameMap", "summary", "summaryMap", *_FLAGS})


def of_post(post: Post, obj: Document, attachments: list[Attachment], storage_url: Any) -> Change:
    """The change of a published post. Raises Forbidden for members that stay as they are."""
    stored = document.parse(post.document) if post.document is not None else {}
    _check_others(obj, stored, _WORDS | _MADE)
    words = drafting.written({**obj, "type": "Note"})
    alts = _alts(obj, attachments, storage_url) if "attachment" in obj else {}
    return Change(text=words.text, summary=words.summary, sensitive=words.sensitive, alts=alts)


def _check_others(obj: Document, stored: Document, allowed: Collection[str]) -> None:
    for name, value in obj.items():
        if name not in allowed and value != stored.get(name) and not _same_id(value, stored.get(name)):
            raise Forbidden(f"`{name}` cannot be changed.")


def _same_id(one: Any, other: Any) -> bool:
    """A collection may be named by its id where the object embeds it."""
    return document.id_of(one) is not None and document.id_of(one) == document.id_of(other)


def _alts(obj: Document, attachments: list[Attachment], storage_url: Any) -> dict[int, str]:
    """Attachment id -> new description. The pictures of a published post stay as they are."""
    known = {storage_url(item.file): item for item in attachments if item.file is not None}
    given = {document.link_of(value.get("url")): value for value in document.objects(obj, "attachment")}
    if given.keys() != known.keys():
        raise Forbidden("The pictures of a published post stay as they are; only their descriptions can be changed.")
    return {
        known[url].id: html.text_of(alt)
        for url, value in given.items()
        if url is not None and (alt := document.alt_text(value, limits.CONTENT_CHARS)) is not None
    }


def chosen(obj: Document, attachments: list[Attachment], storage_url: Any) -> list[int]:
    """Of the pictures that wait to be picked from, the positions of those that an Update lists, in its order."""
    positions = {storage_url(item.file): position for position, item in enumerate(attachments)}
    urls = [document.link_of(value.get("url")) for value in document.objects(obj, "attachment")]
    if not urls or any(url not in positions for url in urls):
        raise Unprocessable("List in `attachment` the pictures that you pick.")
    return [positions[url or ""] for url in urls]


def of_profile(actor: Actor, obj: Document) -> Json:
    """The fields of `actors.local.edit` that an Update of one's own actor names. Raises Forbidden for all others."""
    stored = document.parse(actor.document) if actor.document is not None else {}
    _check_others(obj, stored, _PROFILE | {"@context", "type", "updated", "published"})
    found: Json = {}
    for name in ("name", "summary"):
        if name in obj or f"{name}Map" in obj:
            found[name] = html.text_of(document.text(obj, name, limits.BIO_CHARS) or "")
    for term, column in _FLAGS.items():
        if obj.get(term) is not None:
            if not isinstance(obj[term], bool):
                raise Unprocessable(f"`{term}` is true or false.")
            found[column] = obj[term]
    return found
