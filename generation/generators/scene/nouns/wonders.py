"""What exists in stories: dragon, unicorn, mermaid, ghost, robot, snowman, scarecrow, dinosaur, saucer."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.farm import draw_horse
from generation.generators.scene.pen import Pen


def _bat_wing(pen: Pen, colour: str, bone: str) -> None:
    pen.fill(blob("0,0 -6,-34 -30,-74! -50,-58 -66,-30! -50,-36 -40,-22! -30,-28 -18,-8!", 0.3), colour)
    for d in ("0,0 -8,-38 -30,-74", "-8,-38 -44,-46 -66,-30", "-6,-30 -28,-34 -40,-22"):
        pen.line(curve(d), bone, 2.6)


@noun(
    "dragon",
    (176, 118),
    5,
    words="wyvern,fire dragon",
    parts=("scales",),
    poses=("stand", "fly"),
    alive=True,
    anchors={"top": (-6, -66), "seat": (-2, -64), "head": (66, -104)},
)
def dragon(pen: Pen) -> None:
    scales = pen.part("scales", "#4f7f5a", "#a8433a", "#3f6f86", "#5f5a8a")
    belly, dark = pen.blend(scales, "#ead9a0", 0.55), pen.darker(scales, 0.1)
    lift = -14 if pen.pose == "fly" else 0
    with pen.at(0, lift):
        with pen.at(10, -60, 1.0, 22):
            _bat_wing(pen, pen.darker(scales, 0.12), pen.darker(scales, 0.16))
        pen.fill(limb("-34,-40 -62,-26 -84,-30 -92,-46", [28, 16, 9, 4]), scales)
        pen.fill(poly("-90,-42 -102,-58 -84,-54"), dark)
        for x, foot in ((-18, -8), (26, 36)):
            pen.fill(limb([(x, -36), (x + 8, -18 + lift * 0.3), (foot, -3)], [18, 11, 8]), dark)
        pen.fill(blob("-46,-34 -38,-54 -10,-66 22,-62 38,-50 36,-32 12,-20 -22,-20"), scales)
        pen.fill(blob("36,-48 34,-32 12,-21 -16,-21 6,-30 26,-40"), belly, 0.9)
        pen.fill(limb("26,-50 48,-62 50,-86 60,-102", [32, 22, 16, 14]), scales)
        pen.fill(limb("36,-44 54,-58 57,-84", [10, 9, 5]), belly, 0.85)
        pen.fill(blob("52,-106 58,-116 70,-117 84,-108 98,-103 98,-97 82,-95 66,-94 54,-97"), scales)
        pen.fill(blob("66,-95 82,-95 92,-93 84,-89 68,-90"), dark)
        for x, y in ((58, -114), (64, -117)):
            pen.fill(limb([(x, y), (x - 8, y - 8), (x - 22, y - 10)], [5.4, 4, 0.8]), "#e4d6b0")
        for x, y in ((-70, -33), (-50, -36), (-30, -52), (-10, -66), (8, -66), (24, -64), (38, -74), (42, -90)):
            pen.fill(poly([(x - 5, y + 3), (x - 3, y - 8), (x + 5, y + 2)]), dark)
        for x, foot in ((-26, -22), (18, 26)):
            pen.fill(limb([(x, -36), (x + 10, -16 + lift * 0.3), (foot, -3)], [22, 13, 9]), scales)
            for k in (0, 5, 10):
                pen.fill(poly([(foot + k - 3, -4), (foot + k + 6, 0), (foot + k - 3, 0)]), "#e4d6b0")
        with pen.at(0, -58, 1.12, 2):
            _bat_wing(pen, pen.lighter(scales, 0.03), dark)
        pen.fill(ellipse(74, -109, 2.6, 2), "#f0c648", flat=True)
        pen.fill(ellipse(74.6, -109, 0.8, 1.8), "#241c20", flat=True)


@noun(
    "unicorn",
    (150, 160),
    1.9,
    words="pegasus",
    parts=("coat", "mane"),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-6, -92), "seat": (-6, -84), "head": (64, -120)},
)
def unicorn(pen: Pen) -> None:
    coat = pen.part("coat", "#f2ece4")
    mane = pen.part("mane", "#d99ab8", "#9fb3e0", "#c9a0d8")
    draw_horse(pen, coat, mane, "#d8c08a")
    pen.fill(limb("64,-134 72,-150 80,-166", [5.4, 3.4, 0.8]), "#e8c866")


@noun(
    "mermaid",
    (80, 92),
    1.7,
    words="merman,siren",
    parts=("tail",),
    poses=("sit",),
    alive=True,
    anchors={"top": (0, -90), "hand": (22, -36)},
)
def mermaid(pen: Pen) -> None:
    tail = pen.part("tail", "#3f9a94", "#5a7fb5")
    skin, hair = pen.rng.pick(("#e6bb95", "#b57f58", "#8f5f42")), pen.rng.pick(("#a8432f", "#3b2a26", "#cfa55c"))
    pen.fill(limb("-6,-34 4,-14 28,-8 44,-14", [21, 21, 14, 6]), tail)
    pen.fill(blob("42,-12 56,-28 64,-34! 62,-18 68,-2! 54,-6"), pen.darker(tail, 0.07))
    pen.fill(blob("-14,-82 -24,-60 -22,-34 -10,-36 2,-68"), pen.darker(hair, 0.05))
    pen.fill(blob("-12,-60 -13,-44 -14,-30 4,-28 6,-44 6,-60 -2,-64", 0.28), skin)
    pen.fill(blob("-12,-56 6,-56 7,-46 -2,-43 -12,-46"), pen.darker(tail, 0.05))
    pen.fill(limb("-2,-62 -2,-70", [6, 6]), pen.darker(skin, 0.05))
    pen.fill(limb("4,-58 16,-48 22,-36", [6.4, 5.4, 4]), skin)
    pen.fill(blob("-8,-74 -4,-84 4,-84 8,-77 8,-71 3,-67 -4,-68"), skin)
    pen.fill(blob("-12,-70 -12,-84 -2,-91 8,-86 8,-81 -1,-78 -6,-62 -14,-48 -20,-52"), hair)
    pen.fill(ellipse(4.6, -75, 0.9, 1.2), "#2a2024", flat=True)
    for k in range(8):
        x, y = -8 + 6 * k, -26 + 2.4 * min(k, 5)
        pen.line(curve([(x - 3, y), (x, y + 3), (x + 3, y)]), pen.lighter(tail, 0.12), 1, 0.7)


@noun(
    "ghost",
    (66, 90),
    1.5,
    words="spirit,phantom,spectre",
    parts=("veil",),
    poses=("stand", "fly"),
    alive=True,
    anchors={"top": (0, -86)},
)
def ghost(pen: Pen) -> None:
    veil = pen.part("veil", "#e6ecef")
    pen.glow(0, -48, 78, "#dfeef4", 0.5)
    pen.fill(
        blob(
            "-22,-62 -14,-82 2,-88 18,-80 25,-60 27,-34 34,-10 24,-16 18,-3 8,-14 -2,-1 -10,-13 -22,-4 -30,-14 -25,-36"
        ),
        veil,
        0.78,
    )
    pen.shade(blob("-22,-50 -14,-30 -16,-10 -24,-10 -26,-32"), 0.14)
    for x, r in ((4, 3.6), (16, 3.1)):
        pen.fill(ellipse(x, -64, r, r * 1.5), "#3d4652", flat=True)


@noun(
    "robot",
    (64, 104),
    1.7,
    words="android,automaton,cyborg,machine",
    parts=("metal",),
    poses=("stand", "wave", "sit", "ride"),
    alive=True,
    anchors={"top": (0, -102), "hand": (26, -40), "head": (0, -102)},
)
def robot(pen: Pen) -> None:
    metal = pen.part("metal", "#8fa3ad", "#c98a4a", "#6f8f8a", "#b5a894")
    dark = pen.darker(metal, 0.18)
    if pen.pose in ("stand", "wave"):
        for x in (-11, 9):
            pen.line(curve([(x, -36), (x + 1, -4)]), dark, 7)
            for y in (-28, -21, -14):
                pen.line(curve([(x - 3.6, y), (x + 4.4, y)]), pen.lighter(dark, 0.14), 1.4)
            pen.fill(blob([(x - 9, 0), (x - 7, -9), (x + 5, -9), (x + 12, -2), (x + 12, 0)]), metal)
        dy = 0.0
    else:
        dy = 30.0
        for x in (-8, 6):
            pen.line(curve([(x, -8), (x + 22, -10), (x + 24, -1 if pen.pose == "sit" else 20)]), dark, 7)
            pen.fill(box(x + 17, -4 if pen.pose == "sit" else 18, 18, 7, 3), metal)
    with pen.at(0, dy):
        far = [(20, -62), (28, -76), (34, -94)] if pen.pose == "wave" else [(18, -62), (28, -52), (26, -40)]
        pen.line(curve(far), dark, 6)
        pen.fill(ellipse(far[-1][0], far[-1][1], 5.4), metal)
        pen.fill(blob("-20,-36! -23,-64 -14,-71! 14,-71! 22,-64 19,-36!", 0.2), metal)
        pen.fill(box(-8, -60, 20, 14, 3), dark)
        for x, c in ((-3, "#d9603f"), (3, "#e3b84a"), (9, "#5fae84")):
            pen.fill(ellipse(x, -53, 2), c, flat=True)
        pen.line(curve("-17,-62 -27,-52 -24,-38"), dark, 6)
        pen.fill(ellipse(-24, -37, 5.4), metal)
        pen.fill(box(-5, -77, 10, 8), dark)
        pen.fill(box(-18, -101, 36, 25, 8), metal)
        pen.fill(box(-10, -96, 28, 14, 6), "#27303c")
        for x in (0, 11):
            pen.glow(x, -89, 9, "#8fe6f0", 0.7)
            pen.light(ellipse(x, -89, 3.3), "#a8f0f4")
        pen.line(curve("-6,-101 -9,-112"), dark, 1.8)
        pen.fill(ellipse(-9, -113, 2.8), "#d9603f")


@noun(
    "snowman",
    (70, 100),
    1.6,
    words="snow man",
    parts=("scarf",),
    anchors={"top": (2, -104), "head": (2, -96)},
    plural="snowmen",
)
def snowman(pen: Pen) -> None:
    scarf, snow = pen.part("scarf", "#b8403a", "#3f6f94", "#4f8a5f"), "#f2f1ee"
    for x, tip in ((-20, -44), (22, 46)):
        pen.line(curve([(x, -46), (tip, -62), (tip + (6 if tip > 0 else -6), -72)]), "#5f4534", 2.4)
        pen.line(curve([(tip, -62), (tip * 1.16, -60)]), "#5f4534", 1.6)
    pen.fill(ellipse(0, -24, 31, 26), snow)
    pen.fill(ellipse(1, -58, 23, 20), snow)
    pen.fill(ellipse(3, -84, 16), snow)
    for y in (-66, -57, -48):
        pen.fill(ellipse(12, y, 2.1), "#35323a", flat=True)
    pen.fill(blob("-12,-76 4,-70 18,-76 19,-69 4,-63 -12,-69"), scarf)
    pen.fill(limb("-6,-70 -14,-56 -13,-46", [9, 8, 8]), pen.darker(scarf, 0.05))
    pen.fill(poly("12,-86 32,-81 12,-80"), "#d9813a")
    for x in (7, 15):
        pen.fill(ellipse(x, -90, 1.9), "#35323a", flat=True)
    pen.fill(blob("-16,-96 4,-100 22,-95 4,-92"), "#3d3a44")
    pen.fill(box(-8, -118, 23, 22, 2), "#3d3a44")
    pen.fill(box(-8, -102, 23, 4.6), scarf)


@noun("scarecrow", (90, 108), 1.8, parts=("shirt",), anchors={"top": (-30, -76)})
def scarecrow(pen: Pen) -> None:
    shirt, straw = pen.part("shirt", "#8a5a4a", "#5f6f86"), "#d8b45f"
    pen.line(curve("0,2 0,-96"), "#6f4f36", 5)
    pen.line(curve("-42,-74 42,-72"), "#6f4f36", 4)
    for side in (-1, 1):
        for k in range(6):
            pen.line(curve([(side * 36, -74), (side * (48 + pen.rng.uniform(0, 4)), -82 + 4 * k)]), straw, 1.6)
    pen.fill(
        blob(
            "-38,-80! -10,-84 12,-84 38,-80! 38,-66! 14,-66 15,-30! 8,-34! 2,-28! -6,-34! -13,-29! -13,-66 -38,-66!",
            0.2,
        ),
        shirt,
    )
    pen.fill(box(-10, -56, 9, 10, 1), "#c9a04f")
    pen.fill(ellipse(0, -92, 11, 12), "#d9bb84")
    pen.fill(blob("-24,-98 0,-104 24,-98 0,-94"), "#7a5a38")
    pen.fill(blob("-11,-98 -4,-118 4,-120 12,-98"), "#7a5a38")
    pen.eye(1, -92, 1.5)
    pen.eye(7, -92, 1.5)


@noun(
    "dinosaur",
    (176, 130),
    6,
    words="brontosaurus,sauropod,brachiosaurus,dino,t-rex,tyrannosaurus",
    parts=("skin",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-10, -76), "seat": (-6, -74)},
)
def dinosaur(pen: Pen) -> None:
    skin = pen.part("skin", "#6f8f6a", "#8a8f5f", "#7a8a94")
    dark = pen.darker(skin, 0.08)
    pen.fill(limb("-40,-52 -72,-42 -98,-20 -112,-8", [40, 22, 10, 2]), skin)
    for x in (-20.0, 30.0):
        pen.fill(limb([(x, -40), (x + 3, -20), (x + 2, -4)], [24, 18, 17]), dark)
    pen.fill(blob("-54,-48 -44,-70 -14,-80 20,-74 40,-56 34,-36 4,-26 -30,-28"), skin)
    pen.fill(limb("24,-56 46,-76 54,-108 70,-128", [38, 24, 15, 12]), skin)
    pen.fill(blob("62,-130 68,-138 80,-138 94,-130 94,-124 80,-121 66,-122"), skin)
    for x in (-38, 18):
        pen.fill(limb([(x, -44), (x - 1, -20), (x, -4)], [30, 21, 20]), skin)
        for k in (-6, 0, 6):
            pen.fill(ellipse(x + k, -2.4, 2.6, 2.2), pen.lighter(skin, 0.14))
    for _ in range(12):
        x = pen.rng.uniform(-40, 24)
        pen.fill(ellipse(x, -74 + abs(x + 8) * 0.22 + pen.rng.uniform(0, 14), pen.rng.uniform(2, 4.4), 2.4), dark, 0.7)
    pen.eye(78, -132, 1.9)


@noun(
    "flying saucer",
    (120, 62),
    5,
    "sky",
    words="ufo,spaceship,spacecraft,alien ship,starship,space ship",
    parts=("hull",),
    turns=False,
)
def flying_saucer(pen: Pen) -> None:
    hull = pen.part("hull", "#8f9aa8", "#7f948f")
    pen.fill(blob("-24,-36 -18,-54 0,-62 18,-54 24,-36"), "#9fd8d8", 0.85)
    pen.shine(blob("-14,-44 -8,-55 0,-58 -6,-46"), 0.6)
    pen.fill(blob("-60,-26 -30,-38 0,-41 30,-38 60,-26 30,-16 0,-13 -30,-16"), hull)
    pen.fill(blob("-34,-17 0,-14 34,-17 20,-6 -20,-6"), pen.darker(hull, 0.12))
    for x in (-42, -22, 0, 22, 42):
        y = -24 + abs(x) * 0.02
        pen.glow(x, y, 11, "#ffe08a", 0.8)
        pen.light(ellipse(x, y, 3.4, 2.6), "#ffe9a8")
