"""One thing as it stands in the picture, and what carries it there."""

from __future__ import annotations

from dataclasses import dataclass, field

from generation.generators.scene.canvas import Canvas
from generation.generators.scene.graph import Thing
from generation.generators.scene.noun import Noun


@dataclass(slots=True)
class Placed:
    """One instance of a thing: `x`, `y` of its foot in picture units, `tall` its height, `t` its depth 0…1."""

    thing: Thing
    index: int
    instance: int
    x: float
    y: float
    tall: float
    t: float
    key: float
    mirror: bool = False
    footing: str = "ground"
    pose: str = "stand"
    turn: float = 0.0
    children: list[Placed] = field(default_factory=list)

    @property
    def noun(self) -> Noun:
        return self.thing.noun

    @property
    def scale(self) -> float:
        return self.tall / self.noun.box[1]

    @property
    def wide(self) -> float:
        return self.noun.box[0] * self.scale

    def anchor(self, name: str) -> tuple[float, float]:
        """An anchor of the noun in picture units."""
        ax, ay = self.noun.anchor(name)
        return self.x + (-ax if self.mirror else ax) * self.scale, self.y + ay * self.scale


def footing_of(noun: Noun, canvas: Canvas) -> str:
    """What carries a thing in this place: ground, water, sky or the open deep."""
    if canvas.deep:
        return "ground" if noun.where in ("ground", "table") and noun.metres < 4 and not noun.alive else "deep"
    if noun.where == "water" and canvas.water is None:
        return "ground"
    if noun.where == "deep":
        return "water" if canvas.water else "ground"
    if noun.where in ("table", "wall"):
        return "ground"
    if noun.where == "ground" and canvas.water and not canvas.needs.ground and canvas.graph.place in ("sea", "lake"):
        return "water"
    return noun.where
