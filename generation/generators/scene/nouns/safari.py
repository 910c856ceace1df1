"""Wild animals of warm countries, in side view."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.bodies import beast, gait, seated
from generation.generators.scene.pen import Pen


@noun(
    "lion",
    (140, 94),
    1.2,
    words="lioness",
    parts=("fur", "mane"),
    poses=("stand", "sit", "run"),
    alive=True,
    anchors={"top": (-8, -66), "seat": (-12, -62), "head": (48, -72)},
)
def lion(pen: Pen) -> None:
    fur = pen.part("fur", "#d3a25a", "#c8964f")
    mane = pen.part("mane", "#8a5228", "#7a4522")
    if pen.pose == "sit":
        pen.fill(limb("-26,-6 -52,-3 -66,-12", [5, 4, 3]), fur)
        pen.fill(ellipse(-68, -13, 7, 5), mane)
        seated(pen, fur, pen.lighter(fur, 0.05))
        with pen.at(-24, -13):
            _lion_head(pen, fur, mane)
        return
    pen.fill(limb("-44,-56 -60,-58 -68,-44 -70,-26 -78,-19", [6, 4.4, 3.6, 3.2, 3]), fur)
    pen.fill(blob("-74,-24 -84,-23 -90,-14! -82,-12 -74,-15"), mane)
    legs = gait(28, -37, 40, pen.pose)
    body = blob("-50,-50 -46,-61 -32,-66 -8,-63 16,-66 36,-66 46,-54 42,-38 26,-29 4,-33 -16,-38 -30,-34 -46,-36")
    beast(pen, body, fur, legs, (19, 11.5, 9))
    pen.shade(blob("-28,-40 -14,-40 6,-36 24,-31 6,-32 -12,-36 -22,-36"), 0.2)
    pen.shade(blob("-30,-58 -24,-48 -27,-38 -31,-34! -28,-46", 0.3), 0.16)
    for leg, shade in ((legs[2], 0.09), (legs[3], 0.09), (legs[0], 0.0), (legs[1], 0.0)):
        x, y = leg[-1]
        paw = [(x - 6, y + 2), (x - 5, y - 5), (x + 3, y - 6), (x + 10, y - 2), (x + 11, y + 2)]
        pen.fill(blob(paw, 0.3), pen.darker(fur, shade) if shade else fur)
        for k in (3.5, 7):
            pen.line(curve([(x + k, y - 2.6), (x + k + 0.8, y + 1.4)]), pen.darker(fur, 0.16 + shade), 0.9)
    _lion_head(pen, fur, mane)


def _lion_head(pen: Pen, fur: str, mane: str) -> None:
    """A strong profile in a ragged mane that falls over the chest."""
    pen.fill(blob("12,-58! 15,-70 20,-80! 23,-86 31,-92! 37,-95 46,-96! 54,-94 60,-87! 62,-78 60,-68! 62,-58 55,-47! "
                  "52,-38 44,-27! 40,-32 34,-26! 30,-34 24,-35! 22,-44 15,-46! 17,-52", 0.34), mane)  # fmt: skip
    inner = "26,-60! 28,-74 34,-84 44,-89 54,-86! 60,-76 57,-56 49,-42! 44,-40 40,-35! 36,-44 31,-46! 30,-54"
    pen.fill(blob(inner, 0.34), pen.lighter(mane, 0.05))
    for line in ("22,-72 32,-66 40,-58", "21,-58 32,-52 42,-46", "32,-85 40,-76 45,-66", "34,-38 42,-44 48,-52"):
        pen.line(curve(line), pen.darker(mane, 0.07), 1.5, 0.8)
    pen.fill(blob("38,-80 36,-89 43,-92 50,-87 48,-80"), pen.darker(fur, 0.05))
    pen.fill(blob("40,-82 39.6,-87 43,-89 47,-86 46,-81"), pen.darker(mane, 0.03))
    pen.fill(blob("42,-64 43,-76 50,-83 59,-83 66,-78 70,-71 80,-68 84,-63 82,-55 75,-50 63,-48 53,-50 45,-55"), fur)
    pen.fill(blob("66,-66 74,-66 82,-63 82,-56 76,-51 66,-50 61,-55 62,-62"), pen.lighter(fur, 0.09))
    pen.fill(blob("64,-49 74,-50.6 77,-48 72,-44 65,-44.6"), pen.lighter(fur, 0.04))
    pen.fill(blob("76,-69 83,-68 85,-64 82,-60.6 78,-63", 0.3), "#5a332c")
    pen.line(curve("81,-61 79,-55.6 72,-52 65,-52"), pen.darker(fur, 0.22), 1.3)
    pen.shade(blob("50,-82 58,-80 64,-75 61,-73 54,-75"), 0.14)
    pen.eye(62, -73.6, 1.9)
    pen.line(curve("58,-77 63,-77.4 67,-75"), pen.darker(fur, 0.2), 1.5)


@noun(
    "tiger",
    (130, 84),
    1.2,
    words="tigress,leopard,panther,jaguar,cheetah,puma,lynx",
    parts=("fur",),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-8, -66), "seat": (-12, -62)},
)
def tiger(pen: Pen) -> None:
    fur, stripe, white = pen.part("fur", "#d9863a", "#cf7c34"), "#3b2a2a", "#f1e6d4"
    tail = "-42,-54 -62,-52 -74,-62 -84,-58"
    pen.fill(limb(tail, [8, 6, 6, 5]), fur)
    body = blob("-48,-52 -38,-64 -10,-62 20,-66 36,-58 34,-40 10,-31 -20,-33 -44,-32")
    beast(pen, body, fur, gait(26, -35, 42, pen.pose), (18, 11, 8.5))
    pen.fill(blob("-20,-34 8,-36 26,-38 12,-30 -10,-31"), white)
    for x in (-38, -27, -16, -5, 6, 17):
        pen.fill(poly([(x - 2, -64 + abs(x + 10) * 0.05), (x + 3, -63), (x + 1.5, -44 + pen.rng.jitter(4))]), stripe)
    for x, y in ((-64, -53), (-73, -60)):
        pen.line(curve([(x - 1, y - 3), (x + 2, y + 3)]), stripe, 2.2)
    pen.fill(limb("24,-52 42,-62", [28, 24]), fur)
    pen.fill(ellipse(38, -80, 4.6), fur)
    pen.fill(blob("34,-64 38,-78 50,-82 60,-75 68,-67 68,-59 60,-53 46,-52"), fur)
    pen.fill(blob("50,-60 60,-65 68,-64 67,-58 60,-53 50,-53"), white)
    for a, b in (((42, -80), (45, -72)), ((47, -82), (49, -75)), ((36, -66), (45, -63)), ((36, -60), (44, -58))):
        pen.line(curve([a, b]), stripe, 2)
    pen.fill(poly("64,-67 70,-66 68,-62"), "#6b3a38")
    pen.eye(56, -70, 1.8)


@noun(
    "elephant",
    (150, 122),
    3.2,
    parts=("skin",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-14, -112), "seat": (-6, -110), "head": (48, -96)},
)
def elephant(pen: Pen) -> None:
    skin = pen.part("skin", "#8d8c94", "#7f8590", "#9a948f")
    dark = pen.darker(skin, 0.08)
    pen.line(curve("-66,-80 -74,-60 -70,-44"), dark, 3)
    for x, foot in ((-34, -26), (24, 34)):
        pen.fill(limb([(x, -60), (x + (foot - x) * 0.5, -26), (foot, -3)], [28, 21, 21]), dark)
    pen.fill(blob("-68,-66 -60,-98 -30,-114 8,-112 32,-104 42,-80 34,-52 4,-42 -32,-42 -60,-44"), skin)
    for x, foot in ((-50, -54), (10, 10)):
        pen.fill(limb([(x, -64), ((x + foot) / 2, -28), (foot, -3)], [32, 24, 23]), skin)
        for k in (-7, 0, 7):
            pen.fill(ellipse(foot + k, -2.4, 2.6, 2.2), pen.lighter(skin, 0.13))
    pen.fill(limb("56,-80 68,-54 68,-26 78,-12 86,-16", [24, 18, 12, 9, 6]), skin)
    pen.fill(blob("26,-88 34,-110 54,-114 68,-102 70,-82 60,-68 40,-66"), skin)
    for y in (-46, -38, -30, -22):
        pen.line(curve([(62.5, y), (68, y + 1.6), (73, y)]), dark, 1.1, 0.7)
    pen.fill(limb("58,-68 70,-54 84,-52", [5.4, 4.6, 1.6]), "#efe6d0")
    pen.fill(blob("42,-100 26,-116 8,-108 6,-84 18,-64 32,-66 42,-80"), dark)
    pen.fill(blob("38,-96 26,-108 14,-102 13,-84 22,-72 32,-74"), pen.blend(skin, "#c99a94", 0.35))
    pen.eye(58, -94, 1.9)


@noun(
    "giraffe",
    (104, 184),
    5,
    parts=("fur",),
    poses=("stand",),
    alive=True,
    anchors={"top": (46, -186), "seat": (-6, -84), "head": (46, -170)},
)
def giraffe(pen: Pen) -> None:
    fur, patch = pen.part("fur", "#e0b668", "#d8aa5c"), "#9a5f30"
    pen.line(curve("-38,-80 -48,-64 -46,-48"), pen.darker(fur, 0.12), 2.2)
    body = blob("-42,-66 -40,-82 -20,-90 10,-98 28,-98 32,-80 18,-62 -14,-58 -36,-56")
    legs = gait(19, -32, 70, "stand")
    beast(pen, body, fur, legs, (14, 6.4, 5), "#7a5238")
    pen.fill(limb("16,-84 28,-120 40,-160", [30, 15, 11]), fur)
    pen.fill(limb("4,-96 20,-124 33,-160", [3, 3.4, 2.6]), "#8a5a30")
    pen.fill(blob("33,-166 40,-176 50,-176 62,-167 72,-160 70,-154 58,-153 44,-156 36,-158"), fur)
    pen.fill(blob("60,-162 72,-160 70,-154 60,-154"), pen.lighter(fur, 0.08))
    for x in (40, 46):
        pen.fill(limb([(x, -174), (x - 1, -186)], [2.6, 3]), "#6a4428")
    pen.fill(blob("38,-170 26,-176 25,-171 36,-165"), pen.darker(fur, 0.04))
    pen.eye(52, -169, 1.8)
    spots = (
        (-32, -72),
        (-20, -80),
        (-8, -74),
        (4, -84),
        (15, -76),
        (22, -90),
        (-24, -64),
        (-4, -64),
        (10, -66),
        (20, -104),
        (26, -114),
        (24, -124),
        (32, -132),
        (32, -144),
        (37, -152),
    )
    for x, y in spots:
        s = 5.4 if y > -98 else 3.4
        pen.fill(
            blob(
                [
                    (x - s, y),
                    (x - s * 0.3, y - s * 0.9),
                    (x + s, y - s * 0.4),
                    (x + s * 0.7, y + s * 0.8),
                    (x - s * 0.5, y + s * 0.8),
                ],
                0.2,
            ),
            patch,
            0.9,
        )


@noun(
    "monkey",
    (84, 88),
    0.8,
    words="ape,gorilla,chimpanzee,chimp,orangutan",
    parts=("fur",),
    poses=("sit",),
    alive=True,
    anchors={"top": (6, -84), "hand": (34, -36)},
)
def monkey(pen: Pen) -> None:
    fur, skin = pen.part("fur", "#6f4d38", "#7d5a3c"), "#d9ad88"
    pen.line(curve("-22,-8 -42,-10 -46,-30 -34,-42 -26,-34"), pen.darker(fur, 0.03), 5)
    pen.fill(blob("-26,-1 -32,-24 -18,-52 4,-58 18,-44 20,-18 14,-1"), fur)
    pen.fill(blob("2,-6 2,-32 12,-44 18,-30 17,-8"), skin, 0.85)
    pen.fill(limb("-6,-14 18,-24 26,-3", [15, 12, 9]), pen.darker(fur, 0.04))
    pen.fill(blob("18,0 20,-7 34,-6 38,0"), skin)
    pen.fill(limb("-4,-46 18,-34 34,-38", [12, 10, 8]), fur)
    pen.fill(ellipse(36, -38, 5), skin)
    pen.fill(ellipse(-10, -68, 7.5), skin)
    pen.fill(blob("-10,-62 -8,-78 8,-86 22,-78 24,-64 12,-54 -2,-54"), fur)
    pen.fill(blob("4,-68 8,-76 16,-75 22,-72 24,-62 18,-55 8,-56 4,-62"), skin)
    pen.eye(12, -69, 1.7)
    pen.eye(20, -69, 1.5)
    pen.line(curve("12,-60 17,-58.6 22,-60.4"), "#7a4c3c", 1.1)


@noun(
    "camel",
    (128, 122),
    2.2,
    words="dromedary",
    parts=("fur",),
    poses=("stand",),
    alive=True,
    anchors={"top": (-10, -112), "seat": (-10, -102), "head": (60, -112)},
)
def camel(pen: Pen) -> None:
    fur = pen.part("fur", "#c39a62", "#b98f5a")
    pen.line(curve("-52,-78 -60,-62 -56,-50"), pen.darker(fur, 0.12), 2.4)
    body = blob("-54,-66 -48,-84 -32,-90 -20,-110 -6,-112 6,-92 24,-86 36,-74 30,-58 6,-52 -22,-54 -46,-52")
    beast(pen, body, fur, gait(24, -42, 64, "stand"), (16, 7.4, 6), pen.darker(fur, 0.12))
    pen.fill(limb("24,-70 42,-64 52,-86 58,-108", [22, 17, 13, 11]), fur)
    pen.fill(blob("51,-112 56,-121 66,-121 80,-113 84,-106 78,-101 64,-103 54,-105"), fur)
    pen.fill(blob("74,-110 84,-107 80,-101 72,-103"), pen.lighter(fur, 0.08))
    pen.fill(blob("55,-119 50,-127 56,-126 60,-120"), pen.darker(fur, 0.08))
    pen.line(curve("66,-114 70,-113.4"), "#2a2020", 2)
    pen.fill(blob("-18,-112 -8,-114 -2,-104 -14,-98 -22,-100"), pen.darker(fur, 0.08), 0.8)


@noun(
    "kangaroo",
    (96, 112),
    1.5,
    words="wallaby",
    parts=("fur",),
    poses=("stand",),
    alive=True,
    anchors={"head": (26, -104), "top": (18, -112)},
)
def kangaroo(pen: Pen) -> None:
    fur = pen.part("fur", "#ab7a50", "#9b7150")
    pen.fill(limb("-10,-34 -30,-20 -56,-4 -76,-2", [18, 14, 9, 3]), fur)
    pen.fill(limb("-8,-30 12,-20 -6,-4 20,-3", [18, 12, 7, 5]), pen.darker(fur, 0.08))
    pen.fill(blob("-26,-30 -22,-54 -4,-76 14,-88 22,-78 18,-52 6,-24 -14,-18"), fur)
    pen.fill(blob("4,-30 12,-50 18,-66 19,-48 10,-28"), pen.lighter(fur, 0.12))
    pen.fill(limb("-14,-30 10,-24 -8,-5 22,-3", [22, 15, 8, 6]), fur)
    pen.fill(limb("12,-68 24,-58 30,-50", [7, 5, 4]), fur)
    pen.fill(limb("12,-78 20,-96", [17, 12]), fur)
    pen.fill(blob("14,-100 20,-108 30,-106 42,-98 42,-93 30,-91 18,-93"), fur)
    for x, lean in ((17, -7), (22, -3)):
        pen.fill(
            blob([(x - 3, -104), (x + lean - 3, -120), (x + lean + 3, -122), (x + 4, -105)]), pen.darker(fur, 0.04)
        )
    pen.fill(ellipse(41.5, -96.5, 2), "#2b2324", flat=True)
    pen.eye(28, -101, 1.7)
