"""What floats: sailing boats, rowing boats, steamers, tall ships, and small islands."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, box, curve, ellipse, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.plants import palm
from generation.generators.scene.nouns.vehicles import steam
from generation.generators.scene.pen import Pen


@noun(
    "sailboat",
    (92, 120),
    8,
    "water",
    words="sailing boat,sailing ship,yacht,sail boat,dinghy,catamaran,regatta",
    parts=("sails", "hull"),
    poses=("sail",),
    anchors={"inside": (-20, -6), "top": (-20, -12)},
)
def sailboat(pen: Pen) -> None:
    sails = pen.part("sails", "#f4ead2", "#f0e2cc", "#e9d6c0")
    hull = pen.part("hull", "#7a3f38", "#3f5068", "#5a4a5f")
    pen.line(curve("2,-8 2,-118"), "#6a4f3c", 2.6)
    pen.fill(blob("5,-112! 34,-74 42,-26! 24,-22 5,-20!", 0.3), sails)
    pen.fill(blob("-1,-104! -16,-62 -34,-22! -18,-20 -1,-22!", 0.3), pen.darker(sails, 0.06))
    for y in (-46, -70):
        pen.line(curve([(5, y), (20, y - 1), (38 - (y + 26) * -0.3, y - 3)]), pen.darker(sails, 0.1), 0.8, 0.6)
    pen.line(curve("2,-18 42,-23"), "#6a4f3c", 1.8)
    pen.fill(blob("-42,-15! -34,-3 -22,3! 24,3! 36,-4 46,-17! 20,-13 -16,-12", 0.24), hull)
    pen.fill(blob("-41,-14! -16,-11 20,-12 45,-16! 44,-12 20,-8 -16,-7.6 -40,-10!", 0.2), "#ece0c8")
    pen.fill(poly("2,-118 14,-114 2,-110"), "#c8493c")


@noun(
    "rowing boat",
    (108, 34),
    0.9,
    "water",
    words="boat,rowboat,canoe,kayak,gondola,raft,punt,small boat",
    parts=("hull",),
    anchors={"inside": (-2, -8), "seat": (-2, -8), "top": (0, -14)},
)
def rowing_boat(pen: Pen) -> None:
    hull = pen.part("hull", "#8a4f36", "#3f6a72", "#a8453a", "#6a7a52")
    pen.fill(blob("-50,-22! -24,-15 0,-13 26,-15 52,-24! 30,-18 0,-17 -28,-18", 0.3), pen.darker(hull, 0.2))
    pen.line(curve("-12,-16 -34,-2 -46,3"), "#c49a64", 2.2)
    pen.fill(blob("-52,-24! -44,-8 -30,3! 32,3! 46,-8 55,-27! 28,-16 0,-13 -26,-15", 0.26), hull)
    for y in (-8, -2):
        pen.line(curve([(-44, y - 4), (0, y + 1), (46, y - 5)]), pen.darker(hull, 0.1), 1.1, 0.8)
    pen.line(curve("-52,-24 -26,-15 0,-13 28,-16 55,-27"), pen.lighter(hull, 0.16), 2.2)


@noun(
    "ship",
    (190, 92),
    22,
    "water",
    words="steamer,ocean liner,ferry,cruise ship,freighter,steamship,cargo ship,vessel,liner,trawler,tugboat,"
    "steamboat,warship",
    parts=("hull",),
    anchors={"top": (-10, -60), "inside": (-40, -28)},
)
def ship(pen: Pen) -> None:
    hull = pen.part("hull", "#34465c", "#7a3a34", "#3f4a4a")
    white = "#efe6d6"
    steam(pen, 6, -92, 1.1)
    steam(pen, -26, -88, 0.9)
    pen.line(curve("58,-30 58,-84"), "#6a5a4c", 2)
    pen.line(curve("-62,-30 -62,-76"), "#6a5a4c", 2)
    pen.line(curve("94,-34 58,-82 10,-70"), "#6a5a4c", 0.7)
    for x in (0, -32):
        pen.fill(poly([(x - 7, -48), (x - 4, -88), (x + 12, -88), (x + 11, -48)]), "#c9583f")
        pen.fill(poly([(x - 4.4, -80), (x - 4, -88), (x + 12, -88), (x + 11.8, -80)]), "#3a3438")
    pen.fill(box(-54, -60, 84, 14, 2), white)
    pen.fill(box(-70, -47, 122, 16, 2), pen.darker(white, 0.04))
    for k in range(12):
        pen.window(box(-62 + 9 * k, -43, 4.6, 5.4, 1))
    for k in range(8):
        pen.window(box(-46 + 9 * k, -56, 4.6, 5, 1))
    pen.fill(blob("-92,-32! -88,-12 -76,4! 80,4! 90,-14 102,-37! 60,-31 -60,-30", 0.2), hull)
    pen.fill(blob("-86,-5! 88,-6! 80,4! -76,4!", 0.1), "#8a3f36")
    pen.line(curve("-92,-32 -60,-30 60,-31 102,-37"), white, 2.4)
    for k in range(13):
        pen.window(ellipse(-72 + 12 * k, -18, 2.1))


@noun(
    "fishing boat",
    (140, 112),
    6.5,
    "water",
    parts=("hull", "trim"),
    anchors={"top": (-30, -56), "inside": (24, -16), "seat": (30, -18)},
)
def fishing_boat(pen: Pen) -> None:
    """A small cutter: high bow, wheelhouse aft, a mast with its derrick, nets over the rail."""
    hull = pen.part("hull", "#b8473c", "#35688f", "#4a8068", "#c98a3c")
    white, wood = pen.part("trim", "#efe8d8"), "#6d5040"
    pen.line(curve("4,-14 4,-104"), wood, 3)
    pen.line(curve("4,-34 -52,-78"), wood, 2.4)
    pen.line(curve("4,-30 44,-70"), wood, 2)
    for line in ("4,-102 -52,-78 -58,-18", "4,-102 66,-36", "4,-96 44,-70", "44,-70 42,-24"):
        pen.line(curve(line, 0.02), "#5f544c", 0.8)
    pen.fill(poly("4,-104 22,-99 4,-93"), pen.darker(hull, 0.02))
    pen.fill(blob("-40,-18! -39,-52! -10,-52! -7,-18!", 0.04), white)
    pen.shade(blob("-40,-18! -39,-52! -31,-52! -31,-18!", 0.04), 0.12)
    pen.fill(blob("-44,-51! -43,-57! -7,-58! -4,-51!", 0.1), pen.darker(hull, 0.03))
    for x in (-29, -18):
        pen.window(box(x, -47, 8, 12, 1))
    pen.fill(blob("-64,-22! -30,-15 26,-17 70,-38! 62,-12 48,6! -50,6! -60,-6", 0.24), hull)
    pen.fill(blob("-61,-4! -10,-1 54,-4! 48,6! -50,6!", 0.12), pen.darker(hull, 0.14))
    pen.line(curve("-64,-22 -30,-15 26,-17 70,-38"), white, 3)
    pen.fill(blob("-6,-16 4,-26 22,-27 32,-18 34,-6 26,-9 18,-3 10,-9 2,-4 -4,-9", 0.3), "#7d8f6a", 0.9)
    for x, y in ((0, -8), (12, -12), (24, -10)):
        pen.fill(ellipse(x, y, 2.2), "#e9b94a")
    for x in (40, 50):
        pen.fill(ellipse(x, -15, 4.4), "#e8743a")


@noun(
    "pirate ship",
    (170, 150),
    26,
    "water",
    words="galleon,tall ship,caravel,pirate,frigate,clipper,viking ship,longship,schooner,viking",
    parts=("sails", "hull"),
    anchors={"top": (-50, -34), "inside": (-40, -22)},
)
def pirate_ship(pen: Pen) -> None:
    sails = pen.part("sails", "#eadcc0", "#d8c4a4", "#b5443c")
    hull = pen.part("hull", "#6b452f", "#5a3f38")
    for x, top in ((-40, -118), (2, -146), (42, -122)):
        pen.line(curve([(x, -18), (x, top)]), "#54392a", 3.2)
    pen.line(curve("70,-28 104,-52"), "#54392a", 3)
    pen.line(curve("-84,-38 -40,-114 2,-142 42,-118 102,-50"), "#54392a", 0.7)
    for x, tops in (
        (-40, ((-112, 17), (-84, 24))),
        (2, ((-138, 20), (-108, 29), (-70, 34))),
        (42, ((-114, 17), (-86, 24))),
    ):
        for k, (y, half) in enumerate(tops):
            drop = (tops[k + 1][0] - y - 5) if k + 1 < len(tops) else 38
            pen.fill(
                blob(
                    [
                        (x - half, y),
                        (x + half, y),
                        (x + half * 1.2 + 4, y + drop * 0.55),
                        (x + half * 1.06 + 2, y + drop),
                        (x - half * 1.02, y + drop),
                        (x - half * 0.86, y + drop * 0.5),
                    ],
                    0.16,
                ),
                pen.darker(sails, 0.02 * k),
            )
            pen.line(curve([(x - half - 2, y), (x + half + 2, y)]), "#54392a", 2)
    pen.fill(poly("72,-30 102,-50 46,-104"), pen.darker(sails, 0.05), 0.95)
    pen.fill(poly("2,-146 24,-141 2,-135"), "#33303a")
    pen.fill(blob("-86,-52! -80,-14 -62,4! 58,4! 74,-12 82,-34! 44,-20 -30,-20 -54,-24 -56,-44!", 0.18), hull)
    pen.fill(blob("-88,-54! -56,-46! -54,-38 -86,-45!", 0.1), pen.lighter(hull, 0.1))
    for y in (-13, -5):
        pen.line(curve([(-78, y - 6), (-20, y), (76, y - 8)]), pen.darker(hull, 0.09), 1.4)
    for x in (-48, -28, -8, 12, 32, 52):
        pen.window(box(x, -14, 6, 5.4, 1), "#33262a")
    for x in (-79, -70, -62):
        pen.window(box(x, -42, 5, 7, 1), "#4a3a34")


@noun(
    "submarine",
    (140, 66),
    10,
    "deep",
    words="u-boat,bathyscaphe,submersible",
    parts=("hull",),
    anchors={"top": (2, -64)},
)
def submarine(pen: Pen) -> None:
    hull = pen.part("hull", "#d9a63c", "#5f7a86", "#b5553f")
    pen.line(curve("10,-56 10,-72 20,-72"), "#6a6a6c", 3.4)
    pen.fill(blob("-16,-44! -13,-60 20,-60 24,-44!", 0.16), hull)
    pen.fill(poly("-58,-30 -74,-50 -64,-50 -46,-34"), pen.darker(hull, 0.08))
    pen.fill(poly("-58,-20 -74,-2 -64,-2 -46,-16"), pen.darker(hull, 0.08))
    pen.fill(blob("-68,-25 -46,-42 0,-48 44,-44 66,-28 62,-14 40,-5 -4,-2 -46,-9"), hull)
    pen.fill(blob("-60,-18 0,-10 62,-15 40,-5 -4,-2 -46,-9"), pen.darker(hull, 0.08), 0.8)
    for x in (-22, 4, 30):
        pen.fill(ellipse(x, -26, 9.4), "#8a6a3c")
        pen.window(ellipse(x, -26, 6.8), "#8fc4cc")
    for dy in (-11, 11):
        pen.fill(ellipse(-72, -25 + dy, 3, 9), "#9a8f7f")
    if pen.lit:
        pen.glow(64, -22, 54, "#fff0c0", 0.7)
    pen.light(ellipse(62, -22, 4.4, 5), "#fff0c0")


@noun(
    "paper boat",
    (80, 52),
    0.3,
    "water",
    words="toy boat,origami boat",
    parts=("paper",),
    anchors={"inside": (0, -16), "top": (0, -48)},
)
def paper_boat(pen: Pen) -> None:
    paper = pen.part("paper", "#f2ecdf", "#c9d8e0", "#e9c8b8")
    pen.fill(poly("-22,-22 2,-54 0,-16"), paper)
    pen.fill(poly("2,-54 24,-22 0,-16"), pen.darker(paper, 0.09))
    pen.fill(poly("-42,-28 -26,2 28,2 42,-30 10,-20 -12,-20"), paper)
    pen.fill(poly("0,-16 28,2 42,-30 12,-20"), pen.darker(paper, 0.06))


@noun(
    "island",
    (220, 130),
    24,
    "water",
    words="isle,islet,desert island",
    parts=("sand",),
    poses=("palms", "bare"),
    turns=False,
    anchors={"top": (-30, -26)},
)
def island(pen: Pen) -> None:
    sand = pen.part("sand", "#e6cf98")
    if pen.pose == "palms":
        with pen.at(34, -20, 0.86):
            palm.draw(pen)
        with pen.at(60, -14, 0.62, 0, True):
            palm.draw(pen)
    pen.fill(blob("-108,4! -70,-10 -34,-26 10,-30 54,-24 88,-9 112,4!", 0.34), sand)
    for x, r in ((-6, 17), (14, 20), (82, 12)):
        pen.fill(
            blob(
                [(x - r, -16), (x - r * 0.7, -16 - r * 0.8), (x, -16 - r), (x + r * 0.8, -16 - r * 0.7), (x + r, -15)],
                0.4,
            ),
            pen.lighter("#5f8a4a", pen.rng.jitter(0.03)),
        )
    pen.fill(blob("-94,3 -84,-12 -68,-16 -56,-4 -60,3"), "#8f8a82")


@noun("iceberg", (170, 100), 30, "water", words="ice floe,floe", parts=("ice",), anchors={"top": (-8, -60)})
def iceberg(pen: Pen) -> None:
    ice = pen.part("ice", "#e4eff2")
    pen.fill(poly("-84,2 -70,-30 -48,-40 -34,-74 -6,-98 18,-70 34,-66 52,-34 76,-26 86,2"), ice)
    pen.fill(poly("-6,-98 18,-70 34,-66 52,-34 76,-26 86,2 20,2 6,-40 10,-70"), pen.blend(ice, "#7fb0c8", 0.4))
    pen.fill(poly("-34,-74 -20,-52 -30,-24 -48,-40"), pen.blend(ice, "#7fb0c8", 0.25))


@noun("buoy", (40, 60), 2, "water", words="marker buoy", parts=("body",), turns=False)
def buoy(pen: Pen) -> None:
    body = pen.part("body", "#c9463a", "#d9a63c")
    pen.fill(poly("-10,-14 10,-14 5,-46 -5,-46"), body)
    pen.fill(poly("-8,-24 8,-24 6.6,-34 -6.6,-34"), "#efe6d4")
    pen.fill(blob("-19,-14! 19,-14! 14,2 -14,2", 0.2), body)
    pen.line(curve("0,-46 0,-52"), "#55525a", 2)
    if pen.lit:
        pen.glow(0, -55, 32, "#ffe9a8", 0.9)
    pen.light(ellipse(0, -55, 4), "#ffe9a8")
