"""The readings of a text: what a person would read through homoglyphs, gaps, digits and encodings."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import unquote

from fediverse_ai.core.limits import ENCODED_PIECES

_IGNORED = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\u2800")
"""Fillers that show nothing and are not of the class Cf (Unicode's Default_Ignorable_Code_Point; the braille blank)."""
_PLAIN = str.maketrans({"ı": "i", "ł": "l", "ø": "o", "đ": "d", "æ": "ae", "œ": "oe", "ё": "е", "ɡ": "g", "ʟ": "l"})
_BOXED = {
    **{0x1F1E6 + i: chr(97 + i) for i in range(26)},  # regional indicators
    **{0x1F150 + i: chr(97 + i) for i in range(26)},  # negative circled
    **{0x1F170 + i: chr(97 + i) for i in range(26)},  # negative squared
}
_LOOK_ALIKE = str.maketrans(
    # Cyrillic, then Greek, lower case; from Unicode's confusables (UTS 39), the ones drawn alike in common typefaces.
    "асеорхуіјѕԁһӏкмнтвгԛԝпзьαοερυνικτηχωγζϲ",
    "aceopxyijsdhlkmhtbrqwn3baoepuvikthxwyzc",
)
_LEET = str.maketrans("034579@$€+", "oeastgaset")
_SEPARATORS = r"[\s.\-_*·•/|,~+]"
_WORD = re.compile(r"[^\W_]+")
_LEET_WORD = re.compile(r"[\w@$€!|+]+")
_MEASURE = re.compile(r"\d+[^\W\d_]{1,4}|[^\W\d_]{1,4}\d{2,}")
_SPACED = re.compile(rf"(?<![^\W_])[^\W_]({_SEPARATORS})[^\W_](?:\1[^\W_])+(?![^\W_])")
_REPEATED = re.compile(r"([^\W\d_])\1{2,}")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")


class Readings(NamedTuple):
    """`texts`: the text itself, cleaned, and what else it may say; `solid`: letters that stood apart, run together."""

    texts: tuple[str, ...]
    solid: tuple[str, ...]


def visible(text: str) -> str:
    """The text as it is seen: compatibility forms folded, nothing invisible; case and accents stay."""
    folded = unicodedata.normalize("NFKC", text.translate(_BOXED))
    return "".join(char for char in folded if not _is_invisible(char))


def clean(text: str) -> str:
    """The text as it is compared: as `visible`, in lower case, without accents on Latin and Greek letters."""
    shown = []
    base = ""
    for char in unicodedata.normalize("NFD", visible(text).casefold()):
        if unicodedata.category(char) != "Mn":
            base = char
        elif _is_western(base):
            continue
        shown.append(char)
    return unicodedata.normalize("NFKC", "".join(shown)).casefold().translate(_PLAIN)


def readings(text: str) -> Readings:
    """Everything that `text` can be read as; the first reading is the text itself, cleaned."""
    found: dict[str, None] = {}
    solid: dict[str, None] = {}
    for source in (text, *_decoded(text)):
        plain = _fold_look_alikes(clean(source))
        joined = _SPACED.sub(_join, plain)
        solid.update((match.group().replace(match.group(1), ""), None) for match in _SPACED.finditer(plain))
        found[plain] = None
        for one in ("i", "l"):
            found[_REPEATED.sub(r"\1", _unleet(joined, one))] = None
        solid.update((_unleet(run, "i"), None) for run in tuple(solid))
    return Readings(tuple(found), tuple(solid))


def _decoded(text: str) -> list[str]:
    """What is written in HTML entities, percent escapes or base64. One level: nobody reads two by accident."""
    plain = unicodedata.normalize("NFKC", text)
    found = [other for other in (html.unescape(plain), unquote(plain)) if other != plain]
    for token in _ENCODED.findall(plain)[:ENCODED_PIECES]:
        body = token.rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            said = base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            continue
        if sum(char.isalpha() or char == " " for char in said) >= 0.8 * len(said):
            found.append(said)
    return found


def _fold_look_alikes(text: str) -> str:
    """Fold Cyrillic and Greek look-alikes to Latin, but only in words that mix scripts.

    And in words made of nothing but look-alikes, where most of the text is Latin: real Russian and Greek stay as they
    are.
    """
    latin = sum("a" <= char <= "z" for char in text)
    mostly_latin = latin * 2 > sum(char.isalpha() for char in text)

    def fold(match: re.Match[str]) -> str:
        word = match.group()
        other = word.translate(_LOOK_ALIKE)
        if other == word:
            return word
        mixed = any("a" <= char <= "z" for char in word)
        disguised = mostly_latin and all("a" <= char <= "z" for char in other)
        return other if mixed or disguised else word

    return _WORD.sub(fold, text)


def _unleet(text: str, one: str) -> str:
    """Digits and signs inside words, read as letters; `one` is what 1, ! and | stand for.

    "p0rn" and "v13w3r" are read so; "4k", "35mm" and "1920s" are left alone: a number with a unit, or mostly digits.
    """

    def read(match: re.Match[str]) -> str:
        word = match.group()
        letters = sum(char.isalpha() or char in "@$€" for char in word)
        if letters < 2 or letters * 2 < len(word.rstrip("!+|")) or _MEASURE.fullmatch(word):
            return word
        core = word.rstrip("!+|")
        return core.translate(_LEET).translate({49: one, 33: one, 124: one}) + word[len(core) :]

    return _LEET_WORD.sub(read, text)


def _join(match: re.Match[str]) -> str:
    return match.group().replace(match.group(1), "")


def _is_invisible(char: str) -> bool:
    selector = "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef"
    return selector or char in _IGNORED or unicodedata.category(char) == "Cf"


def _is_western(char: str) -> bool:
    return bool(char) and unicodedata.name(char, "").startswith(("LATIN", "GREEK"))
