"""Words of no table, placed by their meaning: the nearest known word in a multilingual encoder, or nothing.

The encoder is the moderators'; it is loaded only when a prompt holds such a word. Short words lie near words that are
spelt alike, whatever they mean, so a neighbour in the same script counts only when it is very near and spelt otherwise,
or nearly the same word. Measured on 47 words that no table holds (English, Dutch, Swedish, Czech, Finnish, Turkish,
Russian, Korean, Chinese …) and 52 that cannot be drawn: 14 placed, all rightly; the others stay "not drawn".
"""

from __future__ import annotations

import difflib
import io
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import resources

import numpy as np
import numpy.typing as npt

from generation.generators.scene import vocabulary as words_of
from generation.generators.scene.nouns import words as noun_words
from generation.generators.scene.words import Token, classify
from generation.moderators import encoder

ASKED = "Translate to English: {}"
"""How a word is put to the encoder: the framing that brought most translations next to each other."""
TABLE = "meaning_table.npz"
MOST_WORDS = 8
OTHER_SCRIPT_SCORE, OTHER_SCRIPT_MARGIN = 0.4, 0.06
SCORE, MARGIN, LIKENESS = 0.62, 0.08, 0.6
SAME_WORD_SCORE = 0.75
Vectors = npt.NDArray[np.float64]


def nearest(words: Sequence[str]) -> dict[str, Token]:
    """For each word whose meaning is near enough to a known one: the token of that one."""
    asked = list(dict.fromkeys(words))[:MOST_WORDS]
    if not asked:
        return {}
    known, vectors, mean = _table()
    found: dict[str, Token] = {}
    scores = _unit(encoder.embed([ASKED.format(word) for word in asked]) - mean) @ vectors.T
    for word, row in zip(asked, scores, strict=True):
        token = _accepted(word, row, known)
        if token is not None:
            found[word] = token
    return found


def _accepted(word: str, row: Vectors, known: Sequence[str]) -> Token | None:
    order = np.argsort(-row)[:24]
    best = known[int(order[0])]
    token = classify(best, "")
    if token is None:
        return None
    rivals = [float(row[i]) for i in order[1:] if not _same(token, classify(known[int(i)], ""))]
    score, margin = float(row[order[0]]), float(row[order[0]]) - max(rivals, default=0.0)
    if not _is_latin(word):
        sure = score >= OTHER_SCRIPT_SCORE and margin >= OTHER_SCRIPT_MARGIN
    else:
        alike = difflib.SequenceMatcher(None, word.casefold(), best).ratio()
        sure = score >= SAME_WORD_SCORE or (score >= SCORE and margin >= MARGIN and alike < LIKENESS)
    return token if sure else None


def _same(first: Token, second: Token | None) -> bool:
    return second is not None and (first.kind, first.value) == (second.kind, second.value)


def _is_latin(word: str) -> bool:
    letters = [c for c in word if c.isalpha()]
    return bool(letters) and all("LATIN" in unicodedata.name(c, "") for c in letters)


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit


@lru_cache(maxsize=1)
def _table() -> tuple[list[str], Vectors, Vectors]:
    data = resources.files("generation.generators.scene").joinpath(TABLE).read_bytes()
    with np.load(io.BytesIO(data), allow_pickle=False) as table:
        words = str(table["words"]).split("\n")
        return words, _unit(table["vectors"].astype(np.float64)), table["mean"].astype(np.float64)


def known_words() -> list[str]:
    """What a meaning can be placed at: all nouns and what sets a scene."""
    tables: tuple[Mapping[str, object], ...] = (
        words_of.PLACE_WORDS, words_of.TIME_WORDS, words_of.WEATHER_WORDS, words_of.SEASON_WORDS,
        words_of.FEATURE_WORDS, words_of.COLOURS,
    )  # fmt: skip
    return sorted({*noun_words(), *(word for table in tables for word in table)})


def build() -> bytes:
    """The table as a file: each known word's vector in bytes, and the mean that is taken away first."""
    words = known_words()
    vectors = encoder.embed([ASKED.format(word) for word in words])
    mean = vectors.mean(axis=0)
    unit = _unit(vectors - mean)
    scaled = np.clip(np.rint(unit * 127 / np.abs(unit).max(axis=1, keepdims=True)), -127, 127).astype(np.int8)
    out = io.BytesIO()
    np.savez_compressed(out, words=np.array("\n".join(words)), vectors=scaled, mean=mean.astype(np.float32))
    return out.getvalue()
