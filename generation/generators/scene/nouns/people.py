"""People: one figure in many clothes and callings."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, box, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.nouns.figure import Clothes, figure, held_line, some_hair, some_skin
from generation.generators.scene.pen import Pen

POSES = ("stand", "walk", "run", "sit", "ride", "wave", "dance", "read")
BOX = (44.0, 102.0)
AT = {"head": (2.0, -102.0), "hand": (13.0, -50.0), "top": (2.0, -102.0)}
TOPS = ("#b5483f", "#3f6f8a", "#d0a03f", "#5f7f5a", "#7a5a8a", "#c97a4a", "#e0d3bb")
LEGS = ("#3d4658", "#5c4a42", "#6b6f78", "#2f4a5a", "#7a6a52")


def _dressed(pen: Pen, *, skirt: bool = False, long_hair: bool = False, part: str = "clothes") -> Clothes:
    top = pen.part(part, *TOPS)
    return Clothes(top, pen.rng.child("legs").pick(LEGS), "#463835", some_skin(pen), some_hair(pen), skirt, long_hair)


@noun(
    "person",
    BOX,
    1.7,
    words="people,someone,human,figure,traveller,traveler,wanderer,hiker,tourist,passenger,pedestrian,friend,walker,stranger,explorer,runner,backpacker,adventurer,reader,student,artist,poet,shepherd,monk,couple",
    parts=("clothes",),
    poses=POSES,
    alive=True,
    anchors=AT,
    plural="people",
)
def person(pen: Pen) -> None:
    figure(pen, _dressed(pen, long_hair=pen.rng.child("cut").chance(0.5)))
    if pen.pose in ("stand", "walk") and pen.rng.child("pack").chance(0.4):
        pen.fill(blob("-9,-78 -20,-76 -21,-56 -10,-52"), "#7a5f42")


@noun(
    "man",
    BOX,
    1.8,
    words="gentleman,guy,father,grandfather,old man,sailor,captain,postman,baker,hunter,king's man,fellow",
    parts=("clothes",),
    poses=POSES,
    alive=True,
    anchors=AT,
    plural="men",
)
def man(pen: Pen) -> None:
    wear = _dressed(pen)
    joints = figure(pen, wear)
    x, y = joints.head
    if pen.rng.child("hat").chance(0.55):
        hat = pen.rng.child("hat2").pick(("#4a4440", "#8a6f4a", "#3f4a5a"))
        pen.fill(blob([(x - 13, y - 4), (x, y - 6.6), (x + 14, y - 4), (x, y - 2.4)]), hat)
        pen.fill(blob([(x - 7.4, y - 4), (x - 6.6, y - 12), (x, y - 14), (x + 7, y - 12), (x + 7.8, y - 4)], 0.24), hat)
    else:
        pen.fill(blob([(x, y + 3), (x + 6.6, y + 2.6), (x + 6.6, y + 8), (x + 1, y + 10), (x - 4, y + 6)]), wear.hair)


@noun(
    "woman",
    BOX,
    1.7,
    words="lady,mother,grandmother,girlfriend,dancer,ballerina,bride,old woman,wife",
    parts=("dress",),
    poses=POSES,
    alive=True,
    anchors=AT,
    plural="women",
)
def woman(pen: Pen) -> None:
    figure(pen, _dressed(pen, skirt=True, long_hair=True, part="dress"))


def _small(pen: Pen, skirt: bool) -> None:
    """A child: the same figure with a larger head."""
    wear = _dressed(pen, skirt=skirt, long_hair=skirt, part="dress" if skirt else "clothes")
    wear.head = 1.3
    figure(pen, wear)


@noun(
    "child",
    BOX,
    1.2,
    words="kid,boy,toddler,children,son",
    parts=("clothes",),
    poses=POSES,
    alive=True,
    anchors=AT,
    plural="children",
)
def child(pen: Pen) -> None:
    _small(pen, False)


@noun("girl", BOX, 1.25, words="daughter,sister,little girl", parts=("dress",), poses=POSES, alive=True, anchors=AT)
def girl(pen: Pen) -> None:
    _small(pen, True)


@noun(
    "astronaut",
    (56, 104),
    1.9,
    words="cosmonaut,spaceman,space explorer,spacewoman",
    parts=("suit",),
    poses=("stand", "walk", "sit", "ride", "wave", "run"),
    alive=True,
    anchors=AT,
)
def astronaut(pen: Pen) -> None:
    suit = pen.part("suit", "#ece6da")
    wear = Clothes(suit, suit, pen.darker(suit, 0.16), suit, suit, bulk=1.45)
    low = pen.pose in ("sit", "ride")
    dy = 38 if pen.pose == "sit" else 44 if low else 0
    pen.fill(box(-22, -84 + dy, 15, 32, 5), pen.darker(suit, 0.1))
    joints = figure(pen, wear)
    x, y = joints.head
    pen.fill(ellipse(x, y, 13.5), suit)
    pen.fill(ellipse(x + 3.4, y - 0.4, 9.6, 8.8), "#2f3b55")
    pen.fill(blob([(x + 1, y - 7), (x + 9, y - 6), (x + 11.4, y - 1), (x + 5, y - 2.4)]), "#d9a25a", 0.75)
    pen.shine(ellipse(x + 6, y - 4.4, 2.6, 1.2, -30), 0.7)
    pen.fill(box(x - 3, y + 19, 11, 8, 2), "#8a93a3")
    pen.fill(ellipse(x + 0.4, y + 23, 1.6), "#d0523f", flat=True)
    pen.fill(ellipse(x + 4.6, y + 23, 1.6), "#4fa07a", flat=True)


@noun(
    "knight",
    (60, 110),
    1.8,
    words="warrior,soldier,guard,samurai,paladin",
    parts=("plume",),
    poses=("stand", "walk", "ride"),
    alive=True,
    anchors=AT,
)
def knight(pen: Pen) -> None:
    cloth, steel = pen.part("plume", "#b03a35", "#34609a"), "#a3abb5"
    wear = Clothes(steel, steel, "#767f8b", steel, steel, bulk=1.15)
    low = 46 if pen.pose == "ride" else 0
    pen.fill(
        blob([(-6, -80 + low), (-24, -50 + low), (-24, -20 + low), (-8, -30 + low), (2, -70 + low)]),
        pen.darker(cloth, 0.05),
    )
    joints = figure(pen, wear)
    x, y = joints.head
    pen.fill(
        blob([(x - 8, y + 8), (x - 9, y - 5), (x, y - 11), (x + 9, y - 5), (x + 9, y + 6), (x + 3, y + 10)], 0.3), steel
    )
    pen.fill(poly([(x + 1, y - 2.6), (x + 10, y - 1.4), (x + 10, y + 0.6), (x + 1, y)]), "#2b2c34", flat=True)
    pen.fill(limb([(x - 1, y - 11), (x - 9, y - 19), (x - 22, y - 12)], [4, 9, 3]), cloth)
    if pen.pose != "ride":
        pen.line(curve("15,-50 15,2"), "#c9ced4", 3)
        pen.line(curve("9,-48 21,-48"), "#8a6a3c", 3.4)
        pen.fill(blob("-22,-66 -6,-66 -6,-46 -14,-34 -22,-46", 0.2), cloth)
        pen.line(curve("-14,-64 -14,-38"), "#e3cf9a", 2.4)


@noun(
    "fisherman",
    (76, 104),
    1.8,
    words="angler,fisher",
    parts=("coat",),
    poses=("sit", "stand"),
    alive=True,
    anchors=AT,
    plural="fishermen",
)
def fisherman(pen: Pen) -> None:
    coat = pen.part("coat", "#d9a83c", "#c98f35")
    wear = Clothes(coat, "#4f5f6a", "#3d3a3f", some_skin(pen), some_hair(pen))
    joints = figure(pen, wear)
    (x, y), (hx, hy) = joints.head, joints.hand
    pen.fill(
        blob([(x - 12, y), (x - 7, y - 10), (x + 4, y - 11), (x + 9, y - 5), (x + 13, y - 2), (x, y - 4)]),
        pen.darker(coat, 0.05),
    )
    pen.line(curve([(hx - 6, hy + 4), (hx + 30, hy - 30), (hx + 58, hy - 42)]), "#6b4a32", 1.6)
    pen.line(curve([(hx + 58, hy - 42), (hx + 60, hy + 8)]), "#d8d4c8", 0.6, 0.8)


@noun(
    "farmer",
    (60, 106),
    1.75,
    words="gardener,scarecrow man",
    parts=("shirt",),
    poses=("stand", "walk", "sit"),
    alive=True,
    anchors=AT,
)
def farmer(pen: Pen) -> None:
    shirt = pen.part("shirt", "#b5553f", "#5a7a94")
    held_line(pen, (16, 0), (17, -84), "#8a6338", 2.4)
    joints = figure(pen, Clothes(shirt, "#46597a", "#4a382f", some_skin(pen), some_hair(pen)))
    x, y = joints.head
    straw = "#dcb968"
    pen.fill(blob([(x - 17, y - 2), (x, y - 6.6), (x + 18, y - 2.4), (x, y - 0.6)]), straw)
    pen.fill(blob([(x - 8, y - 4), (x - 5, y - 12), (x + 5, y - 12), (x + 9, y - 4)]), straw)


@noun("cook", (52, 118), 1.75, words="chef,waiter", parts=("apron",), poses=("stand", "wave"), alive=True, anchors=AT)
def cook(pen: Pen) -> None:
    white = pen.part("apron", "#efe9dc")
    joints = figure(pen, Clothes(white, "#4a5260", "#3a3538", some_skin(pen), some_hair(pen)))
    x, y = joints.head
    pen.fill(
        blob(
            [(x - 8, y - 4), (x - 12, y - 16), (x - 4, y - 22), (x + 6, y - 22), (x + 13, y - 15), (x + 9, y - 4)], 0.4
        ),
        white,
    )


@noun(
    "king",
    (54, 112),
    1.8,
    words="prince,emperor",
    parts=("cloak",),
    poses=("stand", "sit", "ride"),
    alive=True,
    anchors=AT,
)
def king(pen: Pen) -> None:
    _crowned(pen, pen.part("cloak", "#a3343f", "#5a3f8a"), "#7a6a62")


@noun(
    "queen",
    (54, 112),
    1.7,
    words="princess,empress,fairy",
    parts=("dress",),
    poses=("stand", "sit"),
    alive=True,
    anchors=AT,
)
def queen(pen: Pen) -> None:
    _crowned(pen, pen.part("dress", "#7a4f9a", "#b5566f", "#3f7a8a"), "")


def robed(pen: Pen, robe: str, beard: str = "") -> tuple[float, float]:
    """A figure in a long robe, with a beard or long hair; gives the place of its head."""
    wear = Clothes(robe, robe, "#4a3a36", some_skin(pen), beard or some_hair(pen), robe=True, long_hair=not beard)
    joints = figure(pen, wear)
    x, y = joints.head
    if beard:
        pen.fill(blob([(x - 2, y + 2), (x + 7, y + 2), (x + 8, y + 12), (x + 3, y + 26), (x - 2, y + 14)]), beard)
    return x, y


def _crowned(pen: Pen, robe: str, beard: str) -> None:
    x, y = robed(pen, robe, beard)
    pen.fill(
        poly(
            [
                (x - 8, y - 6),
                (x - 9, y - 17),
                (x - 4, y - 11),
                (x, y - 19),
                (x + 4, y - 11),
                (x + 9, y - 17),
                (x + 8, y - 6),
            ]
        ),
        "#e3b84a",
    )
    if pen.pose == "stand":
        pen.fill(blob([(-9, -78), (9, -78), (11, -68), (0, -64), (-11, -68)]), "#f0e9dc")


@noun(
    "diver", (156, 60), 1.8, "deep", words="scuba diver,swimmer,snorkeler", parts=("suit",), poses=("swim",), alive=True
)
def diver(pen: Pen) -> None:
    suit = pen.part("suit", "#3d4f5f", "#4a3f4f")
    with pen.at(0, -26, 1, -6):
        for dy, dark in ((4, 0.06), (-2, 0.0)):
            pen.fill(limb([(-12, 2), (-34, 4 + dy), (-48, dy + 8)], [11, 8, 6]), pen.darker(suit, dark))
            pen.fill(blob([(-46, dy + 6), (-70, dy + 2), (-74, dy + 10), (-48, dy + 12)]), "#d9a83c")
        pen.fill(box(-16, -18, 30, 11, 5), "#c9b04a")
        pen.fill(blob("-18,-6 2,-11 22,-9 26,0 10,8 -14,7"), suit)
        pen.fill(limb("18,0 30,12 44,10", [8, 6.6, 5]), pen.darker(suit, 0.05))
        pen.fill(ellipse(33, -7, 9), suit)
        pen.fill(box(34, -12, 9, 9, 3), "#9ccad2")
    for k in range(4):
        pen.fill(ellipse(42 + 4 * k, -48 - 11 * k, 2 + 0.6 * k), "#e4f4f2", 0.6)


@noun(
    "musician",
    (70, 104),
    1.75,
    words="guitarist,violinist,singer,bard",
    parts=("clothes",),
    poses=("stand", "sit"),
    alive=True,
    anchors=AT,
)
def musician(pen: Pen) -> None:
    joints = figure(pen, _dressed(pen, long_hair=pen.rng.child("cut").chance(0.5)))
    dy = 34 if pen.pose == "sit" else 0
    with pen.at(6, -56 + dy, 0.42, 58):
        guitar_shape(pen, "#b5733a")
    pen.fill(ellipse(joints.hand[0], joints.hand[1] - 4, 3.3), some_skin(pen))


def guitar_shape(pen: Pen, wood: str) -> None:
    """A guitar about 130 long, its body at the origin, the neck upwards."""
    pen.fill(box(-3.6, -96, 7.2, 76, 1), "#5a3b28")
    pen.fill(box(-6, -112, 12, 18, 3), "#4a3022")
    pen.fill(blob("0,34 -24,30 -28,8 -17,-8 -19,-24 0,-34 19,-24 17,-8 28,8 24,30"), wood)
    pen.fill(ellipse(0, -4, 9.5), "#3a2620")
    pen.fill(box(-12, 14, 24, 4, 1), "#4a3022")
    for x in (-1.8, 0, 1.8):
        pen.line(curve([(x, -106), (x, 16)]), "#e8dfc8", 0.5, 0.8)
