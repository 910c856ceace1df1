"""Things of tables and rooms: cups, teapots, books, candles, fruit, clocks, chairs."""

from __future__ import annotations

from math import sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.flowers import petals, rose_head
from generation.generators.scene.pen import Pen


def _steam(pen: Pen, x: float, y: float) -> None:
    for k, tall in ((-1, 34), (0, 48), (1, 28)):
        dx = x + 8 * k
        sway = pen.rng.uniform(4, 8)
        line = [(dx, y), (dx + sway, y - tall * 0.35), (dx - sway * 0.6, y - tall * 0.7), (dx + sway * 0.7, y - tall)]
        pen.fill(limb(line, [1, 5, 6, 0.6]), "#f6f1e8", 0.3, flat=True)


@noun(
    "cup",
    (66, 48),
    0.12,
    "table",
    words="coffee,cup of coffee,coffee cup,tea,cup of tea,teacup,mug,hot chocolate,cocoa,espresso,cappuccino",
    parts=("china",),
    anchors={"inside": (0, -34), "top": (0, -42)},
)
def cup(pen: Pen) -> None:
    china = pen.part("china", "#ece3d2", "#5f7f8a", "#b5563f", "#d9b26a")
    _steam(pen, 0, -48)
    pen.fill(ellipse(0, -4, 36, 6), pen.darker(china, 0.05))
    pen.fill(ellipse(0, -5.4, 29, 4), pen.darker(china, 0.12))
    pen.fill("M21 -36 C40 -40 42 -14 17 -14 L18 -19 C33 -20 32 -34 21 -31 Z", pen.darker(china, 0.04))
    pen.fill(blob("-24,-42! -22,-20 -12,-6! 12,-6! 22,-20 24,-42!", 0.3), china)
    pen.fill(ellipse(0, -42, 24, 5), pen.lighter(china, 0.05))
    pen.fill(ellipse(0, -41.4, 20.6, 3.7), "#5f3d2a")
    pen.shine(blob("-19,-34 -16,-36 -14,-18 -11,-10 -16,-18"), 0.3)


@noun(
    "teapot",
    (92, 66),
    0.22,
    "table",
    words="kettle,tea pot,coffee pot,pot",
    parts=("china",),
    anchors={"top": (0, -62)},
)
def teapot(pen: Pen) -> None:
    china = pen.part("china", "#4f7a8a", "#b5563f", "#e6dcc6", "#6f8f6a")
    _steam(pen, 50, -56)
    pen.fill("M-26 -44 C-58 -54 -60 -10 -22 -12 L-24 -19 C-46 -19 -45 -44 -27 -37 Z", pen.darker(china, 0.05))
    pen.fill(limb("24,-20 40,-28 50,-50", [17, 10, 7]), china)
    pen.fill(blob("-32,-26 -24,-46 0,-52 24,-46 32,-26 24,-6 0,-1 -24,-6"), china)
    pen.fill(blob("-19,-48 -12,-57 0,-59 12,-57 19,-48 0,-45"), pen.darker(china, 0.06))
    pen.fill(ellipse(0, -62, 4.4), pen.darker(china, 0.1))
    for k in range(5):
        petals(pen, -16 + 8 * k, -26 + 4 * sin(k * 2), 5, 3.4, 1.4, pen.lighter(china, 0.2))
    pen.shine(blob("-24,-30 -18,-42 -12,-44 -19,-28"), 0.36)


@noun("candle", (34, 84), 0.25, "table", words="candlestick,candles,candlelight,taper", parts=("wax",), turns=False)
def candle(pen: Pen) -> None:
    wax = pen.part("wax", "#efe2c4", "#b5423c", "#e0c8a8")
    pen.glow(0, -72, 74, "#ffd98a", 0.85)
    pen.fill(blob("-17,-6 0,-10 17,-6 14,1 0,3 -14,1"), "#a8834a")
    pen.line(curve("15,-5 22,-8 20,0 14,-1"), "#a8834a", 2)
    pen.fill(box(-7, -58, 14, 52, 2), wax)
    pen.fill(blob("-7,-58 0,-61 7,-58 8,-44 5.4,-50 2,-40 -1,-52 -5,-46 -7,-50"), pen.lighter(wax, 0.05))
    pen.line(curve("0,-60 0.6,-66"), "#3a302c", 1.2)
    pen.light(blob("-4.6,-67 -4,-74 1,-86! 5.4,-74 5,-67 0,-63"), "#f4a83e")
    pen.light(blob("-2.2,-67 -1.6,-72 0.8,-78! 2.6,-71 2.2,-66"), "#fff4cf")


