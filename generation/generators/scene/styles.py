"""The styles: renderings of one graph. A style changes edges, texture, palette mapping and shadow, never content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generation.generators.scene.paint import Look


@dataclass(frozen=True, slots=True)
class Style:
    """How things are painted (`look`) and how the raster is finished (`print`: name of the finish)."""

    name: str
    title: str
    look: Look
    finish: str


STYLES: Mapping[str, Style] = {
    "papercut": Style("papercut", "paper-cut", Look(), "paper"),
    "linocut": Style(
        "linocut", "linocut print",
        Look(modelling=1.5, rim=0.0, drop=0.0, edge_shadow=0.5, outline=2.6), "lino",
    ),
}  # fmt: skip
