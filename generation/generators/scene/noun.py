"""What a noun of the picture vocabulary is: a small drawing function with its size, place, anchors and parts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import ModuleType
from typing import Literal

from generation.generators.scene.pen import Pen

Where = Literal["ground", "water", "sky", "table", "deep", "wall"]
Draw = Callable[[Pen], None]


@dataclass(frozen=True, slots=True)
class Noun:
    """One drawable thing. `box` is (width, height) of the drawing in local units, standing on the origin.

    `metres` is its real height (relations compare it), `where` what carries it (`deep` is under water, `table`
    a small thing that also stands on the ground, `wall` hangs). `parts` names the colourable parts, the main one
    first. `anchors` are points in local units: `top`, `seat`, `hand`, `head`, `inside`.
    """

    name: str
    draw: Draw
    box: tuple[float, float]
    metres: float
    where: Where = "ground"
    words: tuple[str, ...] = ()
    parts: tuple[str, ...] = ("body",)
    poses: tuple[str, ...] = ("stand",)
    anchors: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    alive: bool = False
    """Creatures may ride, hold and look; they turn towards the middle of the picture."""
    turns: bool = True
    """False for things that are never mirrored."""
    backdrop: bool = False
    """True for things that frame a scene (trees, houses): they may stand farther back and be many."""
    plural: str = ""
    edge: bool = False
    """True for what grows in from a side of the picture, its thick end at the left of the box."""

    def anchor(self, name: str) -> tuple[float, float]:
        """The anchor point, or the top of the box."""
        return self.anchors.get(name) or self.anchors.get("top") or (0.0, -self.box[1])


def noun(
    name: str,
    box: tuple[float, float],
    metres: float,
    where: Where = "ground",
    *,
    words: str = "",
    parts: tuple[str, ...] = ("body",),
    poses: tuple[str, ...] = ("stand",),
    anchors: Mapping[str, tuple[float, float]] | None = None,
    alive: bool = False,
    turns: bool = True,
    backdrop: bool = False,
    plural: str = "",
    edge: bool = False,
) -> Callable[[Draw], Noun]:
    """Make a drawing function a Noun. `words` are synonyms, separated by commas."""

    def make(draw: Draw) -> Noun:
        synonyms = tuple(word.strip() for word in words.split(",") if word.strip())
        return Noun(
            name, draw, box, metres, where, synonyms, parts, poses, anchors or {}, alive, turns, backdrop, plural, edge
        )

    return make


def nouns_of(module: ModuleType) -> tuple[Noun, ...]:
    """The nouns that a family's file defines, in its order."""
    return tuple(
        value for value in vars(module).values() if isinstance(value, Noun) and value.draw.__module__ == module.__name__
    )
