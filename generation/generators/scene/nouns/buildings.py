"""Buildings: houses, towers, castles, bridges; windows are lit when lamps burn."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, box, curve, ellipse, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


def _smoke(pen: Pen, x: float, y: float) -> None:
    for k in range(5):
        u = k / 4
        pen.fill(
            ellipse(x + 12 * u * u + pen.rng.jitter(2), y - 6 - 28 * u, 3.4 + 5 * u, 3 + 4 * u),
            "#efe8e0",
            0.42 - 0.3 * u,
        )


@noun(
    "house",
    (112, 94),
    6,
    words="home,cottage,farmhouse,villa,mansion,hut,bungalow,inn,school,shop,bakery,restaurant,haunted house",
    parts=("roof", "walls"),
    backdrop=True,
    anchors={"top": (-10, -88)},
)
def house(pen: Pen) -> None:
    roof = pen.part("roof", "#a8503a", "#7a4a3c", "#5f6470", "#8f5a3f")
    walls = pen.part("walls", "#ecdfc4", "#d8c0a0", "#e3d3c6", "#cfd2c4")
    pen.fill(box(22, -92, 11, 28), "#8f6450")
    pen.fill(box(20, -95, 15, 5), "#7a5344")
    if pen.rng.child("smoke").chance(0.7):
        _smoke(pen, 27, -95)
    pen.fill(poly("-50,0 -50,-44 -28,-70 -6,-44 -6,0"), walls)
    pen.fill(poly("-6,0 -6,-44 52,-44 52,0"), pen.darker(walls, 0.06))
    pen.fill(poly("-28,-76 34,-76 58,-40 -4,-40"), roof)
    for k in range(1, 4):
        pen.line(curve([(-24 + 6.4 * k, -76 + 9 * k), (36 + 6.2 * k, -76 + 9 * k)]), pen.darker(roof, 0.08), 1.1, 0.8)
    pen.fill(poly("-28,-79 -58,-42 -52,-39 -28,-69 -4,-38 2,-42"), pen.darker(roof, 0.07))
    pen.window(box(-35, -56, 13, 13, 1))
    pen.window(box(-43, -31, 13, 16, 1))
    pen.fill(box(-24, -28, 13, 28, 1), pen.darker(roof, 0.03))
    for x in (6, 31):
        pen.fill(box(x - 2, -32, 17, 19), "#efe8d8")
        pen.window(box(x, -30, 13, 15))
        pen.line(curve([(x + 6.5, -30), (x + 6.5, -15)]), "#efe8d8", 1.4)
        pen.line(curve([(x, -23), (x + 13, -23)]), "#efe8d8", 1.4)


@noun(
    "town house",
    (64, 120),
    12,
    words="terraced house,row house,apartment,apartment building,building,hotel,block",
    parts=("walls",),
    backdrop=True,
)
def town_house(pen: Pen) -> None:
    walls = pen.part("walls", "#d9b48c", "#c98f6f", "#e6d3b3", "#b3a394")
    kind = pen.rng.child("gable").whole(0, 2)
    roof = pen.rng.child("roof").pick(("#8f4a3a", "#5f5a62", "#7a5344"))
    pen.fill(box(-30, -92, 60, 92), walls)
    if kind == 0:
        pen.fill(poly("-33,-90 0,-122 33,-90"), roof)
    elif kind == 1:
        pen.fill(
            poly("-30,-92 -30,-100 -20,-100 -20,-110 -10,-110 -10,-119 10,-119 10,-110 20,-110 20,-100 30,-100 30,-92"),
            walls,
        )
        pen.window(box(-4, -108, 8, 9, 4))
    else:
        pen.fill(poly("-33,-90 -26,-110 26,-110 33,-90"), roof)
        for x in (-12, 8):
            pen.fill(box(x - 1.6, -106, 10, 13, 2), walls)
            pen.window(box(x, -104, 6.6, 9, 1))
    for row in range(3):
        for c in range(3):
            pen.window(box(-23 + 17 * c, -83 + 26 * row, 11, 16, 1)) if row < 2 or c != 1 else pen.fill(
                box(-6, -26, 12, 26, 1), pen.darker(walls, 0.3)
            )
    pen.fill(box(-31, -34, 62, 2.4), pen.lighter(walls, 0.08))


@noun(
    "cabin",
    (104, 80),
    4.5,
    words="log cabin,shack,wooden house,wooden cabin,shed,chalet,lodge,treehouse,tree house,boathouse",
    parts=("wood",),
    backdrop=True,
)
def cabin(pen: Pen) -> None:
    wood = pen.part("wood", "#8a5f3f", "#7a5240", "#96694a")
    pen.fill(box(24, -80, 11, 26), "#8f857c")
    _smoke(pen, 29, -82)
    pen.fill(box(-44, -42, 88, 42), wood)
    for y in range(-38, 0, 7):
        pen.line(curve([(-46, y), (46, y)]), pen.darker(wood, 0.08), 1.5, 0.9)
    pen.fill(poly("-56,-38 -38,-70 40,-70 56,-38"), pen.darker(wood, 0.13))
    for k in range(1, 4):
        pen.line(curve([(-38 - 4.4 * k, -70 + 8 * k), (40 + 4 * k, -70 + 8 * k)]), pen.darker(wood, 0.2), 1, 0.7)
    pen.fill(box(-9, -30, 18, 30, 1), pen.darker(wood, 0.16))
    for x in (-34, 18):
        pen.fill(box(x - 2, -32, 18, 17, 1), pen.lighter(wood, 0.16))
        pen.window(box(x, -30, 14, 13))
        pen.line(curve([(x + 7, -30), (x + 7, -17)]), pen.lighter(wood, 0.16), 1.4)
    if pen.lit:
        pen.glow(25, -23, 40, "#ffd98a", 0.5)
        pen.glow(-27, -23, 40, "#ffd98a", 0.5)


@noun(
    "lighthouse", (70, 172), 24, words="beacon,light house", parts=("stripes",), turns=True, anchors={"top": (0, -172)}
)
def lighthouse(pen: Pen) -> None:
    stripe = pen.part("stripes", "#b8433f", "#34608a", "#3f4450")
    white = "#f2e9da"
    lamp_y = -148.0
    if pen.lit:
        pen.light(poly([(-4, lamp_y), (-330, lamp_y - 62), (-330, lamp_y + 26)]), "#ffe9b0", 0.26)
        pen.glow(0, lamp_y, 92, "#ffe6a4", 0.8)
    pen.fill(poly("-24,0 24,0 14,-134 -14,-134"), white)
    for low, high in ((0.16, 0.34), (0.52, 0.70), (0.86, 1.0)):
        a, b = 24 - 10 * low, 24 - 10 * high
        pen.fill(poly([(-a, -134 * low), (a, -134 * low), (b, -134 * high), (-b, -134 * high)]), stripe)
    for y in (-58, -100):
        pen.window(box(-3.4, y, 6.8, 11, 3.4), "#4a5260")
    pen.fill(box(-6, -21, 12, 21, 5), "#5a4440")
    pen.fill(box(-19, -139, 38, 6, 3), "#55505a")
    for x in (-17, -10, 10, 17):
        pen.line(curve([(x, -139), (x, -147)]), "#55505a", 1.2)
    pen.line(curve("-18,-147 18,-147"), "#55505a", 1.3)
    pen.light(box(-9, -157, 18, 19), "#ffe6a0" if pen.lit else "#c9d6d8")
    for x in (-9, 0, 9):
        pen.line(curve([(x, -157), (x, -139)]), "#55505a", 1.2)
    pen.fill(blob("-13,-156! 0,-171 13,-156!", 0.4), "#55505a")
    pen.line(curve("0,-168 0,-178"), "#55505a", 1.8)


def _battlements(pen: Pen, x: float, y: float, w: float, colour: str) -> None:
    count = max(2, int(w / 9))
    step = w / (count * 2 - 1)
    for k in range(count):
        pen.fill(box(x + 2 * k * step, y - 6, step, 7), colour)


def _turret(pen: Pen, x: float, w: float, h: float, stone: str, roof: str, flag: bool = False) -> None:
    pen.fill(box(x - w / 2, -h, w, h), stone)
    pen.fill(box(x - w * 0.6, -h - 5, w * 1.2, 8, 1), pen.darker(stone, 0.04))
    pen.fill(poly([(x - w * 0.66, -h - 4), (x, -h - w * 1.5), (x + w * 0.66, -h - 4)]), roof)
    pen.shade(poly([(x + w * 0.05, -h - w * 1.44), (x + w * 0.66, -h - 4), (x + w * 0.1, -h - 4)]), 0.16)
    pen.window(box(x - 2.4, -h * 0.84, 4.8, 9, 2.4), "#4a4650")
    if flag:
        tip = -h - w * 1.5
        pen.line(curve([(x, tip), (x, tip - 15)]), "#5a4a44", 1.2)
        pen.fill(poly([(x, tip - 15), (x + 14, tip - 11), (x, tip - 7)]), "#c8433a")


@noun(
    "castle",
    (160, 142),
    32,
    words="fortress,palace,citadel,chateau,stronghold,fort",
    parts=("roofs", "stone"),
    turns=True,
    anchors={"top": (-10, -150)},
)
def castle(pen: Pen) -> None:
    roof = pen.part("roofs", "#8f4a44", "#4f6480", "#5f5a7a")
    stone = pen.part("stone", "#c6b9a4", "#b3aca2", "#d0bfa8")
    dark = pen.darker(stone, 0.07)
    _turret(pen, -16, 20, 112, dark, roof, True)
    _turret(pen, 24, 17, 92, dark, roof)
    pen.fill(box(-34, -78, 70, 78), dark)
    _battlements(pen, -34, -78, 70, dark)
    _turret(pen, -46, 24, 80, stone, roof)
    _turret(pen, 50, 27, 70, stone, roof, True)
    pen.fill(box(-40, -46, 84, 46), stone)
    _battlements(pen, -40, -46, 84, stone)
    _turret(pen, -70, 20, 54, stone, roof)
    _turret(pen, 76, 18, 48, stone, roof)
    pen.fill(box(-66, -30, 30, 30), stone)
    pen.fill(box(46, -28, 26, 28), stone)
    _battlements(pen, -64, -30, 26, stone)
    pen.fill(blob("-11,0! -11,-18 0,-29 11,-18 11,0!", 0.4), "#4a3a34")
    for x, y in ((-26, -34), (24, -34), (-16, -64), (6, -66), (20, -60)):
        pen.window(box(x - 2, y, 4.6, 8.4, 2.3), "#4a4650")
    for _ in range(20):
        u, v = pen.rng.uniform(-58, 60), pen.rng.uniform(-26, -3)
        if abs(u) > 14:
            pen.line(curve([(u, v), (u + 6, v)]), pen.darker(stone, 0.1), 1.2, 0.6)


@noun(
    "church", (104, 142), 20, words="chapel,cathedral,monastery,abbey,steeple", parts=("roof", "walls"), backdrop=True
)
def church(pen: Pen) -> None:
    roof = pen.part("roof", "#6f5a5f", "#8a4f40")
    walls = pen.part("walls", "#e6dcc8", "#d3c6b0")
    pen.fill(box(-8, -48, 60, 48), pen.darker(walls, 0.05))
    pen.fill(poly("-10,-46 2,-74 46,-74 56,-46"), roof)
    for x in (8, 24, 40):
        pen.window(blob([(x - 4, -10), (x - 4, -28), (x, -35), (x + 4, -28), (x + 4, -10)], 0.2))
    pen.fill(box(-40, -86, 34, 86), walls)
    pen.fill(poly("-44,-84 -23,-136 -2,-84"), roof)
    pen.line(curve("-23,-136 -23,-150"), "#7a6a4a", 1.7)
    pen.line(curve("-28,-145 -18,-145"), "#7a6a4a", 1.7)
    pen.window(blob("-28,-62 -28,-74 -23,-80 -18,-74 -18,-62", 0.2))
    pen.fill(ellipse(-23, -48, 6), pen.lighter(walls, 0.07))
    pen.line(curve("-23,-48 -23,-52"), "#4a4246", 1)
    pen.line(curve("-23,-48 -20,-47"), "#4a4246", 1)
    pen.fill(blob("-30,0! -30,-18 -23,-26 -16,-18 -16,0!", 0.3), pen.darker(roof, 0.06))


@noun(
    "windmill",
    (110, 136),
    16,
    words="mill,wind mill,wind turbine",
    parts=("walls",),
    backdrop=True,
    anchors={"top": (0, -100)},
)
def windmill(pen: Pen) -> None:
    walls = pen.part("walls", "#e9dec8", "#c9a684", "#d8d2c4")
    pen.fill(poly("-26,0 26,0 16,-84 -16,-84"), walls)
    pen.fill(blob("-19,-82! -14,-98 0,-105 14,-98 19,-82!", 0.3), "#7a5240")
    for y in (-62, -36):
        pen.window(box(-4, y, 8, 11, 1))
    pen.fill(box(-7, -20, 14, 20, 5), "#6a4636")
    start = pen.rng.uniform(12, 60)
    for k in range(4):
        with pen.at(0, -88, 1, start + 90 * k):
            pen.line(curve("0,0 0,-60"), "#5f4636", 2.6)
            pen.fill(poly("1.4,-12 14,-14 14,-58 1.4,-58"), "#efe4cc", 0.95)
            for y in (-22, -31, -40, -49):
                pen.line(curve([(1.4, y), (14, y)]), "#9a7f62", 0.9)
    pen.fill(ellipse(0, -88, 4), "#5f4636")


@noun(
    "tower",
    (62, 142),
    26,
    words="watchtower,clock tower,stone tower,belfry",
    parts=("stone",),
    backdrop=True,
    anchors={"top": (0, -118)},
)
def tower(pen: Pen) -> None:
    stone = pen.part("stone", "#b8ab98", "#a69f98")
    pen.fill(poly("-20,0 20,0 16,-100 -16,-100"), stone)
    pen.fill(poly("-16,-98 -22,-108 -22,-116 22,-116 22,-108 16,-98"), pen.darker(stone, 0.04))
    _battlements(pen, -22, -116, 44, pen.darker(stone, 0.04))
    pen.window(box(-3.4, -84, 6.8, 15, 3.4), "#4a4650")
    pen.window(box(-3.4, -52, 6.8, 15, 3.4), "#4a4650")
    pen.fill(blob("-8,0! -8,-16 0,-24 8,-16 8,0!", 0.4), "#4a3a34")
    for _ in range(22):
        x, y = pen.rng.uniform(-16, 11), pen.rng.uniform(-96, -4)
        pen.line(curve([(x, y), (x + 5, y)]), pen.darker(stone, 0.1), 1.1, 0.6)


@noun("barn", (120, 88), 8, words="stable,farm building,granary", parts=("walls",), backdrop=True)
def barn(pen: Pen) -> None:
    walls = pen.part("walls", "#a8443a", "#8a5a40")
    pen.fill(poly("-50,0 -50,-44 -42,-64 -22,-78 -2,-64 6,-44 6,0"), walls)
    pen.fill(poly("6,0 6,-44 58,-44 58,0"), pen.darker(walls, 0.07))
    pen.fill(poly("-22,-82 32,-82 52,-66 62,-42 8,-42 -2,-66"), "#6f6a6c")
    pen.line(curve("-54,-42 -43,-66 -22,-81 -1,-66 10,-42", 0.02), "#efe6d6", 3.4)
    pen.fill(box(-38, -32, 32, 32), pen.darker(walls, 0.06))
    for a, b in (("-38,-32", "-6,0"), ("-6,-32", "-38,0")):
        pen.line(curve(f"{a} {b}"), "#efe6d6", 2)
    pen.line(curve("-38,0 -38,-32 -6,-32 -6,0", 0.01), "#efe6d6", 2.4)
    pen.window(box(-28, -58, 12, 12, 1))
    for x in (18, 40):
        pen.window(box(x, -30, 10, 12, 1))
