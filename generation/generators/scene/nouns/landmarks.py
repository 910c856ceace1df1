"""Landmarks of scenery: bridges, temples, tents, volcanoes, waterfalls."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "tent",
    (96, 62),
    1.8,
    words="camp,campsite,tipi,teepee,wigwam,yurt",
    parts=("canvas",),
    anchors={"inside": (-6, 0), "top": (-10, -60)},
)
def tent(pen: Pen) -> None:
    canvas = pen.part("canvas", "#d98a3a", "#5f8a72", "#c9583f", "#d8c7a0")
    if pen.lit:
        pen.glow(-16, -22, 76, "#ffd08a", 0.7)
    pen.fill(poly("-10,-60 48,0 -46,0"), canvas)
    pen.fill(poly("-10,-60 48,0 14,0"), pen.darker(canvas, 0.1))
    pen.window(poly("-11,-52 4,0 -28,0"), "#5a463c")
    pen.fill(poly("-11,-52 -28,0 -40,0"), pen.lighter(canvas, 0.05))
    pen.line(curve("-46,0 -60,3"), "#cfc4ae", 1)
    pen.line(curve("48,0 60,3"), "#cfc4ae", 1)
    pen.line(curve("-10,-60 -8,-66"), "#7a5f42", 2)


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


@noun("waterfall", (176, 226), 30, words="cascade,falls", parts=("rock",), backdrop=True, turns=True)
def waterfall(pen: Pen) -> None:
    rock, rng = pen.part("rock", "#77746f", "#6c7670"), pen.rng
    for side in (-1, 1):
        face = pen.darker(rock, 0.0 if side > 0 else 0.04)
        edge = [(18, 4), (24, -70), (15, -150), (19, -206), (44, -214), (58, -204), (66, -176), (63, -140), (76, -120),
                (80, -84), (74, -60), (88, -38), (96, 4)]  # fmt: skip
        pen.fill(poly([(side * x, y) for x, y in edge]), face)
        for _ in range(17):
            x, y = rng.uniform(24, 82), rng.uniform(-196, -24)
            wide, tall = rng.uniform(4, 10), rng.uniform(16, 46)
            if x + wide > 60 + (y + 206) * 0.17:
                continue
            slab = poly([(side * x, y), (side * (x + wide), y - 5), (side * (x + wide - 1), y + tall),
                         (side * (x + 1.5), y + tall + 4)])  # fmt: skip
            pen.fill(slab, pen.lighter(face, rng.pick((0.06, 0.03, -0.05, -0.09))), 0.85)
        for level in (-166.0, -122.0, -64.0):
            crack = [(side * x, level + rng.jitter(3)) for x in (22, 40, 64 + (level + 166) * 0.1)]
            pen.line(curve(crack), pen.darker(face, 0.14), 1.4, 0.6)
    pen.fill(poly("-20,-204 20,-204 16,-150 25,-70 34,0 -36,0 -25,-70 -16,-150"), pen.darker(rock, 0.12))
    pen.fill(blob("-15,-206! 14,-206! 15,-150 22,-72 31,0! -33,0! -22,-74 -15,-148", 0.2), "#d5e6e8")
    for _ in range(26):
        x, y = rng.jitter(12), rng.uniform(-204, -50)
        long, spread = rng.uniform(24, 60), 1 + (y + 204) / 240
        strand = limb([(x * spread, y), (x * (spread + 0.25), y + long)], [rng.uniform(1, 2.6), 0.5], 2)
        pen.fill(strand, "#94bcc6" if rng.chance(0.45) else "#f8fcfc", 0.75, flat=True)
    pen.fill(ellipse(0, 6, 138, 13), "#6fa5ac")
    for _ in range(6):
        pen.fill(ellipse(rng.jitter(70), 4 + rng.uniform(0, 8), rng.uniform(14, 44), 1.4), "#cfe5e6", 0.6, flat=True)
    for k in range(11):
        pen.fill(ellipse(-40 + 8 * k, -1 + rng.jitter(3), 11, 6), "#f4fafa", 0.55, flat=True)
    pen.glow(0, -14, 82, "#eef8f6", 0.6)
    for side in (-1, 1):
        for k in range(34):
            ledge, x = divmod(k, 12)
            at = (side * (20 + 5.2 * x * (0.66, 0.9, 1.0)[ledge % 3]), (-210, -120, -40)[ledge % 3] + rng.jitter(5))
            if ledge and x < 7:
                continue
            green, size = pen.lighter("#567f48", rng.jitter(0.07)), rng.uniform(9, 16)
            pen.fill(
                limb([(at[0], at[1] - size * 0.4), at, (at[0] + rng.jitter(4), at[1] + size)], [size, size, 1], 3),
                green,
            )
