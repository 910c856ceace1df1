"""What rolls and flies: cars, trains, bicycles, balloons, aeroplanes, rockets."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, poly, ring
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen

TYRE = "#3a383f"


def wheel(pen: Pen, x: float, radius: float, hub: str = "#b3b0aa") -> None:
    """A wheel standing on the ground."""
    pen.fill(ellipse(x, -radius, radius), TYRE)
    pen.fill(ellipse(x, -radius, radius * 0.56), hub)
    pen.fill(ellipse(x, -radius, radius * 0.2), pen.darker(hub, 0.2))


def spoked(pen: Pen, x: float, radius: float, rim: str, spokes: int = 10) -> None:
    """A spoked wheel, open between the spokes."""
    for k in range(spokes):
        a = pi * k / spokes
        pen.line(
            curve([(x - radius * cos(a), -radius - radius * sin(a)), (x + radius * cos(a), -radius + radius * sin(a))]),
            "#a9a6a0",
            0.6,
            0.8,
        )
    pen.fill(ring(x, -radius, radius, radius * 0.87), rim)
    pen.fill(ellipse(x, -radius, radius * 0.1), rim)


@noun(
    "car",
    (132, 56),
    1.5,
    words="automobile,taxi,cab,jeep,sports car,racing car,vintage car,classic car,police car,sedan",
    parts=("body",),
    anchors={"top": (-6, -54), "inside": (0, -34), "seat": (-8, -54)},
)
def car(pen: Pen) -> None:
    body = pen.part("body", "#b8453a", "#3f7287", "#d9a441", "#6f8f6a", "#d8cdb8")
    pen.fill(blob("-36,-30! -24,-52 -8,-56 16,-55 30,-46 40,-30!", 0.26), body)
    pen.window(blob("-29,-31! -21,-47 -9,-51! -8,-31!", 0.2))
    pen.window(blob("-3,-31! -3,-51! 14,-50 24,-44 33,-31!", 0.2))
    pen.fill(blob("-64,-14! -63,-26 -52,-32 -36,-33 40,-33 56,-28 64,-20 65,-12! 60,-9 -60,-9", 0.22), body)
    pen.shine(blob("-60,-27 -36,-31 40,-31 54,-27 40,-28 -36,-28", 0.2), 0.4)
    pen.line(curve("-5,-31 -5,-12"), pen.darker(body, 0.13), 1.2)
    pen.line(curve("2,-25 9,-25"), "#d8d4cc", 2)
    pen.fill(box(-66, -13, 133, 4, 2), "#c9c5bd")
    for x in (-38, 38):
        pen.fill(ellipse(x, -12, 15), pen.darker(body, 0.2))
        wheel(pen, x, 12)
    if pen.lit:
        pen.glow(66, -22, 40, "#ffe9b0", 0.8)
    pen.light(ellipse(62, -22, 3.4, 4), "#fff0c4")
    pen.fill(box(-65, -25, 4, 6, 1), "#d0463a")


@noun(
    "bus",
    (150, 76),
    3,
    words="coach,school bus,double decker,minibus,trolleybus",
    parts=("body",),
    anchors={"top": (0, -74), "inside": (0, -46)},
)
def bus(pen: Pen) -> None:
    body = pen.part("body", "#c9483c", "#d9a63c", "#4f7f94")
    pen.fill(blob("-74,-10! -74,-62 -68,-72 60,-73 70,-66 75,-40 75,-10!", 0.16), body)
    pen.fill(box(-74, -36, 149, 4), "#efe6d2")
    for k in range(6):
        pen.window(box(-68 + 21 * k, -64, 17, 23, 2.4))
    pen.window(blob("60,-64! 68,-63 73,-42! 60,-42!", 0.1))
    pen.fill(box(40, -32, 15, 24, 1.4), pen.darker(body, 0.13))
    pen.fill(box(-74, -13, 149, 5, 2), pen.darker(body, 0.18))
    for x in (-44, 46):
        pen.fill(ellipse(x, -12, 15), pen.darker(body, 0.22))
        wheel(pen, x, 12)
    if pen.lit:
        pen.glow(76, -22, 36, "#ffe9b0", 0.7)
    pen.light(ellipse(72, -21, 3.4), "#fff0c4")


@noun(
    "truck",
    (150, 78),
    3,
    words="lorry,pickup,pickup truck,fire engine,fire truck,delivery van,van,camper van,camper,caravan,ambulance",
    parts=("body",),
    anchors={"top": (-24, -76), "inside": (44, -40)},
)
def truck(pen: Pen) -> None:
    body = pen.part("body", "#4f7f8f", "#c9603f", "#d9b04f")
    pen.fill(blob("-74,-12! -74,-70 -68,-76 22,-76 26,-70 26,-12!", 0.14), pen.lighter(body, 0.13))
    for y in (-56, -40, -26):
        pen.line(curve([(-72, y), (25, y)]), pen.darker(body, 0.02), 1, 0.6)
    pen.fill(blob("28,-12! 28,-56 34,-60 52,-60 62,-40 74,-36 76,-24 76,-12!", 0.18), body)
    pen.window(blob("34,-54! 50,-54 58,-38! 34,-38!", 0.12))
    pen.fill(box(-74, -15, 150, 6, 2), "#55504e")
    for x in (-52, -24, 54):
        wheel(pen, x, 12.5)
    pen.light(ellipse(74, -26, 3), "#fff0c4")


@noun("tractor", (112, 84), 2.6, words="bulldozer", parts=("body",), anchors={"seat": (-18, -56), "top": (-18, -86)})
def tractor(pen: Pen) -> None:
    body = pen.part("body", "#4f8a4f", "#b8433a")
    pen.line(curve("-36,-50 -34,-84 -2,-84 4,-50", 0.08), "#4a474c", 3)
    pen.fill(box(-40, -88, 50, 5, 2), body)
    pen.fill(blob("-8,-50! 2,-54 44,-50 50,-44 50,-24! -10,-24!", 0.16), body)
    for y in (-44, -39, -34):
        pen.line(curve([(30, y), (46, y)]), pen.darker(body, 0.13), 1.4)
    pen.fill(box(14, -72, 4, 22), "#4a474c")
    pen.fill(blob("-52,-36 -46,-56 -22,-60 -4,-44 -6,-30"), body)
    for x, r in ((-24, 27), (36, 15)):
        pen.fill(ellipse(x, -r, r), TYRE)
        for k in range(14):
            a = 2 * pi * k / 14
            pen.line(
                curve([(x + r * 0.84 * cos(a), -r + r * 0.84 * sin(a)), (x + r * cos(a), -r + r * sin(a))]),
                "#56535a",
                2,
            )
        pen.fill(ellipse(x, -r, r * 0.55), "#dcb44a")
        pen.fill(ellipse(x, -r, r * 0.2), "#8a6f36")


def steam(pen: Pen, x: float, y: float, size: float = 1.0) -> None:
    """Smoke that drifts backwards from a chimney."""
    for k in range(6):
        u = k / 5
        pen.fill(
            ellipse(
                x - 46 * u * size + pen.rng.jitter(4), y - (8 + 30 * u) * size, (6 + 11 * u) * size, (5 + 8 * u) * size
            ),
            "#efe9e2",
            0.5 - 0.32 * u,
        )


@noun(
    "train",
    (200, 78),
    4,
    words="locomotive,steam train,steam engine,railway,engine,express",
    parts=("body",),
    anchors={"top": (-60, -66), "inside": (-52, -40)},
)
def train(pen: Pen) -> None:
    body = pen.part("body", "#2f4f4f", "#8a3a34", "#34507a")
    trim = "#c9a04a"
    steam(pen, 74, -78)
    pen.fill("".join(box(x, 1, 8, 3) for x in range(-900, 900, 13)), "#6f5844", flat=True)
    pen.fill(box(-900, -0.6, 1800, 2), "#8a8284", flat=True)
    coach = pen.blend(body, "#b5653f", 0.55)
    pen.fill(box(-100, -56, 78, 46, 4), coach)
    pen.fill(box(-102, -60, 82, 7, 3), pen.darker(coach, 0.16))
    for k in range(4):
        pen.window(box(-94 + 18 * k, -48, 12, 16, 2))
    pen.fill(box(-16, -64, 34, 54, 3), body)
    pen.fill(box(-20, -70, 42, 8, 3), pen.darker(body, 0.1))
    pen.window(box(-8, -56, 16, 16, 2))
    pen.fill(blob("16,-46! 60,-48 84,-44 88,-30 84,-16 16,-14!", 0.2), body)
    for x in (32, 52, 74):
        pen.line(curve([(x, -47), (x + 1, -14)]), trim, 2)
    pen.fill(poly("68,-46 66,-74 62,-78 84,-78 80,-74 78,-46"), pen.darker(body, 0.06))
    pen.fill(blob("40,-46 42,-58 50,-58 52,-46"), trim)
    pen.light(ellipse(88, -38, 4.4), "#fff0c0")
    if pen.lit:
        pen.glow(90, -38, 44, "#ffe9b0", 0.8)
    pen.fill(poly("84,-14 102,-2 78,-2"), "#5a5556")
    for x, r in ((26, 12), (52, 12), (76, 9), (-4, 9), (-84, 8), (-40, 8)):
        pen.fill(ellipse(x, -r, r), "#3a383f")
        pen.fill(ring(x, -r, r * 0.94, r * 0.74), "#a8453a")
        pen.fill(ellipse(x, -r, r * 0.24), trim)
    pen.line(curve("26,-10 76,-9"), "#b9b4ac", 2.6)


@noun(
    "tram",
    (150, 88),
    3.4,
    words="streetcar,trolley,cable car,metro,subway",
    parts=("body",),
    anchors={"top": (0, -74), "inside": (0, -44)},
)
def tram(pen: Pen) -> None:
    body = pen.part("body", "#d9b04a", "#b5453f", "#5f8a72")
    pen.line(curve("-8,-76 10,-92 -6,-100"), "#55525a", 2)
    pen.line(curve("-96,-100 96,-100"), "#55525a", 1, 0.8)
    pen.fill(box(-76, -76, 152, 9, 4), pen.darker(body, 0.18))
    pen.fill(blob("-74,-68! 74,-68! 76,-40 72,-9! -72,-9! -76,-40", 0.1), body)
    pen.fill(blob("-76,-36! 76,-36! 72,-9! -72,-9!", 0.1), "#efe4cc")
    for k in range(7):
        pen.window(box(-67 + 19.6 * k, -62, 15, 22, 2.4))
    for x in (-46, 46):
        for dx in (-9, 9):
            pen.fill(ellipse(x + dx, -6, 6), TYRE)
    pen.light(ellipse(70, -26, 4), "#fff0c4")
    if pen.lit:
        pen.glow(74, -26, 38, "#ffe9b0", 0.7)


@noun(
    "bicycle",
    (112, 72),
    1.05,
    words="bike,cycle,tandem",
    parts=("frame",),
    anchors={"seat": (-14, -58), "top": (-14, -60)},
)
def bicycle(pen: Pen) -> None:
    frame = pen.part("frame", "#b8433a", "#3f7a76", "#d0a03c", "#3f4f6f")
    for x in (-34, 34):
        spoked(pen, x, 25, "#3a383f")
    for a, b in (
        ("-34,-25", "-4,-26"),
        ("-4,-26", "-15,-54"),
        ("-34,-25", "-13,-50"),
        ("-12,-48", "24,-50"),
        ("-4,-26", "24,-46"),
        ("34,-25", "21,-58"),
    ):
        pen.line(curve(f"{a} {b}"), frame, 3.2)
    pen.fill(ring(-4, -26, 7, 5), "#6a6a70")
    pen.line(curve("-4,-26 2,-17 6,-17"), "#55525a", 2)
    pen.line(curve("21,-58 20,-64 30,-66 33,-60"), "#55525a", 2.6)
    pen.fill(blob("-25,-58 -22,-61 -8,-60 -4,-57 -14,-55"), "#4a3a34")
    pen.line(curve("-40,-48 -26,-55 -10,-48"), frame, 1.8)


@noun(
    "motorcycle",
    (118, 72),
    1.1,
    words="motorbike,scooter,moped,vespa",
    parts=("body",),
    anchors={"seat": (-14, -48), "top": (-14, -50)},
)
def motorcycle(pen: Pen) -> None:
    body = pen.part("body", "#a83a34", "#34506a", "#6f8a7a")
    pen.line(curve("40,-20 30,-52 24,-64 14,-64"), "#8f8d8c", 3.4)
    for x in (-38, 40):
        pen.fill(ring(x, -20, 20, 12), TYRE)
        pen.fill(ring(x, -20, 12, 10), "#b9b5ae")
        for k in range(6):
            a = pi * k / 6
            pen.line(
                curve([(x - 11 * cos(a), -20 - 11 * sin(a)), (x + 11 * cos(a), -20 + 11 * sin(a))]), "#b9b5ae", 0.8
            )
    pen.fill(blob("-16,-14 -14,-34 6,-38 18,-32 16,-14"), "#77757a")
    for y in (-30, -25, -20):
        pen.line(curve([(-10, y), (12, y)]), "#55535a", 1.6)
    pen.line(curve("-8,-14 -30,-10 -56,-12"), "#b9b5ae", 4)
    pen.fill(blob("-6,-42 4,-54 22,-54 30,-44 18,-38 0,-38"), body)
    pen.fill(blob("-48,-46 -34,-50 -12,-46 -4,-40 -20,-38 -40,-40"), "#3d3438")
    pen.fill(blob("-58,-30 -48,-42 -30,-42 -22,-34 -36,-38 -50,-34"), body)
    pen.fill(ellipse(32, -54, 5.4), "#efe6c8")
    if pen.lit:
        pen.glow(36, -54, 36, "#ffe9b0", 0.8)


@noun(
    "sledge",
    (110, 52),
    0.8,
    words="sled,sleigh,toboggan",
    parts=("body",),
    anchors={"seat": (-10, -30), "top": (-10, -30), "inside": (-10, -26)},
)
def sledge(pen: Pen) -> None:
    body = pen.part("body", "#a83f38", "#3f6f5f")
    pen.line(curve("-50,-2 36,-2 54,-12 50,-26 40,-24", 0.3), "#8a6a40", 3.4)
    for x in (-34, 0, 28):
        pen.line(curve([(x, -3), (x - 3, -18)]), "#8a6a40", 2.6)
    pen.fill(blob("-54,-48! -44,-20 -20,-14 24,-14 42,-28 46,-44! 34,-34 8,-28 -20,-30 -40,-44", 0.3), body)
    pen.line(curve("-52,-46 -42,-42 -20,-28 8,-26 34,-32 45,-43"), "#dcb65a", 2)