@noun(
    "vase",
    (64, 118),
    0.5,
    "table",
    words="vase of flowers,flower vase,flowers in a vase,bouquet of flowers,flower pot,pot plant,houseplant,potted "
    "plant,jar",
    parts=("flowers", "china"),
    anchors={"top": (0, -112)},
)
def vase(pen: Pen) -> None:
    colour = pen.part("flowers", "#d06a5f", "#e3b24f", "#b38fd0", "#e9dccb")
    china = pen.part("china", "#4f6f80", "#8a9a8a", "#c9a078")
    heads = [(-24, -82), (20, -88), (-4, -104), (30, -68), (-33, -64), (4, -80)]
    for x, y in heads:
        pen.line(curve([(0, -44), (x * 0.5, -62), (x, y)]), "#57794a", 2)
    for x, y, a in ((-22, -56, -0.6), (24, -54, 0.6), (-10, -66, -0.2), (14, -70, 0.3)):
        pen.fill(blob([(0, -46), (x * 0.7, y - 4), (x * 1.5, y - 10 + 6 * abs(a)), (x, y + 6)]), "#5f8450")
    for k, (x, y) in enumerate(heads):
        if k % 2:
            rose_head(pen, x, y, 12, colour)
        else:
            petals(pen, x, y, 9, 14, 3.8, pen.lighter(colour, 0.09), 0.86)
            pen.fill(ellipse(x, y, 4.2), "#c9973a")
    pen.fill(blob("-11,-48! -9,-40 -22,-24 -16,-4 0,0 16,-4 22,-24 9,-40 11,-48!", 0.34), china)
    pen.fill(ellipse(0, -48, 11, 2.6), pen.darker(china, 0.13))
    pen.shine(blob("-16,-26 -9,-34 -10,-18 -12,-10"), 0.34)


def _fruit(pen: Pen, x: float, y: float, r: float, colour: str) -> None:
    pen.fill(
        blob(
            [
                (x, y - r * 0.86),
                (x - r * 0.6, y - r),
                (x - r, y - r * 0.2),
                (x - r * 0.6, y + r * 0.8),
                (x, y + r * 0.82),
                (x + r * 0.6, y + r * 0.8),
                (x + r, y - r * 0.2),
                (x + r * 0.6, y - r),
            ]
        ),
        colour,
    )
    pen.shine(ellipse(x - r * 0.4, y - r * 0.5, r * 0.22, r * 0.13, -30), 0.5)


@noun("apple", (50, 56), 0.08, "table", words="apples,peach,plum,tomato,pomegranate", parts=("skin",))
def apple(pen: Pen) -> None:
    skin = pen.part("skin", "#b8342f", "#a8a83f", "#c9573c")
    _fruit(pen, 0, -22, 24, skin)
    pen.line(curve("0,-40 2,-50 5,-54"), "#5a3f2c", 2.4)
    pen.fill(blob("2,-46 10,-56 22,-54 14,-46"), "#6f8f4a")


@noun("orange", (46, 46), 0.08, "table", words="tangerine,mandarin,clementine,grapefruit", parts=("skin",))
def orange(pen: Pen) -> None:
    skin = pen.part("skin", "#e08a2e")
    pen.fill(ellipse(0, -22, 22), skin)
    for _ in range(16):
        pen.fill(ellipse(pen.rng.jitter(15), -22 + pen.rng.jitter(15), 0.9), pen.darker(skin, 0.07), 0.8)
    pen.fill(blob("0,-43 8,-52 20,-51 12,-44"), "#6f8f4a")
    pen.shine(ellipse(-8, -33, 5, 2.8, -30), 0.4)


@noun("pear", (48, 66), 0.1, "table", words="avocado,fig", parts=("skin",))
def pear(pen: Pen) -> None:
    skin = pen.part("skin", "#b5b04a", "#c9b255")
    pen.fill(blob("0,-60 -8,-54 -11,-40 -22,-22 -18,-4 0,0 18,-4 22,-22 11,-40 8,-54"), skin)
    pen.line(curve("0,-58 3,-68"), "#5a3f2c", 2.2)
    pen.fill(blob("2,-62 12,-70 22,-66 12,-60"), "#6f8f4a")
    pen.shine(ellipse(-9, -24, 3, 7, 18), 0.36)


@noun("lemon", (58, 42), 0.07, "table", words="lime,lemons,mango", parts=("skin",))
def lemon(pen: Pen) -> None:
    skin = pen.part("skin", "#e6c53f")
    pen.fill(blob("-29,-18 -20,-33 0,-38 20,-33 29,-20 22,-5 0,0 -20,-5"), skin)
    pen.fill(blob("24,-24 33,-20 26,-15"), pen.darker(skin, 0.05))
    pen.shine(ellipse(-8, -29, 7, 2.8, -12), 0.45)


