"""The `reading` moderator: reads the words in a picture and judges them like any text (optional; needs rapidocr)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from fediverse_ai.core.errors import FediverseError, Misconfigured
from generation.moderators.lists import Lists
from generation.moderators.meaning import ENCODER, Meaning
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

PACKAGE = "rapidocr"
SCORE = "text-in-image"
OTHERS = ("youth", "real-person", "artist-style")
"""What words may be about without breaking a rule by being in a picture."""
SECONDS = 28.0
"""The deadline for one picture: loading the models once 1 s, reading 2 to 4 s."""


class Reading:
    """Scores the worst of what is written in a picture; a picture without words scores 0."""

    name = "reading"

    def __init__(self, sandbox: Sandbox, package_version: str, seconds: float = SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds
        self._lists = Lists()
        self._meaning = Meaning(sandbox) if importlib.util.find_spec(ENCODER) is not None else None
        known = [self._lists.version, self._meaning.version if self._meaning else "-"]
        self.version = f"{PACKAGE}-{package_version}+" + "+".join(known)

    async def review(self, item: Item) -> Finding:
        """Score the words of the item's picture; an item without a picture gets no score."""
        if item.picture is None:
            return Finding(self.name, self.version, {})
        try:
            raster = await self._sandbox.run(
                "generation.moderators.views:readable", item.picture, timeout=self._seconds, lane="decode"
            )
            lines = await self._sandbox.run("generation.moderators.reading_model:read", *raster, timeout=self._seconds)
            words = "\n".join(str(line) for line in lines)
        except (FediverseError, LookupError, TypeError, ValueError) as error:
            # Whatever goes wrong on the other side of the process boundary holds the picture.
            return self._failed(f"{type(error).__name__}: {error}")
        return await self._judge(words, item)

    async def close(self) -> None:
        """The models live in the sandbox and go with it."""

    async def _judge(self, words: str, item: Item) -> Finding:
        if not words.strip():
            return Finding(self.name, self.version, {SCORE: 0.0})
        text = Item("text", text=words, language=item.language)
        findings = [self._lists.judge(words)]
        if self._meaning is not None:
            findings.append(await self._meaning.review(text))
        if any(finding.failed for finding in findings):
            return self._failed("the words could not be judged")
        scores: dict[str, float] = {}
        for finding in findings:
            for name, score in finding.scores.items():
                if name not in OTHERS:
                    scores[name] = max(score, scores.get(name, 0.0))
        rule = max(scores, key=lambda name: scores[name])
        return Finding(self.name, self.version, {SCORE: scores[rule]}, {SCORE: f"{rule}: {words}"})

    def _failed(self, why: str) -> Finding:
        return Finding(self.name, self.version, {}, {"failed": why}, failed=True)


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator. `config`: `timeout_seconds`. Raises Misconfigured for another key or without its package."""
    seconds = config.get("timeout_seconds", SECONDS)
    if set(config) - {"timeout_seconds"} or not isinstance(seconds, int | float) or not seconds > 0:
        raise Misconfigured("The moderator reading has one setting, timeout_seconds, above 0.")
    if importlib.util.find_spec(PACKAGE) is None:
        raise Misconfigured("The moderator reading needs the package rapidocr: install fediverse-ai[reading].")
    return Reading(sandbox, version(PACKAGE), float(seconds))
