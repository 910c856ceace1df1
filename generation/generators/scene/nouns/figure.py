"""The human figure: natural proportions (a head is an eighth of the height), a few poses, clothes in two tones."""

from __future__ import annotations

from dataclasses import dataclass

from generation.generators.scene.geometry import Point, blob, curve, ellipse, limb
from generation.generators.scene.pen import Pen

SKINS = ("#e6bb95", "#c98f66", "#8f5f42", "#f0cba8", "#6d4632", "#d9a57a")
HAIRS = ("#3b2a26", "#6b4228", "#241f24", "#a8743a", "#8a3f26", "#cfa55c")


@dataclass(slots=True)
class Clothes:
    """Colours and cut of one figure."""

    top: str
    legs: str
    shoes: str = "#4a3a36"
    skin: str = "#e6bb95"
    hair: str = "#3b2a26"
    skirt: bool = False
    long_hair: bool = False
    robe: bool = False
    bulk: float = 1.0
    head: float = 1.0


@dataclass(slots=True)
class Joints:
    """Where the drawn figure's parts ended up, for hats and tools (local units)."""

    head: Point
    hand: Point
    far_hand: Point


def some_skin(pen: Pen) -> str:
    return pen.rng.child("skin").pick(SKINS)


def some_hair(pen: Pen) -> str:
    return pen.rng.child("hair").pick(HAIRS)


def figure(pen: Pen, wear: Clothes) -> Joints:
    """Draw a figure about 100 units tall in the pen's pose: stand, walk, run, sit, ride, wave, dance, read."""
    if pen.pose in ("sit", "read", "fish"):
        return _seated(pen, wear)
    if pen.pose == "ride":
        return _riding(pen, wear)
    return _upright(pen, wear)


def _upright(pen: Pen, wear: Clothes) -> Joints:
    pose = pen.pose
    stride = {"walk": 11.0, "run": 20.0, "dance": 12.0}.get(pose, 3.0)
    lift = {"run": 15.0, "dance": 9.0}.get(pose, 0.0)
    lean = {"run": 6.0, "walk": 2.0}.get(pose, 0.0)
    neck = (1.0 + lean, -81.0)
    far_leg = [(1.0, -48.0), (-stride * 0.3 + (4 if lift else 0), -25.0), (-stride, -3.0 - lift)]
    near_leg = [(-1.0, -48.0), (stride * 0.6, -26.0), (stride, -3.0)]
    far_hand: Point = {"wave": (22.0, -104.0), "dance": (24.0, -98.0), "run": (22.0, -64.0)}.get(
        pose, (12.0 + stride * 0.5, -50.0)
    )
    hand: Point = {"dance": (-24.0, -92.0), "run": (-20.0, -56.0), "wave": (-9.0, -47.0)}.get(
        pose, (11.0 - stride * 1.1 + 6, -47.0)
    )
    arm_w = (8.0 * wear.bulk, 6.6 * wear.bulk, 5.0)
    _arm(pen, (neck[0] + 3, neck[1] + 5), far_hand, pen.darker(wear.top, 0.09), pen.darker(wear.skin, 0.06), arm_w)
    _leg(pen, far_leg, pen.darker(wear.legs, 0.08), pen.darker(wear.shoes, 0.04), wear)
    _leg(pen, near_leg, wear.legs, wear.shoes, wear)
    if wear.long_hair:
        pen.fill(
            blob(
                [(neck[0] - 7, -93), (neck[0] - 12, -80), (neck[0] - 11, -66), (neck[0] - 4, -68), (neck[0] + 1, -84)]
            ),
            pen.darker(wear.hair, 0.05),
        )
    if wear.robe:
        pen.fill(
            blob(
                [(-9 * wear.bulk + lean, -80), (-13, -52), (-19, -2), (-2, 0), (17, -2), (12, -52), (9 + lean, -80)],
                0.2,
            ),
            wear.top,
        )
    elif wear.skirt:
        pen.fill(
            blob(
                [
                    (-7 + lean, -81),
                    (-8, -62),
                    (-18 - stride * 0.3, -30),
                    (0, -26),
                    (17 + stride * 0.3, -30),
                    (9, -62),
                    (8 + lean, -81),
                ],
                0.24,
            ),
            wear.top,
        )
    else:
        b = wear.bulk
        pen.fill(
            blob(
                [
                    (-8 * b + lean, -80),
                    (-9.4 * b + lean * 0.4, -64),
                    (-8 * b, -45),
                    (0, -43),
                    (8 * b, -45),
                    (9 * b + lean * 0.4, -64),
                    (8.4 * b + lean, -80),
                    (1 + lean, -83),
                ],
                0.26,
            ),
            wear.top,
        )
    _head(pen, (neck[0] + 1.5, -92.0), wear)
    _arm(pen, (neck[0] - 3, neck[1] + 5), hand, wear.top, wear.skin, arm_w)
    return Joints((neck[0] + 1.5, -92.0), hand, far_hand)


def _leg(pen: Pen, line: list[Point], colour: str, shoe: str, wear: Clothes) -> None:
    if wear.robe:
        x, y = line[-1]
        pen.fill(blob([(x - 4, y + 3), (x - 3, y - 4), (x + 4, y - 3), (x + 9, y + 1), (x + 9, y + 3)]), shoe)
        return
    pen.fill(limb(line, [10.5 * wear.bulk, 8 * wear.bulk, 5.8 * wear.bulk]), wear.skin if wear.skirt else colour)
    x, y = line[-1]
    pen.fill(blob([(x - 4, y + 3), (x - 3.6, y - 4), (x + 3, y - 4), (x + 9, y), (x + 9, y + 3)]), shoe)


