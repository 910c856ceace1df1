"""Small animals: rabbit, squirrel, hedgehog, mouse, frog, tortoise, snail, insects."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "rabbit",
    (84, 92),
    0.4,
    words="bunny,hare",
    parts=("fur",),
    poses=("sit", "run"),
    alive=True,
    anchors={"top": (20, -70), "seat": (-8, -46), "hand": (36, -26)},
)
def rabbit(pen: Pen) -> None:
    fur = pen.part("fur", "#a98362", "#d9c6a8", "#8f7d70", "#efe6d8")
    pale = pen.lighter(fur, 0.13)
    pen.fill(ellipse(-38, -12, 8.5), "#f1e8da")
    pen.fill(blob("-38,-2 -40,-22 -28,-42 -6,-52 14,-54 26,-40 26,-16 22,-1 0,0"), fur)
    pen.fill(blob("18,-44 28,-34 27,-14 18,-12 13,-28"), pale)
    pen.fill(blob("-34,0 -36,-18 -24,-32 -6,-26 0,-8 8,-4 10,0"), fur)
    pen.shade(blob("-8,-26 0,-9 7,-4 -3,-4 -12,-16"), 0.15)
    pen.fill(limb("20,-22 22,-10 26,-3", [9, 7, 6]), fur)
    for x0, x1, dark in ((10, -2, 0.05), (17, 12, 0.0)):
        pen.fill(
            blob([(x0 - 5, -64), (x1 - 8, -84), (x1 - 4, -98), (x1 + 3, -92), (x0 + 4, -66)]), pen.darker(fur, dark)
        )
    pen.fill(blob("12,-68 8,-82 11,-93 14,-82 16,-68"), pen.blend(fur, "#d99a92", 0.55))
    pen.fill(blob("4,-56 8,-68 20,-72 32,-64 38,-54 34,-47 20,-44 8,-48"), fur)
    pen.fill(blob("24,-52 34,-56 37,-52 33,-47 23,-46"), pale)
    pen.fill(ellipse(37, -55, 1.8, 1.4), "#b06a68", flat=True)
    pen.eye(23, -60, 2.3)


@noun(
    "squirrel",
    (86, 88),
    0.3,
    words="chipmunk",
    parts=("fur",),
    poses=("sit",),
    alive=True,
    anchors={"top": (20, -72), "hand": (34, -36)},
)
def squirrel(pen: Pen) -> None:
    fur = pen.part("fur", "#b5592a", "#a04f2c", "#8a6a55")
    pen.fill(limb("-16,-6 -36,-14 -42,-44 -28,-72 -40,-84 -52,-72", [10, 22, 28, 26, 18, 5]), fur)
    pen.fill(limb("-20,-10 -34,-22 -36,-46 -26,-66", [3, 9, 11, 5]), pen.lighter(fur, 0.08), 0.7)
    pen.fill(blob("-20,-1 -24,-20 -12,-42 6,-54 18,-48 18,-26 10,-4 8,0"), fur)
    pen.fill(blob("10,-44 19,-40 17,-20 10,-8 5,-26"), "#f1e5d2")
    pen.fill(blob("-18,0 -20,-14 -8,-24 4,-18 8,-6 16,-3 16,0"), fur)
    pen.fill(limb("10,-38 20,-32 28,-36", [7, 5, 4]), fur)
    pen.fill(ellipse(31, -37, 5, 5.6), "#7a4a2a")
    pen.fill(blob("26,-40 31,-45 37,-40 31,-38"), "#5f3a24")
    pen.fill(poly("8,-66 6,-80 15,-70"), fur)
    pen.fill(blob("4,-58 8,-68 18,-71 28,-63 32,-56 26,-50 12,-49"), fur)
    pen.fill(blob("18,-54 30,-57 27,-51 16,-49"), "#f1e5d2")
    pen.eye(20, -62, 2.1)
    pen.fill(ellipse(32, -57.5, 1.5), "#33252a", flat=True)


@noun(
    "hedgehog",
    (88, 50),
    0.22,
    words="porcupine",
    parts=("spines",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-8, -48)},
)
def hedgehog(pen: Pen) -> None:
    spines, face = pen.part("spines", "#6b5444", "#5d4c46"), "#d8b791"
    for x in (-26.0, -2.0, 18.0):
        pen.fill(blob([(x - 5, 0), (x - 4, -6), (x + 5, -6), (x + 8, 0)]), pen.darker(face, 0.14))
    pen.fill(blob("8,-4 14,-26 28,-26 42,-15 44,-11 36,-5 20,-2"), face)
    rim = []
    for i in range(44):
        a = pi * (0.02 + 1.0 * i / 43)
        r = 1.0 if i % 2 else 1.17 + pen.rng.jitter(0.04)
        rim.append((-8 - 36 * r * cos(pi - a) * -1, -6 - 39 * r * sin(a)))
    pen.fill(poly([*rim, (-40.0, -3.0), (20.0, -3.0)]), spines)
    for row in (0.82, 0.62, 0.42):
        for i in range(15):
            a = pi * (0.08 + 0.84 * (i + 0.5 * (row < 0.7)) / 15)
            x, y = -8 + 36 * row * cos(a), -6 - 38 * row * sin(a)
            pen.line(curve([(x, y), (x + 6 * cos(a) - 2, y - 6 * sin(a))]), pen.lighter(spines, 0.14), 1.3, 0.8)
    pen.fill(ellipse(12, -24, 4.4), pen.darker(face, 0.06))
    pen.fill(ellipse(44, -12, 2.6, 2.2), "#2b2326", flat=True)
    pen.eye(28, -18, 2)


@noun(
    "mouse",
    (70, 42),
    0.12,
    words="rat,hamster,vole",
    parts=("fur",),
    poses=("stand",),
    alive=True,
    plural="mice",
    anchors={"top": (-6, -32), "hand": (34, -12)},
)
def mouse(pen: Pen) -> None:
    fur, pink = pen.part("fur", "#9a8f8c", "#a88a6c", "#7f7a80"), "#dfa39a"
    pen.line(curve("-26,-6 -44,-2 -56,-12 -66,-8"), pink, 2.2)
    pen.fill(blob("-30,-1 -32,-18 -16,-33 6,-32 22,-22 36,-10 36,-6 24,-1"), fur)
    pen.fill(blob("-8,-2 8,-8 30,-8 24,-1"), pen.lighter(fur, 0.12))
    for x, y, r in ((8, -33, 8), (17, -32, 9)):
        pen.fill(ellipse(x, y, r), fur)
        pen.fill(ellipse(x + 0.6, y + 0.4, r * 0.64), pink)
    for x in (-18, 10, 22):
        pen.fill(ellipse(x, -1.6, 5, 2.2), pink)
    pen.fill(ellipse(36.6, -9, 2), pink)
    pen.eye(25, -17, 2)
    for dy in (-3, 1):
        pen.line(curve([(32, -9), (42, -10 + dy)]), "#e9e2da", 0.5, 0.8)


@noun(
    "frog",
    (80, 56),
    0.12,
    words="toad,tree frog",
    parts=("skin",),
    poses=("sit",),
    alive=True,
    anchors={"top": (14, -54), "hand": (34, -20)},
)
def frog(pen: Pen) -> None:
    skin = pen.part("skin", "#6c9a45", "#5a8f4a", "#7fa548")
    pale = "#e6dfae"
    pen.fill(blob("-32,-2 -34,-14 -16,-36 8,-48 28,-46 38,-36 32,-26 24,-10 14,-1"), skin)
    pen.fill(blob("12,-8 20,-30 37,-34 32,-22 25,-8"), pale)
    pen.fill(ellipse(14, -47, 7.4), skin)
    pen.fill(ellipse(26, -47, 6.4), skin)
    for x, r in ((16, 4.2), (28, 3.6)):
        pen.fill(ellipse(x, -48, r), "#e0b548", flat=True)
        pen.fill(ellipse(x + 0.8, -48, r * 0.7, r * 0.36), "#1f1d1c", flat=True)
    pen.line(curve("18,-33 28,-31 37.4,-35"), pen.darker(skin, 0.16), 1.5)
    pen.fill(limb("-26,-12 -2,-22 -22,-3 6,-2", [15, 13, 8, 4]), pen.darker(skin, 0.03))
    pen.fill(limb("22,-20 24,-10 28,-2", [9, 7, 5]), skin)
    for x in (28, 8):
        for k in (-1, 0, 1):
            pen.fill(limb([(x, -2), (x + 8 + abs(k), -1 + k * 1.2)], [3, 2.2]), skin)
    for x, y, s in ((-16, -28, 3), (-4, -36, 3.4), (-22, -18, 2.4), (4, -30, 2.2)):
        pen.fill(ellipse(x, y, s, s * 0.8), pen.darker(skin, 0.1), 0.8)


@noun(
    "tortoise",
    (104, 56),
    0.4,
    words="turtle",
    parts=("shell",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-6, -52), "seat": (-6, -50)},
)
def tortoise(pen: Pen) -> None:
    shell, skin = pen.part("shell", "#8a6a3c", "#6f7a45", "#7d5f42"), "#9a9a62"
    for x in (-30, 18):
        pen.fill(limb([(x, -14), (x + 3, -2)], [15, 13]), skin)
    pen.fill(limb("24,-18 38,-26 46,-32", [16, 12, 12]), skin)
    pen.fill(blob("40,-36 46,-42 56,-40 60,-33 54,-27 42,-27"), skin)
    pen.fill(limb("-42,-14 -52,-8", [7, 2]), skin)
    pen.fill(blob("-48,-12 -42,-34 -22,-50 2,-52 22,-42 34,-20 36,-12! -6,-9"), shell)
    edge = pen.darker(shell, 0.13)
    for d in (
        "-38,-30 -22,-34 -8,-30 8,-34 26,-30",
        "-22,-34 -28,-49",
        "8,-34 12,-48",
        "-8,-30 -10,-12",
        "-26,-33 -30,-13",
        "12,-33 18,-13",
    ):
        pen.line(curve(d, 0.1), edge, 1.9, 0.8)
    pen.fill(blob("-50,-13 -6,-16 38,-13 36,-8 -6,-6 -48,-8"), pen.lighter(shell, 0.06))
    pen.eye(53, -36, 1.8)


@noun("snail", (76, 50), 0.06, words="slug", parts=("shell",), poses=("stand",), alive=True, anchors={"top": (-6, -48)})
def snail(pen: Pen) -> None:
    shell, flesh = pen.part("shell", "#b5763f", "#a8605a", "#c49a5a"), "#d0b48c"
    pen.fill(blob("-40,-1! -34,-8 -10,-14 14,-16 22,-28 30,-34 38,-28 36,-14 26,-2 0,0"), flesh)
    for x, tip in ((30, 38), (35, 47)):
        pen.fill(limb([(x, -30), (tip, -46)], [2.6, 1.5]), flesh)
        pen.fill(ellipse(tip, -47, 2.1), "#4a3a34")
    pen.fill(ellipse(-7, -27, 22), shell)
    turns = [(-7 + r * cos(a), -27 + r * sin(a)) for a, r in ((k * 0.5, 20 - k * 0.92) for k in range(21))]
    pen.line(curve(turns), pen.darker(shell, 0.15), 2.6)
    pen.shine(ellipse(-13, -38, 6, 3, -30), 0.3)


def _wing(pen: Pen, points: str, colour: str, edge: str) -> None:
    pen.fill(blob(points), edge)
    with pen.at(0, 0, 0.86):
        pen.fill(blob(points), colour)


@noun(
    "butterfly",
    (84, 72),
    0.25,
    "sky",
    words="moth,monarch",
    parts=("wings",),
    poses=("fly",),
    alive=True,
    anchors={"top": (0, -60)},
)
def butterfly(pen: Pen) -> None:
    colour = pen.part("wings", "#e08a34", "#5a87c4", "#e2b84a", "#c96a8a")
    edge = pen.darker(colour, 0.26)
    with pen.at(0, -34, 1.0, -14):
        for mirror in (True, False):
            with pen.at(0, 0, 0.86 if mirror else 1.0, 0, mirror):
                _wing(pen, "1,-4 10,-26 30,-38 42,-30 38,-12 18,-1", colour, edge)
                _wing(pen, "1,0 18,2 32,10 32,24 18,30 6,16", pen.darker(colour, 0.04), edge)
                for x, y, s in ((30, -26, 3.6), (22, -16, 2.6), (22, 16, 3.2)):
                    pen.fill(ellipse(x, y, s), pen.lighter(colour, 0.18), 0.9)
        pen.fill(limb("0,-12 0.6,0 0,20", [3.6, 4.6, 2]), "#37292c")
        for x in (-9, 9):
            pen.line(curve([(0, -12), (x * 0.4, -22), (x, -28)]), "#37292c", 1)


@noun("bee", (70, 56), 0.2, "sky", words="bumblebee,wasp,honeybee", parts=("body",), poses=("fly",), alive=True)
def bee(pen: Pen) -> None:
    body = pen.part("body", "#e0a93a", "#d99f38")
    with pen.at(0, -22, 1, -10):
        for turn, size in ((-128, 0.8), (-108, 1.05), (-70, 0.9)):
            with pen.at(2, -12, size, turn):
                pen.fill(blob("0,0 16,-7 34,-7 40,0 34,5 14,4"), "#e6eef0", 0.6)
                pen.line(curve("2,0 20,-2 36,-1"), "#b9c4c8", 0.7, 0.8)
        pen.fill(blob("-28,2 -22,-12 -4,-17 16,-14 22,0 14,12 -6,15 -22,11"), body)
        for x, w in ((-16, 7), (-2, 7.6), (12, 6)):
            pen.fill(
                blob(
                    [
                        (x - w / 2, -15 + abs(x) * 0.2),
                        (x + w / 2, -15.4 + abs(x) * 0.2),
                        (x + w / 2 + 1, 12 - abs(x) * 0.15),
                        (x - w / 2 - 1, 13 - abs(x) * 0.2),
                    ],
                    0.2,
                ),
                "#3d2d28",
            )
        pen.fill(ellipse(24, -2, 9), "#4a382f")
        pen.eye(28, -4, 2, "#151114")
        for dx in (0, 4):
            pen.line(curve([(27 + dx, -10), (32 + dx, -18), (38 + dx, -18)]), "#3d2d28", 1.1)


@noun("ladybird", (60, 40), 0.05, words="ladybug,beetle", parts=("wings",), poses=("stand",), alive=True)
def ladybird(pen: Pen) -> None:
    red = pen.part("wings", "#c73b30", "#d3502c")
    for x in (-16, 0, 14):
        pen.line(curve([(x, -8), (x + 4, -3), (x + 2, 0)]), "#2c2428", 2.4)
    pen.fill(blob("12,-6 14,-22 24,-22 30,-12 26,-5"), "#2f272b")
    pen.fill(blob("-28,-5 -22,-26 0,-34 16,-24 20,-5!"), red)
    pen.line(curve("-27,-8 -8,-20 17,-20"), "#2f272b", 1.3, 0.9)
    for x, y, s in ((-12, -22, 3.4), (4, -26, 3), (-4, -12, 3.6), (10, -12, 2.8), (-19, -11, 2.4)):
        pen.fill(ellipse(x, y, s, s * 0.9), "#2f272b")
    pen.fill(ellipse(24, -17, 2.2), "#efe6d4")
    pen.line(curve("27,-18 33,-26 37,-25"), "#2f272b", 1.2)
