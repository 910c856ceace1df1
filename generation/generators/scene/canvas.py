"""The canvas that places and things are drawn on: size, air, light, depth keys and the ground that things stand on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from generation.generators.scene.backdrop import Backdrop
from generation.generators.scene.graph import Graph
from generation.generators.scene.paint import Look, Painter
from generation.generators.scene.palette import Air
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import Document, soft_edge, stroke

# Depth keys of the layers, far to near. Things lie between MIDDLE and NEAR by their own depth.
SKY, LIGHT, CLOUDS, FAR, HORIZON, MIDDLE, NEAR, FRONT, WEATHER = 0.0, 5.0, 8.0, 15.0, 25.0, 40.0, 60.0, 80.0, 90.0


@dataclass(slots=True)
class Needs:
    """What the things of a scene ask of its place."""

    ground: bool = False
    water: bool = False
    table: bool = False
    subject_side: float = 1.0
    """-1 when the subject stands left, 1 when right."""
    subject_water: bool = False
    subject_sky: bool = False
    """Whether the subject flies alone: then the land lies low."""
    tall: bool = False


@dataclass(slots=True)
class Canvas:
    """Drawn on by places. Units: the short side of the picture is 1000; y grows downwards."""

    width: float
    height: float
    document: Document
    air: Air
    look: Look
    graph: Graph
    stream: Stream
    needs: Needs
    light: tuple[float, float] = (0.0, 0.0)
    backdrop: Backdrop = field(default_factory=Backdrop)
    horizon: float = 0.0
    surface: Callable[[float, float], float] = lambda x, t: 900.0
    """y of the ground at x for a depth t: 0 at the far edge, 1 nearest."""
    land: tuple[float, float] = (0.0, 1000.0)
    """The range of x on which things of the ground may stand."""
    water: tuple[float, float] | None = None
    """The range of y in which things float, or None."""
    open_water: tuple[float, float] = (0.0, 1000.0)
    """The range of x that floating things keep to."""
    crossing: tuple[float, float, float] | None = None
    """Where a bridge spans the water: x, y and width, or None."""
    water_colour: str = "#5d7f98"
    casts: bool = True
    """Whether things cast shadows on the ground."""
    room: bool = False
    deep: bool = False
    near_scale: float = 1.0
    notes: list[str] = field(default_factory=list)

    @property
    def painter(self) -> Painter:
        return Painter(self.document, self.air, self.look)

    def add(self, depth: float, fragment: str) -> None:
        """Put a drawn fragment at a depth key."""
        self.document.add(depth, fragment)

    def edge(self, line: str, reach: float, strength: float, shine: bool = True) -> str:
        """What a style does along an edge of land: a soft shadow, and where it shines, a thin bright line."""
        out = soft_edge(line, self.air.dark, reach, strength * self.look.edge_shadow) if self.look.edge_shadow else ""
        if self.look.edge_line and shine:
            out += stroke(line, self.air.stops[1], 2 * self.look.edge_line, 0.8)
        return out

    @property
    def wet_from(self) -> float | None:
        """Where wet ground begins as a share of the height; None where there is none."""
        if self.room or self.deep or self.water or not self.casts:
            return None
        return min(1.0, self.horizon / self.height)

    def ground_key(self, t: float) -> float:
        """The depth key of things standing at depth t."""
        return MIDDLE + 1 + (NEAR - MIDDLE - 2) * t
