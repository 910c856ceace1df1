"""The words of a prompt, classified: the longest phrases first, plurals reduced to singulars."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Literal

from generation.generators.scene import vocabulary as words_of
from generation.generators.scene.graph import COLOURED_GROUNDS, COLOURED_WATERS
from generation.generators.scene.materials import COLOUR_FIRST, MATERIALS
from generation.generators.scene.nouns import words as noun_words

Kind = Literal[
    "noun",
    "count",
    "colour",
    "size",
    "pose",
    "relation",
    "place",
    "time",
    "weather",
    "season",
    "mood",
    "style",
    "material",
    "feature",
    "article",
    "and",
    "break",
    "not",
    "ignored",
    "part",
    "unknown",
]


MOST = 12


MAX_WORDS = 300


@dataclass(slots=True)
class Token:
    kind: Kind
    value: Any = None
    plural: bool = False
    text: str = ""


def singulars(word: str) -> tuple[str, ...]:
    """Possible singular forms of a word, the likeliest first, without the word itself."""
    if word in words_of.IRREGULAR:
        return (words_of.IRREGULAR[word],)
    found = []
    if word.endswith("ies") and len(word) > 4:
        found.append(word[:-3] + "y")
    if word.endswith("ves"):
        found += [word[:-3] + "f", word[:-3] + "fe"]
    if word.endswith("es") and len(word) > 3:
        found.append(word[:-2])
    if word.endswith("s") and not word.endswith(("ss", "us", "is")) and len(word) > 2:
        found.insert(0, word[:-1])
    return tuple(found)


def words_of_text(prompt: str) -> list[str]:
    """The lower-case words and stops of a text, at most MAX_WORDS."""
    text = unicodedata.normalize("NFKC", prompt).casefold().replace("’", "'")
    return re.findall(r"[^\W_]+(?:['-][^\W_]+)*|[,.;:!?()\n]", text)[:MAX_WORDS]


def tokens(prompt: str) -> list[Token]:
    """The prompt as classified tokens, longest phrases first."""
    raw = [re.sub(r"'s?$", "", word) for word in words_of_text(prompt)]
    out: list[Token] = []
    i = 0
    while i < len(raw):
        token, used = _longest(raw, i)
        out.append(token)
        i += used
    return out


def _longest(raw: list[str], i: int) -> tuple[Token, int]:
    for size in (4, 3, 2, 1):
        if i + size > len(raw):
            continue
        phrase = " ".join(raw[i : i + size])
        token = classify(phrase, raw[i + size] if i + size < len(raw) else "")
        if token is not None:
            return token, size
    word = raw[i]
    if "-" in word:
        parts = [p for p in word.split("-") if p]
        for part in reversed(parts):
            token = classify(part, "")
            if token is not None and token.kind in ("noun", "colour"):
                return token, 1
    return Token("unknown", word, text=word), 1


def classify(phrase: str, following: str) -> Token | None:
    """The token of one phrase of lower-case words, or None; `following` is the word after it."""
    if len(phrase) == 1 and phrase in ",.;:!?()\n":
        return Token("break")
    if phrase in ("a", "an", "the"):
        return Token("article", phrase)
    if phrase in ("and", "&", "plus"):
        return Token("and")
    if phrase in ("no", "without", "not"):
        return Token("not")
    special = _ambiguous(phrase, following)
    if special is not None:
        return special
    noun = _noun(phrase)
    if noun is not None:
        return noun
    return _table_word(phrase)


def _ambiguous(phrase: str, following: str) -> Token | None:
    """Words that are colours before a noun and things otherwise, and the like."""
    if (
        phrase in ("orange", "rose", "gold", "peach", "lime", "coral", "lavender", "violet", "lilac", "copper", "olive")
        and phrase in noun_words()
    ):
        if _noun(following) or following in words_of.COLOURS or _is_ground(following) or following in ("and", "sky"):
            return Token("colour", phrase) if phrase in words_of.COLOURS else None
        return Token("noun", noun_words()[phrase], text=phrase)
    if phrase in MATERIALS and phrase not in COLOUR_FIRST and _names_thing(following):
        return Token("material", phrase, text=phrase)
    if phrase.isdigit() and len(phrase) < 4:
        return Token("count", max(1, min(MOST, int(phrase))))
    return None


def _is_ground(word: str) -> bool:
    return words_of.PLACE_WORDS.get(word, "") in (*COLOURED_WATERS, *COLOURED_GROUNDS)


def _names_thing(word: str) -> bool:
    return _noun(word) is not None or word in words_of.COLOURS or word in words_of.SIZES


def _noun(phrase: str) -> Token | None:
    table = noun_words()
    if phrase in table:
        return Token(
            "noun", table[phrase], plural=phrase == table[phrase].plural and phrase != table[phrase].name, text=phrase
        )
    head, _, last = phrase.rpartition(" ")
    for single in singulars(last):
        whole = f"{head} {single}".strip()
        if whole in table:
            return Token("noun", table[whole], plural=True, text=whole)
    return None


def _table_word(phrase: str) -> Token | None:
    v = words_of
    tables: tuple[tuple[Kind, Any], ...] = (
        ("place", v.PLACE_WORDS),
        ("time", v.TIME_WORDS),
        ("weather", v.WEATHER_WORDS),
        ("style", v.STYLE_WORDS),
        ("feature", v.FEATURE_WORDS),
        ("season", v.SEASON_WORDS),
        ("mood", v.MOOD_WORDS),
        ("colour", {c: c for c in v.COLOURS}),
        ("count", v.NUMBERS),
        ("size", v.SIZES),
        ("relation", v.RELATIONS),
        ("pose", v.POSES),
    )
    for form in (phrase, *(singulars(phrase) if " " not in phrase else ())):
        for kind, table in tables:
            if form in table:
                return Token(kind, table[form], text=phrase)
    if phrase in v.PART_WORDS:
        return Token("part", text=phrase)
    if phrase in v.IGNORED:
        return Token("ignored")
    return None
