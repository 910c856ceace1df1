"""Materials: "a stone lion", "a glass bird"; the whole thing is cast in one stuff, its forms kept by lightness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generation.generators.scene.colour import hexadecimal, lab, tone
from generation.generators.scene.geometry import blob, box
from generation.generators.scene.pen import Mark, joined


@dataclass(frozen=True, slots=True)
class Material:
    """A stuff: its daylight colour, how far its tones spread (1 as drawn), and how much light it lets through."""

    colour: str
    spread: float = 0.6
    opacity: float = 1.0


_TEXT = {
    "stone, granite, rock": Material("#98948c", 0.85),
    "marble, porcelain, ceramic": Material("#dfdbd4", 0.35),
    "wooden, wood, timber": Material("#9c6b41", 0.55),
    "glass, crystal": Material("#7fb3c6", 1.0, 0.7),
    "ice, icy, frozen": Material("#a9d0e4", 0.7, 0.8),
    "iron, steel, metal, metallic": Material("#7a828c", 1.0),
    "gold, golden": Material("#d9a640", 0.9),
    "silver": Material("#b9bfc7", 0.9),
    "bronze, brass": Material("#a07a3e", 0.9),
    "copper": Material("#b56d44", 0.9),
    "paper, origami, cardboard": Material("#ece4d2", 0.3),
    "clay, terracotta": Material("#b9693f", 0.5),
    "brick": Material("#a7573f", 0.5),
    "straw, wicker": Material("#d3ae5f", 0.6),
    "jade": Material("#62a07c", 0.6),
    "rusty, rusted": Material("#8f5b3c", 0.8),
    "chocolate": Material("#5c3a28", 0.55),
    "velvet": Material("#7a2c40", 0.6),
    "bamboo": Material("#b9b06a", 0.6),
    "sandstone": Material("#d0a973", 0.55),
}
MATERIALS: Mapping[str, Material] = {
    word.strip(): material for words, material in _TEXT.items() for word in words.split(",")
}
STATUES = frozenset(("stone", "granite", "marble", "sandstone", "bronze", "brass", "iron", "terracotta"))
"""Stuffs of which a creature is a statue, on a plinth."""
PLINTH, MOSS = 0.2, "#77854f"
"""The plinth's share of the height, and what grows on it."""
COLOUR_FIRST = ("gold", "golden", "silver", "bronze", "copper")
"""Colours as well: "a golden retriever" is a colour, so these bind as colours; only edits call them materials."""


def cast_in(marks: Sequence[Mark], name: str) -> list[Mark]:
    """The marks of a thing in one material. Eyes, windows, lights and glow stay as they are."""
    material = MATERIALS[name]
    solid = [mark for mark in marks if mark.kind in ("fill", "line") and not mark.flat]
    if not solid:
        return list(marks)
    mean = sum(lab(mark.colour)[0] for mark in solid) / len(solid)
    base, a, b = lab(material.colour)

    def cast(mark: Mark) -> Mark:
        if mark.kind not in ("fill", "line"):
            return mark
        lightness = base + (lab(mark.colour)[0] - mean) * material.spread
        lightness = min(0.96, max(0.12, lightness))
        return replace(mark, colour=hexadecimal((lightness, a, b)), opacity=mark.opacity * material.opacity)

    found = [cast(mark) for mark in marks]
    if material.opacity == 1.0:
        return found
    # Light runs along the edges of what one can see through.
    edge = tone(material.colour, 0.17, 0.5)
    edges = [Mark(mark.path, edge, "line", 0.6, 1.0, matrix=mark.matrix) for mark in solid if mark.kind == "fill"]
    return [*found, *edges]


def on_plinth(marks: Sequence[Mark], name: str, width: float, height: float) -> list[Mark]:
    """A cast creature made a statue of the same height: it stands on a plinth, with moss where the rain stays."""
    colour, rise = MATERIALS[name].colour, PLINTH * height
    share = 1 - PLINTH
    stone = tone(colour if name in ("marble", "sandstone") else "#98948c", -0.03)
    half, foot = width * 0.35, width * 0.39
    shapes = (
        (box(-half, -rise * 0.9, 2 * half, rise), stone),
        (box(-foot, -rise * 0.3, 2 * foot, rise * 0.36, 0.6), tone(stone, -0.03)),
        (box(-foot, -rise, 2 * foot, rise * 0.2, 0.6), tone(stone, 0.05)),
    )
    plinth = [Mark(d, shade, "fill") for d, shade in shapes]
    for x, reach, drop in ((-0.86, 0.14, 0.5), (-0.62, 0.1, 0.26), (0.66, 0.12, 0.3), (0.86, 0.14, 0.6)):
        moss = [(half * (x - reach), -rise * 0.82), (half * (x + reach), -rise * 0.82),
                (half * (x + reach * 0.6), -rise * (0.82 - drop * 0.5)), (half * x, -rise * (0.82 - drop)),
                (half * (x - reach * 0.6), -rise * (0.82 - drop * 0.6))]  # fmt: skip
        plinth.append(Mark(blob(moss, 0.4), MOSS, "fill", 0.8, flat=True))
    raised = (share, 0.0, 0.0, share, 0.0, -rise)
    return [*(replace(mark, matrix=joined(raised, mark.matrix)) for mark in marks), *plinth]
