"""Other languages: a prompt's words become the tokens that the English parser reads, in its order.

Each language has a table of its words by the English ones, and folding rules instead of a grammar. What no table
knows stays unknown here, and may still be placed by its meaning (`meaning.py`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

from generation.generators.scene.tongues import french, german, italian, portuguese, spanish
from generation.generators.scene.tongues.japanese import TEXT as JAPANESE
from generation.generators.scene.words import MAX_WORDS, Token, classify, tokens, words_of_text

LONGEST_PHRASE = 5
MODULES: Mapping[str, ModuleType] = {
    "de": german, "fr": french, "es": spanish, "it": italian, "pt": portuguese,
}  # fmt: skip
ATTRIBUTES = ("colour", "size", "material")
_KANA = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Tongue:
    """One language: exact phrases, and stems of single words, each with its English."""

    name: str
    phrases: Mapping[str, str]
    stems: Mapping[str, str]
    endings: tuple[str, ...]
    plurals: tuple[str, ...]
    single: frozenset[str]
    adjectives_follow: bool


def fold(word: str) -> str:
    """Lower case without accents: "été" and "ete" are one word; German ß becomes ss."""
    plain = unicodedata.normalize("NFKD", word.casefold())
    return "".join(c for c in plain if not unicodedata.combining(c)).replace("’", "'")


def entries(text: str) -> Iterable[tuple[str, str]]:
    """(foreign phrase, English) pairs of a table `english: foreign, foreign; …`."""
    for entry in text.split(";"):
        english, _, foreign = entry.partition(":")
        for word in foreign.split(","):
            if word.strip():
                yield " ".join(word.split()), " ".join(english.split())


@lru_cache(maxsize=8)
def tongue(name: str) -> Tongue:
    """The tables of one language, made ready for look-ups."""
    module = MODULES[name]
    phrases: dict[str, str] = {}
    stems: dict[str, str] = {}
    for foreign, english in entries(module.TEXT):
        phrases.setdefault(fold(foreign), english)
    for foreign, english in phrases.items():
        if " " not in foreign and len(foreign) > 2:
            stems.setdefault(_stem(foreign, module.ENDINGS), english)
    return Tongue(
        name, phrases, stems, module.ENDINGS, module.PLURALS, frozenset(module.SINGLE), module.ADJECTIVES_FOLLOW
    )


def _stem(word: str, endings: tuple[str, ...]) -> str:
    """The word without its ending; twice, so that singular and plural meet whatever letter they end in."""
    for _ in range(2):
        cut = next((e for e in endings if word.endswith(e) and len(word) - len(e) >= 3), "")
        word = word[: len(word) - len(cut)]
    return word


def english_of(language: Tongue, phrase: str) -> str | None:
    """The English of a folded phrase, also in another ending."""
    if phrase in language.phrases:
        return language.phrases[phrase]
    if " " in phrase:
        head, _, last = phrase.rpartition(" ")
        for ending in language.endings:
            if last.endswith(ending) and f"{head} {last[: -len(ending)]}" in language.phrases:
                return language.phrases[f"{head} {last[: -len(ending)]}"]
        return None
    if len(phrase) < 4:
        return None
    return language.stems.get(_stem(phrase, language.endings))


def detect(prompt: str) -> str:
    """The language of a prompt: `en`, or the one of ours that knows more of its words than English does."""
    if _KANA.search(prompt):
        return "ja"
    raw = [fold(word) for word in _raw(prompt) if word.strip(",.;:!?()\n")]
    english = sum(token.kind != "unknown" for token in tokens(" ".join(raw)))
    best, most = "en", english
    for name in MODULES:
        language = tongue(name)
        known = sum(english_of(language, word) is not None for word in raw)
        if known > most:
            best, most = name, known
    return best


def _raw(prompt: str) -> list[str]:
    # An elided article ("l'eau", "d'acqua") is a word of its own, unless the table has the whole.
    return words_of_text(re.sub(r"\b([ldLD])['’]", r"\1 ", prompt))


def foreign_tokens(prompt: str, language: str) -> list[Token]:
    """The prompt's tokens, as the English parser wants them."""
    if language == "ja":
        return _japanese(prompt)
    speech = tongue(language)
    whole, split = words_of_text(prompt), _raw(prompt)
    raw = [fold(word) for word in (whole if len(whole) == len(split) else split)][:MAX_WORDS]
    out: list[Token] = []
    i = 0
    while i < len(raw):
        for size in range(min(LONGEST_PHRASE, len(raw) - i), 0, -1):
            phrase = " ".join(raw[i : i + size])
            english = english_of(speech, phrase)
            token = _token(speech, english, raw, i, size) if english else None
            if token is not None:
                out.append(token)
                i += size
                break
        else:
            own = classify(raw[i], raw[i + 1] if i + 1 < len(raw) else "")
            out.append(own if own and own.kind in ("break", "count", "noun", "style") else _unknown(raw[i], speech))
            i += 1
    return _reordered(out) if speech.adjectives_follow else out


