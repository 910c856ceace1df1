"""What all backends do alike with an order: seeds, sides, defaults for who wishes nothing, a deadline, the recipe."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.errors import FediverseError, Misconfigured, Unprocessable, Unreachable
from generation.generators.backend import SEED_LIMIT, About, first_seed
from generation.generators.prompts import Grammar, neutral
from generation.types import Capabilities, ImageRequest, ModelCard, Recipe

CANCEL_SECONDS = 3.0
"""How long telling a backend to stop may take."""
UPSCALE = (
    "Painted over by the model from the picture as it is, enlarged: fine detail is invented, and small things may "
    "change."
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What one order asks for, as a backend is told it. `strength` None without a source."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    steps: int | None
    guidance: float | None
    strength: float | None


@dataclass(frozen=True, slots=True)
class Defaults:
    """An operator's settings for people who wish none; None leaves it to the backend."""

    steps: int | None = None
    guidance: float | None = None
    strength: float | None = None

    def wishes(self, request: ImageRequest, grammar: Grammar, side_step: int) -> Wishes:
        """A request in a backend's own words: its syntax neutralised, sides as multiples of `side_step` pixels."""
        strength = request.strength if request.strength is not None else self.strength
        return Wishes(
            prompt=neutral(request.prompt, grammar),
            negative_prompt=neutral(request.negative_prompt, grammar),
            width=max(side_step, round(request.width / side_step) * side_step),
            height=max(side_step, round(request.height / side_step) * side_step),
            steps=request.steps or self.steps,
            guidance=request.guidance if request.guidance is not None else self.guidance,
            strength=strength if request.source is not None else None,
        )


def defaults(key: str, options: Mapping[str, Any], standard: Defaults) -> Defaults:
    """`steps`, `guidance` and `strength` of a backend's options, else the standard ones. Raises Misconfigured."""
    try:
        steps = int(options["steps"]) if "steps" in options else standard.steps
        guidance = float(options["guidance"]) if "guidance" in options else standard.guidance
        strength = float(options["strength"]) if "strength" in options else standard.strength
    except (TypeError, ValueError):
        sentence = "steps are whole numbers like 20, guidance looks like 7.0, strength like 0.6."
        raise Misconfigured(f"{key}.options: {sentence}") from None
    return Defaults(steps, guidance, strength)


def seeds(request: ImageRequest, clock: Clock) -> list[int]:
    """One for each picture, counting up from the wished or chosen one, below SEED_LIMIT."""
    first = first_seed(request, clock)
    return [(first + index) % SEED_LIMIT for index in range(request.count)]


def check_source(request: ImageRequest, can: Capabilities, name: str) -> None:
    """Raise Unprocessable for a source that this backend cannot begin from."""
    if request.source is not None and not can.source:
        raise Unprocessable("This generator cannot begin from a picture.", name)


@asynccontextmanager
async def deadline(about: About) -> AsyncIterator[None]:
    """All of an order within the backend's own time. Raises Unreachable when it is over."""
    try:
        async with asyncio.timeout(about.timeout_seconds):
            yield
    except TimeoutError as error:
        raise Unreachable("The image backend took too long.", f"{about.name}: deadline") from error


@asynccontextmanager
async def stopping() -> AsyncIterator[None]:
    """Telling a backend to stop: it may fail and take too long, and we end all the same."""
    with suppress(FediverseError, TimeoutError):
        async with asyncio.timeout(CANCEL_SECONDS):
            yield


def recipe(
    card: ModelCard,
    can: Capabilities,
    wishes: Wishes,
    seed: int | None,
    parameters: Mapping[str, Any],
    version: str = "",
) -> Recipe:
    """What one picture was made of, as far as the backend heard it; `parameters` without a value are left out."""
    return Recipe(
        generator=card.name,
        version=version or card.version,
        prompt=wishes.prompt,
        negative_prompt=wishes.negative_prompt if can.negative_prompt else "",
        seed=seed if can.seed else None,
        width=wishes.width if can.size else 0,
        height=wishes.height if can.size else 0,
        parameters={name: value for name, value in parameters.items() if value is not None},
    )
