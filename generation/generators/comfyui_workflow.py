"""Workflows of ComfyUI as templates: graphs with named slots, filled by position, never by pasting text into JSON."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Misconfigured

SLOTS = (
    "prompt", "negative_prompt", "seed", "width", "height", "steps", "guidance", "model", "source", "strength",
)  # fmt: skip
_SLOT = re.compile("%(" + "|".join(SLOTS) + ")%")
_BUILT_IN = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Workflow:
    """A graph in API format (what ComfyUI's "Export (API)" writes): node id -> {class_type, inputs}."""

    graph: Mapping[str, Any]
    slots: frozenset[str]

    def filled(self, values: Mapping[str, str | int | float]) -> dict[str, Any]:
        """The graph with its slots replaced: a string that is one slot becomes the value in its own type, a slot
        inside a longer string its text. One pass: what a person wrote is never looked through for slots."""
        found: dict[str, Any] = _filled(self.graph, values)
        return found

    def class_of(self, node: str | None) -> str:
        """The class of a node, empty for none."""
        found = self.graph.get(node) if node is not None else None
        return str(found.get("class_type", "")) if isinstance(found, Mapping) else ""


def built_in(name: str) -> Workflow:
    """One of our own: `text` or `source` (image-to-image), for checkpoints of the stable diffusion family."""
    return load(_BUILT_IN / f"comfyui_{name}.json", name)


def load(path: Path, key: str) -> Workflow:
    """Read a workflow from a JSON or TOML file. Raises Misconfigured naming `key`, the setting that named the file."""
    try:
        raw = path.read_bytes()
        if len(raw) > limits.WORKFLOW_BYTES:
            raise Misconfigured(f"{key}: {path} is larger than {limits.WORKFLOW_BYTES} bytes.")
        graph = tomllib.loads(raw.decode()) if path.suffix == ".toml" else json.loads(raw)
    except (OSError, ValueError, RecursionError) as error:
        raise Misconfigured(f"{key}: {path} cannot be read: {error}") from None
    if not isinstance(graph, dict) or not graph or not all(_is_node(node) for node in graph.values()):
        raise Misconfigured(f"{key}: {path} is no workflow in API format (every node has class_type and inputs).")
    slots = frozenset(_SLOT.findall(json.dumps(graph)))
    if "prompt" not in slots:
        raise Misconfigured(f'{key}: {path} has no "%prompt%" where the prompt belongs.')
    return Workflow(graph, slots)


def _is_node(node: Any) -> bool:
    return isinstance(node, dict) and isinstance(node.get("class_type"), str) and isinstance(node.get("inputs"), dict)


def _filled(part: Any, values: Mapping[str, str | int | float]) -> Any:
    if isinstance(part, str):
        whole = _SLOT.fullmatch(part)
        if whole is not None:
            return values[whole[1]]
        return _SLOT.sub(lambda found: str(values[found[1]]), part)
    if isinstance(part, Mapping):
        return {name: _filled(inner, values) for name, inner in part.items()}
    return [_filled(inner, values) for inner in part] if isinstance(part, list) else part
