"""The `bodies` moderator: faces and uncovered body parts in pictures (optional; needs the package nudenet)."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from typing import Any

from fediverse_ai.core.errors import FediverseError, Misconfigured
from generation.sandbox import Sandbox
from generation.types import Finding, Item, Moderator

PACKAGE = "nudenet"
MODEL_SHA256 = "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f"
"""Of the 320 pixel detector as nudenet 3.4.2 carries it."""
SCORES = ("sexual", "face")
SECONDS = 25.0


class Bodies:
    """Finds faces (whose, it cannot say) and uncovered parts. Trained on photographs, weak on drawings."""

    name = "bodies"
    version = MODEL_SHA256[:12]

    def __init__(self, sandbox: Sandbox, seconds: float = SECONDS) -> None:
        self._sandbox = sandbox
        self._seconds = seconds

    async def review(self, item: Item) -> Finding:
        """Score the item's picture; an item without a picture gets no score."""
        if item.picture is None:
            return Finding(self.name, self.version, {})
        try:
            raster = await self._sandbox.run(
                "generation.moderators.views:square", item.picture, timeout=self._seconds, lane="decode"
            )
            found = await self._sandbox.run(
                "generation.moderators.bodies_model:score", raster, MODEL_SHA256, timeout=self._seconds
            )
            scores = {name: float(found[name][0]) for name in SCORES}
            evidence = {name: str(found[name][1]) for name in SCORES if scores[name] >= 0.2}
        except (FediverseError, LookupError, TypeError, ValueError) as error:
            # Whatever goes wrong on the other side of the process boundary holds the picture.
            return Finding(self.name, self.version, {}, {"failed": f"{type(error).__name__}: {error}"}, failed=True)
        return Finding(self.name, self.version, scores, evidence)

    async def close(self) -> None:
        """The model lives in the sandbox and goes with it."""


def create(config: Mapping[str, Any], sandbox: Sandbox) -> Moderator:
    """The moderator. `config`: `timeout_seconds`. Raises Misconfigured for another key or without its package."""
    seconds = config.get("timeout_seconds", SECONDS)
    if set(config) - {"timeout_seconds"} or not isinstance(seconds, int | float) or not seconds > 0:
        raise Misconfigured("The moderator bodies has one setting, timeout_seconds, above 0.")
    if importlib.util.find_spec(PACKAGE) is None:
        raise Misconfigured("The moderator bodies needs the package nudenet: install fediverse-ai[bodies].")
    return Bodies(sandbox, float(seconds))
