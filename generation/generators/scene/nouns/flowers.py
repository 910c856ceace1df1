"""Flowers, mushrooms and what grows in beds and baskets."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen

GREEN = "#5c8048"


def petals(
    pen: Pen,
    x: float,
    y: float,
    count: int,
    reach: float,
    wide: float,
    colour: str,
    squash: float = 1.0,
    turn: float = 0.0,
) -> None:
    """A ring of petals round (x, y), flattened by `squash` for a three-quarter view."""
    for k in range(count):
        a = 2 * pi * k / count + turn
        dx, dy = cos(a), sin(a) * squash
        nx, ny = -sin(a), cos(a) * squash
        pen.fill(
            blob(
                [
                    (x, y),
                    (x + dx * reach * 0.6 + nx * wide, y + dy * reach * 0.6 + ny * wide),
                    (x + dx * reach, y + dy * reach),
                    (x + dx * reach * 0.6 - nx * wide, y + dy * reach * 0.6 - ny * wide),
                ]
            ),
            pen.lighter(colour, 0.03 * sin(k * 2.4) + (0.03 if dy < 0 else -0.02)),
        )


def _stem(pen: Pen, x: float, tall: float, lean: float, leaves: int = 2) -> tuple[float, float]:
    tip = (x + lean, -tall)
    pen.fill(limb([(x, 2), (x + lean * 0.2, -tall * 0.5), tip], [4, 3, 2.4]), GREEN)
    for k in range(leaves):
        y = -tall * (0.25 + 0.22 * k)
        side = -1 if k % 2 else 1
        px = x + lean * 0.15
        pen.fill(
            blob([(px, y), (px + side * 12, y - 12), (px + side * 24, y - 11), (px + side * 13, y - 2)]),
            pen.lighter(GREEN, 0.02 * k),
        )
    return tip


@noun(
    "flower",
    (60, 96),
    0.5,
    words="daisy,wildflower,blossom,poppy,lily,daffodil,orchid,marigold,iris,anemone,lotus,water lily,violet,"
    "lavender,lilac",
    parts=("petals",),
    anchors={"top": (4, -92)},
)
def flower(pen: Pen) -> None:
    colour = pen.part("petals", "#e7dcd0", "#d9605a", "#e0a84a", "#a98fd0", "#e493b0")
    x, y = _stem(pen, 0, 78, pen.rng.jitter(8))
    petals(pen, x, y, 9, 24, 6.4, colour, 0.82, pen.rng.uniform(0, 1))
    pen.fill(ellipse(x, y, 7.6, 6.6), "#d9a53a")
    pen.fill(ellipse(x + 0.4, y + 1, 4.4, 3.6), "#a8702c", 0.8)


@noun("sunflower", (66, 140), 1.7, parts=("petals",), backdrop=False, anchors={"top": (4, -138)})
def sunflower(pen: Pen) -> None:
    colour = pen.part("petals", "#e8b535", "#e3a62f")
    x, y = _stem(pen, 0, 108, pen.rng.jitter(7), 3)
    petals(pen, x, y, 17, 31, 5.4, pen.darker(colour, 0.05), 0.9)
    petals(pen, x, y, 15, 26, 5, colour, 0.9, 0.2)
    pen.fill(ellipse(x, y, 14, 12.8), "#6b4426")
    for k in range(40):
        a, r = k * 2.4, 1.9 * k**0.5
        pen.fill(ellipse(x + r * cos(a), y + r * 0.9 * sin(a), 0.9), "#a8743a", 0.9)


@noun("tulip", (46, 92), 0.45, words="crocus,snowdrop,bluebell", parts=("petals",), anchors={"top": (0, -90)})
def tulip(pen: Pen) -> None:
    colour = pen.part("petals", "#d0453f", "#e3a83a", "#c9689a", "#efe0d0", "#8a5aa0")
    x, y = _stem(pen, 0, 66, pen.rng.jitter(6), 0)
    for side, tall in ((-1, 52), (1, 44)):
        pen.fill(
            limb([(0, 1), (side * 9, -tall * 0.5), (side * (13 + pen.rng.uniform(0, 4)), -tall)], [5, 8, 1]),
            pen.lighter(GREEN, 0.03),
        )
    pen.fill(
        blob(
            [
                (x - 10, y - 6),
                (x - 12, y - 20),
                (x - 7, y - 29),
                (x, y - 22),
                (x + 7, y - 29),
                (x + 12, y - 20),
                (x + 10, y - 6),
                (x, y + 2),
            ],
            0.3,
        ),
        pen.darker(colour, 0.06),
    )
    pen.fill(
        blob([(x - 7, y - 4), (x - 6, y - 18), (x, y - 27), (x + 6, y - 18), (x + 7, y - 4), (x, y + 2)], 0.34), colour
    )


def rose_head(pen: Pen, x: float, y: float, size: float, colour: str) -> None:
    """A full rose seen from the side above."""
    for k, r in enumerate((1.0, 0.8, 0.58, 0.36)):
        turn = 0.7 * k
        ring = [
            (
                x + size * r * (1 + 0.1 * (i % 2)) * cos(turn + i * pi / 4),
                y - 0.12 * k * size + size * r * 0.84 * sin(turn + i * pi / 4),
            )
            for i in range(8)
        ]
        pen.fill(blob(ring, 0.4), pen.darker(colour, 0.045 * k) if k % 2 else pen.lighter(colour, 0.02))
    pen.line(
        curve(
            [
                (x - size * 0.2, y - size * 0.4),
                (x + size * 0.1, y - size * 0.55),
                (x + size * 0.16, y - size * 0.3),
                (x - size * 0.05, y - size * 0.25),
            ]
        ),
        pen.darker(colour, 0.16),
        size * 0.08,
    )


@noun("rose", (54, 96), 0.5, words="peony,camellia,carnation", parts=("petals",), anchors={"top": (0, -92)})
def rose(pen: Pen) -> None:
    colour = pen.part("petals", "#b8323a", "#d9788a", "#e8d8c4")
    x, y = _stem(pen, 0, 72, pen.rng.jitter(6), 3)
    rose_head(pen, x, y - 8, 17, colour)


@noun("rose bush", (90, 66), 1.2, words="flower bush,hydrangea,azalea", parts=("petals",), backdrop=True)
def rose_bush(pen: Pen) -> None:
    colour = pen.part("petals", "#c9485a", "#e3a0b0", "#e6d4c0", "#d8a04a")
    for x, y, r in ((-22, -20, 24), (22, -20, 24), (0, -34, 28)):
        ring = [
            (x + r * (1 if i % 2 else 0.86) * cos(i * pi / 8), y + r * 0.82 * (1 if i % 2 else 0.86) * sin(i * pi / 8))
            for i in range(16)
        ]
        pen.fill(blob(ring, 0.42), pen.lighter("#4f7a44", pen.rng.jitter(0.03)))
    for _ in range(15):
        rose_head(
            pen,
            pen.rng.jitter(36),
            pen.rng.uniform(-56, -12),
            pen.rng.uniform(4.6, 7.4),
            pen.lighter(colour, pen.rng.jitter(0.04)),
        )


@noun(
    "mushroom",
    (66, 66),
    0.2,
    words="toadstool,fungus,mushrooms,fly agaric",
    parts=("cap",),
    anchors={"top": (0, -64), "under": (18, 0)},
)
def mushroom(pen: Pen) -> None:
    cap = pen.part("cap", "#c2402f", "#a8703f", "#c9883f")
    stem = "#eee3cc"
    with pen.at(25, 0, 0.5):
        _toadstool(pen, cap, stem)
    _toadstool(pen, cap, stem)


def _toadstool(pen: Pen, cap: str, stem: str) -> None:
    pen.fill(blob("-9,0! -7,-18 -6,-36 6,-36 7,-18 10,0!", 0.3), stem)
    pen.fill(blob("-12,-27 0,-23 12,-27 8,-33 -8,-33"), pen.darker(stem, 0.06))
    pen.fill(blob("-32,-34! -28,-50 -14,-62 2,-65 18,-60 29,-48 32,-34! 14,-39 -12,-39", 0.34), cap)
    pen.shade(blob("-31,-35 -12,-40 14,-40 31,-35 12,-33 -12,-33"), 0.2)
    for x, y, r in ((-16, -48, 4.4), (0, -57, 3.8), (12, -47, 4.6), (-5, -45, 2.6), (22, -42, 2.6), (-24, -40, 2.4)):
        pen.fill(ellipse(x, y, r, r * 0.8), "#f3e9d6")


@noun(
    "pumpkin",
    (76, 58),
    0.35,
    words="squash,jack-o-lantern,jack o lantern,gourd",
    parts=("skin",),
    anchors={"top": (0, -54)},
)
def pumpkin(pen: Pen) -> None:
    skin = pen.part("skin", "#d97a2c", "#e08a34")
    for x, w, dark in ((-21, 17, 0.05), (21, 17, 0.05), (-11, 18, 0.02), (11, 18, 0.02), (0, 16, 0.0)):
        pen.fill(ellipse(x, -24, w, 24), pen.darker(skin, dark))
    for x in (-28, -14, 14, 28):
        pen.line(curve([(x * 0.5, -46), (x, -24), (x * 0.55, -2)]), pen.darker(skin, 0.11), 1.6, 0.7)
    if pen.lit:
        # By night somebody has carved it, and a candle burns inside.
        pen.glow(0, -22, 60, "#ffb347", 0.55)
        mouth = "-25,-18 -17,-15 -14,-11 -8,-12 -6,-8 2,-8 4,-12 10,-11 13,-15 25,-18 17,-5 4,-1 -8,-2 -18,-6"
        for hole in ("-20,-25 -8,-27 -12,-38", "8,-27 20,-25 13,-38", "-3,-20 4,-20 0.6,-26", mouth):
            pen.light(poly(hole), "#ffd667")
        pen.light(poly("-13,-8 -8,-6 2,-4 12,-7 6,-3 -6,-3"), "#fff2b8", 0.9)
    pen.fill(limb("0,-44 2,-53 9,-58", [9, 6, 5]), "#6d7a3f")
    pen.line(curve("4,-46 20,-52 24,-44 30,-48"), "#6d7a3f", 1.7)


@noun("lily pad", (96, 30), 0.3, "water", words="lotus leaf", parts=("leaf",), turns=False)
def lily_pad(pen: Pen) -> None:
    leaf = pen.part("leaf", "#5a8f5a")
    pen.fill("M46 -2 A46 11 0 1 1 34 -9 L4 -2 Z", leaf)
    petals(pen, -8, -9, 9, 17, 4.4, "#efb8c8", 0.6)
    petals(pen, -8, -12, 7, 11, 3.4, "#f6dbe0", 0.7, 0.3)


@noun("hay bale", (80, 60), 1.4, words="haystack,hay,bale,straw bale", parts=("straw",))
def hay_bale(pen: Pen) -> None:
    straw = pen.part("straw", "#d9b65c")
    pen.fill(blob("-34,-2 -40,-30 -30,-56 0,-58 28,-58 38,-30 30,-2 0,0", 0.3), straw)
    pen.fill(ellipse(-16, -29, 22, 29), pen.lighter(straw, 0.04))
    for r in (0.76, 0.52, 0.28):
        pen.line(ellipse(-16, -29, 22 * r, 29 * r), pen.darker(straw, 0.1), 1.6, 0.8)
    for _ in range(26):
        x, y = pen.rng.uniform(-34, 34), pen.rng.uniform(-54, -4)
        pen.line(
            curve([(x, y), (x + pen.rng.uniform(3, 8), y + pen.rng.jitter(2))]),
            pen.darker(straw, pen.rng.uniform(-0.06, 0.1)),
            0.9,
            0.7,
        )
