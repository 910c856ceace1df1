"""Things of streets, camps and pockets: lamps, benches, lanterns, umbrellas, kites, fires, instruments."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, poly, ring, star
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.people import guitar_shape
from generation.generators.scene.pen import Pen

IRON = "#43424b"


@noun(
    "lamp post",
    (48, 140),
    4,
    words="street lamp,streetlamp,street light,streetlight,lamppost,lantern post,gas lamp",
    parts=("iron",),
    turns=False,
)
def lamp_post(pen: Pen) -> None:
    iron = pen.part("iron", IRON)
    if pen.lit:
        pen.glow(0, 1, 92, "#ffdf9a", 0.55, 0.17)
        pen.glow(0, -122, 64, "#ffdf9a", 0.9)
    pen.fill(poly("-8,0 8,0 4,-12 2.4,-100 -2.4,-100 -4,-12"), iron)
    pen.fill(box(-4, -26, 8, 4, 1), iron)
    pen.line(curve("-13,-96 13,-96"), iron, 2.4)
    pen.light(poly("-8,-106 8,-106 11,-130 -11,-130"), "#ffe7a8" if pen.lit else "#c9d4d4")
    for x in (-9.4, 0, 9.4):
        pen.line(curve([(x * 0.86, -106), (x * 1.1, -130)]), iron, 1.5)
    pen.fill(poly("-14,-130 14,-130 4,-139 -4,-139"), iron)
    pen.fill(ellipse(0, -141, 2.4), iron)
    pen.fill(poly("-9,-106 9,-106 4,-99 -4,-99"), iron)


@noun("bench", (116, 56), 0.9, words="park bench,seat", parts=("wood",), anchors={"top": (0, -27), "seat": (0, -27)})
def bench(pen: Pen) -> None:
    wood = pen.part("wood", "#9a6a42", "#7d6a55", "#5f7f6a")
    for x in (-42, 40):
        pen.line(curve([(x, 0), (x + 1, -26), (x - 4, -54)]), IRON, 3.6)
        pen.line(curve([(x + 16, 0), (x + 15, -24), (x, -26)]), IRON, 3.6)
    for y in (-54, -45, -36):
        pen.fill(box(-54, y, 106, 6, 2), pen.darker(wood, 0.05))
    pen.fill(poly("-54,-27 54,-27 60,-21 -50,-21"), pen.lighter(wood, 0.03))
    pen.fill(box(-50, -21, 110, 4, 1), pen.darker(wood, 0.1))


@noun(
    "lantern",
    (46, 76),
    0.35,
    "table",
    words="oil lamp,paper lantern,storm lantern,chinese lantern,lanterns",
    parts=("frame",),
    turns=False,
    anchors={"top": (0, -74)},
)
def lantern(pen: Pen) -> None:
    frame = pen.part("frame", "#4a4650", "#8a5a34", "#a8433a")
    pen.glow(0, -32, 78, "#ffd98a", 0.85)
    pen.line(curve("-14,-54 -12,-72 0,-78 12,-72 14,-54"), frame, 1.9)
    pen.fill(box(-17, -8, 34, 8, 2), frame)
    pen.light(blob("-14,-8! -18,-30 -13,-50! 13,-50! 18,-30 14,-8!", 0.3), "#ffe9b0", 0.85)
    pen.light(blob("-6,-14 -5,-26 1,-40! 6,-26 6,-14 0,-10"), "#f5a03c")
    pen.light(blob("-3,-14 -2,-22 1,-29! 3,-21 3,-14"), "#fff4cf")
    for x in (-15, 15):
        pen.line(curve([(x, -8), (x * 1.2, -30), (x * 0.9, -50)]), frame, 2)
    pen.fill(poly("-16,-50 16,-50 8,-62 -8,-62"), frame)
    pen.fill(box(-5, -66, 10, 5, 1), frame)


@noun(
    "umbrella",
    (104, 88),
    1.0,
    words="parasol,sunshade,beach umbrella",
    parts=("cloth",),
    anchors={"top": (0, -86), "under": (12, 0)},
)
def umbrella(pen: Pen) -> None:
    cloth = pen.part("cloth", "#c9433c", "#d9a53a", "#3f6f94", "#5f8a6a")
    pen.line(curve("0,-82 0,-6 4,2 10,-1"), "#6d4a34", 2.8)
    edge = [(-50 + 100 * k / 8, -48 - (5 if k % 2 else 0)) for k in range(9)]
    pen.fill(
        blob([(-50, -48), (-42, -68), (-20, -84), (0, -88), (20, -84), (42, -68), (50, -48)], 0.3).replace("Z", "")
        + "L"
        + " ".join(f"{x:.1f} {y:.1f}" for x, y in reversed(edge))
        + "Z",
        cloth,
    )
    pen.fill(blob([(-12, -50), (-9, -72), (0, -88), (9, -72), (12, -50), (0, -54)], 0.3), pen.lighter(cloth, 0.05))
    pen.fill(
        blob([(-37, -50), (-30, -70), (-2, -88), (-22, -66), (-25, -50), (-31, -54)], 0.3), pen.darker(cloth, 0.06), 0.8
    )
    pen.fill(blob([(37, -50), (30, -70), (2, -88), (22, -66), (25, -50), (31, -54)], 0.3), pen.darker(cloth, 0.09), 0.8)
    pen.line(curve("0,-88 0,-94"), "#6d4a34", 2)


@noun("kite", (60, 120), 1.2, "sky", words="paper kite", parts=("sail",), anchors={"top": (0, -110)})
def kite(pen: Pen) -> None:
    sail = pen.part("sail", "#d0483f", "#e0a83a", "#4f8aa8")
    pen.line(curve("0,-56 -10,-38 6,-22 -8,-4 2,12"), pen.darker(sail, 0.08), 1.5)
    for x, y in ((-6, -40), (2, -22), (-4, -6)):
        pen.fill(poly([(x, y), (x - 8, y - 4), (x - 7, y + 4)]), pen.lighter(sail, 0.12))
        pen.fill(poly([(x, y), (x + 8, y - 3), (x + 7, y + 5)]), pen.darker(sail, 0.06))
    with pen.at(0, -56, 1, 16):
        pen.fill(poly("0,0 -24,-38 0,-58"), sail)
        pen.fill(poly("0,0 24,-38 0,-58"), pen.darker(sail, 0.08))
        pen.fill(poly("0,-38 -24,-38 0,-58"), pen.lighter(sail, 0.13))
        pen.fill(poly("0,-38 24,-38 0,-58"), pen.lighter(sail, 0.06))


@noun(
    "balloon",
    (40, 112),
    1.0,
    "sky",
    words="party balloon,balloons",
    parts=("skin",),
    turns=False,
    anchors={"top": (0, -108)},
)
def balloon(pen: Pen) -> None:
    skin = pen.part("skin", "#cf423c", "#3f7fb0", "#e0b03c", "#6fa06a", "#b56a9a")
    pen.line(curve([(0, -62), (pen.rng.jitter(5), -36), (pen.rng.jitter(4), -16), (0, 0)]), "#e9e2d6", 1)
    pen.fill(blob("0,-62 -14,-74 -20,-92 -12,-107 2,-111 15,-105 20,-90 13,-73"), skin)
    pen.fill(poly("-3.4,-59 3.4,-59 0,-65"), pen.darker(skin, 0.1))
    pen.shine(ellipse(-8, -98, 3.4, 6.6, 26), 0.55)


@noun("fence", (150, 48), 1.2, words="wooden fence,picket fence", parts=("wood",), turns=False)
def fence(pen: Pen) -> None:
    wood = pen.part("wood", "#b59a78", "#e6dcc8", "#8a6a4c")
    for y in (-32, -16):
        pen.fill(box(-75, y, 150, 5, 1), pen.darker(wood, 0.05))
    for k in range(11):
        x = -72 + 14 * k
        tall = 44 + pen.rng.jitter(1.4)
        pen.fill(
            poly([(x - 4, 2), (x + 4, 2), (x + 4, -tall + 5), (x, -tall), (x - 4, -tall + 5)]),
            pen.lighter(wood, pen.rng.jitter(0.02)),
        )


@noun("signpost", (84, 100), 2.2, words="sign,road sign,direction sign", parts=("wood",), turns=True)
def signpost(pen: Pen) -> None:
    wood = pen.part("wood", "#a8794c")
    pen.fill(box(-4, -100, 8, 102, 1), pen.darker(wood, 0.08))
    pen.fill(poly("-6,-94 30,-94 42,-84 30,-74 -6,-74"), wood)
    pen.fill(poly("6,-66 -28,-68 -40,-58 -28,-48 6,-47"), pen.lighter(wood, 0.04))
    for y, a, b in ((-84, 2, 28), (-58, -26, 0)):
        pen.line(curve([(a, y), (b, y)]), pen.darker(wood, 0.16), 2, 0.8)


@noun(
    "rock", (110, 60), 1.4, words="stone,boulder,pebble,cliff rock,rocks", parts=("stone",), anchors={"top": (-4, -56)}
)
def rock(pen: Pen) -> None:
    stone = pen.part("stone", "#8f8a84", "#7f858a", "#9a8c7c")
    pen.fill(blob("-54,0! -50,-22 -34,-44 -10,-58 16,-54 40,-36 54,-12 55,0!", 0.2), stone)
    pen.shine(blob("-40,-30 -32,-44 -10,-57 14,-54 -4,-42 -24,-36", 0.15), 0.22)
    pen.shade(blob("16,-52 40,-36 54,-12 55,0! 18,0 28,-24", 0.15), 0.2)
    for _ in range(6):
        x, y = pen.rng.uniform(-40, 30), pen.rng.uniform(-38, -6)
        pen.line(curve([(x, y), (x + 6, y + 3), (x + 9, y + 9)]), pen.darker(stone, 0.12), 1.1, 0.6)
    for x in (-48, -30, 44):
        pen.fill(blob([(x - 8, 1), (x - 4, -7), (x + 5, -6), (x + 9, 1)]), "#6f8a55")


@noun("guitar", (60, 132), 1.0, words="ukulele,acoustic guitar,lute,banjo", parts=("wood",))
def guitar(pen: Pen) -> None:
    wood = pen.part("wood", "#b5733a", "#8a4f30", "#c98f4a")
    with pen.at(0, -33, 1, 8):
        guitar_shape(pen, wood)


@noun("violin", (50, 120), 0.6, "table", words="cello,fiddle,viola,double bass", parts=("wood",))
def violin(pen: Pen) -> None:
    wood = pen.part("wood", "#9a5228", "#83421f")
    pen.line(curve("24,0 34,-110"), "#d9c6a0", 1.6)
    with pen.at(0, 0, 1, 6):
        pen.fill(box(-2.6, -112, 5.2, 60, 1), "#33262a")
        pen.fill(ellipse(0, -114, 4), wood)
        pen.fill(blob("0,-1 -18,-5 -20,-20 -11,-31 -15,-44 -12,-56 0,-60 12,-56 15,-44 11,-31 20,-20 18,-5"), wood)
        pen.fill(poly("-4,-4 4,-4 3,-17 -3,-17"), "#33262a")
        pen.fill(box(-7, -27, 14, 2.4), "#e0c490")
        for side in (-1, 1):
            pen.line(curve([(side * 8, -20), (side * 6.4, -27), (side * 9, -34)]), "#33262a", 1.5)
        for x in (-1.4, 0, 1.4):
            pen.line(curve([(x, -108), (x * 1.4, -16)]), "#e9e0cc", 0.4)


@noun("piano", (140, 92), 1.3, words="grand piano,upright piano,keyboard", parts=("wood",))
def piano(pen: Pen) -> None:
    wood = pen.part("wood", "#3a3238", "#6b4430")
    for x in (-56, 46):
        pen.fill(poly([(x, -34), (x + 9, -34), (x + 6, 0), (x + 3, 0)]), pen.darker(wood, 0.03))
    pen.fill(blob("-66,-92! -62,-96 52,-88 66,-70 50,-58! -66,-58!", 0.2), pen.lighter(wood, 0.06))
    pen.fill(box(-68, -60, 132, 28, 3), wood)
    pen.fill(box(-66, -44, 90, 8, 1), "#f0e8d8")
    for k in range(15):
        if k % 7 not in (2, 6):
            pen.fill(box(-62 + 6 * k, -44, 3, 5), "#2c272c")
    pen.fill(box(-70, -36, 96, 7, 2), pen.lighter(wood, 0.05))


@noun("telescope", (86, 104), 1.5, words="spyglass", parts=("brass",), anchors={"top": (10, -86)})
def telescope(pen: Pen) -> None:
    brass = pen.part("brass", "#b3894a", "#8a94a0")
    for x in (-28, 0, 28):
        pen.line(curve([(0, -62), (x, 0)]), "#6a4a34", 3.2)
    with pen.at(0, -68, 1, -32):
        pen.fill(box(-44, -5, 26, 10, 2), pen.darker(brass, 0.12))
        pen.fill(box(-22, -7, 34, 14, 2), brass)
        pen.fill(box(8, -9.6, 38, 19.2, 2), pen.lighter(brass, 0.03))
        pen.fill(box(42, -11, 7, 22, 2), pen.darker(brass, 0.1))
    pen.fill(ellipse(0, -66, 5.4), pen.darker(brass, 0.15))


@noun(
    "ball",
    (44, 44),
    0.3,
    words="football,soccer ball,beach ball,basketball,sphere,marble",
    parts=("skin",),
    turns=False,
)
def ball(pen: Pen) -> None:
    skin = pen.part("skin", "#cf4a3c", "#e0a83c", "#4a86b0")
    pale = "#f2e8d8"
    pen.fill(ellipse(0, -22, 22), skin)
    pen.fill(blob("-6,-44 -16,-30 -17,-12 -8,-1 2,-10 4,-26 2,-43"), pale, 0.95)
    pen.fill(blob("10,-41 19,-32 22,-20 16,-7 14,-20 13,-32"), pale, 0.95)
    pen.shine(ellipse(-8, -34, 4.4, 2.8, -30), 0.5)


@noun("hat", (76, 50), 0.3, "table", words="top hat,cap,straw hat,cowboy hat", parts=("felt",))
def hat(pen: Pen) -> None:
    felt = pen.part("felt", "#6d4f3c", "#3f3c46", "#c9a463")
    pen.fill(ellipse(0, -7, 38, 8), felt)
    pen.fill(blob("-21,-8! -19,-36 -10,-46 0,-42 10,-46 19,-36 21,-8! 0,-3", 0.3), felt)
    pen.fill(blob("-21,-15 0,-10 21,-15 21,-8 0,-3 -21,-8", 0.2), pen.rng.pick(("#a8433a", "#2f2c34", "#d9b060")))


@noun("anchor", (70, 92), 1.6, parts=("iron",), turns=False)
def anchor(pen: Pen) -> None:
    iron = pen.part("iron", "#5a6470", "#7a5a4a")
    pen.fill(ring(0, -82, 9, 5), iron)
    pen.line(curve("0,-74 0,-4"), iron, 6)
    pen.line(curve("-20,-62 20,-62"), iron, 5)
    pen.line(curve("-30,-28 -22,-8 0,-3 22,-8 30,-28"), iron, 6)
    for side in (-1, 1):
        pen.fill(poly([(side * 30, -40), (side * 38, -24), (side * 22, -26)]), iron)


@noun("crystal", (84, 96), 0.6, words="gem,diamond,jewel,crystals,gemstone,amethyst", parts=("stone",))
def crystal(pen: Pen) -> None:
    stone = pen.part("stone", "#8f7fd0", "#6fb8c4", "#c986b8")
    pen.glow(0, -40, 76, pen.lighter(stone, 0.16), 0.5)
    for x, w, h, lean in ((-26, 9, 46, -13), (26, 10, 52, 12), (12, 9, 66, 5), (-9, 14, 92, -3)):
        pen.fill(poly([(x - w, 0), (x - w + lean, -h * 0.78), (x + lean, -h), (x, 0)]), pen.lighter(stone, 0.08))
        pen.fill(poly([(x + w, 0), (x + w + lean, -h * 0.74), (x + lean, -h), (x, 0)]), pen.darker(stone, 0.08))
        pen.fill(
            poly(
                [
                    (x - w * 0.2, 0),
                    (x - w * 0.3 + lean, -h * 0.7),
                    (x + lean, -h),
                    (x + w * 0.4 + lean, -h * 0.72),
                    (x + w * 0.4, 0),
                ]
            ),
            stone,
            0.8,
        )


@noun("gift", (70, 66), 0.4, "table", words="present,parcel,package,gift box", parts=("paper",), turns=False)
def gift(pen: Pen) -> None:
    paper = pen.part("paper", "#b53f3f", "#3f7a72", "#d9b45a")
    ribbon = "#efe0b8"
    pen.fill(poly("-34,-46 14,-46 14,0 -34,0"), paper)
    pen.fill(poly("14,-46 34,-52 34,-8 14,0"), pen.darker(paper, 0.08))
    pen.fill(poly("-34,-46 -14,-53 34,-52 14,-46"), pen.lighter(paper, 0.06))
    pen.fill(box(-15, -46, 9, 46), ribbon)
    pen.fill(poly("-15,-46 -6,-46 12,-52.4 4,-52.6"), ribbon)
    for side in (-1, 1):
        pen.fill(
            blob([(0, -50), (side * 14, -66), (side * 23, -58), (side * 13, -51)]),
            pen.darker(ribbon, 0.04 if side > 0 else 0),
        )


@noun(
    "swing",
    (86, 120),
    2.4,
    words="rope swing",
    parts=("wood",),
    turns=False,
    anchors={"seat": (0, -30), "top": (0, -30)},
)
def swing(pen: Pen) -> None:
    wood = pen.part("wood", "#8a5f3f")
    for side in (-1, 1):
        pen.line(curve([(side * 40, 0), (side * 30, -118)]), pen.darker(wood, 0.06), 4.4)
        pen.line(curve([(side * 13, -114), (side * 13, -30)]), "#d8c8a4", 1.4)
    pen.line(curve("-36,-116 36,-116"), wood, 5)
    pen.fill(box(-18, -32, 36, 5, 1), wood)


@noun("traffic light", (36, 130), 4, words="stoplight,traffic signal", parts=("body",), turns=False)
def traffic_light(pen: Pen) -> None:
    body = pen.part("body", "#3c3f46")
    pen.fill(box(-3, -76, 6, 78), IRON)
    pen.fill(box(-13, -128, 26, 58, 6), body)
    for y, colour, on in ((-116, "#d9483c", True), (-99, "#8a6f2c", False), (-82, "#3f6a48", False)):
        if on:
            pen.glow(0, y, 26, "#ff8a70", 0.8)
        pen.fill(ellipse(0, y, 6.4), colour, flat=True)


@noun("backpack", (58, 70), 0.55, "table", words="rucksack,bag,suitcase,school bag", parts=("cloth",))
def backpack(pen: Pen) -> None:
    cloth = pen.part("cloth", "#7a8a4f", "#b5653f", "#4f6f8a")
    pen.line(curve("-8,-64 0,-74 8,-64"), pen.darker(cloth, 0.16), 3)
    pen.fill(blob("-25,-2! -28,-40 -20,-62 0,-68 20,-62 28,-40 25,-2!", 0.28), cloth)
    pen.fill(blob("-22,-36 -20,-60 0,-66 20,-60 22,-36 0,-30", 0.3), pen.darker(cloth, 0.05))
    pen.fill(box(-17, -28, 34, 24, 5), pen.lighter(cloth, 0.05))
    for x in (-9, 9):
        pen.fill(box(x - 2, -38, 4, 15, 1), "#8a6340")


@noun("star lantern", (60, 60), 0.4, "sky", words="paper star", parts=("paper",), turns=False)
def star_lantern(pen: Pen) -> None:
    paper = pen.part("paper", "#f0c65a")
    pen.glow(0, -30, 60, "#ffe6a0", 0.8)
    pen.fill(star(0, -30, 28, 12, 5), paper)
    for k in range(5):
        a = -pi / 2 + k * 2 * pi / 5
        pen.line(curve([(0, -30), (28 * cos(a), -30 + 28 * sin(a))]), pen.darker(paper, 0.12), 1.2, 0.8)
