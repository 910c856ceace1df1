"""The labelled lines: read from the two files, and disguised by code where the disguise is one of spelling."""

from __future__ import annotations

import base64
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from generation.types import Stage

HERE = Path(__file__).parent
PARTS = ("development", "held_out")
HARMLESS = "harmless"
DISGUISED = ("sexual", "violence/graphic", "hate", "illicit")
"""Categories whose plain English lines are also shown in every disguise."""
DISGUISED_EACH = 4


class Row(NamedTuple):
    """One line, the rule that ought to stop it, and the trick played: empty, or how it is disguised."""

    text: str
    category: str
    language: str
    stage: Stage
    trick: str
    look_alike: bool = False


def rows(part: str) -> list[Row]:
    """Every line of a part: as written, disguised, and put together from the lists of [combined]."""
    content = tomllib.loads((HERE / f"{part}.toml").read_text("utf-8"))
    plain = list(_plain(content))
    return [*plain, *_disguised(plain), *_combined(content)]


def _plain(content: dict[str, Any]) -> Iterator[Row]:
    for table in content["sets"]:
        for text in table["lines"]:
            stage, trick = table.get("stage", "prompt"), table.get("evasion", "")
            yield Row(text, table["category"], table["language"], stage, trick, bool(table.get("look_alike")))


def _disguised(plain: list[Row]) -> Iterator[Row]:
    for category in DISGUISED:
        some = [row for row in plain if row[1:5] == (category, "en", "prompt", "")]
        for row in some[:DISGUISED_EACH]:
            for trick, text in disguises(row.text).items():
                yield row._replace(text=text, trick=trick)


def disguises(text: str) -> dict[str, str]:
    """A text behind each disguise of spelling."""
    return {
        "zero-width": "\u200b".join(text),
        "homoglyphs": text.translate(str.maketrans("aeocp", "аеоср")),
        "leetspeak": text.translate(str.maketrans("aeio", "4310")),
        "spacing": "  ".join(" ".join(word) for word in text.split()),
        "base64": "please draw " + base64.b64encode(text.encode()).decode(),
        "fullwidth": "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in text),
    }


def _combined(content: dict[str, Any]) -> Iterator[Row]:
    table = content["combined"]
    for youth in table["youth"]:
        for sexual in table["sexual"]:
            text = table["frame"].format(youth=youth, sexual=sexual)
            yield Row(text, "sexual/minors", "mixed", "prompt", "")
