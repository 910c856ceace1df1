"""Markdown of the documents to HTML: anchored headings, links to addresses here, tables and commands as on pages."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup, escape
from PIL import Image

from fediverse_ai.web.handbook import shelf

_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//")
_NO_SLUG = re.compile(r"[^\w\- ]")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of the second level: its anchor and its words."""

    anchor: str
    words: str


@dataclass(frozen=True, slots=True)
class Text:
    """A rendered document; its title does not stand in `html`.

    `anchors` are all places in it that a link may name, `links` everything that it links to.
    """

    title: str
    html: Markup
    headings: tuple[Heading, ...]
    anchors: frozenset[str]
    links: tuple[str, ...]


class _Renderer(RendererHTML):
    """Comments mark the parts that are made from code: nobody reads them. Other HTML is not written."""

    def html_block(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        return ""

    html_inline = html_block

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A block of code can be scrolled with the keyboard; the prompt before a command is not copied with it."""
        token = tokens[idx]
        lines = str(escape(token.content))
        if token.info.strip() == "console":
            lines = re.sub(r"^\$ (.*)$", r'<span class="prompt">$ </span><b>\1</b>', lines, flags=re.MULTILINE)
        return f'<pre tabindex="0"><code>{lines}</code></pre>\n'

    code_block = fence

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: MutableMapping[str, Any]) -> str:
        """A picture with its size, so that nothing moves when it comes."""
        token = tokens[idx]
        file = shelf.beside(env["file"], str(token.attrs["src"]))
        with Image.open(shelf.root() / file) as picture:
            width, height = picture.size
        return (
            f'<img src="{escape(shelf.address(file) or "")}" alt="{escape(token.content)}" '
            f'width="{width}" height="{height}" loading="lazy">'
        )


@lru_cache(maxsize=1)
def _reader() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}, renderer_cls=_Renderer).enable("table")


@lru_cache(maxsize=256)
def render(file: str) -> Text:
    """The document in a file below the root; kept, for it does not change while the program runs."""
    return made((shelf.root() / file).read_text("utf-8"), file)


def made(source: str, file: str) -> Text:
    """HTML of a text in Markdown that stands in `file`, against which its links are read; it begins with its title."""
    tokens = _reader().parse(source)
    headings = list(_anchored(tokens))
    links = tuple(_linked(tokens, file))
    _named(tokens)
    title = headings[0][2]
    del tokens[:3]
    html = _reader().renderer.render(tokens, _reader().options, {"file": file})
    return Text(
        title,
        Markup(html),  # noqa: S704 - our own files, and no HTML of theirs passes the renderer
        tuple(Heading(anchor, words) for level, anchor, words in headings if level == "h2"),
        frozenset(anchor for _, anchor, _ in headings),
        links,
    )


def slug(words: str) -> str:
    """The anchor of a heading, as GitHub makes it."""
    return _NO_SLUG.sub("", words.lower()).replace(" ", "-")


def _anchored(tokens: list[Token]) -> Iterator[tuple[str, str, str]]:
    """Gives every heading its anchor: (h1 to h6, anchor, words)."""
    seen: Counter[str] = Counter()
    for opening, inside in pairwise(tokens):
        if opening.type == "heading_open":
            words = "".join(child.content for child in inside.children or ())
            anchor = slug(words)
            seen[anchor] += 1
            if seen[anchor] > 1:
                anchor = f"{anchor}-{seen[anchor] - 1}"
            opening.attrSet("id", anchor)
            yield opening.tag, anchor, words


def _linked(tokens: list[Token], file: str) -> Iterator[str]:
    """Turns links between files into links between addresses; gives each, or the path of a file that has no address."""
    for token in tokens:
        for child in token.children or ():
            if child.type != "link_open":
                continue
            link = str(child.attrs["href"])
            if not _ELSEWHERE.match(link):
                path, _, anchor = link.partition("#")
                target = shelf.beside(file, path) if path else file
                link = (shelf.address(target) or target) + (f"#{anchor}" if anchor else "")
                child.attrSet("href", link)
            yield link


def _named(tokens: list[Token]) -> None:
    """Tables as the pages have them: on a phone each cell says its column, where there are more than two."""
    names: list[str] = []
    column = 0
    for token, inside in zip(tokens, [*tokens[1:], None], strict=False):
        if token.type == "table_open":
            token.attrSet("class", "table")
            names = []
        elif token.type == "th_open" and inside is not None:
            names.append("".join(child.content for child in inside.children or ()))
            token.attrSet("scope", "col")
        elif token.type == "tr_open":
            column = 0
        elif token.type == "td_open":
            if column and len(names) > 2 and names[column]:
                token.attrSet("data-name", names[column])
            column += 1
        if token.attrs.pop("style", None) == "text-align:right":
            token.attrJoin("class", "number")
