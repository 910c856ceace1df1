"""Landmarks of scenery: bridges, temples, fountains, volcanoes, waterfalls."""

from __future__ import annotations

from itertools import pairwise
from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun("pagoda", (112, 140), 20, words="temple,shrine,japanese temple,torii,torii gate", parts=("roofs",), backdrop=True)
def pagoda(pen: Pen) -> None:
    roof = pen.part("roofs", "#7a3f3a", "#3f5f5a")
    wall = "#d8b88a"
    pen.fill(box(-40, -6, 80, 6), "#a39a90")
    y = -6.0
    for k in range(4):
        w, h = 30 - 5 * k, 20 - 1.5 * k
        pen.fill(box(-w, y - h, 2 * w, h), wall)
        for x in (-w * 0.62, 0, w * 0.62):
            pen.window(box(x - 3, y - h + 5, 6, h - 8, 1))
        top = y - h
        out = w + 24 - 2 * k
        pen.fill(
            blob(
                [
                    (-out, top + 2),
                    (-out * 0.55, top - 4),
                    (-w * 0.6, top - 13),
                    (w * 0.6, top - 13),
                    (out * 0.55, top - 4),
                    (out, top + 2),
                    (out * 0.4, top + 4),
                    (-out * 0.4, top + 4),
                ],
                0.2,
            ),
            roof,
        )
        y = top - 11
    pen.line(curve([(0, y), (0, y - 22)]), "#c9a04f", 2.4)
    for k in range(3):
        pen.fill(ellipse(0, y - 6 - 5 * k, 4 - k, 1.6), "#c9a04f")


@noun(
    "pyramid",
    (170, 104),
    60,
    words="pyramids",
    parts=("stone",),
    backdrop=True,
    turns=True,
    anchors={"top": (-14, -104)},
)
def pyramid(pen: Pen) -> None:
    stone = pen.part("stone", "#d9b377", "#cfa76a")
    pen.fill(poly("-84,0 -14,-104 32,0"), stone)
    pen.fill(poly("-14,-104 84,0 32,0"), pen.darker(stone, 0.13))
    for k in range(1, 12):
        u = k / 12
        pen.line(curve([(-84 + 70 * u, -104 * u), (32 - 46 * u, -104 * u)]), pen.darker(stone, 0.07), 0.9, 0.6)


@noun(
    "igloo", (104, 56), 2.2, words="snow house,snow hut", parts=("snow",), anchors={"inside": (30, 0), "top": (-8, -54)}
)
def igloo(pen: Pen) -> None:
    snow = pen.part("snow", "#eef2f4")
    pen.fill(blob("-50,0! -46,-30 -26,-50 -6,-55 16,-49 34,-30 38,0!", 0.4), snow)
    for r in (0.4, 0.7):
        pen.line(
            curve([(-48 * (1 - r * 0.16), -55 * r * 0.8), (-6, -55 * r - 3), (37 * (1 - r * 0.16), -55 * r * 0.8)]),
            pen.darker(snow, 0.1),
            1.3,
            0.7,
        )
    for x, y in ((-34, -12), (-16, -10), (-26, -32), (-6, -34), (4, -14), (14, -33), (-16, -48), (4, -48)):
        pen.line(curve([(x, y - 6), (x + 0.5, y + 6)]), pen.darker(snow, 0.1), 1.2, 0.6)
    pen.fill(blob("20,0! 21,-22 36,-31 50,-22 51,0!", 0.4), pen.lighter(snow, 0.03))
    pen.window(blob("28,0! 29,-15 37,-22 45,-15 46,0!", 0.4), "#4a5666")


@noun(
    "bridge",
    (220, 74),
    9,
    words="stone bridge,footbridge,wooden bridge,viaduct,aqueduct",
    parts=("stone",),
    turns=False,
    anchors={"top": (0, -62), "under": (0, 0)},
)
def bridge(pen: Pen) -> None:
    stone = pen.part("stone", "#b5a48e", "#a39b94", "#a8443a")
    arches = (
        "M-108 0C-106 -26 -100 -40 -88 -44C-50 -58 50 -58 88 -44C100 -40 106 -26 108 0"
        "L86 0C84 -26 66 -30 58 -30C48 -30 36 -24 32 0L22 0C20 -34 8 -40 0 -40C-8 -40 -20 -34 -22 0"
        "L-32 0C-36 -24 -48 -30 -58 -30C-66 -30 -84 -26 -86 0Z"
    )
    pen.fill(arches, stone)
    pen.fill(
        blob("-110,-38 -60,-58 0,-66 60,-58 110,-38 110,-32 60,-51 0,-58 -60,-51 -110,-32", 0.3),
        pen.lighter(stone, 0.06),
    )
    for x0, r, top in ((-59, 26, -30), (0, 22, -40), (59, 26, -30)):
        for k in range(7):
            a = pi * (0.12 + 0.76 * k / 6)
            x, y = x0 + r * cos(a), top * sin(a)
            pen.line(curve([(x, y - 1), (x + 6 * cos(a), y - 6 * sin(a) - 1)]), pen.darker(stone, 0.11), 1.2, 0.8)


