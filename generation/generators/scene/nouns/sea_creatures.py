"""Creatures of the sea, and what lies on its floor."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "fish",
    (96, 58),
    0.5,
    "deep",
    words="goldfish,salmon,trout,carp,koi,tuna,herring,tropical fish,clownfish,angelfish",
    parts=("scales",),
    poses=("swim",),
    alive=True,
    plural="fish",
)
def fish(pen: Pen) -> None:
    body = pen.part("scales", "#e0823c", "#4f8fb5", "#d9b24a", "#c8555a", "#6fa58a", "#8f79b5")
    dark = pen.darker(body, 0.13)
    kind = pen.rng.whole(0, 2)
    with pen.at(0, -28):
        pen.fill(blob("-26,0 -46,-20! -40,0 -46,20!"), dark)
        pen.fill(blob("-10,-18 2,-32 22,-26 20,-16"), dark)
        pen.fill(blob("-4,16 4,27 16,24 14,15"), dark)
        tall = 1.0 if kind else 1.22
        pen.fill(
            blob(
                [
                    (-32, 0),
                    (-16, -15 * tall),
                    (10, -22 * tall),
                    (34, -13),
                    (46, -2),
                    (42, 6),
                    (26, 14),
                    (2, 20 * tall),
                    (-18, 13 * tall),
                ]
            ),
            body,
        )
        pen.fill(blob("-20,10 2,19 28,13 42,5 26,6 4,8"), pen.lighter(body, 0.14), 0.8)
        if kind == 1:
            for x in (-12, 4, 20):
                pen.fill(
                    blob([(x - 4, -15), (x + 3, -18), (x + 5, 0), (x + 1, 15), (x - 4, 13), (x - 2, 0)]), "#f2ebdc", 0.9
                )
        else:
            for x in range(-18, 22, 9):
                pen.line(curve([(x, -9), (x + 4, 0), (x, 9)]), dark, 1.3, 0.5)
        pen.line(curve("26,-12 21,0 26,11"), dark, 1.7, 0.7)
        pen.fill(blob("8,0 -4,6 -8,14 4,12 13,6"), dark)
        pen.fill(ellipse(34, -5, 4.4), "#f2ebdc", flat=True)
        pen.eye(35, -5, 2.8)


@noun(
    "whale",
    (176, 84),
    14,
    "water",
    words="humpback,blue whale,sperm whale,orca,humpback whale",
    parts=("skin",),
    poses=("swim",),
    alive=True,
    anchors={"top": (-10, -62), "seat": (-6, -60)},
)
def whale(pen: Pen) -> None:
    skin, belly = pen.part("skin", "#49627d", "#3f5870", "#56707f"), "#cfd6d2"
    pen.fill(limb("-52,-26 -70,-36 -80,-56", [26, 15, 8]), skin)
    pen.fill(blob("-80,-54 -96,-66 -106,-82! -88,-76 -78,-66 -64,-78 -50,-80! -62,-64 -74,-50"), skin)
    pen.fill(blob("-64,-18 -40,-44 -4,-60 36,-60 66,-46 82,-26 82,-10 60,2 10,4 -34,0"), skin)
    pen.fill(blob("84,-20 78,-4 50,4 12,4 30,-10 60,-14"), belly)
    for k in range(5):
        pen.line(
            curve([(80 - 3 * k, -12 + 3 * k), (54 - 4 * k, -6 + 2.2 * k), (26 - 3 * k, 0.4 + k)]),
            pen.darker(belly, 0.13),
            1.1,
            0.7,
        )
    pen.fill(blob("18,-8 8,6 -14,10 -4,-2"), pen.darker(skin, 0.07))
    pen.fill(blob("-16,-56 -26,-66 -30,-52"), skin)
    pen.line(curve("82,-20 64,-18 50,-24"), pen.darker(skin, 0.14), 1.7)
    pen.eye(49, -28, 2.3)
    for side in (-1, 1):
        pen.line(
            curve([(30, -62), (30 + 2 * side, -78), (30 + 15 * side, -90), (30 + 24 * side, -80)]), "#e6f2f2", 3.2, 0.75
        )
    pen.line(curve("30,-62 30,-88"), "#e6f2f2", 3.4, 0.75)


@noun(
    "dolphin",
    (126, 80),
    2.4,
    "water",
    words="porpoise",
    parts=("skin",),
    poses=("run", "swim"),
    alive=True,
    anchors={"top": (-6, -76), "seat": (-6, -72)},
)
def dolphin(pen: Pen) -> None:
    skin, pale = pen.part("skin", "#6a879c", "#5c7a94"), "#d8dedb"
    pen.fill(blob("-46,-24 -60,-16 -72,-2! -54,-6 -44,-14 -42,0 -34,6! -34,-14 -40,-26"), skin)
    pen.fill(
        blob("-48,-22 -34,-48 -8,-68 22,-70 42,-58 58,-44 62,-38! 50,-38 38,-40 18,-46 -8,-42 -30,-28 -42,-14"), skin
    )
    pen.fill(blob("58,-41 40,-41 20,-47 -4,-44 -24,-34 2,-50 30,-52"), pale, 0.9)
    pen.fill(blob("-6,-64 -20,-82! 4,-76 12,-67"), pen.darker(skin, 0.04))
    pen.fill(blob("16,-48 6,-30 -2,-24! 2,-38 8,-50"), pen.darker(skin, 0.09))
    pen.line(curve("62,-39 50,-43 42,-44"), pen.darker(skin, 0.14), 1.2)
    pen.eye(38, -50, 1.8)
    for dx in (-62, -46, -54):
        pen.fill(ellipse(dx, pen.rng.uniform(-4, 2), pen.rng.uniform(1.4, 3)), "#e8f1ef", 0.8)


@noun("shark", (160, 70), 4, "deep", words="great white,hammerhead", parts=("skin",), poses=("swim",), alive=True)
def shark(pen: Pen) -> None:
    skin, pale = pen.part("skin", "#73828f", "#667a88"), "#dcdfd8"
    with pen.at(0, -32):
        pen.fill(blob("-54,-2 -72,-26 -86,-34! -78,-10 -72,2 -82,22! -64,14"), skin)
        pen.fill(blob("-62,0 -34,-12 4,-22 40,-20 72,-6 78,0 66,8 40,14 0,16 -34,8"), skin)
        pen.fill(blob("-40,5 0,6 40,2 76,1 64,9 40,15 0,17"), pale)
        pen.fill(blob("-6,-18 -4,-36 -12,-46! 10,-34 20,-20"), skin)
        pen.fill(blob("22,8 6,26 -10,38! 8,12"), pen.darker(skin, 0.07))
        for x in (34, 39, 44):
            pen.line(curve([(x, -8), (x - 2, -1), (x, 5)]), pen.darker(skin, 0.15), 1.4)
        pen.line(curve("76,3 64,6 56,4"), "#5f4a50", 1.5)
        pen.eye(60, -6, 2.2)


@noun(
    "octopus",
    (100, 92),
    0.9,
    "deep",
    words="squid,kraken",
    parts=("skin",),
    poses=("swim",),
    alive=True,
    plural="octopuses",
    turns=True,
)
def octopus(pen: Pen) -> None:
    skin = pen.part("skin", "#b5574a", "#8f5a86", "#c9705a")
    cup = pen.lighter(skin, 0.17)
    for k in range(8):
        u = k / 7 * 2 - 1
        curl = pen.rng.uniform(10, 18) * (1 if u > 0 else -1)
        line = [
            (u * 16, -46),
            (u * 30, -26),
            (u * 44, -8 + 6 * abs(u)),
            (u * 46 + curl, -2 - 12 * (k % 2)),
            (u * 42 + curl * 1.1, -14 - 8 * (k % 2)),
        ]
        colour = pen.darker(skin, 0.08 if k % 2 else 0.0)
        pen.fill(limb(line, [15, 11, 8, 5, 2]), colour)
        for j in range(3):
            x, y = u * (32 + 5 * j), -24 + 7 * j
            pen.fill(ellipse(x, y + 3, 1.7 - 0.2 * j), cup, 0.9)
    pen.fill(blob("-24,-46 -32,-66 -24,-88 0,-96 22,-90 32,-68 24,-46 0,-38"), skin)
    for x, y, s in ((-14, -80, 4), (0, -86, 3), (-20, -68, 2.6), (10, -80, 2.4)):
        pen.fill(ellipse(x, y, s, s * 0.8), cup, 0.5)
    for x in (2, 19):
        pen.fill(ellipse(x, -58, 6, 6.6), "#f0e0b8", flat=True)
        pen.fill(ellipse(x + 1, -57.6, 4, 2), "#241c22", flat=True)


@noun(
    "jellyfish",
    (70, 110),
    0.6,
    "deep",
    words="medusa",
    parts=("bell",),
    poses=("swim",),
    alive=True,
    plural="jellyfish",
    turns=False,
)
def jellyfish(pen: Pen) -> None:
    bell = pen.part("bell", "#c98fc0", "#8fb5d8", "#e0a0a0")
    pen.glow(0, -78, 70, pen.lighter(bell, 0.2), 0.4)
    for k in range(9):
        x = -24 + 6 * k
        sway, fall = pen.rng.jitter(12), pen.rng.uniform(40, 72)
        thick = 4.6 if 2 <= k <= 6 else 1.6
        pen.fill(
            limb(
                [
                    (x, -72),
                    (x + sway, -72 + fall * 0.4),
                    (x - sway * 0.7, -72 + fall * 0.75),
                    (x + sway * 0.4, -72 + fall),
                ],
                [thick, thick * 0.8, thick * 0.6, 0.6],
            ),
            pen.lighter(bell, 0.08),
            0.72,
        )
    pen.fill(
        blob("-34,-70! -32,-92 -16,-108 4,-110 24,-102 34,-84 34,-70! 22,-75 12,-69 0,-75 -12,-69 -22,-75"), bell, 0.9
    )
    pen.shine(blob("-22,-86 -14,-100 0,-104 -8,-94 -14,-82"), 0.4)
    for x in (-16, 0, 16):
        pen.line(curve([(x * 0.4, -104), (x, -78)]), pen.lighter(bell, 0.12), 1.6, 0.6)


@noun("sea turtle", (116, 70), 1.0, "deep", words="leatherback", parts=("shell",), poses=("swim",), alive=True)
def sea_turtle(pen: Pen) -> None:
    shell, skin = pen.part("shell", "#7f7444", "#5f7f55"), "#93a57a"
    pen.fill(blob("4,-34 -8,-62 -26,-74! -14,-52 -12,-34"), pen.darker(skin, 0.08))
    pen.fill(blob("-34,-30 -56,-34 -62,-26! -44,-20"), pen.darker(skin, 0.06))
    pen.fill(limb("26,-36 42,-42", [17, 14]), skin)
    pen.fill(blob("38,-48 46,-54 58,-48 60,-41 50,-36 40,-36"), skin)
    pen.fill(blob("-48,-26 -36,-46 -8,-56 20,-50 34,-34 20,-22 -14,-18"), shell)
    for d in (
        "-34,-40 -20,-34 -4,-38 14,-34 28,-38",
        "-20,-34 -18,-20",
        "14,-34 12,-22",
        "-4,-38 -6,-54",
        "-22,-35 -28,-48",
        "16,-35 22,-47",
    ):
        pen.line(curve(d, 0.1), pen.lighter(shell, 0.14), 1.7, 0.8)
    pen.fill(blob("14,-28 6,-6 -14,10 -24,10! -14,-6 -4,-28"), skin)
    pen.fill(blob("-34,-24 -46,-12 -56,-10! -46,-24"), skin)
    for x, y in ((2, -12), (-6, -4), (6, -20), (48, -47)):
        pen.fill(ellipse(x, y, 2.2, 1.7), pen.darker(skin, 0.13), 0.7)
    pen.eye(52, -46, 1.9)


@noun("crab", (88, 52), 0.25, words="lobster", parts=("shell",), poses=("stand",), alive=True, turns=False)
def crab(pen: Pen) -> None:
    shell = pen.part("shell", "#c9503a", "#d0673f")
    for side in (-1, 1):
        for k in range(3):
            pen.fill(
                limb(
                    [(side * 18, -18), (side * (34 + 4 * k), -24 + 9 * k), (side * (38 + 5 * k - 3), -2 + k)],
                    [6, 5, 1.6],
                ),
                pen.darker(shell, 0.07),
            )
        pen.fill(limb([(side * 22, -26), (side * 38, -32), (side * 36, -44)], [8, 7, 9]), shell)
        with pen.at(side * 36, -44, 1, 0, side < 0):
            pen.fill(blob("-8,2 -10,-12 -2,-22! 0,-12! 8,-20! 10,-6 6,4"), shell)
        pen.line(curve([(side * 7, -32), (side * 9, -42)]), shell, 3)
        pen.eye(side * 9, -43, 3)
    pen.fill(blob("-30,-20 -26,-32 -8,-38 10,-38 27,-32 30,-20 18,-8 -18,-8"), shell)
    pen.fill(blob("-18,-10 0,-14 18,-10 8,-6 -8,-6"), "#eac9a0", 0.8)
    for x, y in ((-12, -28), (2, -31), (14, -26), (-3, -22)):
        pen.fill(ellipse(x, y, 2.1, 1.6), pen.darker(shell, 0.1), 0.8)


@noun("seahorse", (50, 108), 0.3, "deep", parts=("skin",), poses=("swim",), alive=True)
def seahorse(pen: Pen) -> None:
    skin = pen.part("skin", "#e0a04a", "#d07f6a", "#a98fc4")
    dark = pen.darker(skin, 0.1)
    pen.fill(blob("-6,-70 -24,-66 -26,-50 -10,-50"), pen.lighter(skin, 0.1), 0.85)
    pen.fill(limb("4,-88 -6,-72 6,-50 0,-28 -10,-12 2,-3 8,-12 2,-15", [17, 20, 23, 15, 9, 6, 4, 2.4]), skin)
    pen.fill(blob("-8,-92 -6,-104! 0,-98 6,-108! 8,-98 18,-96 20,-86 8,-78 -4,-80"), skin)
    pen.fill(limb("14,-88 30,-86", [9, 5.4]), skin)
    for k in range(7):
        y = -72 + 8 * k
        pen.line(curve([(-4 + (k % 3), y), (6, y + 3), (14 - k, y)]), dark, 1.4, 0.7)
    pen.eye(9, -91, 2.3)


@noun(
    "starfish",
    (64, 34),
    0.2,
    words="sea star",
    parts=("skin",),
    poses=("stand",),
    alive=True,
    turns=False,
    plural="starfish",
)
def starfish(pen: Pen) -> None:
    skin = pen.part("skin", "#e0764a", "#d9a04f", "#c9607a")
    arms = []
    for k in range(10):
        r = 31 if k % 2 == 0 else 13
        a = -pi / 2 + k * pi / 5 + 0.12
        arms.append((r * cos(a), -15 + r * sin(a) * 0.52))
    pen.fill(blob(arms, 0.26), skin)
    for k in range(5):
        a = -pi / 2 + k * 2 * pi / 5 + 0.12
        for r in (6, 12, 18, 23):
            pen.fill(
                ellipse(r * cos(a), -16 + r * sin(a) * 0.52, 1.9 - r * 0.04, 1.3 - r * 0.03),
                pen.lighter(skin, 0.14),
                0.9,
            )


@noun("seal", (116, 62), 1.6, words="sea lion,walrus,otter", parts=("fur",), poses=("stand",), alive=True)
def seal(pen: Pen) -> None:
    fur = pen.part("fur", "#6f6a6c", "#857768", "#a8a29a")
    pen.fill(blob("-48,-10 -62,-16 -70,-8! -60,-4 -66,2! -46,-2"), pen.darker(fur, 0.07))
    pen.fill(blob("-54,-6 -34,-22 -6,-30 14,-42 24,-58 38,-62 46,-54 44,-34 32,-12 14,-2 -30,0"), fur)
    pen.fill(blob("44,-40 34,-14 16,-3 0,-3 18,-18 32,-38"), pen.lighter(fur, 0.12), 0.85)
    pen.fill(blob("12,-18 4,0 -14,2 -4,-14"), pen.darker(fur, 0.09))
    pen.fill(blob("28,-56 36,-66 48,-64 56,-56 52,-49 38,-48"), fur)
    pen.fill(ellipse(55.4, -57, 2.5, 2), "#231f24", flat=True)
    pen.eye(44, -58, 2.5)
    for dy in (-2, 1, 4):
        pen.line(curve([(51, -53), (62, -53 + dy)]), "#ece5da", 0.7, 0.8)


@noun("seashell", (56, 50), 0.12, words="shell,scallop,clam,conch", parts=("shell",), turns=False)
def seashell(pen: Pen) -> None:
    shell = pen.part("shell", "#e8b9a0", "#ecd2b0", "#d99a96")
    rim = [
        (28 * cos(pi - pi * k / 14) * (1.0 if k % 2 else 0.94), -10 - 36 * sin(pi * k / 14) * (1.0 if k % 2 else 0.95))
        for k in range(15)
    ]
    pen.fill(blob([*rim, (7, -1), (-7, -1)], 0.3), shell)
    for k in range(1, 14, 2):
        x, y = rim[k]
        pen.line(curve([(x * 0.18, -4), (x * 0.94, y * 0.95)]), pen.darker(shell, 0.12), 1.5, 0.8)
    pen.fill(poly("-10,0 -7,-7 7,-7 10,0"), pen.darker(shell, 0.07))


@noun(
    "treasure chest",
    (96, 72),
    0.7,
    words="chest,treasure,pirate chest,trunk",
    parts=("wood",),
    anchors={"top": (0, -68)},
)
def treasure_chest(pen: Pen) -> None:
    wood, band = pen.part("wood", "#8a5a34", "#7a4f32"), "#b38f4e"
    pen.fill(blob("-44,-38! -46,-60 -34,-72 0,-76 34,-72 46,-60 44,-38!"), pen.darker(wood, 0.08))
    pen.fill(blob("-38,-38! -36,-50 -20,-56 2,-58 24,-55 38,-48 40,-38!"), "#e3b74a")
    for _ in range(22):
        pen.fill(
            ellipse(pen.rng.jitter(36), pen.rng.uniform(-54, -38), 4.4, 2.6),
            pen.lighter("#dcae42", pen.rng.jitter(0.07)),
        )
    pen.glow(0, -48, 50, "#ffe6a0", 0.4)
    pen.fill(poly("-46,-40 46,-40 43,0 -43,0"), wood)
    for y in (-27, -14):
        pen.line(curve([(-45, y), (45, y)]), pen.darker(wood, 0.1), 1.2)
    for x in (-30, 22):
        pen.fill(poly([(x, -40), (x + 8, -40), (x + 8, 0), (x, 0)]), band)
    pen.fill(poly("-47,-42 47,-42 46,-34 -46,-34"), band)
    pen.fill(ellipse(-2, -30, 6, 7), pen.lighter(band, 0.08))
