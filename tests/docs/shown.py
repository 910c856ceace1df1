"""What the documents show: their pages, and the commands in their ```console blocks with what they print."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

from tests.house.docs import ROOT

BLOCK = re.compile(
    r"^(?P<indent> *)(?:<!-- exits (?P<exits>\d+) -->\n *)?```console\n(?P<lines>.*?)^ *```$", re.MULTILINE | re.DOTALL
)


@dataclass(frozen=True)
class Command:
    """One line after a prompt, its continuation joined; `shown` is what the page says that it prints."""

    page: str
    line: int
    words: str
    shown: tuple[str, ...]
    exits: int = 0

    def __str__(self) -> str:
        return f"{self.page}:{self.line}: {self.words}"


def pages() -> list[str]:
    """Every page with words of ours: README, papers, docs."""
    found = [path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "scene"]
    return sorted(path.relative_to(ROOT).as_posix() for path in [*found, *ROOT.glob("*.md")])


def commands(page: str, text: str | None = None) -> list[Command]:
    """The commands of a page in their order."""
    source = (ROOT / page).read_text("utf-8") if text is None else text
    return [command for block in BLOCK.finditer(source) for command in _commands(page, source, block)]


def _commands(page: str, source: str, block: re.Match[str]) -> Iterator[Command]:
    first = source.count("\n", 0, block.start("lines")) + 1
    words, shown, at = "", list[str](), first
    lines = textwrap.dedent(block["lines"]).replace("\\\n", "\0").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("$ "):
            if words:
                yield Command(page, at, words, tuple(shown), int(block["exits"] or 0))
            words = re.sub(r"\0\s*", "", line.removeprefix("$ "))
            shown, at = [], first + number
        elif line.strip():
            assert words, f"{page}:{first + number}: a block of commands begins with a command"
            shown.append(line)
    if words:
        yield Command(page, at, words, tuple(shown), int(block["exits"] or 0))


def fits(shown: tuple[str, ...], printed: str) -> str | None:
    """The first line of a page that was not printed in this order; `…` stands for anything, blanks for blanks."""
    rest = [" ".join(line.split()) for line in printed.splitlines()]
    for line in shown:
        if line.strip() == "…":
            continue
        pattern = ".*".join(re.escape(part.strip()) for part in " ".join(line.split()).split("…"))
        at = next((n for n, one in enumerate(rest) if re.fullmatch(pattern, one)), None)
        if at is None:
            return line
        rest = rest[at + 1 :]
    return None