@noun("fountain", (96, 76), 3, words="water fountain", parts=("stone",), turns=False)
def fountain(pen: Pen) -> None:
    stone = pen.part("stone", "#b9b0a4")
    for x, tall in ((-30, 30), (-18, 44), (18, 44), (30, 30)):
        pen.line(curve([(0, -62), (x * 0.5, -62 - tall * 0.3), (x, -18)]), "#dbeef0", 1.8, 0.7)
    pen.line(curve("0,-60 0,-82"), "#dbeef0", 3, 0.7)
    pen.fill(box(-5, -52, 10, 40), stone)
    pen.fill(blob("-24,-52! 24,-52! 14,-43 -14,-43", 0.2), stone)
    pen.fill(blob("-48,-20! 48,-20! 42,0 -42,0", 0.12), stone)
    pen.fill(ellipse(0, -20, 46, 6), "#7fb4bc")
    pen.fill(ellipse(0, -52, 23, 3), "#7fb4bc")


@noun("well", (66, 84), 2.4, words="wishing well,water well", parts=("roof",))
def well(pen: Pen) -> None:
    roof, stone = pen.part("roof", "#8a4f3c", "#6a5a50"), "#a39a8e"
    for x in (-23, 21):
        pen.fill(box(x, -66, 4, 42), "#7a583c")
    pen.line(curve("-24,-46 25,-46"), "#7a583c", 4)
    pen.line(curve("0,-46 0,-32"), "#cbb892", 1.2)
    pen.fill(poly("-5,-34 5,-34 4,-25 -4,-25"), "#8a6038")
    pen.fill(blob("-29,-28! 29,-28! 28,0 -28,0", 0.1), stone)
    for row in range(3):
        for k in range(5):
            pen.line(
                curve([(-26 + 11 * k + 5 * (row % 2), -22 + 8 * row), (-18 + 11 * k + 5 * (row % 2), -22 + 8 * row)]),
                pen.darker(stone, 0.1),
                1.4,
                0.8,
            )
    pen.fill(poly("-36,-62 0,-88 36,-62"), roof)
    pen.shade(poly("2,-86 36,-62 8,-62"), 0.14)


@noun(
    "volcano",
    (200, 120),
    150,
    words="erupting volcano",
    parts=("rock",),
    backdrop=True,
    turns=True,
    anchors={"top": (0, -112)},
)
def volcano(pen: Pen) -> None:
    rock = pen.part("rock", "#6a5a58", "#5a5660")
    for k in range(9):
        u = k / 8
        pen.fill(
            ellipse(8 + 30 * u * u + pen.rng.jitter(5), -120 - 56 * u, 11 + 20 * u, 9 + 13 * u),
            "#8f858a",
            0.7 - 0.45 * u,
        )
    pen.glow(0, -112, 66, "#ff9a4a", 0.9)
    pen.fill(blob("-104,4! -60,-34 -26,-92 -17,-112! -6,-106 6,-108 17,-112! 28,-90 64,-36 106,4!", 0.26), rock)
    pen.shade(blob("6,-108 17,-112! 28,-90 64,-36 106,4! 40,4 14,-50", 0.26), 0.2)
    for line, w in (("-4,-107 -10,-84 -2,-60 -14,-34", 6), ("8,-108 14,-86 8,-66", 4.4)):
        pen.light(limb(line, [w, w * 0.8, w * 0.5, 1]), "#ff8a3c")
    pen.light(blob("-15,-111 0,-104 15,-111 0,-114"), "#ffd27a")


CLIFF = (
    (-114, 4), (-106, -58), (-94, -72), (-92, -128), (-74, -144), (-68, -194),
    (-50, -212), (-26, -206), (-19, -196), (21, -196), (28, -210), (46, -222),
    (64, -208), (72, -168), (88, -156), (94, -104), (108, -90), (116, -40), (122, 4),
)  # fmt: skip
"""The waterfall's rock against the sky."""
SHELVES = (
    (-48, -210, 20, 11), (46, -219, 18, 11), (-84, -136, 9, 6), (82, -160, 9, 6),
    (-101, -68, 7, 6), (102, -94, 8, 6), (-30, -92, 8, 5), (40, -92, 8, 5),
)  # fmt: skip
"""Where ferns grow on it: x, y, half the width, how many."""


