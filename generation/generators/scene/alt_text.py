"""Alt text from the graph: one exact sentence that names everything that was drawn."""

from __future__ import annotations

from generation.generators.scene.graph import Graph


def describe(graph: Graph) -> str:
    return graph.prompt
