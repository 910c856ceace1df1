"""A feed as Atom (RFC 4287)."""

from __future__ import annotations

from xml.etree import ElementTree as Xml

from fediverse_ai.web import channel as parts
from fediverse_ai.web import words
from fediverse_ai.web.channel import Channel, written
from outbox.queries import PostView

_ATOM = "http://www.w3.org/2005/Atom"


def document(channel: Channel) -> bytes:
    """The whole feed; of a covered post the warning and no picture."""
    root = Xml.Element("feed", {"xmlns": _ATOM, "xmlns:media": parts.MEDIA})
    written(root, "id", channel.uri)
    written(root, "title", channel.title)
    written(root, "updated", words.iso(channel.changed_ms))
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=channel.page_url)
    Xml.SubElement(root, "link", rel="self", type="application/atom+xml", href=channel.address("atom"))
    for view in channel.views:
        _entry(channel, root, view)
    return parts.packed(root)


def _entry(channel: Channel, root: Xml.Element, view: PostView) -> None:
    post, author = view.post, view.author
    pictures = parts.shown(channel.context, view)
    entry = Xml.SubElement(root, "entry")
    written(entry, "id", post.uri)
    written(entry, "title", parts.title(view))
    who = Xml.SubElement(entry, "author")
    written(who, "name", author.name or author.username)
    written(who, "uri", author.page_url)
    written(entry, "published", words.iso(post.published_ms or post.created_ms))
    written(entry, "updated", words.iso(parts.published_ms(view)))
    Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=post.url or post.uri)
    for term in [*post.hashtags, *parts.labels(pictures)]:
        Xml.SubElement(entry, "category", term=parts.clean(term))
    if parts.covered(view):
        return
    written(entry, "content", post.content).set("type", "html")
    for one, attachment in pictures:
        link = Xml.SubElement(entry, "link", rel="enclosure", type=one.media_type, href=one.url or "")
        link.set("title", parts.clean(one.alt or one.label))
        if attachment.size:
            link.set("length", str(attachment.size))
        parts.media(entry, one)
