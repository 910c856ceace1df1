"""The `lists` moderator: words that leave little doubt, looked for in every reading of a text."""

from __future__ import annotations

import asyncio
import codecs
import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

from fediverse_ai.core.errors import Misconfigured
from generation.moderators.normalise import Readings, clean, readings
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

SOLID_LETTERS = 5
"""From how many letters on a term is also looked for inside letters that were written apart ("n a k e d w o m a n")."""
_ADULT = 18
_NUMBERS: tuple[str, ...] = (
    *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
)
_AGE = re.compile(
    r"(?<![^\W_])(?P<age>\d{1,2}|" + "|".join(_NUMBERS) + r")[\W_]{0,2}"
    r"(?:years?|yrs?|yo|y\W?o|jahre?|jahrige[nrms]?|ans|anos|anni|лет|летн\w*|jaar|lat|yas\w*|歳|才|岁|살)(?![^\W_])"
)
_UNSPACED = re.compile(r"[\u0600-\u06ff\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


@dataclass(frozen=True, slots=True)
class _Rule:
    category: str
    score: float
    pattern: re.Pattern[str]
    solid: tuple[str, ...]


class Lists:
    """Block lists of our own in fourteen languages. Pure string work, below a millisecond for a prompt."""

    name = "lists"

    def __init__(self) -> None:
        self.version, content = _shipped()
        self.categories = tuple(dict.fromkeys(rule["category"] for rule in content["rules"]))

    async def review(self, item: Item) -> Finding:
        """Score the item's text in every category of the lists; no text scores 0 in all of them."""
        return await asyncio.to_thread(self.judge, item.text)

    def judge(self, text: str) -> Finding:
        """As `review`, at once: about 5 µs per character."""
        scores: dict[str, float] = dict.fromkeys(self.categories, 0.0)
        evidence: dict[str, str] = {}
        said = readings(text)
        harmless, rules = _compiled()
        texts = [harmless.sub(" ", reading) for reading in said.texts]
        for rule in rules:
            word = _find(rule, Readings(tuple(texts), said.solid))
            if word is not None and rule.score > scores[rule.category]:
                scores[rule.category] = rule.score
                evidence[rule.category] = word
        age = _stated_age(texts)
        if age is not None:
            scores["youth"] = 1.0
            evidence.setdefault("youth", age)
        return Finding(self.name, self.version, scores, evidence)

    async def close(self) -> None:
        """Nothing is held."""


@lru_cache(maxsize=1)
def _shipped() -> tuple[str, Mapping[str, Any]]:
    """(version, content) of the lists that come with the program."""
    data = resources.files("generation.moderators").joinpath("lists.toml").read_bytes()
    content = tomllib.loads(data.decode())
    return f"{content['version']}+{hashlib.sha256(data).hexdigest()[:12]}", content


@lru_cache(maxsize=1)
def _compiled() -> tuple[re.Pattern[str], tuple[_Rule, ...]]:
    """(harmless words, rules) as patterns: a tenth of a second, so the first text pays for it and not the start."""
    content = _shipped()[1]
    rules = [_rule(rule) for rule in content["rules"]]
    return _pattern(content["harmless"]), (*rules, *(_comparison(table) for table in content["comparisons"]))


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator; it has no settings. Raises Misconfigured for any."""
    if config:
        raise Misconfigured(f"The moderator lists has no setting {sorted(config)[0]!r}.")
    return Lists()


def _rule(table: Mapping[str, Any]) -> _Rule:
    terms = [*table.get("terms", []), *(codecs.decode(term, "rot13") for term in table.get("rot13", []))]
    solid = tuple(word for term in terms if len(word := clean(term).rstrip("*").replace(" ", "")) >= SOLID_LETTERS)
    return _Rule(table["category"], table["score"], _pattern(terms), solid)


def _comparison(table: Mapping[str, Any]) -> _Rule:
    """People called something that they are not: `who`, at most three words, `how`, at most three words, `what`."""
    who, how, what = (_pattern(table[name]).pattern for name in ("who", "how", "what"))
    between = r"(?:[\W_]+[^\W_]+){0,3}[\W_]+"
    return _Rule(table["category"], table["score"], re.compile(f"(?:{who}){between}(?:{how}){between}(?:{what})"), ())


def _pattern(terms: Iterable[str]) -> re.Pattern[str]:
    """One alternation of all terms: whole words, but anywhere in scripts that set no spaces."""
    words: list[str] = []
    anywhere: list[str] = []
    for term in sorted({clean(term) for term in terms}, key=lambda term: (-len(term), term)):
        parts = [part for part in re.split(r"[^\w*]+", term) if part]
        joined = r"[\W_]+".join(
            re.escape(part.rstrip("*")) + (r"[^\W_]*" if part.endswith("*") else "") for part in parts
        )
        (anywhere if _UNSPACED.search(term) else words).append(joined)
    alternatives = [rf"(?<![^\W_])(?:{'|'.join(words)})(?![^\W_])"] if words else []
    return re.compile("|".join([*alternatives, *anywhere]))


def _find(rule: _Rule, said: Readings) -> str | None:
    for text in said.texts:
        match = rule.pattern.search(text)
        if match:
            return match.group()
    return next((word for run in said.solid for word in rule.solid if word in run), None)


def _stated_age(texts: Iterable[str]) -> str | None:
    """An age below 18 that the text states, such as "14 years" or "vierzehn Jahre" in figures."""
    for text in texts:
        for match in _AGE.finditer(text):
            age = match["age"]
            if (int(age) if age.isdecimal() else _NUMBERS.index(age) + 1) < _ADULT:
                return match.group()
    return None
