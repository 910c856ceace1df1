"""Generators with their operator's bounds: what a request becomes before them, and what is told of it afterwards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from fediverse_ai.core import limits
from fediverse_ai.core.config import Backend, Config
from fediverse_ai.core.errors import Misconfigured, Unprocessable
from generation import plugins
from generation.generators.backend import unused
from generation.types import GeneratedImage, Generator, ImageRequest, ModelCard

if TYPE_CHECKING:
    from fediverse_ai.core.http import Http

SIDE_STEP = 8
UPSCALE_STRENGTH = 0.3
"""How far a model may go from a picture that it only makes larger: less leaves blur, more draws something else."""


@dataclass(frozen=True, slots=True)
class Engine:
    """A generator with its bounds: `seconds` for one call, `at_once` calls at the same time, `max_pixels` a picture
    (0: none of its own), `daily` pictures by role. `watts` is its power while it works, 0 for unknown."""

    generator: Generator
    seconds: float = 300.0
    at_once: int = 1
    max_pixels: int = 0
    watts: float = 0.0
    daily: Mapping[str, int] = field(default_factory=dict)


def configured(config: Config) -> dict[str, Backend]:
    """Every generator of a configuration by name: `scene` and each [generation.backends.NAME]. Raises Misconfigured."""
    backends = {"scene": Backend(kind="scene"), **config.generation.backends}
    if config.generation.default not in backends:
        known = ", ".join(backends)
        raise Misconfigured(f"generation.default: {config.generation.default!r} is not configured; there are: {known}.")
    return backends


def pictures_at_once(config: Config) -> int:
    """How many pictures all generators of a configuration make at the same time."""
    return sum(backend.at_once for backend in configured(config).values())


def build(name: str, backend: Backend, config: Config, http: Http) -> Engine:
    """One generator as configured. Raises Misconfigured naming the key."""
    seconds = backend.timeout_seconds or config.generation.timeout_seconds
    settings = {
        "name": name,
        "kind": backend.kind,
        "url": backend.url,
        "model": backend.model,
        "api_key": backend.secret(),
        "timeout_seconds": seconds,
        "title": backend.title,
        "licence": backend.licence,
        "homepage": backend.homepage,
        "data_sources": backend.data_sources,
        "sha256": backend.sha256,
        "options": dict(backend.options),
    }
    factory = plugins.generator(backend.kind, f"generation.backends.{name}.kind")
    generator = factory(settings, http)
    return Engine(generator, seconds, backend.at_once, backend.max_pixels, backend.watts, backend.daily)


def fitted(request: ImageRequest, card: ModelCard, engine: Engine) -> tuple[ImageRequest, tuple[str, ...]]:
    """The request within the engine's bounds, and a sentence for what was changed.

    Raises Unprocessable for what a generator cannot do at all: begin from a picture, enlarge one, use another model.
    """
    if request.source is not None and not card.capabilities.source:
        raise Unprocessable("This generator cannot begin from a picture.", card.name)
    if request.graph is not None and not card.capabilities.graph:
        raise Unprocessable("This generator knows no scene graphs.", card.name)
    if request.upscale:
        if not card.capabilities.upscale:
            raise Unprocessable("This generator cannot make pictures larger; choose another.", card.name)
        if request.source is not None and request.strength is None:
            request = replace(request, strength=UPSCALE_STRENGTH)
    if request.model is not None and request.model not in card.capabilities.models:
        raise Unprocessable("This generator has no model of that name.", f"{card.name}: {request.model[:100]!r}")
    if not engine.max_pixels or request.width * request.height <= engine.max_pixels:
        return request, ()
    shrink = math.sqrt(engine.max_pixels / (request.width * request.height))
    least = limits.PICTURE_SIDE_MIN_PIXELS
    width, height = (
        max(least, int(side * shrink) // SIDE_STEP * SIDE_STEP) for side in (request.width, request.height)
    )
    return replace(request, width=width, height=height), (f"Made smaller, {width} × {height}: this generator's bound.",)


def finished(
    image: GeneratedImage, request: ImageRequest, engine: Engine, told: tuple[str, ...], seconds: float
) -> GeneratedImage:
    """The picture with time, energy and every wish that its card says was not fulfilled, each told once."""
    taken = image.seconds if image.seconds > 0 else seconds
    energy = image.watt_hours
    if energy is None and engine.watts > 0:
        energy = taken * engine.watts / 3600.0
    recipe = image.recipe
    if recipe.width and (recipe.width, recipe.height) != (request.width, request.height):
        told = (*told, f"Made {recipe.width} × {recipe.height}, the nearest size that this generator makes.")
    notes = tuple(dict.fromkeys((*image.notes, *unused(request, image.card.capabilities), *told)))
    return replace(image, seconds=taken, watt_hours=energy, notes=notes)
