"""How much of a picture's recipe leaves: the one place that decides, for the object, the page and the file alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fediverse_ai.core import limits
from generation.provenance import Provenance
from outbox.belongings import Disclosure
from outbox.models import Attachment, Origin, Post

MODEL = ("generator", "version", "title", "disclosure")
PROMPT = (*MODEL, "prompt")
FULL = (*PROMPT, "negative_prompt", "seed", "width", "height", "parameters", "seconds", "watt_hours")
_FIELDS = {Disclosure.FULL: FULL, Disclosure.PROMPT: PROMPT, Disclosure.MODEL: MODEL, Disclosure.LABEL: ()}


def disclosed(recipe: Mapping[str, Any] | None, level: str) -> dict[str, Any]:
    """The fields of a stored recipe that may be known at this level; empty for `label` and without a recipe."""
    fields: tuple[str, ...] = _FIELDS[Disclosure(level)]
    return {name: recipe[name] for name in fields if recipe and recipe.get(name) not in (None, "", {}, [])}


def of_post(attachment: Attachment, post: Post) -> dict[str, Any]:
    """What others may know of a picture's recipe: ours as its author chose, another server's as it was told."""
    return disclosed(attachment.recipe, post.disclosure if post.local else Disclosure.FULL)


def shows_prompt(level: str) -> bool:
    return Disclosure(level) in (Disclosure.FULL, Disclosure.PROMPT)


def written(recipe: Mapping[str, Any] | None, level: str) -> list[str]:
    """What its author wrote in a recipe and would leave: text like any other, for the gate."""
    known = disclosed(recipe, level)
    return [str(known[name]) for name in ("prompt", "negative_prompt") if known.get(name)]


def mark(attachment: Attachment, level: str, rights: str) -> Provenance:
    """What the file of a picture of ours says of itself: always how it came to be, and of its recipe what may leave."""
    term = attachment.digital_source_type or ""
    if attachment.origin == Origin.DECLARED_NOT_AI:
        return Provenance(rights=rights)
    known = disclosed(attachment.recipe, level)
    return Provenance(
        digital_source_type=term,
        system=str(known.get("title") or known.get("generator") or ""),
        system_version=str(known.get("version") or ""),
        prompt=_spelled(known) or None,
        rights=rights,
    )


def _spelled(known: Mapping[str, Any]) -> str:
    """Prompt and settings in words, since IPTC has one field for both."""
    if "prompt" not in known:
        return ""
    parameters = known.get("parameters")
    settings: dict[str, Any] = {"not": known.get("negative_prompt"), "seed": known.get("seed")}
    if known.get("width"):
        settings["size"] = f"{known['width']}×{known['height']}"
    if isinstance(parameters, Mapping):
        settings |= {name: value for name, value in parameters.items() if isinstance(value, str | int | float)}
    lines = [f"{name}: {value}" for name, value in settings.items() if value is not None]
    return "\n".join([str(known["prompt"]), *lines])[: limits.XMP_PROMPT_CHARS]