def _arm(pen: Pen, shoulder: Point, hand: Point, sleeve: str, skin: str, widths: tuple[float, float, float]) -> None:
    dx, dy = hand[0] - shoulder[0], hand[1] - shoulder[1]
    elbow = (shoulder[0] + dx * 0.5 - (3 if dy > 0 else -3), shoulder[1] + dy * 0.5 + 3)
    pen.fill(ellipse(hand[0], hand[1], 3.3), skin)
    pen.fill(limb([shoulder, elbow, (hand[0] - dx * 0.05, hand[1] - dy * 0.05)], widths), sleeve)


def _head(pen: Pen, at: Point, wear: Clothes) -> None:
    with pen.at(at[0], at[1] + 6 - 6 * wear.head, wear.head):
        _face(pen, wear)


def _face(pen: Pen, wear: Clothes) -> None:
    x = y = 0.0
    pen.fill(limb([(x - 1.5, y + 5), (x - 2, y + 13)], [6, 6.4]), pen.darker(wear.skin, 0.05))
    pen.fill(
        blob(
            [
                (x - 7, y),
                (x - 5, y - 7),
                (x + 2, y - 8.4),
                (x + 7, y - 4),
                (x + 8.6, y + 1),
                (x + 7, y + 3),
                (x + 6, y + 7),
                (x + 1, y + 8.6),
                (x - 5, y + 5),
            ]
        ),
        wear.skin,
    )
    pen.fill(
        blob(
            [
                (x - 8.4, y + 3),
                (x - 9, y - 4),
                (x - 4, y - 10),
                (x + 3, y - 10.6),
                (x + 8, y - 6),
                (x + 3.4, y - 4.6),
                (x, y - 4),
                (x - 1.6, y + 1),
                (x - 4, y + 4),
            ]
        ),
        wear.hair,
    )
    if wear.long_hair:
        pen.fill(
            blob([(x - 8.6, y - 3), (x - 11, y + 9), (x - 10, y + 20), (x - 4, y + 16), (x - 3, y + 2)]), wear.hair
        )
    pen.fill(ellipse(x + 4.6, y - 0.6, 0.9, 1.2), "#2a2024", flat=True)


def _seated(pen: Pen, wear: Clothes) -> Joints:
    """On the ground or on a ledge: hips at y = -7, knees up."""
    reading = pen.pose == "read"
    pen.fill(limb("-2,-9 22,-24 26,-4", [12, 10, 7]), pen.darker(wear.legs, 0.08))
    pen.fill(blob("22,0 22,-6 30,-6 37,-2 37,0"), pen.darker(wear.shoes, 0.03))
    pen.fill(blob("-13,-1 -15,-18 -12,-36 -4,-44 6,-41 9,-24 8,-4 0,0", 0.3), wear.top)
    if wear.long_hair:
        pen.fill(blob("-8,-54 -14,-40 -12,-26 -4,-30 0,-48"), pen.darker(wear.hair, 0.04))
    thigh = wear.top if wear.robe or wear.skirt else wear.legs
    pen.fill(limb("-4,-8 18,-19 24,-4", [13, 11, 8]), thigh)
    pen.fill(blob("20,0 20,-6 28,-6 35,-2 35,0"), wear.shoes)
    _head(pen, (2.0, -53.0), wear)
    hand = (22.0, -29.0) if not reading else (20.0, -32.0)
    _arm(pen, (-3.0, -38.0), hand, wear.top, wear.skin, (8.0 * wear.bulk, 6.8 * wear.bulk, 5.0))
    if reading:
        pen.fill(blob("14,-30 24,-28 32,-40 23,-43", 0.1), "#a8483f")
        pen.fill(blob("16,-31 24,-29.6 30,-39 23.4,-41", 0.1), "#f1e8d6")
    return Joints((2.0, -53.0), hand, hand)


def _riding(pen: Pen, wear: Clothes) -> Joints:
    """Astride: the seat is the origin, legs hang below it."""
    pen.fill(limb("0,-4 14,8 9,30", [12, 9.5, 7]), wear.legs if not wear.robe else wear.top)
    pen.fill(blob("4,34 5,27 12,27 19,31 19,34"), wear.shoes)
    pen.fill(blob("-10,2 -12,-14 -8,-31 0,-36 9,-32 9,-14 8,2", 0.3), wear.top)
    if wear.long_hair:
        pen.fill(blob("-6,-48 -14,-36 -13,-22 -4,-26 2,-42"), pen.darker(wear.hair, 0.04))
    _head(pen, (5.0, -46.0), wear)
    _arm(pen, (1.0, -30.0), (24.0, -13.0), wear.top, wear.skin, (8.0 * wear.bulk, 6.8 * wear.bulk, 5.0))
    return Joints((5.0, -46.0), (24.0, -13.0), (24.0, -13.0))


def held_line(pen: Pen, hand: Point, tip: Point, colour: str, width: float) -> None:
    """A staff, rod or stick through the hand."""
    pen.line(curve([hand, tip]), colour, width)
