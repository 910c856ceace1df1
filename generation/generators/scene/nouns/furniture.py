"""Furniture and the things of studies: chairs, clocks, books, globes."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly, ring
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "book",
    (92, 34),
    0.05,
    "table",
    words="novel,notebook,diary,dictionary,books",
    parts=("cover",),
    anchors={"top": (0, -30)},
)
def book(pen: Pen) -> None:
    cover = pen.part("cover", "#a3483f", "#3f6473", "#7f8a4f", "#6a4f7f")
    for y, c, dx in ((0, cover, 0), (-15, pen.rng.pick(("#c9a050", "#4f6f6a", "#8a5a4a")), 5)):
        pen.fill(poly([(-44 + dx, y - 13), (36 + dx, y - 15), (46 + dx, y - 13), (46 + dx, y), (-40 + dx, y)]), c)
        pen.fill(poly([(-38 + dx, y - 11), (45 + dx, y - 11), (45 + dx, y - 2.4), (-38 + dx, y - 2.4)]), "#efe5cf")
        for k in range(3):
            pen.line(curve([(-36 + dx, y - 9 + 2.4 * k), (44 + dx, y - 9 + 2.4 * k)]), "#cdbf9f", 0.5, 0.8)
        pen.fill(box(-46 + dx, y - 14, 11, 14, 5), pen.darker(c, 0.05))
        pen.line(curve([(-42 + dx, y - 12), (-42 + dx, y - 2)]), pen.lighter(c, 0.16), 0.9)


@noun("open book", (110, 40), 0.06, "table", words="story book,storybook,spellbook", parts=("cover",))
def open_book(pen: Pen) -> None:
    cover = pen.part("cover", "#8a4038", "#3f5f7a")
    pen.fill(blob("-54,-4! -50,-26 -24,-32 0,-25! 24,-32 50,-26 54,-4! 26,-5 0,0! -26,-5", 0.3), cover)
    for side in (-1, 1):
        pen.fill(
            blob([(0, -4), (side * 24, -9), (side * 50, -7), (side * 46, -28), (side * 22, -34), (0, -28)], 0.3),
            "#f3ead6",
        )
        for k in range(4):
            pen.line(
                curve([(side * 8, -25 + 5 * k), (side * 24, -29 + 5 * k), (side * 42, -26 + 5 * k)]), "#b5a88c", 1, 0.7
            )
    pen.line(curve("0,-28 0,-3"), "#cbbd9c", 1.4)


@noun(
    "clock",
    (72, 96),
    0.4,
    "table",
    words="alarm clock,grandfather clock,watch,pocket watch,hourglass,cuckoo clock",
    parts=("case",),
    turns=False,
)
def clock(pen: Pen) -> None:
    case = pen.part("case", "#8a5a38", "#6b4430")
    pen.fill(blob("-33,0! -33,-8 -27,-12 -27,-56 -18,-80 0,-90 18,-80 27,-56 27,-12 33,-8 33,0!", 0.2), case)
    pen.fill(ellipse(0, -54, 22), "#d0a85a")
    pen.fill(ellipse(0, -54, 19), "#f2e8d2")
    for k in range(12):
        a = pi * k / 6
        pen.line(curve([(15 * cos(a), -54 + 15 * sin(a)), (17 * cos(a), -54 + 17 * sin(a))]), "#4a3c38", 1.4)
    pen.line(curve("0,-54 6,-64"), "#3a302e", 2)
    pen.line(curve("0,-54 -13,-58"), "#3a302e", 1.5)
    pen.fill(blob("-13,-10! -13,-24 0,-30 13,-24 13,-10!", 0.3), pen.darker(case, 0.12))
    pen.fill(ellipse(2, -17, 5), "#d9b25a")


@noun(
    "chair",
    (60, 100),
    1.0,
    words="wooden chair,stool,rocking chair,deck chair",
    parts=("wood",),
    anchors={"top": (2, -48), "seat": (2, -48)},
)
def chair(pen: Pen) -> None:
    wood = pen.part("wood", "#9a6a42", "#6d4a38", "#5f7f7a")
    for x, dark in ((-14, 0.1), (24, 0.1)):
        pen.fill(limb([(x, -46), (x + 1, 0)], [4, 3]), pen.darker(wood, dark))
    pen.fill(limb("-24,-98 -24,-50 -26,2", [4, 5, 3.6]), wood)
    pen.fill(limb("-12,-100 -13,-48", [4, 4]), pen.darker(wood, 0.06))
    for y in (-92, -78, -64):
        pen.fill(limb([(-24, y), (-12, y - 1)], [5, 5]), wood)
    pen.fill(poly("-28,-48 -14,-53 28,-52 24,-46 -26,-43"), pen.lighter(wood, 0.04))
    pen.fill(limb("18,-45 19,2", [5, 3.6]), wood)


@noun(
    "armchair",
    (108, 96),
    1.0,
    words="sofa,couch,settee,easy chair",
    parts=("cloth",),
    anchors={"top": (0, -44), "seat": (2, -44)},
)
def armchair(pen: Pen) -> None:
    cloth = pen.part("cloth", "#a8503f", "#4f7068", "#5a5f86", "#c99a4f")
    for x in (-40, 38):
        pen.fill(box(x, -8, 6, 9, 1), "#5a4030")
    pen.fill(blob("-42,-10! -46,-60 -36,-92 0,-97 36,-92 46,-60 42,-10!", 0.26), cloth)
    pen.fill(blob("-32,-40 -32,-78 0,-86 32,-78 32,-40", 0.22), pen.lighter(cloth, 0.035))
    pen.fill(blob("-34,-30 -32,-48 0,-52 32,-48 34,-30 0,-24", 0.26), pen.lighter(cloth, 0.06))
    pen.fill(box(-36, -32, 72, 24, 4), pen.darker(cloth, 0.05))
    for side in (-1, 1):
        pen.fill(
            blob([(side * 34, -6), (side * 34, -46), (side * 40, -54), (side * 52, -50), (side * 52, -6)], 0.24), cloth
        )
        pen.fill(ellipse(side * 44, -50, 9, 6), pen.lighter(cloth, 0.06))


@noun("globe", (62, 84), 0.4, "table", words="world globe,crystal ball,snow globe", parts=("sea",))
def globe(pen: Pen) -> None:
    sea_colour = pen.part("sea", "#5f8fa8", "#7fa8a0")
    pen.fill(blob("-20,0! -18,-6 -4,-10 4,-10 18,-6 20,0!", 0.3), "#8a5f3c")
    pen.fill(box(-2.6, -18, 5.2, 10), "#b58f4f")
    pen.line(curve("-22,-72 -32,-46 -18,-22 4,-16 22,-22"), "#b58f4f", 3)
    pen.fill(ellipse(0, -48, 27), sea_colour)
    for d in (
        "-16,-66 -6,-70 0,-60 -8,-52 -18,-56",
        "-8,-46 2,-48 6,-36 -2,-26 -8,-34",
        "8,-68 18,-64 22,-50 12,-46 8,-56",
        "14,-40 22,-40 18,-32",
    ):
        pen.fill(blob(d), "#a8a868")
    pen.shine(ellipse(-10, -60, 8, 4, -40), 0.3)


@noun("typewriter", (100, 70), 0.25, "table", words="writing machine", parts=("body",))
def typewriter(pen: Pen) -> None:
    body = pen.part("body", "#4f6f70", "#8a4038", "#3f3c44")
    pen.fill(poly("-24,-50 26,-50 24,-84 -22,-84"), "#f2e9d6")
    for y in (-76, -70, -64):
        pen.line(curve([(-15, y), (15, y)]), "#8a8274", 1, 0.8)
    pen.fill(box(-46, -54, 92, 9, 4), "#3a383c")
    pen.fill(blob("-40,-8! -36,-46! 36,-46! 40,-8!", 0.1), body)
    pen.fill(blob("-50,0! -42,-24! 42,-24! 50,0!", 0.1), pen.darker(body, 0.05))
    for row in range(3):
        for k in range(9):
            x, y = -32 + 8 * k + (row - 1) * 2.4, -19 + 7 * row
            pen.fill(ellipse(x, y, 2.7, 2), "#eadfc8")


@noun(
    "radio",
    (96, 66),
    0.3,
    "table",
    words="old radio,record player,gramophone,television,tv,computer,laptop,camera",
    parts=("case",),
)
def radio(pen: Pen) -> None:
    case = pen.part("case", "#9a5f38", "#5f7f78", "#a8433a")
    pen.line(curve("30,-56 48,-96"), "#a9a6a0", 1.6)
    pen.fill(box(-46, -58, 92, 58, 10), case)
    pen.fill(box(-38, -50, 48, 42, 5), pen.blend(case, "#e6d3ac", 0.75))
    for y in range(-46, -10, 5):
        pen.line(curve([(-34, y), (6, y)]), pen.darker(case, 0.05), 1.3, 0.7)
    pen.window(box(16, -50, 24, 14, 2), "#d8c9a0")
    for x in (20, 36):
        pen.fill(ellipse(x, -20, 6), "#e6d6b4")
        pen.fill(ellipse(x, -20, 2.4), pen.darker(case, 0.14))


@noun("key", (84, 34), 0.06, "table", words="old key,keys", parts=("brass",))
def key(pen: Pen) -> None:
    brass = pen.part("brass", "#b8924a", "#8f9096")
    pen.fill(ring(-28, -14, 13, 7.4), brass)
    pen.fill(box(-16, -17, 54, 6, 2), brass)
    for x in (24, 32):
        pen.fill(box(x, -12, 5, 11, 1), brass)


@noun(
    "basket",
    (84, 66),
    0.3,
    "table",
    words="picnic basket,wicker basket,picnic",
    parts=("wicker",),
    anchors={"inside": (0, -30), "top": (0, -34)},
)
def basket(pen: Pen) -> None:
    wicker = pen.part("wicker", "#b98a52")
    pen.line(curve("-32,-32 -26,-60 0,-68 26,-60 32,-32"), pen.darker(wicker, 0.06), 4)
    pen.fill(blob("-40,-34! 40,-34! 32,0 -32,0", 0.12), wicker)
    for row in range(4):
        for k in range(8):
            x = -34 + 9.4 * k + 4.6 * (row % 2)
            pen.line(
                curve([(x, -28 + 8 * row), (x + 4, -30 + 8 * row), (x + 7, -28 + 8 * row)]),
                pen.darker(wicker, 0.1),
                1.7,
                0.8,
            )
    pen.fill(box(-42, -38, 84, 7, 3), pen.lighter(wicker, 0.05))
