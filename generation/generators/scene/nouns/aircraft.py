"""What flies: balloons, aeroplanes, rockets."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "hot air balloon",
    (104, 140),
    22,
    "sky",
    words="balloon ride,air balloon,hot-air balloon,airship,zeppelin",
    parts=("envelope",),
    turns=False,
    anchors={"inside": (0, -8), "top": (0, -140)},
)
def hot_air_balloon(pen: Pen) -> None:
    main = pen.part("envelope", "#c9483c", "#d99a3a", "#3f7a86", "#8a5a94")
    pale = pen.rng.child("pale").pick(("#f1e4c6", "#e9c46a", "#efd9d0"))
    for x in (-9, 9):
        pen.line(curve([(x * 1.9, -40), (x, -17)]), "#6a5444", 0.9)
        pen.line(curve([(x * 0.7, -38), (x * 0.9, -17)]), "#6a5444", 0.7)
    if pen.lit:
        pen.glow(0, -46, 54, "#ffd88a", 0.9)
    pen.fill(blob("-17,-40! -40,-66 -52,-94 -40,-126 0,-140 40,-126 52,-94 40,-66 17,-40!", 0.34), main)
    for a, b in ((-0.78, -0.46), (-0.16, 0.16), (0.46, 0.78)):
        top = [(0.0, -140.0)]
        left = [(52 * a * w, y) for w, y in ((0.72, -128), (1.0, -96), (0.8, -66), (0.33, -40))]
        right = [(52 * b * w, y) for w, y in ((0.33, -40), (0.8, -66), (1.0, -96), (0.72, -128))]
        pen.fill(blob([*top, *left, *right], 0.25), pale, 0.92)
    pen.fill(poly("-17,-42 17,-42 12,-36 -12,-36"), pen.darker(main, 0.14))
    pen.fill(blob("-11,-17! 11,-17! 9,-1 -9,-1", 0.14), "#8a6038")
    for y in (-13, -9, -5):
        pen.line(curve([(-10, y), (10, y)]), "#6f4a2c", 0.9)
    pen.fill(box(-12, -19, 24, 4, 2), "#6f4a2c")


@noun(
    "aeroplane",
    (150, 66),
    6,
    "sky",
    words="airplane,plane,aircraft,jet,propeller plane,biplane,glider,airliner,seaplane",
    parts=("body",),
    anchors={"inside": (20, -38), "top": (0, -48)},
)
def aeroplane(pen: Pen) -> None:
    body = pen.part("body", "#e6ddca", "#c9503f", "#4f7f9a")
    trim = pen.blend(body, "#a8403a", 0.75) if body == "#e6ddca" else "#efe6d4"
    with pen.at(0, -30, 1, -7):
        pen.fill(blob("-14,-10! -30,-34! -16,-34! 16,-10!", 0.1), pen.darker(body, 0.09))
        pen.fill(blob("-70,-8! -78,-34! -64,-34! -46,-10!", 0.1), trim)
        pen.fill(blob("-74,-6 -52,-12 -8,-17 34,-16 62,-9 70,-2 62,5 30,9 -20,6 -60,0"), body)
        pen.fill(blob("-66,-2 -20,2 40,3 66,1 58,5 30,8 -20,5"), trim, 0.85)
        pen.window(blob("36,-15! 46,-13 56,-8! 38,-8!", 0.1))
        for x in (-20, -8, 4, 16, 28):
            pen.window(box(x, -11, 6, 6, 2.4))
        pen.fill(blob("12,2! -18,28! -34,30! -16,2!", 0.1), body)
        pen.fill(blob("-60,-4! -82,6! -88,6! -74,-5!", 0.1), body)
        pen.fill(ellipse(72, -2, 2.4, 17), "#8a8684", 0.5)
        pen.fill(ellipse(70, -2, 4), "#8a6a4a")


@noun("helicopter", (140, 76), 4, "sky", words="chopper", parts=("body",))
def helicopter(pen: Pen) -> None:
    body = pen.part("body", "#c9603a", "#3f6f8a", "#7f8a5a")
    with pen.at(0, -34, 1, 6):
        pen.fill(limb("-10,-8 -44,-14 -78,-20", [18, 9, 5]), body)
        pen.fill(poly("-74,-18 -88,-38 -78,-38 -68,-20"), body)
        pen.line(curve("-82,-42 -84,-18"), "#55525a", 2)
        pen.fill(blob("-26,-6 -16,-24 10,-28 32,-20 42,-4 34,10 6,15 -18,10"), body)
        pen.window(blob("14,-24 30,-18 40,-4 34,4! 14,4!", 0.24))
        pen.line(curve("4,-28 4,-38"), "#55525a", 3.6)
        pen.fill(ellipse(4, -39, 66, 2.4), "#6f6c70", 0.75)
        for x in (-8, 20):
            pen.line(curve([(x, 14), (x - 3, 24)]), "#55525a", 2.2)
        pen.line(curve("-26,24 32,25 38,20"), "#55525a", 2.8)


@noun(
    "rocket",
    (64, 138),
    30,
    words="space rocket,spaceship rocket,space shuttle,shuttle,missile",
    parts=("body",),
    poses=("stand", "fly"),
    turns=False,
    anchors={"top": (0, -138)},
)
def rocket(pen: Pen) -> None:
    body = pen.part("body", "#ece4d4")
    trim = pen.part("trim", "#c5473b", "#d98a3a", "#3f6f94")
    if pen.pose == "fly":
        pen.glow(0, -2, 84, "#ffd08a", 0.9)
        pen.light(blob("-13,-22 -17,0 -6,22 0,44! 6,22 17,0 13,-22"), "#f2a23e")
        pen.light(blob("-7,-22 -9,-2 0,22! 9,-2 7,-22"), "#fff0b8")
    for side in (-1, 1):
        pen.fill(
            blob([(side * 15, -54), (side * 31, -30), (side * 32, 0), (side * 13, -17)], 0.2),
            pen.darker(trim, 0.05 if side > 0 else 0.0),
        )
    pen.fill(poly("-11,-20 11,-20 14,-9 -14,-9"), "#6f6a70")
    pen.fill(blob("-17,-20! -21,-56 -17,-96 -8,-122 0,-138! 8,-122 17,-96 21,-56 17,-20!", 0.34), body)
    pen.fill(blob("-12.6,-110! -8,-122 0,-138! 8,-122 12.6,-110!", 0.3), trim)
    for y in (-90, -62):
        pen.fill(ellipse(0, y, 8.6), pen.darker(body, 0.22))
        pen.window(ellipse(0, y, 6.3))
    pen.fill(box(-19.4, -40, 38.8, 5), trim)
    pen.fill(poly("-3,-40 3,-40 3,-2 -3,-2"), trim)


@noun("satellite", (130, 60), 4, "sky", words="space station,space probe,probe", parts=("panels",))
def satellite(pen: Pen) -> None:
    panel = pen.part("panels", "#3f5f94", "#4a4f86")
    with pen.at(0, -30, 1, -18):
        for side in (-1, 1):
            pen.line(curve([(side * 12, 0), (side * 24, 0)]), "#a9a6a0", 3)
            x = 22 if side > 0 else -64
            pen.fill(box(x, -15, 42, 30, 1), panel)
            for k in range(1, 4):
                pen.line(curve([(x + 10.5 * k, -15), (x + 10.5 * k, 15)]), pen.lighter(panel, 0.18), 0.9)
            pen.line(curve([(x, 0), (x + 42, 0)]), pen.lighter(panel, 0.18), 0.9)
        pen.fill(box(-14, -18, 28, 36, 3), "#d8b56a")
        pen.fill(blob("-13,-20 0,-30 13,-20 0,-17"), "#e6e0d2")
        pen.line(curve("0,-24 0,-36"), "#a9a6a0", 1.4)
        pen.fill(ellipse(0, 0, 7), "#8f8578")
