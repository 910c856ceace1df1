"""A feed as RSS 2.0, for readers that know nothing newer."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from xml.etree import ElementTree as Xml

from fediverse_ai.web import channel as parts
from fediverse_ai.web.channel import Channel, written
from outbox.queries import PostView

_SPACES = {
    "xmlns:atom": "http://www.w3.org/2005/Atom",
    "xmlns:dc": "http://purl.org/dc/elements/1.1/",
    "xmlns:media": parts.MEDIA,
}


def document(channel: Channel) -> bytes:
    """The whole feed; of a covered post the warning and no picture."""
    root = Xml.Element("rss", {"version": "2.0", **_SPACES})
    inner = Xml.SubElement(root, "channel")
    written(inner, "title", channel.title)
    written(inner, "link", channel.page_url)
    written(inner, "description", channel.context.config.server.description or channel.title)
    written(inner, "lastBuildDate", _date(channel.changed_ms))
    Xml.SubElement(inner, "atom:link", rel="self", type="application/rss+xml", href=channel.address("rss"))
    for view in channel.views:
        _item(channel, inner, view)
    return parts.packed(root)


def _item(channel: Channel, inner: Xml.Element, view: PostView) -> None:
    post = view.post
    pictures = parts.shown(channel.context, view)
    item = Xml.SubElement(inner, "item")
    written(item, "title", parts.title(view))
    written(item, "link", post.url or post.uri)
    written(item, "guid", post.uri).set("isPermaLink", "false")
    written(item, "pubDate", _date(post.published_ms or post.created_ms))
    written(item, "dc:creator", view.author.name or view.author.username)
    for term in [*post.hashtags, *parts.labels(pictures)]:
        written(item, "category", term)
    if parts.covered(view):
        return
    written(item, "description", post.content)
    for one, attachment in pictures[:1]:
        # One enclosure for each item is all that readers expect; `length` is required, and 0 means unknown.
        size = str(attachment.size or 0)
        Xml.SubElement(item, "enclosure", url=one.url or "", type=one.media_type, length=size)
    for one, _attachment in pictures:
        parts.media(item, one)


def _date(ms: int) -> str:
    """Epoch milliseconds as RFC 822 has it, which RSS asks for."""
    return format_datetime(datetime.fromtimestamp(ms // 1000, UTC), usegmt=True)
