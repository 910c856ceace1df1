"""From a name to a generator or moderator: our own by a table, installed ones by their entry points."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from fediverse_ai.core.errors import Misconfigured
from generation.sandbox import Sandbox
from generation.types import Generator, Moderator

if TYPE_CHECKING:
    from fediverse_ai.core.clock import Clock
    from fediverse_ai.core.http import Http

GENERATORS = {
    "scene": "generation.generators.scene.generator:create",
    "openai": "generation.generators.openai_images:create",
    "sdcpp": "generation.generators.sdcpp:create",
    "comfyui": "generation.generators.comfyui:create",
    "diffusers": "generation.generators.diffusers_local:create",
}
MODERATORS = {
    "lists": "generation.moderators.lists:create",
    "meaning": "generation.moderators.meaning:create",
    "nudity": "generation.moderators.nudity:create",
    "known": "generation.moderators.known:create",
}
"""Those that run unless moderation.moderators says otherwise."""
OPTIONAL_MODERATORS = {
    "bodies": "generation.moderators.bodies:create",
    "reading": "generation.moderators.reading:create",
}
"""Those that need a package more, and much memory."""
SERVICES = {
    "openai-moderation": "generation.moderators.openai_moderation:create",
    "guard": "generation.moderators.guard:create",
    "ollama": "generation.moderators.ollama:create",
}
"""Kinds of [moderation.services.NAME]: those that ask somebody else."""
GENERATOR_GROUP = "fediverse_ai.generators"
MODERATOR_GROUP = "fediverse_ai.moderators"

GeneratorFactory = Callable[[Mapping[str, Any], "Http"], Generator]
"""`create(config, http)`. `config` holds `name`, `kind`, `url`, `model`, `api_key`, `timeout_seconds`, `options`, and
what the operator says of the model: `title`, `licence`, `homepage`, `data_sources`, `sha256`."""
ModeratorFactory = Callable[[Mapping[str, Any], Sandbox], Moderator]
"""`create(config, sandbox)`. `config` holds the settings of that moderator alone; there are none yet."""
ServiceFactory = Callable[[Mapping[str, Any], "Clock"], Moderator]
"""`create(config, clock)`. `config` holds `name`, `url`, `model`, `api_key`, `timeout_seconds`, `options`."""


def generator(kind: str, key: str) -> GeneratorFactory:
    """The factory of a kind of generator; `key` is the setting that named it, for the error. Raises Misconfigured."""
    return _find(kind, key, GENERATORS, GENERATOR_GROUP)


def moderator(name: str, key: str = "moderation.moderators") -> ModeratorFactory:
    """The factory of a moderator; `key` is the setting that named it, for the error. Raises Misconfigured."""
    return _find(name, key, MODERATORS | OPTIONAL_MODERATORS, MODERATOR_GROUP)


def service(kind: str, key: str) -> ServiceFactory:
    """The factory of a kind of judging service; `key` is the setting that named it. Raises Misconfigured."""
    if kind not in SERVICES:
        raise Misconfigured(f"{key}: {kind!r} is not known; known are {', '.join(SERVICES)}.")
    return _find(kind, key, SERVICES, MODERATOR_GROUP)


def _find(name: str, key: str, ours: Mapping[str, str], group: str) -> Callable[..., Any]:
    """Only what is named is imported. A built-in name cannot be taken over by an installed package."""
    try:
        if name in ours:
            module, _, factory = ours[name].partition(":")
            return _callable(getattr(importlib.import_module(module), factory), name, key)
        installed = entry_points(group=group)
        for entry in installed.select(name=name):
            return _callable(entry.load(), name, key)
    except (ImportError, AttributeError) as error:
        raise Misconfigured(f"{key}: {name!r} cannot be loaded: {error}") from error
    known = ", ".join(sorted({*ours, *installed.names}))
    raise Misconfigured(f"{key}: {name!r} is not known; known are {known}.")


def _callable(found: Any, name: str, key: str) -> Callable[..., Any]:
    if not callable(found):
        raise Misconfigured(f"{key}: {name!r} is no factory but {type(found).__name__}.")
    return found  # type: ignore[no-any-return] # its own types are checked by the contract suite