def _unknown(word: str, speech: Tongue) -> Token:
    """A word of no table: short ones and those of grammar are nothing, others may be things."""
    return Token("ignored") if len(word) < 4 else Token("unknown", word, text=word)


def _token(speech: Tongue, english: str, raw: list[str], i: int, size: int) -> Token | None:
    if english == "of":
        return Token("ignored")
    token = classify(english, "cat" if english in ("wooden", "stone", "glass") else "")
    if token is None:
        return None
    last = raw[i + size - 1]
    before = raw[i - 1] if i else ""
    exact = " ".join(raw[i : i + size]) in speech.phrases and speech.name == "de"
    if token.kind == "noun" and last.endswith(speech.plurals) and before not in speech.single and not exact:
        base = next((f for f, e in speech.phrases.items() if e == english and last.startswith(f[:3])), last)
        token.plural = len(last) >= len(base) and last != base
    return token


def _reordered(found: list[Token]) -> list[Token]:
    """Colours, sizes and materials that follow their noun are put before it, and the colours of a place."""
    out: list[Token] = []
    i = 0
    while i < len(found):
        token = found[i]
        if token.kind not in ("noun", "place"):
            out.append(token)
            i += 1
            continue
        own = ATTRIBUTES if token.kind == "noun" else ("colour",)
        j, moved = i + 1, []
        while j < len(found):
            kind = found[j].kind
            joins = kind in ("and", "ignored") and j + 1 < len(found) and found[j + 1].kind in own
            if kind in own:
                moved.append(found[j])
            elif not (joins and (moved or kind == "ignored")):
                break
            j += 1
        out += [*moved, token]
        i = j
    return out


@lru_cache(maxsize=1)
def _japanese_table() -> tuple[dict[str, str], int]:
    table = dict(entries(JAPANESE))
    return table, max(map(len, table))


def _japanese(prompt: str) -> list[Token]:
    """Longest matches from left to right; "A の上の B" becomes "B on A"."""
    table, longest = _japanese_table()
    text = unicodedata.normalize("NFKC", prompt)[: MAX_WORDS * 4]
    found: list[Token] = []
    rest, i = "", 0
    while i < len(text):
        size = next((n for n in range(min(longest, len(text) - i), 0, -1) if text[i : i + n] in table), 0)
        if size:
            rest = _leave(rest, found)
            token = classify(table[text[i : i + size]], "cat")
            if token is not None:
                found.append(token)
            i += size
            continue
        if text[i] in "、。,.!?！？\n":
            rest = _leave(rest, found)
            found.append(Token("break"))
        else:
            rest += text[i]
        i += 1
    _leave(rest, found)
    return _subject_first(found)


def _leave(rest: str, found: list[Token]) -> str:
    """What no word matched: a run of ideographs or katakana is an unknown word, the rest is grammar."""
    found.extend(
        Token("unknown", run, text=run) for run in re.findall(r"[\u4e00-\u9fff]{2,}|[\u30a0-\u30ff]{2,}", rest)
    )
    return ""


def _subject_first(found: list[Token]) -> list[Token]:
    """Move a relation and the thing before it behind the thing that follows, unless none follows."""
    out: list[Token] = []
    held: list[Token] = []
    phrase: list[Token] = []
    for token in found:
        if token.kind == "relation":
            if any(t.kind == "noun" for t in phrase):
                held = [token, *phrase]
            elif phrase:
                out += phrase
            phrase = []
            continue
        phrase.append(token)
        if token.kind == "noun" and held:
            out += [*phrase, *held]
            phrase, held = [], []
        elif token.kind in ("break", "and"):
            out += [*phrase[:-1], *held, token]
            phrase, held = [], []
    earlier = any(t.kind == "noun" for t in out)
    if held and not earlier and len([t for t in held if t.kind == "noun"]) > 1:
        # "cat (is) on table": the thing said first is the subject.
        subject = next(t for t in held[1:] if t.kind == "noun")
        at = held.index(subject)
        return [*out, *held[1 : at + 1], held[0], *held[at + 1 :], *phrase]
    return [*out, *held, *phrase] if not held or earlier else [*out, *held[1:], *phrase]
