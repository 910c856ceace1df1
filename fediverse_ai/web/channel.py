"""What a feed is made of, whatever its form: who it is of, its posts, and of each what may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree import ElementTree as Xml

from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import _
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.pictures import Frame, frame
from outbox.models import Attachment
from outbox.queries import PostView

MEDIA = "http://search.yahoo.com/mrss/"
# XML 1.0 knows no way to write these.
_FORBIDDEN = {code: None for code in range(32) if code not in (9, 10, 13)} | {0xFFFE: None, 0xFFFF: None}


@dataclass(frozen=True, slots=True)
class Channel:
    """A feed: its lasting id, its title, the page that it follows, and its posts, the newest first."""

    context: Context
    uri: str
    title: str
    page_url: str
    views: list[PostView]
    since_ms: int = 0
    """When what it is of began; the time of a feed without posts."""

    @property
    def changed_ms(self) -> int:
        return max([published_ms(view) for view in self.views], default=self.since_ms)

    def address(self, kind: str) -> str:
        """Where this feed lies as `atom` or `rss`."""
        return f"{self.page_url.rstrip('/')}/feed.{kind}"


def published_ms(view: PostView) -> int:
    """When a post came out or was last edited."""
    return view.post.updated_ms or view.post.published_ms or view.post.created_ms


def covered(view: PostView) -> bool:
    """Has the post a warning? Then neither its words nor its pictures are in a feed."""
    return view.post.sensitive or bool(view.post.summary)


def title(view: PostView) -> str:
    """The warning where there is one, else the title that its page has."""
    if covered(view):
        return view.post.summary or _("Sensitive")
    return title_of(view.post, view.attachments)


def shown(context: Context, view: PostView) -> list[tuple[Frame, Attachment]]:
    """The pictures that a feed may show."""
    if covered(view):
        return []
    found = [(frame(context.storage, view.post, attachment), attachment) for attachment in view.attachments]
    return [(one, attachment) for one, attachment in found if one.url]


def labels(pictures: list[tuple[Frame, Attachment]]) -> list[str]:
    """The words that say where these pictures come from, each once."""
    return sorted({one.label for one, _attachment in pictures if one.label})


def media(parent: Xml.Element, one: Frame) -> None:
    """A picture in the words of Media RSS, which readers of both forms know: its description is the alt text."""
    content = Xml.SubElement(parent, "media:content", url=one.url or "", type=one.media_type, medium="image")
    content.set("width", str(one.width))
    content.set("height", str(one.height))
    if one.alt:
        written(content, "media:description", one.alt).set("type", "plain")
    if one.label:
        written(content, "media:keywords", one.label)


def written(parent: Xml.Element, name: str, value: str) -> Xml.Element:
    """An element with text in it."""
    made = Xml.SubElement(parent, name)
    made.text = clean(value)
    return made


def clean(value: str) -> str:
    """The text without what XML cannot hold."""
    return value.translate(_FORBIDDEN)


def packed(root: Xml.Element) -> bytes:
    """The document as bytes."""
    made: bytes = Xml.tostring(root, encoding="utf-8", xml_declaration=True)
    return made