@noun("waterfall", (196, 226), 30, words="cascade,falls", parts=("rock",), backdrop=True, turns=True)
def waterfall(pen: Pen) -> None:
    """Water that leaps from a notch in a cliff onto a ledge, and from there in veils into its pool."""
    rock, rng = pen.part("rock", "#7d7972", "#6f7a73"), pen.rng
    pen.fill(poly([(x + rng.jitter(3), y + rng.jitter(3)) for x, y in CLIFF]), rock)
    _strata(pen, rock)
    pen.fill(poly("-22,-198 24,-198 28,-150 30,-92 62,2 -56,2 -30,-92 -26,-150"), pen.darker(rock, 0.14))
    pen.fill(blob("-17,-200! 0,-203 19,-200! 20,-150 25,-90! -23,-90! -19,-150", 0.2), "#d5e6e8")
    pen.fill(blob("-38,-88! 42,-88! 47,-44 56,3! 22,3! 16,-46 8,-60 0,-44 -6,3! -50,3! -44,-44", 0.2), "#d5e6e8")
    for top, bottom, half, count in ((-202, -92, 15, 22), (-92, -2, 40, 40)):
        for _ in range(count):
            x, y = rng.jitter(half), rng.uniform(top, bottom - 24)
            if top > -100 and -2 < x < 18 and y > -66:
                continue
            long, spread = rng.uniform(20, 44), 1 + 0.3 * (y - top) / (bottom - top)
            strand = limb([(x * spread, y), (x * (spread + 0.1), y + long)], [rng.uniform(1, 2.6), 0.5], 2)
            pen.fill(strand, "#94bcc6" if rng.chance(0.45) else "#f8fcfc", 0.75, flat=True)
    pen.fill(blob("-40,-86! -20,-95 4,-91 26,-96 44,-86! 30,-84 8,-86 -16,-83", 0.3), "#f6fbfb", 0.85)
    pen.glow(2, -86, 46, "#eef8f6", 0.5)
    pen.fill(ellipse(0, 6, 150, 13), "#6fa5ac")
    for _ in range(7):
        pen.fill(ellipse(rng.jitter(84), 4 + rng.uniform(0, 8), rng.uniform(14, 44), 1.4), "#cfe5e6", 0.6, flat=True)
    for k in range(14):
        pen.fill(ellipse(-56 + 8.6 * k, -1 + rng.jitter(3), 11, 6), "#f4fafa", 0.55, flat=True)
    pen.glow(0, -12, 92, "#eef8f6", 0.6)
    for x, size in ((-96, 22), (-70, 13), (76, 15), (104, 25)):
        stone = [
            (x - size, 9),
            (x - size * 0.7, -size * 0.5),
            (x, -size * 0.8),
            (x + size * 0.8, -size * 0.4),
            (x + size, 9),
        ]
        pen.fill(blob(stone, 0.26), pen.darker(rock, 0.04))
    _hanging_green(pen)


def _strata(pen: Pen, rock: str) -> None:
    """Blocks and cracks of the cliff, lighter on their left, and shelves across it."""
    rng = pen.rng
    for _ in range(46):
        x, y = rng.uniform(-108, 104), rng.uniform(-204, -22)
        wide, tall = rng.uniform(6, 14), rng.uniform(14, 42)
        if abs(x + wide / 2) < 36 or y < max(_top(x), _top(x + wide)) + 5 or y + tall > 2:
            continue
        slab = poly([(x, y), (x + wide, y - 4), (x + wide - 1, y + tall), (x + 1.5, y + tall + 4)])
        pen.fill(slab, pen.lighter(rock, rng.pick((0.07, 0.04, -0.05, -0.09))), 0.85)
    for level in (-166.0, -118.0, -60.0):
        for side in (-1, 1):
            reach = 66 + (level + 166) * 0.32
            crack = [(side * x, level + rng.jitter(4)) for x in (30, (30 + reach) / 2, reach)]
            pen.line(curve(crack), pen.darker(rock, 0.14), 1.6, 0.6)
    pen.shade(poly("60,-206 72,-168 88,-156 94,-104 108,-90 116,-40 122,4 84,4 78,-80 66,-140"), 0.16)


def _top(x: float) -> float:
    """The height of the cliff's edge at x."""
    for (x0, y0), (x1, y1) in pairwise(CLIFF):
        if x0 <= x <= x1:
            return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    return 0.0


def _hanging_green(pen: Pen) -> None:
    """Ferns and creepers on every shelf."""
    rng = pen.rng
    for centre, level, spread, count in SHELVES:
        for _ in range(count):
            x, y, size = centre + rng.jitter(spread), level + rng.jitter(5), rng.uniform(8, 15)
            leaf = limb([(x, y - size * 0.4), (x, y), (x + rng.jitter(4), y + size)], [size * 0.9, size, 1], 3)
            pen.fill(leaf, pen.lighter("#567f48", rng.jitter(0.07)))
