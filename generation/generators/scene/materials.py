"""Materials: "a stone lion", "a glass bird"; the whole thing is cast in one stuff, its forms kept by lightness."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from generation.generators.scene.colour import hexadecimal, lab
from generation.generators.scene.pen import Mark


@dataclass(frozen=True, slots=True)
class Material:
    """A stuff: its daylight colour, how far its tones spread (1 as drawn), and how much light it lets through."""

    colour: str
    spread: float = 0.6
    opacity: float = 1.0


_TEXT = {
    "stone, granite, rock": Material("#98948c"),
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

    return [cast(mark) for mark in marks]
