"""Clean HTML in, safe text out."""

from __future__ import annotations

import html as stdlib_html
import re
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import nh3

# What Mastodon keeps of a post, so what anybody writes for the fediverse expects to survive.
_TAGS = {
    "p", "span", "br", "a", "del", "pre", "code", "em", "strong", "b", "i", "u", "ul", "ol", "li", "blockquote",
}  # fmt: skip
_ATTRIBUTES = {"a": {"href", "class"}, "span": {"class"}, "p": {"class"}, "ol": {"start", "reversed"}, "li": {"value"}}
_SCHEMES = {"http", "https", "mailto", "xmpp", "gemini", "gopher", "magnet", "dat", "dweb", "ipfs", "ipns", "ssb"}
_CLASS = re.compile(r"(h|p|u|dt|e)-[\w-]+|mention|hashtag|ellipsis|invisible|quote-inline")
# Bidirectional overrides and isolates, and NUL: they make a text read as what it is not.
_DECEPTIVE = re.compile("[\x00\u202a-\u202e\u2066-\u2069]")
_BLOCK_END = re.compile(r"<br\s*/?>|</(p|div|li|blockquote|pre|h[1-6])>", re.IGNORECASE)
_LINK = re.compile(r"https?://[^\s<>\"'\u00a0]+")
_TRAILING = ".,;:!?)]}'\""
# What was set aside, in characters of the private use area.
_PLACEHOLDER = re.compile("\ue000(\\d+)\ue001")


def clean(html: str) -> str:
    """Remote HTML reduced to what is safe and useful in a post; cleaning twice changes nothing.

    Tags and classes follow Mastodon's list; links get `rel`, never carry a user name, and are
    never relative.
    """
    return _cleaner.clean(_DECEPTIVE.sub("", html))


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name == "class":
        kept = " ".join(word for word in value.split() if _CLASS.fullmatch(word))
        return kept or None
    if tag == "a" and name == "href":
        return value if _is_fair_link(value) else None
    return value


def _is_fair_link(value: str) -> bool:
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return False
    if parts.scheme in ("http", "https"):
        return bool(parts.hostname) and "@" not in parts.netloc and "\\" not in value
    return parts.scheme in _SCHEMES


_cleaner = nh3.Cleaner(
    tags=_TAGS,
    clean_content_tags={"script", "style", "svg", "math", "template", "noscript"},
    attributes=_ATTRIBUTES,
    attribute_filter=_attribute,
    url_schemes=_SCHEMES,
    link_rel="nofollow noopener noreferrer ugc",
    strip_comments=True,
)
_stripper = nh3.Cleaner(tags=set(), clean_content_tags={"script", "style"}, attributes={}, link_rel=None)


def text_of(html: str) -> str:
    """The plain text of an HTML fragment; paragraphs and line breaks become newlines."""
    broken = _BLOCK_END.sub("\n", re.sub(r"[\r\n]", " ", html))
    text = stdlib_html.unescape(_stripper.clean(_DECEPTIVE.sub("", broken)))
    lines = [re.sub(r"[ \t]+", " ", line).strip() for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def paragraphs(text: str) -> str:
    """Plain text as HTML: blank lines part paragraphs, newlines become breaks, web addresses become links."""
    blocks = re.split(r"\n\s*\n", _DECEPTIVE.sub("", text).replace("\r\n", "\n").replace("\r", "\n").strip())
    return "".join(f"<p>{'<br>'.join(_linked(line) for line in block.split(chr(10)))}</p>" for block in blocks if block)


def typed(html: str) -> str:
    """What somebody typed, of which `paragraphs` made this: a text that is read and saved again stays as it was."""
    return "\n\n".join(text_of(part) for part in html.split("</p><p>"))


def outside_addresses(text: str, change: Callable[[str], str]) -> str:
    """Plain text with `change` made to everything but the web addresses in it."""
    parts: list[str] = []
    end = 0
    for start, stop in _addresses(text):
        parts += [change(text[end:start]), text[start:stop]]
        end = stop
    return "".join([*parts, change(text[end:])])


def without_addresses(text: str) -> str:
    """Plain text with a space for each web address in it."""
    parts: list[str] = []
    end = 0
    for start, stop in _addresses(text):
        parts.append(text[end:start])
        end = stop
    return " ".join([*parts, text[end:]])


class Aside:
    """Pieces of HTML that are set aside while the text around them is escaped."""

    def __init__(self) -> None:
        self._pieces: list[str] = []

    def keep(self, piece: str) -> str:
        """What stands for the piece meanwhile."""
        self._pieces.append(piece)
        return f"\ue000{len(self._pieces) - 1}\ue001"

    def put_back(self, html: str) -> str:
        return _PLACEHOLDER.sub(lambda match: self._pieces[int(match[1])], html)

    @staticmethod
    def emptied(text: str) -> str:
        """A text in which nothing can be mistaken for what stands for a piece."""
        return text.replace("\ue000", "").replace("\ue001", "")


def _addresses(text: str) -> Iterator[tuple[int, int]]:
    """Where web addresses begin and end: without the punctuation behind them."""
    for match in _LINK.finditer(text):
        url = match[0].rstrip(_TRAILING)
        if _is_fair_link(url):
            yield match.start(), match.start() + len(url)


def _linked(line: str) -> str:
    parts: list[str] = []
    end = 0
    for start, stop in _addresses(line):
        parts.append(stdlib_html.escape(line[end:start], quote=False))
        escaped = stdlib_html.escape(line[start:stop])
        parts.append(f'<a href="{escaped}" rel="nofollow noopener noreferrer ugc">{escaped}</a>')
        end = stop
    parts.append(stdlib_html.escape(line[end:], quote=False))
    return "".join(parts)
