"""The CSV files of Mastodon's import and export, read strictly and written so that no cell is a formula; pure."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed, TooLarge
from fediverse_ai.core.texts import _


class Kind(StrEnum):
    """What can be carried; Mastodon's words for its imports."""

    FOLLOWING = "following"
    BLOCKS = "blocking"
    MUTES = "muting"
    DOMAINS = "domain_blocking"
    LISTS = "lists"
    BOOKMARKS = "bookmarks"


# File names as Mastodon's settings offer them.
FILES = {
    Kind.FOLLOWING: "following_accounts.csv",
    Kind.BLOCKS: "blocked_accounts.csv",
    Kind.MUTES: "muted_accounts.csv",
    Kind.DOMAINS: "blocked_domains.csv",
    Kind.LISTS: "lists.csv",
    Kind.BOOKMARKS: "bookmarks.csv",
}
HEADERS: dict[Kind, tuple[str, ...]] = {
    Kind.FOLLOWING: ("Account address", "Show boosts", "Notify on new posts", "Languages"),
    Kind.MUTES: ("Account address", "Hide notifications"),
}
# Headers that other programs write where Mastodon writes none.
_FIRST_WORDS = frozenset({"account address", "#domain", "#uri", "list name"})
_FORMULA = re.compile(r"[=+\-@\t\r]")
_ACCOUNT = re.compile(r"@?[\w.-]+(?:@[^\s@/]+)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Line:
    """One line: a handle, host or address, and what goes with it."""

    subject: str
    options: dict[str, Any] = field(default_factory=dict)


def write(kind: Kind, rows: Iterable[Sequence[str]]) -> str:
    """The file; cells that a spreadsheet would run get an apostrophe (PAR-27)."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    if kind in HEADERS:
        writer.writerow(HEADERS[kind])
    for row in rows:
        writer.writerow([_safe(cell) for cell in row])
    return out.getvalue()


def read(kind: Kind, data: bytes) -> list[Line]:
    """The lines of a file, each subject once (of a list: each pair). Raises TooLarge and Malformed."""
    if len(data) > limits.IMPORT_BYTES:
        raise TooLarge(_("The file is too large."))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Malformed(_("The file is no text (UTF-8).")) from None
    if "\x00" in text:
        raise Malformed(_("The file is no text (UTF-8)."))
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if any(row)]
    except csv.Error as error:
        raise Malformed(_("The file is no CSV."), str(error)) from None
    header = [cell.strip().lower() for cell in rows[0]] if rows and rows[0][0].strip().lower() in _FIRST_WORDS else None
    body = rows[1:] if header else rows
    if not body:
        raise Malformed(_("There is nothing in this file."))
    if len(body) > limits.IMPORT_ROWS:
        most = {"most": limits.IMPORT_ROWS}
        raise TooLarge(_("The file has too many lines; at most %(most)d can be carried in.") % most)
    if any(len(cell) > limits.IMPORT_CELL_CHARS for row in body for cell in row):
        raise Malformed(_("The file is no CSV."), "a long cell")
    lines = [_line(kind, header, [_plain(cell) for cell in row]) for row in body]
    return list({(line.subject.lower(), line.options.get("list")): line for line in lines}.values())


def _line(kind: Kind, header: list[str] | None, row: list[str]) -> Line:
    if kind is Kind.LISTS:
        if len(row) < 2 or not row[0] or not _ACCOUNT.fullmatch(row[1]):
            raise Malformed(_("Each line has the name of a list and an account."), repr(row)[:200])
        return Line(row[1].removeprefix("@"), {"list": row[0][: limits.NAME_CHARS]})
    names = header or [name.lower() for name in HEADERS.get(kind, ())]
    said = dict(zip(names, row, strict=False))
    if kind in (Kind.DOMAINS, Kind.BOOKMARKS):
        return Line(row[0])
    if not _ACCOUNT.fullmatch(row[0]):
        raise Malformed(_("Each line begins with an account, such as ann@example.org."), repr(row)[:200])
    options: dict[str, Any] = {}
    if kind is Kind.FOLLOWING:
        boosts, notify = _true(said.get("show boosts"), True), _true(said.get("notify on new posts"), False)
        options = {"boosts": boosts, "notify": notify}
    elif kind is Kind.MUTES:
        options = {"notifications": _true(said.get("hide notifications"), True)}
    return Line(row[0].removeprefix("@"), options)


def _true(word: str | None, usual: bool) -> bool:
    return usual if not word else word.strip().lower() in ("true", "1", "yes")


def _safe(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) or cell.startswith("'") else cell


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and (_FORMULA.match(cell[1:]) or cell.startswith("''")) else cell
