"""Birds: perched, flying, swimming."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import Point, blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


def _wing_up(pen: Pen, x: float, y: float, reach: float, colour: str, tip: str, turn: float) -> None:
    """A raised wing with finger feathers, leaving the shoulder at (x, y)."""
    with pen.at(x, y, reach / 60, turn):
        pen.fill(blob("-10,4 -14,-16 -8,-40 6,-58! 10,-44! 16,-50! 18,-36! 24,-40! 22,-20 14,2"), colour)
        pen.fill(poly("-9,-38 6,-58 10,-44 16,-50 18,-36 24,-40 22,-24 4,-30"), tip, 0.85)


def soaring(pen: Pen, body: str, wing: str, tip: str, beak: str, long: float = 1.0) -> None:
    """A bird in flight, near wing raised, far wing behind; about 110 wide."""
    with pen.at(0, -26, 1.0, -8):
        _wing_up(pen, 4, -6, 52 * long, pen.darker(wing, 0.07), pen.darker(tip, 0.03), 34)
        pen.fill(poly("-26,0 -52,-6 -48,2 -54,8 -28,6"), wing)
        pen.fill(blob("-32,0 -14,-9 12,-11 28,-8 36,-2 26,6 4,10 -18,8"), body)
        pen.fill(ellipse(31, -7, 9, 8), body)
        pen.fill(poly("38,-9 50,-4 38,-3"), beak)
        pen.eye(34, -9, 1.5)
        _wing_up(pen, -2, -4, 60 * long, wing, tip, -14)


def perched(pen: Pen, body: str, belly: str, wing: str, beak: str, tail: float = 1.0) -> None:
    """A songbird on its feet, about 70 wide and 60 high."""
    for x in (2, 9):
        pen.line(curve([(x, -14), (x + 2, -1), (x + 8, 0)]), "#8a6248", 1.7)
    with pen.at(0, -14, 1, -20):
        pen.fill(poly([(-22, 2), (-46 * tail, 12), (-48 * tail, 5), (-24, -6)]), pen.darker(wing, 0.06))
        pen.fill(blob("-26,-2 -18,-16 4,-24 22,-24 30,-12 24,4 6,12 -12,8"), body)
        pen.fill(blob("8,-12 28,-14 26,2 8,11 -6,8 -2,-2"), belly)
        pen.fill(blob("-34,2 -20,-12 2,-17 10,-8 0,2 -18,6"), wing)
        pen.line(curve("-26,1 -12,-5 2,-5"), pen.lighter(wing, 0.12), 1.5, 0.8)
    pen.fill(blob("10,-40 14,-53 26,-58 36,-51 36,-42 28,-34 16,-33"), body)
    pen.fill(poly("35,-50 46,-45 35,-43"), beak)
    pen.eye(29, -49, 1.9)


@noun(
    "bird",
    (84, 62),
    0.3,
    words="songbird,sparrow,robin,finch,blackbird,nightingale,swallow,pigeon,dove,tit,bluebird,starling,lark,warbler",
    parts=("feathers",),
    poses=("sit", "fly"),
    alive=True,
    anchors={"top": (24, -58), "hand": (44, -44)},
)
def bird(pen: Pen) -> None:
    body = pen.part("feathers", "#5f7f9c", "#8a6a52", "#6d7a5f", "#b5653f", "#4b5a78")
    belly = pen.rng.pick(("#e9d3b0", "#e0a878", "#efe6d6"))
    if pen.pose == "fly":
        soaring(pen, body, body, pen.darker(body, 0.12), "#d89a3c")
    else:
        perched(pen, body, belly, pen.darker(body, 0.08), "#c98f3a")


@noun(
    "seagull",
    (110, 66),
    0.5,
    "sky",
    words="gull,tern,albatross,pelican",
    parts=("feathers",),
    poses=("fly", "sit"),
    alive=True,
)
def seagull(pen: Pen) -> None:
    white, grey = pen.part("feathers", "#f1ece2"), "#a8b0b8"
    if pen.pose == "sit":
        perched(pen, white, white, grey, "#dca23a")
        return
    pen.fill(blob("-36,-22 -12,-32 14,-34 34,-30 42,-25 30,-18 4,-14 -20,-17"), white)
    pen.fill(poly("-32,-24 -54,-24 -50,-18 -32,-19"), white)
    pen.fill(poly("40,-29 52,-24 40,-23"), "#dca23a")
    pen.eye(35, -28, 1.5)
    pen.fill(blob("6,-30 16,-48 36,-62! 28,-46 18,-28"), pen.darker(grey, 0.03))
    pen.fill(blob("10,-28 -8,-48 -34,-62 -62,-66! -40,-54 -18,-30 -6,-24"), grey)
    pen.fill(poly("-44,-62 -62,-66 -44,-57"), "#3a3c46")


@noun("crow", (88, 64), 0.45, words="raven,rook,jackdaw,magpie", parts=("feathers",), poses=("sit", "fly"), alive=True)
def crow(pen: Pen) -> None:
    ink = pen.part("feathers", "#34343f", "#2f3440")
    if pen.pose == "fly":
        soaring(pen, ink, ink, pen.darker(ink, 0.04), "#4a4a52", 1.1)
    else:
        perched(pen, ink, pen.lighter(ink, 0.03), pen.lighter(ink, 0.06), "#50505a", 1.15)


@noun(
    "eagle",
    (124, 84),
    0.9,
    "sky",
    words="hawk,falcon,kite bird,vulture,condor,buzzard,osprey,kestrel",
    parts=("feathers",),
    poses=("fly",),
    alive=True,
)
def eagle(pen: Pen) -> None:
    brown = pen.part("feathers", "#6d4a32", "#5f4638")
    for mirror in (True, False):
        with pen.at(-2 if mirror else 2, -38, 0.86 if mirror else 1.0, -4 if mirror else 2, mirror):
            pen.fill(
                blob("0,-6 14,-26 36,-36 58,-34! 66,-28! 58,-26! 66,-20! 56,-19! 62,-12! 50,-13 30,-6 12,8"),
                pen.darker(brown, 0.06 if mirror else 0.0),
            )
            pen.line(curve("8,-8 26,-22 46,-26"), pen.lighter(brown, 0.09), 2, 0.7)
    pen.fill(poly("-14,-28 -30,-8 -20,-6 -14,-3 -6,-24"), pen.lighter(brown, 0.1))
    pen.fill(blob("-14,-30 -4,-44 10,-50 20,-46 14,-34 0,-24"), brown)
    pen.fill(blob("12,-48 20,-56 30,-53 31,-46 22,-40 14,-40"), "#efe6d6")
    pen.fill(blob("29,-53 37,-50 38,-43 32,-46"), "#dca23a")
    pen.eye(26, -51, 1.4)


@noun(
    "owl",
    (64, 88),
    0.5,
    words="barn owl,owlet",
    parts=("feathers",),
    poses=("sit",),
    alive=True,
    anchors={"top": (0, -86), "hand": (16, -20)},
)
def owl(pen: Pen) -> None:
    body = pen.part("feathers", "#8a6748", "#a58660", "#6f6058")
    pale = "#ead9bb"
    for x in (-8.0, 9.0):
        for k in (-4, 0, 4):
            pen.fill(limb([(x + k * 0.4, -6), (x + k, 0)], [4, 2.6]), "#c9a060")
    pen.fill(blob("-24,-6 -30,-36 -24,-66 -8,-80 10,-80 25,-66 29,-38 20,-8 0,-2"), body)
    pen.fill(blob("-12,-8 -18,-34 -8,-52 8,-54 18,-36 13,-9"), pale)
    for row in range(4):
        for k in range(4 - row % 2):
            x, y = -10 + 7 * k + 3.5 * (row % 2), -42 + 9 * row
            pen.line(curve([(x - 2, y), (x, y + 2.6), (x + 2, y)]), body, 1.6, 0.85)
    pen.fill(blob("-24,-56 -32,-34 -26,-10 -18,-14 -14,-40"), pen.darker(body, 0.08))
    pen.fill(blob("24,-56 31,-34 24,-12 18,-16 15,-40"), pen.darker(body, 0.1))
    pen.fill(poly("-18,-74 -22,-90 -8,-80"), body)
    pen.fill(poly("18,-74 23,-89 9,-80"), body)
    for x in (-9, 10):
        pen.fill(ellipse(x, -64, 12.5), pale)
        pen.fill(ellipse(x, -64, 7.2), "#e2a83c", flat=True)
        pen.eye(x + 0.6, -64, 4)
    pen.fill(poly("-2.4,-61 3.4,-61 0.6,-51"), "#4a3d38")


@noun(
    "duck",
    (92, 62),
    0.4,
    "water",
    words="mallard,drake,duckling,mandarin duck",
    parts=("feathers",),
    poses=("swim",),
    alive=True,
    anchors={"top": (0, -34)},
)
def duck(pen: Pen) -> None:
    body = pen.part("feathers", "#b3a28c", "#9c8f86", "#e9dfc8")
    head = "#2f6a4f" if body != "#e9dfc8" else body
    pen.fill(blob("-46,-24! -40,-8 -24,2 16,2 34,-8 34,-22 14,-26 -10,-28 -30,-24"), body)
    pen.fill(blob("-34,-20 -14,-28 12,-24 18,-14 0,-6 -22,-8"), pen.darker(body, 0.1))
    pen.fill(poly("-14,-10 2,-12 0,-7 -12,-6"), "#4a6fb0")
    pen.fill(blob("16,-18 26,-26 36,-18 34,-4 22,2"), pen.blend(body, "#6b4230", 0.6))
    pen.fill(limb("28,-22 32,-38", [13, 11]), head)
    pen.line(curve("22,-27 29,-24.6 36,-27"), "#f0e9da", 2.2)
    pen.fill(blob("22,-44 28,-54 38,-54 44,-46 40,-38 28,-36"), head)
    pen.fill(blob("42,-49 54,-45 55,-42 43,-41"), "#dba43c")
    pen.eye(38, -48, 1.8)


@noun(
    "swan",
    (124, 100),
    1.1,
    "water",
    words="goose,cygnet",
    parts=("feathers",),
    poses=("swim",),
    alive=True,
    anchors={"top": (-8, -52)},
)
def swan(pen: Pen) -> None:
    white = pen.part("feathers", "#f4efe4")
    pen.fill(blob("-60,-28! -48,-6 -26,3 20,3 40,-10 38,-26 14,-24 -20,-26"), white)
    pen.fill(blob("-66,-40! -40,-52 -4,-50 22,-34 26,-20 4,-10 -30,-14"), white)
    pen.fill(blob("-58,-30! -32,-40 4,-38 16,-26 -4,-16 -36,-18"), pen.darker(white, 0.05), 0.8)
    pen.line(curve("-44,-36 -20,-40 6,-36"), pen.darker(white, 0.1), 1.3, 0.6)
    pen.fill(limb("28,-14 46,-36 36,-64 46,-86", [22, 13, 11, 12]), white)
    pen.fill(blob("38,-86 44,-96 54,-95 60,-88 55,-82 44,-80"), white)
    pen.fill(blob("57,-91 72,-84 72,-81 58,-83"), "#d9763a")
    pen.fill(blob("54,-92 60,-93 60,-84 56,-84"), "#35303a")
    pen.eye(53, -90, 1.4)


@noun("heron", (76, 128), 1.0, words="crane,stork,egret,ibis", parts=("feathers",), poses=("stand",), alive=True)
def heron(pen: Pen) -> None:
    grey = pen.part("feathers", "#8d9aa8", "#e9e3d8")
    dark = pen.darker(grey, 0.22)
    for x, bend in ((-4, 4), (4, -3)):
        pen.line(curve([(x, -48), (x + bend, -26), (x + 1, 0), (x + 9, 0)], 0.12), "#8a7a5f", 2.6)
    pen.fill(blob("-40,-40! -26,-62 -2,-72 14,-66 14,-52 -4,-42"), grey)
    pen.fill(blob("-42,-38! -24,-54 -2,-58 6,-50 -12,-42"), dark)
    pen.fill(limb("8,-60 22,-76 8,-94 18,-112", [14, 8, 6.4, 7]), pen.lighter(grey, 0.1))
    pen.fill(blob("12,-114 18,-121 28,-119 32,-113 24,-109 15,-109"), pen.lighter(grey, 0.1))
    pen.fill(poly("29,-118 56,-109 29,-110"), "#dba43c")
    pen.fill(limb("22,-118 8,-119 -6,-112", [4, 3, 0.8]), dark)
    pen.eye(25, -115.4, 1.3)


@noun("flamingo", (76, 128), 1.2, parts=("feathers",), poses=("stand",), alive=True)
def flamingo(pen: Pen) -> None:
    pink = pen.part("feathers", "#ec9a9c", "#e88a94")
    pen.line(curve("0,-50 4,-26 2,0 9,0", 0.1), pen.darker(pink, 0.08), 2.5)
    pen.line(curve("-6,-50 8,-34 -8,-26", 0.06), pen.darker(pink, 0.08), 2.5)
    pen.fill(blob("-40,-52! -28,-70 -4,-78 14,-68 14,-54 -6,-46"), pink)
    pen.fill(blob("-42,-50! -24,-62 2,-64 6,-56 -12,-49"), pen.darker(pink, 0.06))
    pen.fill(limb("8,-64 30,-72 28,-96 10,-106 16,-120", [14, 8, 6.4, 6, 7]), pink)
    pen.fill(blob("10,-120 16,-127 26,-125 28,-119 20,-114 12,-114"), pink)
    pen.fill(blob("26,-124 36,-118 34,-108 29,-111 26,-117"), "#f2e4d6")
    pen.fill(blob("33,-114 35,-107 31,-107 30,-112"), "#35303a")
    pen.eye(22, -121, 1.3)


@noun(
    "penguin",
    (60, 96),
    0.8,
    parts=("feathers",),
    poses=("stand",),
    alive=True,
    anchors={"top": (2, -94), "hand": (24, -44)},
)
def penguin(pen: Pen) -> None:
    ink, white = pen.part("feathers", "#39404e", "#333844"), "#f3ede0"
    for x in (-6, 12):
        pen.fill(blob([(x - 9, 1), (x - 6, -6), (x + 6, -6), (x + 13, 0)]), "#d98f3c")
    pen.fill(blob("-20,-4 -26,-34 -18,-66 -6,-86 8,-94 22,-86 26,-66 27,-32 20,-4 0,-1"), ink)
    pen.fill(blob("2,-6 -4,-34 4,-64 16,-72 24,-60 25,-32 18,-7"), white)
    pen.fill(blob("6,-68 14,-78 22,-72 20,-62 10,-60"), "#e7b84f", 0.85)
    pen.fill(blob("-14,-62 -24,-44 -28,-22 -20,-24 -8,-46"), pen.darker(ink, 0.04))
    pen.fill(blob("22,-60 32,-44 33,-26 26,-30 20,-46"), ink)
    pen.fill(poly("22,-84 37,-78 22,-76"), "#d98f3c")
    pen.fill(ellipse(15, -82, 2.9), white)
    pen.eye(15.4, -82, 1.8)


@noun("parrot", (64, 92), 0.4, words="macaw,cockatoo,parakeet,toucan", parts=("feathers",), poses=("sit",), alive=True)
def parrot(pen: Pen) -> None:
    main = pen.part("feathers", "#c93f38", "#3f8f5f", "#3a72b5")
    pen.fill(limb("-8,-26 -20,-6 -28,18", [15, 12, 4]), pen.blend(main, "#3a62a8", 0.7))
    for x in (2, 8):
        pen.fill(limb([(x, -14), (x + 2, 0)], [4, 3.4]), "#7f7a78")
    pen.fill(blob("-20,-20 -16,-48 -2,-68 16,-72 22,-54 16,-24 4,-10"), main)
    pen.fill(blob("-22,-14! -18,-42 -4,-56 8,-46 4,-26 -8,-14"), pen.blend(main, "#e0b23c", 0.75))
    pen.fill(blob("-26,-8! -18,-32 -6,-40 2,-28 -8,-14"), "#3a62a8")
    pen.fill(blob("2,-72 4,-88 18,-93 29,-84 28,-70 16,-62"), main)
    pen.fill(blob("16,-84 28,-85 30,-74 20,-70 14,-76"), "#f0e8da")
    pen.fill(blob("26,-86 38,-80 38,-68 31,-62 31,-73 25,-75"), "#3a3640")
    pen.eye(21, -80, 2)


@noun(
    "rooster",
    (88, 92),
    0.5,
    words="cock,cockerel,hen,chicken,turkey",
    parts=("feathers",),
    poses=("stand",),
    alive=True,
    plural="chickens",
)
def rooster(pen: Pen) -> None:
    body = pen.part("feathers", "#b55f2c", "#d8c4a0", "#8a4630")
    tail = "#2f4f4c"
    for x in (-2, 8):
        pen.line(curve([(x, -22), (x + 2, -1), (x + 10, 0)], 0.1), "#d2a04a", 2.8)
    for k in range(5):
        pen.fill(
            limb(
                [(-18, -40), (-38 - 3 * k, -58 - 7 * k), (-54 + 6 * k, -56 - 7 * k), (-60 + 10 * k, -42 - 8 * k)],
                [10, 9, 7, 2],
            ),
            pen.lighter(tail, 0.03 * k),
        )
    pen.fill(blob("-28,-40 -18,-24 2,-16 22,-24 30,-42 24,-56 6,-50 -12,-52"), body)
    pen.fill(blob("-20,-40 -4,-46 10,-38 6,-28 -10,-26"), pen.darker(body, 0.1))
    pen.fill(limb("18,-44 24,-62 26,-74", [26, 17, 13]), pen.lighter(body, 0.09))
    pen.fill(ellipse(28, -77, 8.4), pen.lighter(body, 0.09))
    pen.fill(blob("20,-82 18,-94! 24,-88 27,-97! 31,-88 37,-94! 35,-82"), "#c8342f")
    pen.fill(blob("32,-72 38,-68 36,-60 30,-66"), "#c8342f")
    pen.fill(poly("35,-80 46,-75 35,-73"), "#dfae4a")
    pen.eye(31, -79, 1.7)


@noun("chick", (48, 46), 0.15, words="baby chick,gosling", parts=("feathers",), poses=("stand",), alive=True)
def chick(pen: Pen) -> None:
    down = pen.part("feathers", "#ecc65a")
    for x in (-2, 7):
        pen.line(curve([(x, -8), (x + 1, 0), (x + 6, 0)], 0.1), "#d08a3c", 2)
    pen.fill(blob("-22,-18 -16,-30 2,-30 16,-24 16,-10 2,-4 -14,-6"), down)
    pen.fill(blob("-14,-20 -2,-24 4,-16 -6,-10"), pen.darker(down, 0.07))
    pen.fill(ellipse(12, -32, 12), down)
    pen.fill(poly("22,-34 31,-31 22,-28"), "#d9863a")
    pen.eye(15, -34, 2)


@noun("peacock", (128, 120), 1.1, words="peafowl", parts=("feathers",), poses=("stand",), alive=True, turns=False)
def peacock(pen: Pen) -> None:
    blue = pen.part("feathers", "#2c5f9c", "#2a6a8f")
    fan = "#3f8a5f"
    eyes: list[tuple[Point, float]] = []
    for ring, count, reach in ((0, 17, 104), (1, 15, 82), (2, 13, 60)):
        for i in range(count):
            a = pi * (0.04 + 0.92 * i / (count - 1))
            tip = (-4 + reach * cos(a) * 0.6, -22 - reach * sin(a))
            pen.fill(
                limb([(-2, -26), ((tip[0] - 2) / 2, (tip[1] - 26) / 2), tip], [2, 5, 9 - ring]),
                pen.lighter(fan, 0.025 * ring + pen.rng.jitter(0.02)),
            )
            eyes.append((tip, 5.4 - ring * 0.7))
    for (x, y), s in eyes:
        pen.fill(ellipse(x, y, s), "#c9a54a", flat=True)
        pen.fill(ellipse(x, y, s * 0.66), "#2f8fa0", flat=True)
        pen.fill(ellipse(x, y + s * 0.1, s * 0.36), "#27306a", flat=True)
    for x in (-6, 4):
        pen.line(curve([(x, -14), (x + 1, 0), (x + 7, 0)], 0.1), "#8a7658", 2.2)
    pen.fill(blob("-16,-16 -14,-34 -2,-46 12,-40 14,-22 2,-11"), blue)
    pen.fill(limb("4,-34 10,-54 8,-66", [17, 10, 8]), blue)
    pen.fill(blob("2,-68 8,-76 16,-72 17,-65 8,-62"), blue)
    pen.fill(poly("15,-72 23,-68 15,-66"), "#d8c79a")
    pen.eye(11, -70, 1.4)
    for k in range(4):
        x, y = 4 + 3 * k, -88 + 1.4 * abs(k - 1.5)
        pen.line(curve([(8, -75), (x, y)]), blue, 0.9)
        pen.fill(ellipse(x, y, 1.5), "#3f9aa0")