@noun(
    "bowl",
    (100, 66),
    0.2,
    "table",
    words="fruit bowl,bowl of fruit,fruit,fruits,fruit basket,grapes,basket of apples",
    parts=("china",),
    anchors={"inside": (0, -28), "top": (0, -56)},
)
def bowl(pen: Pen) -> None:
    china = pen.part("china", "#5a7f8a", "#c9a06a", "#e6dcc8")
    for x, y, r, c in (
        (-24, -40, 15, "#c2473a"),
        (24, -41, 15, "#e0922f"),
        (0, -47, 16, "#b5b04a"),
        (-9, -36, 13, "#e6c53f"),
        (13, -35, 13, "#a8323a"),
    ):
        _fruit(pen, x, y, r, c)
    pen.fill(blob("-48,-32! -40,-12 -18,0! 18,0! 40,-12 48,-32! 0,-26", 0.26), china)
    pen.fill(blob("-48,-33 0,-27 48,-33 47,-29 0,-23 -47,-29", 0.2), pen.lighter(china, 0.08))
    pen.shine(blob("-38,-22 -30,-10 -22,-6 -32,-18"), 0.3)


@noun("bread", (100, 52), 0.12, "table", words="loaf,loaf of bread,baguette,croissant", parts=("crust",))
def bread(pen: Pen) -> None:
    crust = pen.part("crust", "#c48a4a")
    pen.fill(box(-54, -6, 108, 8, 3), "#9a6a42")
    pen.fill(blob("-46,-6! -48,-28 -32,-46 0,-50 32,-46 48,-28 46,-6!", 0.34), crust)
    for x in (-24, 0, 24):
        pen.fill(blob([(x - 10, -36), (x + 4, -46), (x + 10, -42), (x - 3, -31)]), pen.lighter(crust, 0.14))


@noun("cake", (92, 72), 0.2, "table", words="birthday cake,pie,cupcake,tart,pancakes,dessert", parts=("icing",))
def cake(pen: Pen) -> None:
    icing = pen.part("icing", "#f0dcd2", "#e3a0a8", "#6b4632")
    sponge = "#cf9c62"
    pen.fill(ellipse(0, -4, 46, 7), "#e6e0d4")
    pen.fill(blob("-38,-6! -38,-40 38,-40 38,-6! 0,0", 0.12), sponge)
    pen.fill(blob("-38,-23 0,-17 38,-23 38,-18 0,-12 -38,-18", 0.2), pen.lighter(sponge, 0.12))
    drip = [(-39.0, -42.0), *((-39 + 78 * (k + 0.5) / 9, -26.0 if k % 2 else -34.0) for k in range(9))]
    pen.fill(blob([*drip, (39, -42), (20, -49), (-20, -49)], 0.4), icing)
    pen.fill(ellipse(0, -43, 38.6, 7), pen.lighter(icing, 0.04))
    for x in (-20, -7, 7, 20):
        pen.fill(box(x - 1.6, -62, 3.2, 18), "#b5563f")
        pen.glow(x, -66, 15, "#ffdf9a", 0.8)
        pen.light(blob([(x - 2.4, -63), (x, -71), (x + 2.4, -63), (x, -61)]), "#f6b84a")


@noun(
    "bottle",
    (36, 112),
    0.3,
    "table",
    words="wine bottle,wine,bottle of wine,message in a bottle,potion",
    parts=("glass",),
    turns=False,
)
def bottle(pen: Pen) -> None:
    glass = pen.part("glass", "#3f5f4a", "#4f7f86", "#6d4a34")
    pen.fill(blob("-16,-2! -16,-60 -13,-70 -6,-80 -5,-106! 5,-106! 6,-80 13,-70 16,-60 16,-2! 0,1", 0.2), glass)
    pen.fill(box(-6, -112, 12, 8, 1.4), "#b58a5a")
    pen.fill(box(-14.4, -50, 28.8, 28, 1), "#eadfc4")
    pen.line(curve("-8,-40 8,-40"), "#a8433a", 2)
    pen.line(curve("-8,-32 6,-32"), "#9a9078", 1.2)
    pen.shine(box(-12, -66, 3, 58, 1.5), 0.34)


@noun(
    "glass",
    (40, 80),
    0.18,
    "table",
    words="wine glass,goblet,glass of wine,drink,cocktail",
    parts=("wine",),
    turns=False,
)
def glass(pen: Pen) -> None:
    wine = pen.part("wine", "#8a2436", "#d9a54a")
    pen.fill(ellipse(0, -2, 17, 3), "#d8e2e4", 0.8)
    pen.line(curve("0,-3 0,-36"), "#d8e2e4", 2.6, 0.9)
    pen.fill(blob("-17,-78! -19,-58 -10,-40 0,-36 10,-40 19,-58 17,-78!", 0.34), "#e0eaea", 0.4)
    pen.fill(blob("-18,-60! -10,-41 0,-37 10,-41 18,-60! 0,-57", 0.34), wine)
    pen.fill(ellipse(0, -60, 18, 3), pen.lighter(wine, 0.08))
    pen.shine(blob("-13,-72 -10,-73 -12,-54 -14,-56"), 0.6)
