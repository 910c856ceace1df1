"""Wild animals, in side view."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.bodies import beast, curled, gait, seated
from generation.generators.scene.pen import Pen


def _fox_head(pen: Pen, fur: str, asleep: bool = False) -> None:
    pen.fill(poly("-9,-8 -9,-27 1,-12"), pen.darker(fur, 0.1))
    pen.fill(blob("-14,0 -11,-10 -2,-13 7,-9 14,-3 25,3! 22,6 10,9 -2,11 -11,8"), fur)
    pen.fill(blob("-13,3 -4,2 8,1 25,3! 22,6 10,9 -2,12 -9,10!"), "#f3e7d8")
    pen.fill(poly("-6,-9 0,-29 8,-9"), fur)
    pen.fill(poly("-2,-12 0.5,-24 5,-11"), "#4a3030")
    pen.fill(ellipse(24.4, 3.4, 2.1, 1.7), "#2a2226", flat=True)
    if asleep:
        pen.line(curve("4,-1 7,1 10,-0.5"), "#3a2a26", 1.3)
    else:
        pen.eye(7, -2.2, 1.8)


@noun(
    "fox",
    (120, 76),
    0.6,
    words="vixen,red fox",
    parts=("fur",),
    poses=("stand", "sit", "sleep", "run"),
    alive=True,
    anchors={"top": (0, -52), "seat": (-6, -46), "head": (44, -62), "hand": (60, -40)},
)
def fox(pen: Pen) -> None:
    fur = pen.part("fur", "#d4692c", "#c75f2a", "#dd7a36")
    white, sock = "#f3e7d8", "#453030"
    if pen.pose == "sleep":
        curled(pen, fur, fur, pen.darker(fur, 0.04))
        pen.fill(limb("0,-3 22,-6 30,-8", [11, 8, 3]), white)
        with pen.at(26, -17, 0.95, 24):
            _fox_head(pen, fur, True)
        return
    if pen.pose == "sit":
        pen.fill(limb("-24,-8 -46,-5 -58,-14 -54,-28", [10, 18, 17, 4]), fur)
        pen.fill(limb("-57,-16 -54,-30", [13, 3]), white)
        seated(pen, fur, white, sock)
        with pen.at(19, -77):
            _fox_head(pen, fur)
        return
    run = pen.pose == "run"
    tail = "-30,-40 -50,-44 -72,-40 -88,-30" if run else "-30,-40 -46,-34 -62,-20 -78,-14"
    pen.fill(limb(tail, [8, 17, 20, 4]), fur)
    pen.fill(limb("-74,-37 -89,-30" if run else "-66,-17 -80,-13", [16, 3]), white)
    body = blob("-34,-40 -20,-48 6,-47 26,-52 36,-44 32,-30 18,-24 -4,-28 -22,-25 -36,-30")
    beast(pen, body, fur, gait(24, -26, 32, pen.pose), (12, 6.4, 4.2), sock)
    pen.fill(blob("26,-50 38,-46 34,-32 24,-26 22,-36"), white)
    pen.fill(limb("24,-42 36,-56", [20, 15]), fur)
    with pen.at(41, -61):
        _fox_head(pen, fur)


@noun(
    "wolf",
    (124, 84),
    0.85,
    words="coyote,jackal,werewolf",
    parts=("fur",),
    poses=("stand", "sit", "run"),
    alive=True,
    plural="wolves",
    anchors={"top": (0, -60), "seat": (-6, -54), "head": (48, -72)},
)
def wolf(pen: Pen) -> None:
    fur = pen.part("fur", "#7f838b", "#8d877f", "#6c7078")
    pale = pen.lighter(fur, 0.14)
    howls = pen.pose == "sit"
    if howls:
        pen.fill(limb("-24,-8 -48,-4 -60,-6", [10, 14, 4]), fur)
        seated(pen, fur, pale)
        with pen.at(17, -78, 1, -48):
            _wolf_head(pen, fur, pale)
        return
    pen.fill(limb("-32,-46 -52,-40 -62,-24", [9, 14, 5]), fur)
    body = blob("-36,-48 -16,-54 10,-54 30,-60 40,-50 34,-34 18,-26 -6,-32 -24,-29 -38,-36")
    beast(pen, body, fur, gait(27, -28, 38, pen.pose), (14, 7.5, 5))
    pen.fill(blob("30,-58 42,-52 37,-36 25,-28 24,-42"), pale)
    pen.fill(limb("26,-48 42,-64", [25, 19]), fur)
    with pen.at(46, -68):
        _wolf_head(pen, fur, pale)


def _wolf_head(pen: Pen, fur: str, pale: str) -> None:
    pen.fill(poly("-10,-8 -9,-24 -1,-12"), pen.darker(fur, 0.08))
    pen.fill(blob("-15,1 -11,-10 -1,-13 8,-7 24,-1 28,3 23,7 8,9 -4,11 -13,8"), fur)
    pen.fill(blob("-12,6 0,3 14,3 27,4 22,8 8,9 -4,12"), pale)
    pen.fill(poly("-6,-10 -1,-26 5,-10"), fur)
    pen.fill(ellipse(26.5, 1.6, 2.4, 2), "#26242a", flat=True)
    pen.eye(8, -3, 1.7, "#4a3a1c")


@noun(
    "bear",
    (142, 78),
    1.3,
    words="brown bear,grizzly,black bear,teddy bear",
    parts=("fur",),
    poses=("stand", "sit", "run"),
    alive=True,
    anchors={"top": (-8, -70), "seat": (-10, -66), "head": (54, -60)},
)
def bear(pen: Pen) -> None:
    fur = pen.part("fur", "#6d4a34", "#5c4030", "#7c5638")
    if pen.pose == "sit":
        return _sitting_bear(pen, fur, pen.blend(fur, "#e0c098", 0.45))
    _walking_bear(pen, fur, pen.blend(fur, "#e0c098", 0.4))
    return None


def _walking_bear(pen: Pen, fur: str, snout: str) -> None:
    """A heavy walker: humped shoulders, a low-carried head, thick legs that taper to broad paws."""
    dark = pen.darker(fur, 0.12)
    run = pen.pose == "run"
    reach = 14 if run else 5
    for line in ([(20, -34), (26 + reach, -18), (22 + 2 * reach, -3)], [(-34, -34), (-30, -19), (-26 - 2 * reach, -3)]):
        pen.fill(limb(line, [22, 15, 12]), dark)
        _paw(pen, *line[-1], dark)
    body = "-61,-40 -60,-54 -50,-67 -30,-73 -8,-70 14,-76 30,-77 42,-66 46,-52 38,-36 20,-29 -2,-25 -24,-28 -44,-30"
    pen.fill(ellipse(-61, -52, 4.4, 5), fur)
    pen.fill(blob(body), fur)
    pen.shade(blob("-34,-30 -6,-36 20,-38 32,-33 10,-27 -12,-24"), 0.17)
    pen.shade(blob("-33,-60 -27,-46 -29,-34 -34,-28! -30,-44", 0.3), 0.12)
    pen.shine(blob("-50,-65 -30,-72 -8,-69 14,-75 32,-75 14,-71 -10,-65 -34,-67"), 0.3)
    for line in (
        [(28, -46), (32 - reach, -22), (34 - 2 * reach, -3)],
        [(-44, -48), (-48, -24), (-44 + 2 * reach, -3)],
    ):
        pen.fill(limb(line, [30, 19, 13]), fur)
        _paw(pen, *line[-1], fur)
        x, y = line[-1]
        for k in (3.0, 6.5, 10.0):
            pen.line(curve([(x + k, y - 1), (x + k + 1.4, y + 2.4)]), "#3a3436", 1)
    pen.fill(limb("28,-62 46,-60 58,-54", [34, 26, 18]), fur)
    pen.fill(ellipse(45, -71, 4.6), pen.darker(fur, 0.06))
    pen.fill(blob("40,-58 46,-69 56,-69 64,-61 76,-55 79,-50 74,-46 60,-45 48,-47"), fur)
    pen.fill(blob("64,-60 75,-56 79,-50 74,-46 63,-47"), snout)
    pen.fill(ellipse(77.4, -53.4, 2.8, 2.3), "#2a2224", flat=True)
    pen.line(curve("66,-48 71,-48.6 75,-48"), pen.darker(snout, 0.2), 0.9, 0.8)
    pen.fill(ellipse(50, -71.5, 4.6), fur)
    pen.fill(ellipse(50.4, -71, 2.4), pen.darker(fur, 0.1))
    pen.eye(61, -60.5, 1.4)


def _paw(pen: Pen, x: float, y: float, fur: str) -> None:
    pen.fill(blob([(x - 7, y + 3), (x - 6, y - 5), (x + 5, y - 6), (x + 12, y), (x + 11, y + 3)]), fur)


def _sitting_bear(pen: Pen, fur: str, snout: str) -> None:
    pen.fill(blob("-34,0 -42,-26 -30,-62 -4,-76 22,-66 34,-34 32,-4 10,0"), fur)
    pen.fill(blob("-8,-6 -8,-36 8,-56 22,-42 24,-16 14,-4"), pen.lighter(fur, 0.05))
    pen.fill(limb("14,-8 38,-6", [22, 18]), pen.darker(fur, 0.03))
    pen.fill(ellipse(44, -8, 7, 10), snout)
    pen.fill(limb("-10,-54 6,-36 22,-28", [18, 15, 12]), pen.darker(fur, 0.04))
    pen.fill(ellipse(-4, -97, 7), fur)
    pen.fill(ellipse(20, -98, 7), fur)
    pen.fill(blob("-14,-82 -8,-98 10,-102 24,-94 28,-80 18,-68 -2,-68"), fur)
    pen.fill(ellipse(18, -77, 10, 8), snout)
    pen.fill(ellipse(23, -80, 3.4, 2.7), "#2a2224", flat=True)
    pen.eye(8, -86, 1.8)
    pen.eye(22, -87, 1.6)


@noun(
    "polar bear",
    (142, 78),
    1.4,
    words="ice bear",
    parts=("fur",),
    poses=("stand", "run"),
    alive=True,
    anchors={"top": (-8, -70), "seat": (-10, -66)},
)
def polar_bear(pen: Pen) -> None:
    fur = pen.part("fur", "#f6f2e8")
    _walking_bear(pen, fur, pen.darker(fur, 0.03))


@noun("panda", (90, 104), 1.2, words="panda bear", parts=("fur",), poses=("sit",), alive=True)
def panda(pen: Pen) -> None:
    white, black = pen.part("fur", "#f0eadd"), "#35323a"
    _sitting_bear(pen, white, white)
    pen.fill(limb("-14,-56 4,-38 24,-30", [20, 17, 13]), black)
    pen.fill(limb("12,-8 38,-6", [23, 19]), black)
    pen.fill(ellipse(44, -8, 7.4, 10.4), "#4b464e")
    pen.fill(ellipse(-5, -98, 7.6), black)
    pen.fill(ellipse(21, -99, 7.4), black)
    pen.fill(ellipse(7, -85, 5, 6.4, 30), black)
    pen.fill(ellipse(22.5, -86, 4, 6, -20), black)
    pen.eye(8, -86, 1.6, "#15121a")
    pen.eye(22.4, -87, 1.5, "#15121a")
    pen.fill(ellipse(23, -80, 3.4, 2.6), black)
    for k in range(3):
        pen.fill(limb([(26, -30), (40 + 4 * k, -44 - 6 * k)], [2, 1]), "#7d9f55")


@noun(
    "deer",
    (118, 132),
    1.6,
    words="stag,doe,reindeer,roe deer,fawn,elk,caribou,hart",
    parts=("fur",),
    poses=("stand", "run"),
    alive=True,
    plural="deer",
    anchors={"top": (-4, -76), "seat": (-8, -72), "head": (48, -104)},
)
def deer(pen: Pen) -> None:
    fur = pen.part("fur", "#a9713f", "#9a6840", "#b57d4a")
    pale = pen.lighter(fur, 0.16)
    pen.fill(blob("-46,-70 -56,-66 -55,-56 -47,-58"), pale)
    body = blob("-48,-58 -44,-74 -24,-79 4,-74 26,-80 38,-70 34,-54 14,-46 -12,-50 -36,-46")
    beast(pen, body, fur, gait(28, -38, 56, pen.pose), (15, 6, 4), pen.darker(fur, 0.22))
    pen.fill(blob("-20,-50 4,-52 22,-49 8,-45"), pale, 0.8)
    pen.fill(limb("24,-64 38,-84 46,-104", [28, 17, 13]), fur)
    pen.fill(blob("37,-108 42,-118 52,-119 62,-111 74,-105 73,-100 62,-98 48,-99 40,-101"), fur)
    pen.fill(blob("62,-104 73,-105 73,-100 63,-98"), pale)
    pen.fill(blob("42,-114 30,-121 27,-117 38,-110"), pen.darker(fur, 0.05))
    pen.fill(ellipse(73, -103.5, 2, 1.7), "#2b2324", flat=True)
    pen.eye(54, -111, 1.7)
    horn = "#d9c7a4"
    for dx, dark in ((-4, 0.12), (2, 0.0)):
        tone = pen.darker(horn, dark)
        pen.fill(
            limb([(46 + dx, -116), (38 + dx, -134), (44 + dx * 1.6, -152), (56 + dx * 1.5, -162)], [3.6, 3.2, 2.6, 1]),
            tone,
        )
        for a, b in (((40, -130), (54, -140)), ((41, -144), (30, -156)), ((47, -154), (44, -166))):
            pen.fill(limb([(a[0] + dx, a[1]), (b[0] + dx * 1.4, b[1])], [2.8, 0.8]), tone)
    for x, y in ((-30, -66), (-18, -70), (-6, -64), (-24, -58)):
        pen.fill(ellipse(x, y, 2), pale, 0.6)
