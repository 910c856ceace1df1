"""Trees and shrubs: grown from the seed, so that no two are alike."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene.geometry import Point, blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


def crown(pen: Pen, x: float, y: float, rx: float, ry: float, colour: str, lumps: int = 9) -> None:
    """A leafy crown: a billowing outline with ragged leaf edges, and clusters that catch the light from above."""
    rng = pen.rng
    outline: list[Point] = []
    count = lumps * 3
    phase, swell = rng.uniform(0, 6.3), rng.uniform(0.05, 0.09)
    for i in range(count):
        angle = 2 * pi * i / count
        reach = (1.0 if i % 3 else 0.88) * rng.uniform(0.94, 1.05) + swell * sin(3 * angle + phase)
        outline.append((x + rx * reach * cos(angle), y + ry * reach * sin(angle)))
    pen.fill(blob(outline, 0.42), colour)
    light: list[str] = []
    dark: list[str] = []
    for _ in range(lumps):
        angle, far = rng.uniform(0, 2 * pi), rng.uniform(0.1, 0.8) ** 0.7
        px, py = x + rx * 0.86 * far * cos(angle), y + ry * 0.86 * far * sin(angle)
        (light if py < y - ry * 0.05 else dark).append(_cluster(px, py, rng.uniform(0.1, 0.2) * rx))
    if light:
        pen.fill("".join(light), pen.lighter(colour, 0.045), 0.8, flat=True)
    if dark:
        pen.fill("".join(dark), pen.darker(colour, 0.03), 0.5, flat=True)


def _cluster(x: float, y: float, size: float) -> str:
    """A few leaves that stand out together."""
    s = size
    return blob(
        [
            (x - s, y + s * 0.1), (x - s * 0.55, y - s * 0.6), (x + s * 0.1, y - s * 0.45),
            (x + s * 0.5, y - s * 0.75), (x + s, y), (x + s * 0.2, y + s * 0.25),
        ],
        0.45,
    )  # fmt: skip


@noun(
    "tree",
    (92, 130),
    9,
    words="oak,elm,maple,beech,linden,ash tree,chestnut tree,woodland tree",
    parts=("leaves",),
    backdrop=True,
    turns=True,
    anchors={"top": (0, -118), "under": (20, 0), "branch": (26, -72)},
)
def tree(pen: Pen) -> None:
    leaves = pen.part("leaves", "#5f8a4a", "#6f9450", "#4f7d4c")
    trunk = "#6b5140"
    lean = pen.rng.jitter(4)
    pen.fill(blob("-13,3 -7,-3 -5.4,-14 5.4,-14 7.4,-3 14,3 5,0 0,2 -5,0"), trunk)
    pen.fill(limb([(0, -4), (1 + lean * 0.4, -30), (lean, -74)], [11, 9, 6]), trunk)
    pen.fill(limb([(1, -42), (16, -58), (25, -74)], [6, 4, 2]), trunk)
    pen.fill(limb([(1, -38), (-15, -56), (-24, -70)], [6, 4, 2]), trunk)
    rng = pen.rng
    crown(pen, lean + rng.jitter(6), -68, 30, 15, pen.darker(leaves, 0.075), 7)
    crown(pen, -22 + lean + rng.jitter(3), -76 + rng.jitter(4), 24, 20, pen.darker(leaves, 0.045), 7)
    crown(pen, 22 + lean + rng.jitter(3), -79 + rng.jitter(5), 23, 20, pen.darker(leaves, 0.025), 7)
    crown(pen, -8 + lean + rng.jitter(4), -96, 26, 23, leaves, 8)
    crown(pen, 11 + lean + rng.jitter(4), -103 + rng.jitter(4), 22, 20, pen.lighter(leaves, 0.015), 8)


@noun(
    "pine",
    (62, 130),
    14,
    words="fir,fir tree,pine tree,spruce,conifer,evergreen",
    parts=("needles",),
    backdrop=True,
    anchors={"under": (14, 0)},
)
def pine(pen: Pen) -> None:
    needles = pen.part("needles", "#3f6650", "#46704f", "#3a5f57")
    rng = pen.rng
    pen.fill(poly("-3.5,2 3.5,2 2,-30 -2,-30"), "#5b4638")
    tiers = rng.whole(6, 8)
    for i in range(tiers):
        u = i / tiers
        y, half = -14 - 104 * u, 29 * (1 - u) ** 0.85 + 3
        drop = 13 * (1 - u) + 5
        left, right = rng.uniform(0.85, 1.12), rng.uniform(0.85, 1.12)
        tip = min(-129.0, y - 30) if i == tiers - 1 else y - 27 * (1 - 0.35 * u)
        bough = [
            (0.0, tip), (half * 0.42, y - drop * 0.5), (half * right, y + drop * 0.35), (half * 0.5, y + drop * 0.1),
            (half * 0.2, y + drop * 0.5), (-half * 0.25, y + drop * 0.15), (-half * 0.55, y + drop * 0.3),
            (-half * left, y + drop * 0.4), (-half * 0.4, y - drop * 0.5),
        ]  # fmt: skip
        pen.fill(poly(bough), pen.lighter(needles, 0.012 * i - 0.02))
        pen.shade(
            poly(
                [
                    (0.0, tip + 9),
                    (half * 0.5, y + drop * 0.1),
                    (half * 0.2, y + drop * 0.5),
                    (-half * 0.25, y + drop * 0.15),
                ]
            ),
            0.1,
        )


@noun(
    "birch",
    (60, 132),
    11,
    words="birch tree,aspen,poplar",
    parts=("leaves",),
    backdrop=True,
    anchors={"under": (12, 0)},
)
def birch(pen: Pen) -> None:
    leaves = pen.part("leaves", "#8fa653", "#a3ad55", "#7f9c58")
    rng = pen.rng
    bark = "#e6e0d3"
    pen.fill(limb([(0, 3), (2, -50), (-1, -112)], [7, 5, 1.6]), bark)
    for k in range(9):
        y = -6 - 9.5 * k - rng.uniform(0, 4)
        pen.fill(poly([(-2.4, y), (rng.uniform(-1, 2.4), y - 1.4), (-2.4, y - 2.2)]), "#4a4038")
    for k in range(7):
        u = k / 6
        crown(
            pen,
            rng.jitter(11 * (1 - u) + 2),
            -58 - 62 * u,
            18 - 9 * u,
            12 - 3 * u,
            pen.lighter(leaves, rng.jitter(0.03)),
            6,
        )


@noun(
    "palm",
    (90, 130),
    9,
    words="palm tree,coconut palm,coconut tree",
    parts=("leaves",),
    backdrop=True,
    anchors={"under": (12, 0)},
)
def palm(pen: Pen) -> None:
    leaves = pen.part("leaves", "#4f8a54", "#5c8f4b")
    rng = pen.rng
    lean = rng.uniform(8, 20)
    spine = [(-6.0, 3.0), (-2.0, -38.0), (lean * 0.5, -76.0), (lean, -104.0)]
    pen.fill(limb(spine, [9, 6, 5, 4.4]), "#8a6a4c")
    for k in range(10):
        u = (k + 0.5) / 10
        y = -104 * u
        x = -5 + (lean + 5) * u**1.4
        pen.line(curve([(x - 3, y), (x, y + 1.6), (x + 3, y)]), "#6d5039", 0.9, 0.7)
    for angle in (-165, -140, -112, -80, -52, -26, -4, 12, -178):
        _frond(pen, lean, -104, angle + rng.jitter(8), rng.uniform(40, 50), pen.lighter(leaves, rng.jitter(0.035)))
    for dx, dy in ((-3, 2), (3, 3), (0, 5)):
        pen.fill(ellipse(lean + dx, -103 + dy, 3.2), "#7a4f35")


def _frond(pen: Pen, x: float, y: float, angle: float, reach: float, colour: str) -> None:
    """An arching rib with leaflets on both sides that hang more the farther out they grow."""
    a = angle * pi / 180
    knee = (x + reach * 0.55 * cos(a), y + reach * 0.72 * sin(a) - 5)
    tip = (x + reach * 1.02 * cos(a), y + reach * 0.8 * sin(a) + reach * 0.44)
    rib: list[Point] = []
    for k in range(9):
        u = k / 8
        px = x * (1 - u) ** 2 + knee[0] * 2 * u * (1 - u) + tip[0] * u * u
        rib.append((px, y * (1 - u) ** 2 + knee[1] * 2 * u * (1 - u) + tip[1] * u * u))
    leaflets = []
    for k in range(1, 9):
        (px, py), (qx, qy) = rib[k - 1], rib[k]
        dx, dy = qx - px, qy - py
        length = (dx * dx + dy * dy) ** 0.5 or 1.0
        dx, dy = dx / length, dy / length
        long = reach * 0.34 * (1 - 0.55 * abs(k / 8 - 0.35))
        for side in (-1, 1):
            ex = qx + (dx * 0.75 - dy * side * 0.55) * long
            ey = qy + (dy * 0.75 + dx * side * 0.55) * long + long * 0.34
            leaflets.append(limb([(qx, qy), ((qx + ex) / 2, (qy + ey) / 2 - 1), (ex, ey)], [1.6, 3.4, 0.4], 3))
    pen.fill("".join(leaflets), colour)
    pen.fill(limb(rib, [2.2, 1.6, 0.6], 2), pen.darker(colour, 0.05))


@noun("acacia", (150, 96), 8, words="baobab,umbrella thorn,acacia tree,savanna tree", parts=("leaves",), backdrop=True,
      anchors={"under": (22, 0), "top": (0, -90)})  # fmt: skip
def acacia(pen: Pen) -> None:
    """A leaning trunk that forks under flat layers of leaves."""
    leaves, rng = pen.part("leaves", "#7d8a4a", "#6f8348"), pen.rng
    bark, lean = "#5f4a3c", rng.uniform(-8, 8)
    pen.fill(blob("-12,3 -6,-3 -4,-14 5,-14 6,-3 12,3 4,1 -3,2"), bark)
    pen.fill(limb([(0, -4), (lean * 0.5, -26), (lean, -46)], [9, 7, 6]), bark)
    layers = ((-36, -66, 40, 9), (38, -70, 40, 9), (0, -82, 52, 10), (-8, -92, 30, 6))
    for x, y, _, _ in layers[:3]:
        pen.fill(limb([(lean, -44), (x * 0.5 + lean, y + 16), (x, y + 3)], [5, 3.6, 2]), bark)
    for k, (x, y, rx, ry) in enumerate(layers):
        crown(pen, x + rng.jitter(4), y + rng.jitter(2), rx, ry, pen.lighter(leaves, 0.02 * k - 0.03), 9)


@noun(
    "willow",
    (110, 112),
    9,
    words="weeping willow,willow tree",
    parts=("leaves",),
    backdrop=True,
    anchors={"under": (16, 0)},
)
def willow(pen: Pen) -> None:
    leaves = pen.part("leaves", "#8a9f57", "#7d9a5a")
    rng = pen.rng
    pen.fill(blob("-17,3 -9,-4 -7,-16 6,-16 8,-4 15,3 5,0 -1,2 -8,0"), "#665040")
    pen.fill(limb("-2,-4 0,-34 6,-76", [12, 9, 6]), "#665040")
    pen.fill(limb("0,-42 -16,-66 -26,-84", [7, 4, 2]), "#665040")
    crown(pen, 0, -82, 42, 26, leaves, 9)
    for k in range(30):
        u = k / 29 * 2 - 1
        x0, y0 = 44 * u, -88 + 22 * u * u
        fall = (62 - 24 * abs(u) ** 2) * rng.uniform(0.55, 1.05)
        pen.fill(
            limb(
                [(x0, y0), (x0 + 5 * u + rng.jitter(3), y0 + fall * 0.5), (x0 + 7 * u + rng.jitter(5), y0 + fall)],
                [6, 6, 1.5],
            ),
            pen.lighter(leaves, rng.jitter(0.045)),
        )


@noun(
    "cherry tree",
    (116, 108),
    7,
    words="cherry blossom,sakura,cherry blossom tree,blossoming tree,apple tree,almond tree",
    parts=("blossom",),
    backdrop=True,
    anchors={"under": (20, 0)},
)
def cherry_tree(pen: Pen) -> None:
    blossom = pen.part("blossom", "#f0b3c1", "#f4c3ca", "#eba7ba")
    rng = pen.rng
    bark = "#5a4042"
    pen.fill(blob("-20,3 -12,-4 -9,-18 5,-18 6,-4 14,3 4,0 -3,3 -10,0"), bark)
    pen.fill(limb("-3,-4 -2,-24 8,-50 4,-74", [13, 11, 8, 4]), bark)
    pen.fill(limb("0,-34 -20,-52 -40,-60", [8, 5, 2.5]), bark)
    pen.fill(limb("6,-46 26,-60 44,-66", [7, 4, 2]), bark)
    for x, y, rx, ry in (
        (-36, -62, 22, 16),
        (40, -66, 21, 16),
        (-16, -80, 27, 19),
        (20, -84, 28, 20),
        (4, -68, 20, 13),
    ):
        crown(pen, x + rng.jitter(3), y + rng.jitter(3), rx, ry, pen.lighter(blossom, rng.jitter(0.03)), 8)
    for _ in range(26):
        at = (rng.jitter(56), rng.uniform(-100, -50))
        pen.fill(ellipse(*at, 1.5), pen.lighter(blossom, 0.07), 0.9)


@noun(
    "dead tree",
    (96, 118),
    8,
    words="bare tree,leafless tree,old tree,gnarled tree,winter tree",
    parts=("bark",),
    backdrop=True,
    anchors={"under": (16, 0), "branch": (32, -78), "top": (34, -80)},
)
def dead_tree(pen: Pen) -> None:
    bark = pen.part("bark", "#574940", "#4f4644")
    pen.fill(blob("-15,3 -8,-4 -6.4,-16 6.4,-16 8,-4 16,3 6,0 0,3 -6,0"), bark)
    pen.fill(limb("1,-36 12,-60 30,-76 48,-82", [9, 7, 5, 2.4]), bark)
    _branch(pen, 0, 0, -90, 44, 12.6, bark, 4)


def _branch(pen: Pen, x: float, y: float, angle: float, reach: float, width: float, colour: str, levels: int) -> None:
    a = angle * pi / 180
    bend = pen.rng.jitter(0.22)
    knee = (x + reach * 0.5 * cos(a + bend), y + reach * 0.5 * sin(a + bend))
    tip = (x + reach * cos(a), y + reach * sin(a))
    pen.fill(limb([(x, y), knee, tip], [width, width * 0.8, width * 0.62], 3), colour)
    if levels == 0:
        return
    for turn in (-1, 1):
        if levels > 2 or pen.rng.chance(0.85):
            swing = turn * pen.rng.uniform(16, 42)
            _branch(
                pen,
                tip[0],
                tip[1],
                angle + swing,
                reach * pen.rng.uniform(0.58, 0.78),
                width * 0.58,
                colour,
                levels - 1,
            )


@noun("bush", (90, 52), 1.5, words="shrub,hedge,thicket", parts=("leaves",), backdrop=True, plural="bushes")
def bush(pen: Pen) -> None:
    leaves = pen.part("leaves", "#5d8650", "#6b8d4d")
    for x, rx, ry in ((-24, 22, 17), (24, 22, 18), (0, 27, 23)):
        crown(pen, x, -ry + 3, rx, ry, pen.lighter(leaves, pen.rng.jitter(0.03)), 7)


@noun("cactus", (66, 112), 3.5, words="saguaro,cacti", parts=("body",), backdrop=True, plural="cacti")
def cactus(pen: Pen) -> None:
    green = pen.part("body", "#5b8a5f", "#4f8062")
    pen.fill(limb("0,2 0,-40 1,-98", [17, 19, 15]), green)
    left, right = pen.rng.uniform(-44, -34), pen.rng.uniform(-62, -50)
    pen.fill(limb([(-4, left), (-22, left - 1), (-25, left - 14), (-24, left - 36)], [10, 11, 11, 8]), green)
    pen.fill(limb([(4, right), (19, right - 2), (22, right - 12), (21, right - 28)], [9, 10, 10, 7]), green)
    for x in (-4.5, 0, 4.5):
        pen.line(curve([(x, 0), (x * 1.05, -50), (x * 0.8, -100)]), pen.darker(green, 0.07), 0.9, 0.8)
    if pen.rng.chance(0.6):
        for dx in (-4, 1, 5):
            pen.fill(ellipse(dx, -105.5, 2.8, 2.2), "#e2788a")


@noun("bamboo", (64, 130), 8, words="bamboo grove", parts=("stalk",), backdrop=True, plural="bamboo")
def bamboo(pen: Pen) -> None:
    stalk = pen.part("stalk", "#7d9f55", "#8aa75a")
    rng = pen.rng
    for k in range(5):
        x, lean, tall = -24 + 12 * k + rng.jitter(4), rng.jitter(8), rng.uniform(98, 130)
        colour = pen.lighter(stalk, rng.jitter(0.05))
        pen.fill(limb([(x, 2), (x + lean * 0.4, -tall * 0.5), (x + lean, -tall)], [4.6, 4, 2]), colour)
        for j in range(1, 8):
            u = j / 8
            px = x + lean * u**1.4
            pen.line(curve([(px - 2.2, -tall * u), (px + 2.2, -tall * u)]), pen.darker(colour, 0.12), 0.9)
            if j > 3:
                side = rng.pick((-1, 1))
                for _ in range(2):
                    reach = rng.uniform(10, 17)
                    drop = rng.uniform(-2, 8)
                    pen.fill(
                        limb(
                            [
                                (px, -tall * u),
                                (px + side * reach * 0.5, -tall * u - 2 + drop * 0.3),
                                (px + side * reach, -tall * u + drop),
                            ],
                            [1, 4, 0.4],
                        ),
                        pen.darker(stalk, rng.uniform(-0.02, 0.08)),
                    )


@noun("reeds", (80, 70), 1.8, words="reed,cattail,bulrush,rushes", parts=("stalk",), plural="reeds", backdrop=True)
def reeds(pen: Pen) -> None:
    stalk = pen.part("stalk", "#7c8a4f", "#6f8450")
    rng = pen.rng
    for k in range(15):
        x, lean, tall = rng.jitter(30), rng.jitter(14), rng.uniform(30, 66)
        pen.fill(
            limb([(x, 2), (x + lean * 0.3, -tall * 0.6), (x + lean, -tall)], [2.6, 2, 0.5]),
            pen.lighter(stalk, rng.jitter(0.05)),
        )
        if k % 4 == 0:
            pen.fill(limb([(x + lean * 0.8, -tall * 0.85), (x + lean, -tall)], [4.4, 4]), "#6e4630")
