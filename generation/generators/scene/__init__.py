"""The embedded generator `scene`: a prompt becomes a scene graph, and the graph a layered, lit picture of our own."""

from __future__ import annotations

from generation.generators.scene.generator import create
from generation.generators.scene.version import VERSION

__all__ = ["VERSION", "create"]
