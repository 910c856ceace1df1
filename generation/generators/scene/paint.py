"""Turns the marks of one thing into SVG: graded by the air, lit from the light, with shadow, rim and reflection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import groupby
from math import hypot

from generation.generators.scene.colour import mix, tone
from generation.generators.scene.neon import sign
from generation.generators.scene.palette import Air
from generation.generators.scene.pen import Mark, Matrix, joined
from generation.generators.scene.svg import Document


@dataclass(frozen=True, slots=True)
class Look:
    """How a style paints things: strengths 0…1 and widths in picture units (a thousand to the short side)."""

    modelling: float = 1.0
    rim: float = 1.0
    drop: float = 1.0
    edge_shadow: float = 1.0
    outline: float = 0.0
    outline_colour: str = "paper"
    """`paper` (light), `dark`, or `neon` (the thing's own hue as a shining tube)."""
    edge_line: float = 0.0
    """The width of a shining line along the edges of land; 0 for none."""


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a thing stands: its origin and scale in picture units, mirrored or not, its depth and the light's place."""

    x: float
    y: float
    scale: float
    mirror: bool
    depth: float
    light: tuple[float, float]
    size: tuple[float, float]
    turn: float = 0.0

    @property
    def matrix(self) -> Matrix:
        return (-self.scale if self.mirror else self.scale, 0.0, 0.0, self.scale, self.x, self.y)

    @property
    def centre(self) -> tuple[float, float]:
        return self.x, self.y - self.size[1] * self.scale / 2

    def towards_light(self) -> tuple[float, float]:
        """A unit vector in picture units; light never comes from far below."""
        cx, cy = self.centre
        dx, dy = self.light[0] - cx, min(self.light[1] - cy, -0.25 * abs(self.light[0] - cx) - 1)
        length = hypot(dx, dy)
        return dx / length, dy / length


def _m(matrix: Matrix) -> str:
    return "matrix(" + " ".join(f"{v:.4f}" for v in matrix) + ")"


def _back(matrix: Matrix, point: tuple[float, float]) -> tuple[float, float]:
    a, b, c, d, e, f = matrix
    det = a * d - b * c or 1e-9
    x, y = point[0] - e, point[1] - f
    return (d * x - c * y) / det, (a * y - b * x) / det


class Painter:
    """Paints things into a document under one air and one look."""

    def __init__(self, document: Document, air: Air, look: Look) -> None:
        self.document = document
        self.air = air
        self.look = look

    def thing(self, marks: Iterable[Mark], spot: Spot, scenery: bool = False) -> str:
        """The thing with its drop shadow and rim light; cast shadows and reflections are drawn separately.

        `scenery` takes fewer passes, for the many trees and houses of a place.
        """
        kept = list(marks)
        dx, dy = spot.towards_light()
        parts = []
        if self.look.drop > 0:
            passes = (
                (((4.0, 0.16),) if spot.depth > 0.24 else ()) if scenery else ((3.0, 0.15), (6.5, 0.1), (10.5, 0.06))
            )
            for reach, strength in passes:
                shift = (-dx * reach * 0.7, reach)
                parts.append(self._silhouette(kept, spot.matrix, shift, self.air.dark, strength * self.look.drop))
        if self.look.outline > 0 and not (scenery and spot.depth < 0.4):
            parts.append(self._outline(kept, spot))
        rim = self.air.glow * self.look.rim * (0.5 if scenery else 1.0)
        if rim > 0.15 and not (scenery and spot.depth < 0.4):
            shift = (dx * 2.2, dy * 2.2)
            parts.append(self._silhouette(kept, spot.matrix, shift, self.air.light, 0.85 * rim))
        parts.append(self._body(kept, spot, plain=scenery and spot.depth < 0.6))
        return "".join(parts)

    def _body(self, marks: list[Mark], spot: Spot, base: Matrix | None = None, plain: bool = False) -> str:
        out = []
        for matrix, group in groupby(marks, key=lambda mark: mark.matrix):
            whole = joined(base or spot.matrix, matrix)
            out.append(f'<g transform="{_m(whole)}">')
            out += [self._mark(replace(mark, flat=True) if plain else mark, spot, whole) for mark in group]
            out.append("</g>")
        return "".join(out)

    def _mark(self, mark: Mark, spot: Spot, whole: Matrix) -> str:
        alpha = f' fill-opacity="{mark.opacity:.3f}"' if mark.opacity < 1 else ""
        if mark.kind == "glow":
            x, y, radius = mark.centre
            return self.document.halo(x, y, radius, radius * mark.width, mark.colour, mark.opacity)
        if mark.kind == "line":
            colour = self.air.grade(mark.colour, spot.depth)
            faint = f' stroke-opacity="{mark.opacity:.3f}"' if mark.opacity < 1 else ""
            return (
                f'<path d="{mark.path}" fill="none" stroke="{colour}" stroke-width="{mark.width}"{faint} '
                'stroke-linecap="round" stroke-linejoin="round"/>'
            )
        if mark.kind == "shade":
            return f'<path d="{mark.path}" fill="{self.air.dark}"{alpha}/>'
        if mark.kind == "shine":
            return f'<path d="{mark.path}" fill="{self.air.light}"{alpha}/>'
        if mark.kind == "light":
            return f'<path d="{mark.path}" fill="{mark.colour}"{alpha}/>'
        if mark.kind == "window":
            glass = mark.colour if self.air.lamps else self.air.grade(mark.colour, spot.depth)
            return f'<path d="{mark.path}" fill="{glass}"/>'
        colour = self.air.grade(mark.colour, spot.depth)
        fill = colour if mark.flat or self.look.modelling <= 0 else self._modelled(colour, spot, whole)
        return f'<path d="{mark.path}" fill="{fill}"{alpha}/>'

    def _modelled(self, colour: str, spot: Spot, whole: Matrix) -> str:
        """One gradient per colour across the whole thing, so that overlapping shapes join without a seam."""
        dx, dy = spot.towards_light()
        reach = 0.52 * max(spot.size) * spot.scale
        (cx, cy) = spot.centre
        start = _back(whole, (cx + dx * reach, cy + dy * reach))
        end = _back(whole, (cx - dx * reach, cy - dy * reach))
        force = self.look.modelling
        lit = mix(tone(colour, 0.05 * force), self.air.light, 0.24 * self.air.glow * force)
        dark = mix(tone(colour, -0.075 * force), self.air.dark, 0.24 * force)
        return self.document.linear(((0, lit, 1), (0.48, colour, 1), (1, dark, 1)), start, end)

    def _silhouette(
        self,
        marks: list[Mark],
        matrix: Matrix,
        shift: tuple[float, float],
        colour: str,
        strength: float,
        grow: float = 0,
    ) -> str:
        a, b, c, d, e, f = matrix
        moved = (a, b, c, d, e + shift[0], f + shift[1])
        dull = [mark for mark in marks if mark.kind != "light"]
        return self.flat_shape(dull, moved, colour, strength, grow, grouped=False)

    def flat_shape(
        self, marks: list[Mark], matrix: Matrix, fill: str, strength: float, grow: float = 0, grouped: bool = True
    ) -> str:
        """All marks as one shape of one paint (a silhouette).

        `grouped` blends the union once, which costs a layer; without it overlaps add up, which nobody sees
        where the thing itself covers them.
        """
        solid = [m for m in marks if m.kind in ("fill", "line", "window", "light") and m.opacity > 0.5]
        alpha = f"{min(1.0, strength):.3f}"
        how = f'opacity="{alpha}"' if grouped else f'fill-opacity="{alpha}" stroke-opacity="{alpha}"'
        out = [f'<g {how} transform="{_m(matrix)}">']
        for inner, group in groupby(solid, key=lambda mark: mark.matrix):
            out.append(f'<g transform="{_m(inner)}" fill="{fill}" stroke-linecap="round" stroke-linejoin="round">')
            for mark in group:
                if mark.kind == "line":
                    out.append(
                        f'<path d="{mark.path}" fill="none" stroke="{fill}" stroke-width="{mark.width + grow}"/>'
                    )
                else:
                    edge = f' stroke="{fill}" stroke-width="{grow:.2f}"' if grow else ""
                    out.append(f'<path d="{mark.path}"{edge}/>')
            out.append("</g>")
        out.append("</g>")
        return "".join(out)

    def _outline(self, marks: list[Mark], spot: Spot) -> str:
        grow = 2 * self.look.outline / max(spot.scale, 1e-6)
        if self.look.outline_colour == "neon":
            main = next((mark.colour for mark in marks if mark.kind == "fill"), "#888888")
            return self.flat_shape(marks, spot.matrix, sign(main), 0.4 + 0.6 * spot.depth, grow)
        colour = self.air.light if self.look.outline_colour == "paper" else self.air.dark
        return self.flat_shape(marks, spot.matrix, colour, 1.0, grow)

    def cast(self, marks: Iterable[Mark], spot: Spot) -> str:
        """The shadow on the ground: long and towards us when the light is low behind, short under a high sun."""
        kept = list(marks)
        width, height = spot.size[0] * spot.scale, spot.size[1] * spot.scale
        dx, _ = spot.towards_light()
        low = 1 - min(1.0, max(0.0, self.air.height))
        contact = self.document.halo(
            spot.x - dx * width * 0.06, spot.y, width * 0.56, max(6.0, width * 0.085), self.air.dark, 0.5
        )
        if self.air.glow < 0.45:
            return contact
        stretch = 0.16 + 0.4 * low
        a, _, _, d, e, f = spot.matrix
        skew = -dx * (0.35 + 0.65 * low) * d
        matrix: Matrix = (a, 0.0, -skew, -stretch * d, e, f - 1)
        top = -height / d
        fade = self.document.linear(((0, self.air.dark, 0.55), (1, self.air.dark, 0.05)), (0.0, 0.0), (0.0, top * 1.05))
        plain = [replace(mark, kind="fill") if mark.kind == "window" else mark for mark in kept if mark.kind != "light"]
        return contact + self.flat_shape(plain, matrix, fade, 0.75 * self.air.glow)

    def reflection(self, marks: Iterable[Mark], spot: Spot, strength: float = 0.5, squash: float = 0.72) -> str:
        """The thing upside down in the water."""
        kept = [m for m in marks if m.kind != "glow"]
        a, b, _, d, e, f = spot.matrix
        return f'<g opacity="{strength:.2f}">{self._body(kept, spot, (a, b, 0.0, -d * squash, e, f))}</g>'
