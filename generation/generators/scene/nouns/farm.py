"""Animals that live with people: cat, dog, horse, cattle, sheep, pig."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.bodies import beast, curled, gait, seated
from generation.generators.scene.pen import Pen


def _cat_head(pen: Pen, fur: str, asleep: bool = False) -> None:
    pen.fill(poly("-11,-8 -12,-25 -1,-13"), pen.darker(fur, 0.06))
    pen.fill(blob("-14,0 -12,-11 -1,-15 10,-12 15,-3 13,5 6,10 -4,11 -12,8"), fur)
    pen.fill(poly("1,-13 9,-25 12,-8"), fur)
    pen.fill(poly("4,-13 8.4,-21 10,-10"), pen.blend(fur, "#c98a84", 0.6))
    pen.fill(blob("3,4 8,1 15,2 13,7 7,10 3,9"), pen.lighter(fur, 0.13))
    pen.fill(poly("11,1 15,1 13,3.6"), "#a8605c")
    if asleep:
        pen.line(curve("3,-2 6,0 9,-2"), "#2c2326", 1.3)
    else:
        pen.fill(ellipse(6, -3, 2.6, 2.9), "#d8c460", flat=True)
        pen.fill(ellipse(6.6, -3, 1.1, 2.6), "#1f1a1e", flat=True)
        pen.fill(ellipse(13, -3.4, 1.3, 2.3), "#d8c460", flat=True)
    for dy in (-1.5, 1.5):
        pen.line(curve([(10, 5 + dy * 0.4), (17, 4.6 + dy), (23, 3.4 + dy * 2)]), "#efe8de", 0.55, 0.75)


@noun(
    "cat",
    (92, 100),
    0.45,
    words="kitten,kitty,tomcat,tabby",
    parts=("fur",),
    poses=("sit", "sleep", "stand", "run"),
    alive=True,
    anchors={"top": (18, -102), "seat": (-4, -56), "head": (18, -80), "hand": (30, -40)},
)
def cat(pen: Pen) -> None:
    fur = pen.part("fur", "#4b4650", "#cf8a48", "#8b8078", "#e6d8c3", "#5a4a42")
    stripe = pen.darker(fur, 0.09)
    if pen.pose == "sleep":
        curled(pen, fur, pen.darker(fur, 0.03), pen.lighter(fur, 0.05))
        for x in (-24, -12, 0):
            pen.line(curve([(x, -36), (x + 3, -24)]), stripe, 2.6, 0.7)
        with pen.at(25, -20, 1.0, 14):
            _cat_head(pen, fur, True)
        return
    if pen.pose == "sit":
        pen.fill(limb("-22,-6 -44,-4 -56,-14 -52,-30 -44,-34", [9, 9, 8, 7, 5]), fur)
        seated(pen, fur, pen.lighter(fur, 0.1))
        for a, b in (((-30, -36), (-20, -31)), ((-22, -48), (-11, -42)), ((-12, -59), (-2, -53))):
            pen.line(curve([a, b]), stripe, 2.6, 0.7)
        with pen.at(17, -80):
            _cat_head(pen, fur)
        return
    pen.fill(limb("-34,-40 -50,-50 -54,-70 -48,-82", [8, 7, 6, 5]), fur)
    body = blob("-38,-38 -30,-47 0,-46 24,-49 34,-42 30,-28 8,-24 -18,-25 -36,-26")
    beast(pen, body, fur, gait(24, -28, 32, pen.pose), (12, 7, 5.6))
    for x in (-24, -12, 0, 10):
        pen.line(curve([(x, -46), (x + 1.5, -36)]), stripe, 2.6, 0.7)
    pen.fill(limb("24,-40 34,-52", [19, 15]), fur)
    with pen.at(38, -58):
        _cat_head(pen, fur)


def _dog_head(pen: Pen, fur: str, ear: str) -> None:
    pen.fill(blob("-14,0 -12,-11 -2,-15 9,-11 13,-4 25,-2 28,3 25,8 12,10 -2,11 -11,8"), fur)
    pen.fill(blob("11,1 25,-1 28,3 25,8 12,9"), pen.lighter(fur, 0.1))
    pen.fill(ellipse(26.6, -0.4, 3, 2.4), "#28232a", flat=True)
    pen.line(curve("14,7.6 20,8.4 25,6.6"), "#4a3733", 1, 0.8)
    pen.fill(blob("-9,-13 -17,-8 -19,6 -12,14 -5,6 -2,-8"), ear)
    pen.eye(8, -4, 2)


@noun(
    "dog",
    (110, 98),
    0.65,
    words="puppy,hound,terrier,retriever,labrador,spaniel,dachshund,corgi,collie,pup,husky,shepherd dog",
    parts=("fur",),
    poses=("stand", "sit", "sleep", "run"),
    alive=True,
    anchors={"top": (-2, -64), "seat": (-4, -52), "head": (44, -76), "hand": (56, -50)},
)
def dog(pen: Pen) -> None:
    fur = pen.part("fur", "#c79a62", "#8a5f3d", "#d8c6a4", "#5a4a44", "#a9763f")
    ear = pen.darker(fur, 0.13)
    if pen.pose == "sleep":
        curled(pen, fur, fur, pen.lighter(fur, 0.04))
        with pen.at(26, -18, 1.0, 12):
            _dog_head(pen, fur, ear)
        return
    if pen.pose == "sit":
        pen.fill(limb("-28,-8 -46,-12 -56,-26", [7, 6, 4]), fur)
        seated(pen, fur, pen.lighter(fur, 0.11))
        pen.line(curve("8,-68 18,-64 27,-66"), "#b0453c", 4)
        with pen.at(18, -80):
            _dog_head(pen, fur, ear)
        return
    pen.fill(limb("-36,-52 -52,-62 -60,-78", [8, 6, 3.4]), fur)
    body = blob("-40,-48 -30,-57 2,-55 26,-60 38,-50 34,-36 12,-28 -16,-33 -38,-33")
    beast(pen, body, fur, gait(27, -30, 40, pen.pose), (14, 8, 6.6))
    pen.fill(blob("26,-56 38,-50 34,-36 24,-31"), pen.lighter(fur, 0.1))
    pen.fill(limb("26,-48 38,-66", [22, 17]), fur)
    pen.line(curve("26,-58 34,-52 44,-54"), "#b0453c", 4)
    with pen.at(42, -72):
        _dog_head(pen, fur, ear)


def draw_horse(pen: Pen, coat: str, mane: str, sock: str = "") -> None:
    """A horse, also under a rider and with a horn."""
    run = pen.pose == "run"
    pen.fill(
        limb("-52,-86 -70,-88 -82,-70 -92,-58" if run else "-52,-86 -64,-80 -68,-56 -64,-34", [8, 13, 14, 3]), mane
    )
    body = blob("-56,-74 -50,-92 -28,-96 0,-90 26,-96 42,-86 42,-66 22,-54 -8,-58 -34,-54 -52,-58")
    beast(pen, body, coat, gait(32, -42, 66, pen.pose), (21, 8.4, 6.2), sock or pen.darker(coat, 0.15))
    pen.fill(limb("28,-76 46,-100 58,-124", [38, 24, 19]), coat)
    pen.fill(blob("48,-124 54,-136 64,-138 74,-126 88,-106 86,-98 76,-97 66,-108 56,-112"), coat)
    pen.fill(blob("78,-108 88,-107 86,-98 77,-98"), pen.lighter(coat, 0.07))
    pen.fill(poly("56,-133 58,-146 65,-135"), coat)
    strand = [
        (14, -92),
        (24, -106),
        (36, -122),
        (46, -136),
        (58, -142),
        (62, -132),
        (52, -124),
        (44, -108),
        (34, -94),
        (26, -84),
    ]
    pen.fill(blob(strand, 0.3), mane)
    pen.eye(68, -122, 2)
    pen.fill(ellipse(84, -102, 1.5), "#2b2226", flat=True)


@noun(
    "horse",
    (150, 146),
    1.9,
    words="pony,stallion,mare,foal,mustang,donkey,mule",
    parts=("coat", "mane"),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-6, -92), "seat": (-6, -84), "head": (64, -120)},
)
def horse(pen: Pen) -> None:
    coat = pen.part("coat", "#8a5a3a", "#6f4a38", "#a8794e", "#7b7a80", "#4d4044")
    draw_horse(pen, coat, pen.part("mane", pen.darker(coat, 0.16)))


@noun(
    "zebra",
    (150, 140),
    1.6,
    parts=("coat",),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-6, -92), "seat": (-6, -86)},
)
def zebra(pen: Pen) -> None:
    coat, ink = pen.part("coat", "#eee6d8"), "#37323a"
    draw_horse(pen, coat, ink, ink)
    for x in (-50.0, -40.0, -30.0, -20.0, -10.0, 0.0, 10.0, 20.0, 30.0):
        pen.fill(poly([(x, -94 + abs(x) * 0.05), (x + 5, -93), (x + 4, -62 + pen.rng.jitter(5))]), ink)
    for u in (0.1, 0.32, 0.54, 0.76):
        x, y = 34 + 26 * u, -82 - 48 * u
        pen.fill(poly([(x - 14, y - 6), (x - 10, y - 11), (x + 12, y + 9)]), ink)


@noun(
    "cow",
    (146, 102),
    1.5,
    words="bull,ox,calf,cattle,buffalo,bison,yak",
    parts=("coat",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-10, -90), "seat": (-8, -82), "head": (62, -82)},
)
def cow(pen: Pen) -> None:
    coat = pen.part("coat", "#efe6d6", "#9a5f38", "#b98a5c")
    patch = "#4a3a38" if coat == "#efe6d6" else "#efe4d0"
    pen.line(curve("-58,-84 -66,-60 -62,-36"), pen.darker(coat, 0.1), 3)
    pen.fill(ellipse(-62, -32, 3.4, 7), pen.darker(patch, 0.02))
    body = blob("-60,-62 -58,-84 -36,-90 4,-88 36,-90 46,-74 40,-50 16,-40 -24,-40 -52,-44")
    pen.fill(blob("-34,-46 -22,-44 -20,-32 -30,-30"), "#dba79a")
    beast(pen, body, coat, gait(32, -46, 48, "stand"), (18, 10, 8), pen.darker(coat, 0.22))
    for shape in (
        "-46,-88 -24,-90 -18,-72 -34,-60 -48,-68",
        "4,-88 24,-89 28,-70 12,-58 -2,-68",
        "-20,-50 -6,-54 -2,-42 -16,-41",
    ):
        pen.fill(blob(shape), patch, 0.95)
    pen.fill(limb("34,-74 52,-82", [34, 24]), coat)
    pen.fill(blob("46,-88 54,-98 66,-96 76,-82 84,-70 80,-62 68,-62 56,-72"), coat)
    pen.fill(blob("70,-74 84,-72 82,-62 70,-62"), "#dbaa98")
    pen.fill(blob("52,-94 38,-100 36,-94 48,-87"), patch)
    for x in (54, 62):
        pen.fill(limb([(x, -96), (x - 2, -106), (x + 5, -111)], [4, 3, 1]), "#e2d5b8")
    pen.eye(66, -86, 2)
    pen.fill(ellipse(80, -69, 1.6), "#8a5a52", flat=True)


@noun(
    "sheep",
    (104, 82),
    0.95,
    words="lamb,ram,ewe",
    parts=("wool",),
    poses=("stand",),
    alive=True,
    plural="sheep",
    anchors={"top": (-8, -74), "head": (44, -62)},
)
def sheep(pen: Pen) -> None:
    wool, face = pen.part("wool", "#f0e8d8", "#e8dcc6"), pen.rng.pick(("#3f3a3e", "#4a413d", "#d8bfa0"))
    for leg in gait(22, -28, 36, "stand"):
        pen.fill(limb(leg, (8, 5.6, 4.6)), face)
    outline = []
    for x0, y0 in (
        (-50, -44),
        (-46, -62),
        (-30, -73),
        (-10, -77),
        (12, -76),
        (30, -68),
        (38, -50),
        (32, -34),
        (14, -27),
        (-8, -26),
        (-30, -27),
        (-44, -33),
    ):
        outline.append((x0 + pen.rng.jitter(2), y0 + pen.rng.jitter(2)))
    bumpy = []
    for i, (x, y) in enumerate(outline):
        nx, ny = outline[(i + 1) % len(outline)]
        bumpy += [
            (x * 0.94 - 0.3, y * 0.97 - 1.5),
            ((x + nx) / 2 * 1.09 + 0.3, (y + ny) / 2 + (((y + ny) / 2) + 50) * 0.1),
        ]
    pen.fill(blob(bumpy, 0.42), wool)
    for _ in range(12):
        x, y = pen.rng.uniform(-40, 24), pen.rng.uniform(-66, -34)
        pen.line(curve([(x - 4, y), (x, y - 3), (x + 4, y)]), pen.darker(wool, 0.07), 1.6, 0.7)
    pen.fill(blob("34,-66 40,-76 50,-74 60,-62 60,-54 52,-50 42,-52"), face)
    pen.fill(blob("40,-72 30,-73 28,-68 38,-64"), pen.darker(face, 0.04))
    pen.fill(blob("32,-72 40,-82 50,-78 46,-70"), wool)
    pen.eye(50, -66, 1.6, "#171418" if face[1] > "9" else "#efe0b0")


@noun(
    "goat",
    (108, 92),
    0.9,
    words="billy goat,ibex,kid goat",
    parts=("coat",),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-8, -62), "seat": (-8, -58)},
)
def goat(pen: Pen) -> None:
    coat = pen.part("coat", "#d9cbb2", "#8f7257", "#efe6d6")
    pen.fill(limb("-40,-60 -48,-68 -46,-74", [7, 6, 3]), coat)
    body = blob("-42,-50 -36,-63 -8,-62 20,-66 32,-56 28,-40 4,-34 -24,-35 -40,-38")
    beast(pen, body, coat, gait(22, -32, 42, pen.pose), (13, 6.5, 5), pen.darker(coat, 0.2))
    pen.fill(limb("22,-54 38,-74", [22, 14]), coat)
    pen.fill(blob("33,-78 40,-86 50,-83 62,-70 60,-63 50,-63 40,-68"), coat)
    pen.fill(limb("54,-62 54,-52 51,-46", [6, 4, 1]), pen.lighter(coat, 0.06))
    pen.fill(blob("38,-80 26,-84 26,-79 36,-74"), pen.darker(coat, 0.06))
    for dx in (0, 5):
        pen.fill(limb([(40 + dx, -84), (34 + dx, -98), (20 + dx, -102)], [5, 4, 1]), "#7d6a55")
    pen.eye(50, -75, 1.7)


@noun(
    "pig",
    (112, 70),
    0.8,
    words="piglet,boar,hog",
    parts=("skin",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-8, -64), "seat": (-8, -58)},
)
def pig(pen: Pen) -> None:
    skin = pen.part("skin", "#e5a99b", "#dd9c90")
    pen.line(curve("-52,-46 -60,-50 -62,-42 -56,-42 -60,-52"), pen.darker(skin, 0.06), 2.2)
    body = blob("-54,-40 -48,-58 -22,-66 10,-64 34,-58 42,-42 34,-24 6,-16 -26,-17 -48,-24")
    beast(pen, body, skin, gait(24, -34, 26, "stand"), (15, 9.5, 7.5), pen.darker(skin, 0.2))
    pen.fill(blob("24,-46 30,-60 42,-62 52,-54 62,-48 62,-36 52,-30 36,-30"), skin)
    pen.fill(ellipse(62, -42, 4.4, 7, -8), pen.darker(skin, 0.05))
    for dy in (-2.4, 2):
        pen.fill(ellipse(63.4, -42 + dy, 1, 1.5), "#8a4c4a", flat=True)
    pen.fill(poly("30,-58 34,-74 44,-60"), pen.darker(skin, 0.04))
    pen.eye(49, -50, 1.8)
