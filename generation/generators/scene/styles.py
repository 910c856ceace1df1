"""The styles: renderings of one graph. A style changes edges, texture, palette mapping and shadow, never content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from generation.generators.scene.neon import neon_air
from generation.generators.scene.paint import Look
from generation.generators.scene.palette import Air
from generation.generators.scene.rng import Stream


@dataclass(frozen=True, slots=True)
class Style:
    """How things are painted (`look`) and how the raster is finished (`finish`: its name); `title` is for people."""

    name: str
    title: str
    look: Look
    finish: str

    def air(self, air: Air, stream: Stream) -> Air:
        """The palette of the scene as this style maps it."""
        return neon_air(air, stream) if self.finish == "neon" else air


STYLES: Mapping[str, Style] = {
    "papercut": Style("papercut", "paper-cut", Look(), "paper"),
    "linocut": Style(
        "linocut", "linocut print",
        Look(modelling=1.5, rim=0.0, drop=0.0, edge_shadow=0.5, outline=2.6), "lino",
    ),
    "gouache": Style(
        "gouache", "gouache", Look(modelling=0.55, rim=0.0, drop=0.0, edge_shadow=0.0), "gouache",
    ),
    "neon": Style(
        "neon", "neon night",
        Look(modelling=1.0, rim=0.8, drop=0.4, edge_shadow=0.5, outline=2.3, outline_colour="neon", edge_line=1.2),
        "neon",
    ),
    "pencil": Style(
        "pencil", "pencil and wash", Look(modelling=0.7, rim=0.0, drop=0.0, edge_shadow=0.0), "pencil",
    ),
    "pixel": Style(
        "pixel", "pixel", Look(modelling=1.2, rim=0.0, drop=0.0, edge_shadow=0.4, outline=2.6, outline_colour="dark"),
        "pixel",
    ),
}  # fmt: skip
