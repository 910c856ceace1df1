"""The pen: what a noun draws with. Coordinates are local units, x to the right, y DOWN, the ground at y = 0.

A noun records marks in natural daylight colours; light, air, time of day and style are applied when the marks
are turned into SVG (see `paint.py`). DRAWING.md shows how to add a noun.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from math import cos, radians, sin
from typing import Literal

from generation.generators.scene import geometry
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.rng import Stream

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
Kind = Literal["fill", "line", "shade", "shine", "glow", "window", "light"]


def joined(outer: Matrix, inner: Matrix) -> Matrix:
    """The transform that applies `inner` first, then `outer` (SVG order a b c d e f)."""
    a, b, c, d, e, f = outer
    g, h, i, j, k, m = inner
    return (a * g + c * h, b * g + d * h, a * i + c * j, b * i + d * j, a * k + c * m + e, b * k + d * m + f)


@dataclass(frozen=True, slots=True)
class Mark:
    """One recorded shape: path data in local units, a natural colour, and how it is to be painted."""

    path: str
    colour: str
    kind: Kind
    opacity: float = 1.0
    width: float = 0.0
    flat: bool = False
    centre: tuple[float, float, float] = (0.0, 0.0, 0.0)
    matrix: Matrix = IDENTITY


class Pen:
    """Records the marks of one thing. `pose` is one of the noun's poses, `rng` varies it by seed.

    `lit` is True when lamps and windows burn (dusk, night, indoors at night).
    """

    def __init__(self, rng: Stream, pose: str = "stand", colours: Sequence[str] = (), lit: bool = False) -> None:
        self.rng = rng
        self.pose = pose
        self.lit = lit
        self.marks: list[Mark] = []
        self._colours = list(colours)
        self._parts: dict[str, str] = {}
        self._matrix: Matrix = IDENTITY

    def part(self, name: str, *natural: str) -> str:
        """The colour of a colourable part: a colour word of the prompt, else one of the natural colours by seed.

        Colour words go to the parts in the order in which the noun asks for them: ask for the main part first.
        """
        if name not in self._parts:
            own = self._colours.pop(0) if self._colours else None
            self._parts[name] = own or self.rng.child("part", name).pick(natural)
        return self._parts[name]

    def fill(self, path: str, colour: str, opacity: float = 1.0, *, flat: bool = False) -> None:
        """A shape that takes the light: lit towards the light, darker away from it. `flat` keeps one tone."""
        self._add(Mark(path, colour, "fill", opacity, flat=flat))

    def line(self, path: str, colour: str, width: float, opacity: float = 1.0) -> None:
        """A stroke with round ends: ropes, whiskers, rails. Thick tapering ones are `limb` shapes."""
        self._add(Mark(path, colour, "line", opacity, width))

    def shade(self, path: str, strength: float = 0.22) -> None:
        """A shape in shadow, laid over what is drawn; keep it inside the outline."""
        self._add(Mark(path, "#1c1830", "shade", strength))

    def shine(self, path: str, strength: float = 0.3) -> None:
        """A shape that catches the light, laid over what is drawn; keep it inside the outline."""
        self._add(Mark(path, "#fff6e0", "shine", strength))

    def glow(
        self, x: float, y: float, radius: float, colour: str = "#ffdf9a", strength: float = 0.8, squash: float = 1.0
    ) -> None:
        """A soft halo of light; drawn whatever the time of day, so ask `pen.lit` first if it is a lamp.

        With `squash` it is so much lower than wide: the pool of light on the ground.
        """
        self._add(Mark("", colour, "glow", strength, width=squash, centre=(x, y, radius)))

    def light(self, path: str, colour: str, opacity: float = 1.0) -> None:
        """A shape that shines by itself (a flame, a lamp's glass): the air does not grade its colour."""
        self._add(Mark(path, colour, "light", opacity, flat=True))

    def window(self, path: str, glass: str = "#5d7488") -> None:
        """A pane: warm light when lamps burn, cool glass otherwise."""
        self._add(Mark(path, "#ffd98a" if self.lit else glass, "window", flat=True))

    def eye(self, x: float, y: float, radius: float, colour: str = "#231b22") -> None:
        """A dark eye with one small light in it."""
        self.fill(geometry.ellipse(x, y, radius, radius * 1.1), colour, flat=True)
        self._add(Mark(geometry.ellipse(x + radius * 0.3, y - radius * 0.4, radius * 0.33), "#fff8ea", "shine", 0.95))

    @contextmanager
    def at(self, x: float, y: float, scale: float = 1.0, turn: float = 0.0, mirror: bool = False) -> Iterator[None]:
        """Draw within a moved, scaled, turned (degrees clockwise) or mirrored frame."""
        before = self._matrix
        c, s = cos(radians(turn)) * scale, sin(radians(turn)) * scale
        flip = -1.0 if mirror else 1.0
        self._matrix = joined(before, (c * flip, s * flip, -s, c, x, y))
        try:
            yield
        finally:
            self._matrix = before

    def _add(self, mark: Mark) -> None:
        self.marks.append(replace(mark, matrix=self._matrix))

    @staticmethod
    def darker(colour: str, amount: float = 0.1) -> str:
        """The same hue, `amount` lower in OKLab lightness (0…1)."""
        return tone(colour, -amount)

    @staticmethod
    def lighter(colour: str, amount: float = 0.1) -> str:
        """The same hue, `amount` higher in OKLab lightness (0…1)."""
        return tone(colour, amount)

    @staticmethod
    def blend(first: str, second: str, share: float = 0.5) -> str:
        """A colour between two, mixed in OKLab."""
        return mix(first, second, share)
