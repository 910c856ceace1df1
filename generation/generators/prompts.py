"""A person's words without what a backend would read as orders inside a prompt (GEN-03, GEN-13)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_EMBEDDING = re.compile(r"(embedding)(?:\s*:)+", re.IGNORECASE)
_WORDS = re.compile(r"\b(AND|BREAK)\b")
_UNDERSCORES = re.compile(r"_{2,}")
_SPACES = re.compile(r" {2,}")
_ANGLES = str.maketrans("<>", "‹›")
_BRACKETS = dict.fromkeys(map(ord, "()[]{}\\"), " ")


@dataclass(frozen=True, slots=True)
class Grammar:
    """What a backend obeys inside a prompt.

    `angle`: tags such as `<lora:FILE:1>` and `<sd_cpp_extra_args>{…}</sd_cpp_extra_args>`. `weights`: the syntax that
    A1111 began and ComfyUI and stable-diffusion.cpp share: `(word:1.5)`, `[a:b:9]`, `{a|b}`, `__wildcard__`,
    `embedding:FILE`, `AND`, `BREAK`, backslash. `bar`: the prompt ends at `|`, the negative prompt begins (LocalAI).
    """

    angle: bool = True
    weights: bool = False
    bar: bool = False


TAGS = Grammar()
"""The least that is kept away from every backend."""
EVERYTHING = Grammar(weights=True, bar=True)
"""What any of them obeys."""


def neutral(text: str, grammar: Grammar) -> str:
    """The same words, on one line, with nothing in them that `grammar` would obey. Doing it twice changes nothing.

    Angle brackets become typographic ones, brackets and backslashes become spaces, `|` a comma; letters and digits
    stay as they are, in their order, except that `AND` and `BREAK` lose their capitals.
    """
    text = "".join(" " if _unseen(character) else character for character in text)
    if grammar.angle:
        text = text.translate(_ANGLES)
    if grammar.weights:
        text = text.translate(_BRACKETS)
        text = _UNDERSCORES.sub("_", text)
        text = _WORDS.sub(lambda found: found[0].lower(), text)
        text = _EMBEDDING.sub(r"\1 ", text)
    if grammar.bar:
        text = text.replace("|", ",")
    return _SPACES.sub(" ", text).strip()


def _unseen(character: str) -> bool:
    """Controls, line ends, lone surrogates and every kind of blank; joiners inside words and emoji stay."""
    return character.isspace() or unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
