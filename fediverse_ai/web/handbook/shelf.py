"""Where the documents lie and in which order they are read: docs/index.md is the table of contents."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath

from markdown_it import MarkdownIt

from fediverse_ai.core.errors import Missing

_PACKAGE = Path(__file__).resolve().parents[2]
INDEX = "docs/index.md"
ADDRESS = "/docs"
PAPERS = "program"
"""The part of an address that stands for the root of the repository, where the papers lie."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One page: its file below the root, its address here, and what the table of contents calls it."""

    file: str
    href: str
    title: str


@dataclass(frozen=True, slots=True)
class Group:
    """One kind of pages, in their order."""

    title: str
    entries: tuple[Entry, ...]


@lru_cache(maxsize=1)
def root() -> Path:
    """The folder that holds `docs` and the papers: carried by an installed package, else the repository's own."""
    carried = _PACKAGE / "handbook"
    return carried if carried.is_dir() else _PACKAGE.parent


def address(file: str) -> str | None:
    """The address of a file below the root, such as docs/howto/gpu.md -> /docs/howto/gpu; None for what has none."""
    path = PurePosixPath(file)
    if file == INDEX:
        return ADDRESS
    if path.suffix == ".md" and path.parts[0] == "docs" and len(path.parts) == 3:
        return f"{ADDRESS}/{path.parts[1]}/{path.stem}"
    if path.suffix == ".md" and len(path.parts) == 1:
        return f"{ADDRESS}/{PAPERS}/{path.stem.lower()}"
    if path.suffix == ".webp" and path.parts[:2] == ("docs", "screens"):
        return f"{ADDRESS}/screens/{path.name}"
    return None


def beside(file: str, link: str) -> str:
    """The file that a relative link of a file names: docs/howto/gpu.md and ../index.md -> docs/index.md."""
    parts = list(PurePosixPath(file).parent.parts)
    for part in PurePosixPath(link).parts:
        if part == "..":
            parts = parts[:-1]
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


@lru_cache(maxsize=1)
def groups() -> tuple[Group, ...]:
    """The table of contents: each heading of docs/index.md, and the pages that it links to."""
    found: list[tuple[str, list[Entry]]] = []
    heading = False
    for token in MarkdownIt().parse((root() / INDEX).read_text("utf-8")):
        if token.type == "heading_open":
            heading = token.tag == "h2"
        elif token.type == "inline" and heading:
            found.append((token.content, []))
            heading = False
        elif token.type == "inline" and found and token.children and token.children[0].type == "link_open":
            file = beside(INDEX, str(token.children[0].attrs["href"]))
            found[-1][1].append(Entry(file, address(file) or "", token.children[1].content))
    return tuple(Group(title, tuple(entries)) for title, entries in found if entries)


@lru_cache(maxsize=1)
def entries() -> tuple[Entry, ...]:
    """Every page in the order in which they are read, the table of contents first."""
    return (Entry(INDEX, ADDRESS, ""), *(entry for group in groups() for entry in group.entries))


def find(href: str) -> tuple[Entry | None, Entry, Entry | None]:
    """The page at an address, between the one before and the one after it. Raises Missing."""
    pages = entries()
    for place, entry in enumerate(pages):
        if entry.href == href:
            before = pages[place - 1] if place > 1 else None
            return before, entry, pages[place + 1] if place + 1 < len(pages) else None
    raise Missing("There is no such page in the documents.")
