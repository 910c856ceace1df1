"""Things found along the way: boughs and ferns, ruins and gates, a fair's wheel, instruments, fruit, old treasures."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly, ring, wedge
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


def _leaf(x: float, y: float, size: float, angle: float) -> str:
    c, s = cos(angle), sin(angle)

    def at(u: float, v: float) -> tuple[float, float]:
        return x + size * (u * c - v * s), y + size * (u * s + v * c)

    return blob([at(0, 0), at(0.35, -0.24), at(0.72, -0.18), at(1, 0), at(0.7, 0.2), at(0.3, 0.22)], 0.32)


@noun(
    "branch",
    (210, 120),
    0.5,
    "sky",
    words="bough,twig,tree branch",
    parts=("leaves",),
    edge=True,
    anchors={"top": (26, -50), "seat": (26, -50)},
)
def branch(pen: Pen) -> None:
    """A bough that grows in from the left, its thick end at x = -105."""
    leaves = pen.part("leaves", "#6f8f50", "#7f9a55", "#5f8457")
    bark, rng = "#6a5142", pen.rng
    pen.fill(limb("-128,-30 -70,-40 -10,-46 50,-52 104,-66", [19, 14, 10, 6.5, 2]), bark)
    pen.fill(limb("-48,-43 -20,-66 6,-88 26,-112", [8, 5.5, 3.6, 1]), bark)
    pen.fill(limb("36,-50 58,-38 82,-30", [5, 3.4, 1]), bark)
    pen.line(curve("-118,-33 -60,-42 0,-47"), pen.darker(bark, 0.08), 1.4, 0.6)
    tips = [(22 - 9 * k, -106 + 14 * k, -0.6 - 0.5 * (k % 2)) for k in range(5)]
    tips += [(100 - 11 * k, -64 + 3 * k, 0.4 - 1.1 * (k % 2)) for k in range(4)]
    tips += [(80 - 10 * k, -31 - 4 * k, 0.9 - 0.6 * (k % 2)) for k in range(3)]
    for x, y, angle in tips:
        for _ in range(2):
            pen.fill(_leaf(x, y, rng.uniform(17, 27), angle + rng.jitter(0.7)), pen.lighter(leaves, rng.jitter(0.05)))


@noun("fern", (96, 62), 0.9, words="bracken,ferns", parts=("leaves",), backdrop=True)
def fern(pen: Pen) -> None:
    green, rng = pen.part("leaves", "#5f8a4c", "#6f9650"), pen.rng
    for k in range(9):
        a = -pi / 2 + (k - 4) * 0.3 + rng.jitter(0.08)
        reach = rng.uniform(48, 60) * (1 - 0.05 * abs(k - 4))
        tip = (cos(a) * reach, sin(a) * reach + 0.3 * reach * abs(cos(a)))
        knee = (cos(a) * reach * 0.55, sin(a) * reach * 0.72)
        leaflets = []
        for i in range(1, 9):
            u = i / 9
            px = 2 * u * (1 - u) * knee[0] + u * u * tip[0]
            py = 2 * u * (1 - u) * knee[1] + u * u * tip[1]
            long = 11 * (1 - u) + 3
            for side in (-1, 1):
                turn = a + side * 1.15
                end = (px + cos(turn) * long, py + sin(turn) * long + 1.5)
                leaflets.append(limb([(px, py), end], [3, 0.6], 1))
        shade = pen.lighter(green, rng.jitter(0.04))
        pen.fill("".join(leaflets), shade)
        pen.fill(limb([(0, 0), knee, tip], [2.2, 1.6, 0.5], 4), pen.darker(shade, 0.05))


@noun("bat", (110, 52), 0.3, "sky", words="bats,fruit bat,vampire bat", parts=("fur",), poses=("fly",), alive=True)
def bat(pen: Pen) -> None:
    fur = pen.part("fur", "#473c44", "#3f3a48")
    wing = pen.lighter(fur, 0.03)
    for mirror in (False, True):
        with pen.at(0, 0, 1, 0, mirror):
            pen.fill(poly("3,-30 14,-40 26,-50 40,-44 55,-38 46,-32 42,-20 34,-26 28,-14 20,-22 13,-10 8,-16"), wing)
            pen.line(curve("26,-50 24,-34 20,-22"), pen.darker(wing, 0.06), 1.2)
            pen.line(curve("26,-50 36,-38 42,-20"), pen.darker(wing, 0.06), 1.2)
            pen.fill(poly("1,-36 4,-46 8,-37"), fur)
    pen.fill(blob("-7,-26 -6,-36 0,-40 6,-36 7,-26 0,-10"), fur)
    for x in (-2.6, 2.6):
        pen.fill(ellipse(x, -34, 1.1), "#e8c98a", flat=True)


@noun("dragonfly", (96, 60), 0.08, "sky", words="damselfly,mayfly", parts=("body",), poses=("fly",), alive=True)
def dragonfly(pen: Pen) -> None:
    body = pen.part("body", "#2f7f8a", "#4a6fb0", "#3f8a5c")
    for x, y, angle, size in ((8, -30, -2.2, 44), (14, -30, -1.75, 46), (6, -29, -2.55, 36)):
        pen.fill(_leaf(x, y, size, angle), "#dbe8ea", 0.62)
        pen.line(curve([(x, y), (x + cos(angle) * size, y + sin(angle) * size)]), "#8fa9b0", 0.7, 0.7)
    pen.fill(limb("12,-28 -16,-25 -46,-18", [6, 3.6, 2.6]), body)
    for k in range(6):
        pen.line(curve([(-6 - 7 * k, -28 + 1.2 * k), (-6.6 - 7 * k, -23 + 1.2 * k)]), pen.darker(body, 0.12), 0.9)
    pen.fill(blob("4,-31 14,-36 24,-32 22,-24 8,-23"), pen.darker(body, 0.04))
    pen.fill(ellipse(26, -29, 5.6, 5), pen.lighter(body, 0.06))
    pen.shine(ellipse(27.4, -31, 1.6), 0.7)


@noun(
    "ferris wheel",
    (128, 150),
    40,
    words="big wheel,carousel,funfair,fairground,amusement park",
    parts=("frame",),
    backdrop=True,
    turns=False,
)
def ferris_wheel(pen: Pen) -> None:
    frame = pen.part("frame", "#c9655a", "#5f7fa0", "#d9b06a")
    cx, cy, r = 0.0, -86.0, 56.0
    pen.fill(limb("-34,2 -3,-84", [6, 3.6]), pen.darker(frame, 0.1))
    pen.fill(limb("34,2 3,-84", [6, 3.6]), pen.darker(frame, 0.06))
    pen.fill(box(-46, -4, 92, 8, 2), "#7a6f68")
    for k in range(14):
        a = 2 * pi * k / 14 + 0.1
        pen.line(curve([(cx, cy), (cx + r * cos(a), cy + r * sin(a))]), pen.lighter(frame, 0.1), 1.1, 0.9)
    pen.fill(ring(cx, cy, r + 1.6, r - 1.6), frame)
    pen.fill(ring(cx, cy, r - 9, r - 10.6), frame)
    cars = ("#e0b04a", "#5f9aa0", "#d97a6a", "#8f7fb5")
    for k in range(14):
        a = 2 * pi * k / 14 + 0.1
        x, y = cx + r * cos(a), cy + r * sin(a)
        pen.fill(wedge(x, y + 2.4, 6.4, 0, 180), cars[k % 4])
        pen.fill(blob([(x - 6.6, y + 1), (x, y - 4.6), (x + 6.6, y + 1)], 0.3), pen.darker(cars[k % 4], 0.1))
        if pen.lit:
            pen.light(ellipse(cx + (r - 5) * cos(a), cy + (r - 5) * sin(a), 1.5), "#ffe3a0")
    if pen.lit:
        pen.glow(cx, cy, 92, "#ffd9a0", 0.35)
    pen.fill(ellipse(cx, cy, 5.4), pen.darker(frame, 0.08))


@noun("ruins", (150, 104), 7, words="ruin,columns,column,pillars,pillar,ancient temple,greek temple", backdrop=True)
def ruins(pen: Pen) -> None:
    stone = pen.part("body", "#cbbfa8", "#bfb5a6")
    pen.fill(poly("-72,3 -66,-8 70,-8 76,3"), pen.darker(stone, 0.06))
    pen.fill(poly("-64,-8 -60,-14 62,-14 66,-8"), stone)
    for x, top in ((-50, -86), (-24, -86), (2, -86), (28, -58), (52, -34)):
        pen.fill(poly([(x - 8, -14), (x - 6.6, top), (x + 6.6, top + pen.rng.jitter(3)), (x + 8, -14)]), stone)
        for dx in (-4, 0, 4):
            pen.line(curve([(x + dx, -16), (x + dx * 0.9, top + 5)]), pen.darker(stone, 0.1), 1, 0.7)
        pen.fill(box(x - 10, -18, 20, 5, 1), pen.lighter(stone, 0.03))
        if top < -80:
            pen.fill(poly([(x - 9, top), (x + 9, top), (x + 11, top - 6), (x - 11, top - 6)]), pen.lighter(stone, 0.03))
    pen.fill(poly("-64,-92 16,-92 20,-102 6,-104 -4,-101 -64,-104"), stone)
    pen.fill(poly("60,-12 72,-22 84,-14 80,3 64,3"), pen.darker(stone, 0.04))
    for k in range(10):
        foot = -68 + 14 * k + pen.rng.jitter(4)
        pen.fill(_leaf(foot, 2, pen.rng.uniform(8, 14), -pi / 2 + pen.rng.jitter(0.7)), "#6f8a52")


@noun("gate", (104, 108), 4, words="archway,arch,garden gate,portal,doorway,door", parts=("wood",), turns=False)
def gate(pen: Pen) -> None:
    wood, stone = pen.part("wood", "#7a4f38", "#4f6f63"), "#a89c8c"
    pen.fill("M-50 2L-50 -56C-50 -118 50 -118 50 -56L50 2L32 2L32 -54C32 -92 -32 -92 -32 -54L-32 2Z", stone)
    for k in range(11):
        a = pi + pi * (k + 0.5) / 11
        at = (cos(a) * 41, -54 + sin(a) * 40)
        pen.line(curve([at, (at[0] * 1.16, -54 + (at[1] + 54) * 1.16)]), pen.darker(stone, 0.1), 1.4, 0.7)
    for y in (-14.0, -32.0, -48.0):
        for x in (-50, 32):
            pen.line(curve([(x, y), (x + 18, y)]), pen.darker(stone, 0.1), 1.3, 0.7)
    pen.fill("M-30 2L-30 -54C-30 -88 30 -88 30 -54L30 2Z", pen.darker(wood, 0.16))
    pen.fill("M-30 2L-30 -54C-30 -78 -12 -80 -4 -79L-8 2Z", wood)
    pen.window("M-6 2L-2 -79C14 -80 26 -74 28 -54L28 2Z", "#d9c99a")
    pen.fill(ellipse(-13, -36, 2.2), "#d9b45a")
    for _ in range(26):
        a = pi + pen.rng.uniform(-0.15, 0.6) * pi
        at = (cos(a) * 46, -54 + sin(a) * 46)
        pen.fill(
            _leaf(*at, pen.rng.uniform(9, 15), pen.rng.uniform(0, 6.3)), pen.lighter("#648a50", pen.rng.jitter(0.05))
        )


@noun("lamp", (58, 92), 0.5, "table", words="table lamp,desk lamp,bedside lamp,reading lamp", parts=("shade",))
def lamp(pen: Pen) -> None:
    shade = pen.part("shade", "#d9a86a", "#c9685a", "#6f8f86")
    if pen.lit:
        pen.glow(0, -66, 96, "#ffdf9a", 0.75)
    pen.fill(ellipse(0, -2, 19, 4.4), "#6f5a48")
    pen.fill(blob("-7,-4 -11,-16 -5,-30 -3,-48! 3,-48! 5,-30 11,-16 7,-4"), "#8a6f58")
    pen.fill(poly("-27,-46 -16,-86 16,-86 27,-46"), shade)
    if pen.lit:
        pen.light(poly("-25,-47 -15.4,-84 15.4,-84 25,-47"), "#ffe9b8", 0.75)
    pen.fill(ellipse(0, -46, 27, 4), pen.lighter(shade, 0.1 if pen.lit else 0.03))


@noun("drum", (78, 74), 0.6, "table", words="drums,tambourine,bongo", parts=("shell",))
def drum(pen: Pen) -> None:
    shell = pen.part("shell", "#b5483f", "#3f6a8a", "#c98f3f")
    pen.fill("M-34 -50L-34 -8C-34 8 34 8 34 -8L34 -50Z", shell)
    for k in range(6):
        x = -34 + 68 * k / 5
        pen.line(
            curve([(x, -48 + 5 * sin(pi * k / 5)), (x + (7 if k % 2 else -7), -6 + 6 * sin(pi * k / 5))]),
            "#ead9b0",
            1.6,
        )
    pen.fill("M-35 -10C-35 7 35 7 35 -10L35 -4C35 13 -35 13 -35 -4Z", "#d9b45a")
    pen.fill("M-35 -52C-35 -36 35 -36 35 -52L35 -46C35 -29 -35 -29 -35 -46Z", "#d9b45a")
    pen.fill(ellipse(0, -52, 35, 10), "#efe4cc")
    pen.fill(limb("-22,-58 14,-70 40,-74", [3.4, 3, 2.6]), "#8a5f3c")
    pen.fill(limb("18,-57 -16,-72 -40,-78", [3.4, 3, 2.6]), "#7d5536")


@noun("trumpet", (116, 44), 0.5, "table", words="horn instrument,cornet,bugle,trombone,saxophone", parts=("brass",))
def trumpet(pen: Pen) -> None:
    brass = pen.part("brass", "#d9aa45", "#cf9f4a")
    pen.fill(limb("-54,-24 0,-25 34,-26", [4, 5, 6]), brass)
    pen.fill(blob("30,-29! 44,-34 58,-44! 58,-8! 44,-19 30,-23!", 0.3), brass)
    pen.fill(ellipse(58, -26, 4.6, 18), pen.darker(brass, 0.16))
    pen.fill(poly("-58,-29 -53,-26 -53,-22 -58,-19"), pen.lighter(brass, 0.06))
    pen.line("M-28 -25C-44 -25 -44 -6 -26 -6L16 -6C34 -6 34 -25 18 -25", brass, 4)
    for x in (-10, 0, 10):
        pen.fill(box(x - 3, -36, 6, 26, 2), pen.lighter(brass, 0.05))
        pen.fill(box(x - 4, -41, 8, 4, 2), "#efe6d2")


@noun("strawberry", (44, 50), 0.06, "table", words="strawberries,raspberry,berry,cherry", plural="strawberries")
def strawberry(pen: Pen) -> None:
    red = pen.part("body", "#c9383a", "#d04640")
    pen.fill(blob("0,0 -14,-10 -21,-26 -14,-38 0,-38 14,-38 21,-26 14,-10", 0.34), red)
    for k in range(13):
        x, y = -13 + 8.6 * (k % 4) + (4 if k // 4 % 2 else 0), -32 + 8 * (k // 4)
        if abs(x) < 20 - 0.4 * (y + 34):
            pen.fill(ellipse(x, y, 1, 1.6), "#f0cf8a", flat=True)
    for angle in (-2.7, -2.1, -1.3, -0.6, -0.2, 0.4, 2.8):
        pen.fill(_leaf(0, -38, 15, angle), "#5f8f4a")
    pen.line(curve("0,-38 2,-46 6,-50"), "#5f8f4a", 2)


@noun("ice cream", (46, 96), 0.2, "table", words="ice cream cone,gelato,sundae", parts=("scoop",))
def ice_cream(pen: Pen) -> None:
    scoop = pen.part("scoop", "#f0c9c4", "#efe2c0", "#b5d0b0")
    pen.fill(poly("-17,-50 17,-50 1,0 -1,0"), "#d9a562")
    for k in range(4):
        pen.line(curve([(-15 + 8 * k, -50), (2 + 1.5 * k, -10 - 9 * k)]), "#b5814a", 1.2, 0.8)
        pen.line(curve([(15 - 8 * k, -50), (-2 - 1.5 * k, -10 - 9 * k)]), "#b5814a", 1.2, 0.8)
    pen.fill(blob("-21,-50 -19,-66 0,-74 19,-66 21,-50 12,-46 4,-50 -4,-45 -12,-49"), scoop)
    pen.fill(blob("-15,-70 -12,-86 0,-92 13,-86 15,-70 8,-67 -2,-70 -9,-66"), pen.blend(scoop, "#a5604f", 0.45))
    pen.fill(ellipse(4, -93, 4.6), "#b5303c")


@noun("ladder", (44, 124), 3, words="stepladder", parts=("wood",))
def ladder(pen: Pen) -> None:
    wood = pen.part("wood", "#a87a4c", "#96704a")
    for k in range(8):
        y = -12 - 14 * k
        pen.fill(box(-15 + 0.6 * k, y, 30 - 1.2 * k, 3.4, 1), pen.darker(wood, 0.05))
    pen.fill(limb("-18,2 -11,-122", [5, 4]), wood)
    pen.fill(limb("18,2 11,-122", [5, 4]), pen.darker(wood, 0.04))


@noun("sword", (34, 112), 1.0, "table", words="dagger,blade,excalibur", parts=("hilt",))
def sword(pen: Pen) -> None:
    hilt = pen.part("hilt", "#b58a3f", "#7a4a3a")
    pen.fill(poly("-4.6,-8 -5,-82 5,-82 4.6,-8 0,2"), "#c3c9d0")
    pen.fill(poly("0,2 -4.6,-8 -5,-82 0,-82"), "#9aa2ac")
    pen.fill(limb("-17,-86 0,-82 17,-86", [3, 5, 3]), hilt)
    pen.fill(box(-3, -104, 6, 20, 2), "#5a3f36")
    pen.fill(ellipse(0, -107, 5), hilt)


@noun("crown", (74, 58), 0.25, "table", words="tiara,diadem", parts=("gold",), turns=False)
def crown_of_gold(pen: Pen) -> None:
    gold = pen.part("gold", "#dcae48")
    pen.fill("M-30 -30C-20 -40 20 -40 30 -30L30 -20C20 -30 -20 -30 -30 -20Z", pen.darker(gold, 0.16))
    pen.fill("M-31 -4L-36 -46L-20 -26L-10 -56L0 -28L10 -56L20 -26L36 -46L31 -4C20 4 -20 4 -31 -4Z", gold)
    pen.fill("M-31 -8C-20 0 20 0 31 -8L31 -2C20 6 -20 6 -31 -2Z", pen.darker(gold, 0.08))
    for x, y, jewel in ((-36, -47, "#b5404a"), (-10, -57, "#3f7fa0"), (10, -57, "#3f7fa0"), (36, -47, "#b5404a")):
        pen.fill(ellipse(x, y, 3.2), jewel)
    for x in (-18, 0, 18):
        pen.fill(ellipse(x, -9 + 2 * (1 - abs(x) / 18), 3.4, 4), "#7a3f7f" if x else "#b5404a")


@noun("watermelon", (84, 46), 0.3, "table", words="melon,slice of watermelon", parts=("rind",))
def watermelon(pen: Pen) -> None:
    rind = pen.part("rind", "#4f7f46", "#3f6f4a")
    pen.fill(wedge(0, -40, 40, 0, 180), rind)
    pen.fill(wedge(0, -40, 36, 0, 180), "#e8ead0")
    pen.fill(wedge(0, -40, 33, 0, 180), "#d9554f")
    for x, y in ((-20, -30), (-8, -22), (6, -30), (18, -26), (0, -14), (-13, -35), (24, -35)):
        pen.fill(ellipse(x, y, 1.3, 2.2), "#2f2226", flat=True)
