"""Wizards and witches."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly, star
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.figure import held_line, some_skin
from generation.generators.scene.nouns.people import AT, robed
from generation.generators.scene.pen import Pen

GOLD = "#dcb457"


@noun(
    "wizard",
    (78, 138),
    1.9,
    words="sorcerer,mage,magician,druid,gandalf",
    parts=("robe",),
    poses=("stand", "walk"),
    alive=True,
    anchors={**AT, "hand": (27.0, -62.0)},
)
def wizard(pen: Pen) -> None:
    """He leans on a staff whose crystal lights his face, beard and sleeve."""
    robe = pen.part("robe", "#6272c8", "#8a60b8", "#43968f")
    dark, pale = pen.darker(robe, 0.07), pen.lighter(robe, 0.05)
    pen.glow(31, -121, 96, "#a8dcff", 0.5)
    pen.fill(blob("-6,-86 -20,-62 -30,-22 -36,3! -8,3! 6,-60", 0.24), pen.darker(robe, 0.1))
    pen.fill(limb("4,-78 16,-66 27,-72", [11, 10, 8]), dark)
    pen.fill(limb("30,5 28,-52 30,-108 25,-118 27,-128 34,-131 39,-125", [3.6, 3.2, 3.2, 3, 2.6, 2.2, 1.2]), "#8a6242")
    pen.fill(blob("-9,-84 -13,-56 -22,-18 -28,3! -10,5 8,3 23,4! 16,-24 11,-56 8,-84", 0.2), robe)
    pen.fill(blob("1,-74 6,-42 15,3! 3,4! -1,-36", 0.2), pale)
    pen.line(curve("-27,0 -10,2.4 8,0.4 22,1"), GOLD, 2.6)
    for x, y, size in ((-14, -18, 2.6), (-8, -38, 1.9), (9, -14, 2.2), (-2, -9, 1.6), (13, -32, 1.6)):
        pen.fill(star(x, y, size, size * 0.4), GOLD, 0.9, flat=True)
    pen.fill(blob("-13,-54 11,-54 12,-49 -14,-49", 0.1), "#6d4a34")
    pen.fill(ellipse(3, -51.5, 3), GOLD)
    _bearded_head(pen, some_skin(pen))
    pen.fill(blob("-7,-79 2,-83 13,-70 27,-65 29,-56 15,-47! 12,-58 0,-63", 0.26), pale)
    pen.fill(blob("15,-47! 29,-56 28,-62 20,-54", 0.2), dark)
    pen.fill(ellipse(29, -61, 3.6), "#e0b894")
    _high_hat(pen, robe)
    pen.light(blob("13,-71 27,-66 28.4,-63 14,-67", 0.2), "#cfeeff", 0.4)
    pen.glow(32, -121, 40, "#cdeeff", 0.85)
    pen.light(poly("32,-129 37,-121 32,-112 27.6,-121"), "#e6f8ff")


def _bearded_head(pen: Pen, skin: str) -> None:
    white = "#f4efe4"
    pen.fill(blob("-4,-99 -10,-88 -9,-74 -3,-80 1,-92"), pen.darker(white, 0.07))
    pen.fill(blob("-4,-98 4,-102 10,-99 12,-95 16,-91.4 12,-89.6 10,-85 2,-84 -4,-90"), skin)
    pen.fill(blob("-3,-91 6,-88 12,-88 15,-82 15,-68 10,-54 7,-40! 2,-54 -3,-70 -5,-82", 0.3), white)
    for line in ("2,-82 4,-64 6,-50", "7,-82 9,-66 8,-52", "-1,-80 1,-66 4,-54"):
        pen.line(curve(line), pen.darker(white, 0.12), 0.9, 0.8)
    pen.fill(blob("5,-89 11,-90.6 17,-86 11,-84.6 6,-86"), pen.lighter(white, 0.02))
    pen.fill(ellipse(9.4, -95.4, 1, 1.3), "#2a2024", flat=True)
    pen.line(curve("6.6,-98 9,-98.8 12,-97.6"), white, 1.7)
    pen.light(blob("11,-95 16,-91.4 12,-89.8 14,-80 12,-70 11.4,-84", 0.2), "#cfeeff", 0.4)


def _high_hat(pen: Pen, robe: str) -> None:
    """A tall hat with a broad brim, its tip bent back."""
    hat = pen.darker(robe, 0.03)
    pen.fill(blob("-12,-100 -8,-118 -11,-128 -24,-133! -16,-138 -5,-138 4,-124 13,-101", 0.26), hat)
    pen.shade(blob("-12,-100 -8,-118 -11,-128 -24,-133! -12,-130 -4,-116 -4,-101", 0.26), 0.16)
    pen.fill(poly("-12,-101 -11,-107 11,-107.6 13,-102"), GOLD)
    pen.fill(blob("-24,-98 -8,-103 16,-103.6 27,-98.6 12,-98.6 -8,-96.4", 0.3), pen.lighter(hat, 0.02))
    for x, y, size in ((1, -117, 2.6), (-6, -127, 1.6)):
        pen.fill(star(x, y, size, size * 0.4), GOLD, 0.9, flat=True)
    pen.light(blob("12,-103 27,-98.8 16,-99.4 4,-101", 0.2), "#cfeeff", 0.4)


def _pointed_hat(pen: Pen, x: float, y: float, hat: str, band: str) -> None:
    pen.fill(blob([(x - 8, y - 5), (x - 5, y - 20), (x - 10, y - 36), (x + 2, y - 22), (x + 9, y - 5)], 0.22), hat)
    pen.fill(blob([(x - 17, y - 3), (x, y - 8), (x + 18, y - 3.4), (x, y - 1)]), hat)
    pen.fill(poly([(x - 8, y - 6.6), (x - 7.4, y - 10), (x + 7.8, y - 10), (x + 9, y - 6.6)]), band)


@noun(
    "witch",
    (76, 122),
    1.7,
    words="sorceress,enchantress",
    parts=("robe",),
    poses=("stand", "fly", "ride"),
    alive=True,
    anchors=AT,
)
def witch(pen: Pen) -> None:
    robe = pen.part("robe", "#4a3f5f", "#3f4a5a")
    if pen.pose == "stand":
        held_line(pen, (15, 0), (22, -84), "#8a6338", 2.8)
        x, y = robed(pen, robe)
        _pointed_hat(pen, x, y, pen.darker(robe, 0.05), "#b5713a")
        return
    before, pen.pose = pen.pose, "ride"
    with pen.at(0, -26):
        pen.line(curve("-54,6 60,-8"), "#8a6338", 3.4)
        pen.fill(blob("-50,4 -70,-6! -82,2! -78,9! -84,14! -66,18 -50,8"), "#c99a4a")
        x, y = robed(pen, robe)
        pen.fill(blob("-10,-24 -34,-18 -46,-2! -28,0 -8,4"), pen.darker(robe, 0.06))
        _pointed_hat(pen, x, y, pen.darker(robe, 0.05), "#b5713a")
    pen.pose = before
