"""GET /@NAME/feed.atom: a maker's open posts for feed readers (RFC 4287), the newest first."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.responses import etag_of
from fediverse_ai.web import words
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.profile import maker
from fediverse_ai.web.rendering import context_of
from outbox import queries as posts
from outbox.queries import PostView
from outbox.visibility import OPEN

_ATOM = "http://www.w3.org/2005/Atom"
# XML 1.0 knows no way to write these.
_FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


async def feed(request: Request) -> Response:
    """Open posts alone; of a covered one the warning and no picture."""
    context = context_of(request)
    async with context.database.read() as session:
        person = await maker(session, request.path_params["name"])
        found = await posts.profile(session, None, person.id, None, limits.PAGE_POSTS)
    body = _document(context, person, [view for view in found if view.post.visibility in OPEN])
    headers = {"Cache-Control": "public, max-age=300", "ETag": etag_of(body), "X-Content-Type-Options": "nosniff"}
    return Response(body, headers=headers, media_type="application/atom+xml; charset=utf-8")


def _document(context: Context, person: Actor, views: list[PostView]) -> bytes:
    root = Xml.Element("feed", xmlns=_ATOM)
    name = person.name or person.username
    changed = max([view.post.updated_ms or view.post.published_ms or 0 for view in views], default=person.published_ms)
    _text(root, "id", person.uri)
    _text(root, "title", name)
    _text(root, "updated", words.iso(changed))
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=person.page_url)
    here = f"{context.config.public_url}/@{person.username}/feed.atom"
    Xml.SubElement(root, "link", rel="self", type="application/atom+xml", href=here)
    author = Xml.SubElement(root, "author")
    _text(author, "name", name)
    _text(author, "uri", person.page_url)
    for view in views:
        _entry(context, root, view)
    written: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _entry(context: Context, root: Xml.Element, view: PostView) -> None:
    post = view.post
    covered = post.sensitive or bool(post.summary)
    entry = Xml.SubElement(root, "entry")
    _text(entry, "id", post.uri)
    _text(entry, "title", post.summary or title_of(post, view.attachments))
    published = post.published_ms or post.created_ms
    _text(entry, "published", words.iso(published))
    _text(entry, "updated", words.iso(post.updated_ms or published))
    Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=post.url or post.uri)
    for tag in post.hashtags:
        Xml.SubElement(entry, "category", term=tag.translate(_FORBIDDEN))
    if covered:
        return
    _text(entry, "content", post.content).set("type", "html")
    for attachment in view.attachments:
        shown = frame(context.storage, post, attachment)
        if shown.url:
            link = Xml.SubElement(entry, "link", rel="enclosure", type=shown.media_type, href=shown.url)
            link.set("title", (shown.alt or shown.label).translate(_FORBIDDEN))


def _text(parent: Xml.Element, name: str, value: str) -> Xml.Element:
    made = Xml.SubElement(parent, name)
    made.text = value.translate(_FORBIDDEN)
    return made
