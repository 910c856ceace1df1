"""Bodies that families share: four-legged walkers and runners, sitting beasts, legs by pose."""

from __future__ import annotations

from generation.generators.scene.geometry import Point, blob, limb
from generation.generators.scene.pen import Pen

Legs = tuple[list[Point], list[Point], list[Point], list[Point]]


def _leg(x: float, top: float, swing: float, knee: float, lift: float = 0.0) -> list[Point]:
    """A leg from hip to hoof: `swing` moves the foot forwards, `knee` bends it, `lift` raises the foot."""
    return [(x, -top), (x + swing * 0.35 + knee, -top * 0.48 - lift * 0.4), (x + swing, -1.5 - lift)]


def gait(front: float, back: float, top: float, pose: str) -> Legs:
    """Near fore, near hind, far fore, far hind leg of a walker (`run` is a gallop)."""
    if pose == "run":
        return (
            _leg(front, top, top * 0.72, top * 0.12, top * 0.34),
            _leg(back, top, -top * 0.8, -top * 0.02, top * 0.22),
            _leg(front - 3, top, top * 0.42, top * 0.16, top * 0.46),
            _leg(back + 3, top, -top * 0.5, -top * 0.1, top * 0.1),
        )
    return (
        _leg(front, top, top * 0.02, top * 0.03),
        _leg(back, top, -top * 0.1, -top * 0.12),
        _leg(front - 5, top, top * 0.26, top * 0.08),
        _leg(back + 6, top, top * 0.16, -top * 0.05),
    )


def draw_legs(
    pen: Pen,
    legs: list[list[Point]] | Legs,
    colour: str,
    widths: tuple[float, float, float],
    foot: str = "",
    share: float = 0.72,
) -> None:
    """Tapering legs; with `foot` the lower part is drawn in another colour (stockings, hooves)."""
    for leg in legs:
        pen.fill(limb(leg, widths), colour)
        if foot:
            (x0, y0), (x1, y1) = leg[1], leg[2]
            start = (x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)
            pen.fill(
                limb([start, (x1, y1)], [widths[1] + (widths[2] - widths[1]) * share + 0.6, widths[2] + 0.8]), foot
            )


def beast(pen: Pen, body: str, fur: str, legs: Legs, widths: tuple[float, float, float], foot: str = "") -> None:
    """Far legs in shadow, body, near legs."""
    dark = pen.darker(fur, 0.09)
    draw_legs(pen, list(legs[2:]), dark, widths, pen.darker(foot, 0.06) if foot else "")
    pen.fill(body, fur)
    draw_legs(pen, list(legs[:2]), fur, widths, foot)


def curled(pen: Pen, fur: str, tail: str, belly: str) -> None:
    """An animal asleep, curled up: about 90 wide and 40 high."""
    pen.fill(blob("-44,-6 -40,-26 -20,-39 8,-40 32,-30 43,-12 38,0 -34,0"), fur)
    pen.fill(blob("-6,-2 10,-16 34,-18 44,-8 38,0"), belly, 0.8)
    pen.fill(limb("-40,-8 -30,-2 0,-3 22,-6", [10, 13, 12, 5]), tail)


def seated(pen: Pen, fur: str, chest: str, paw: str = "") -> None:
    """A seated dog- or cat-like body: neck at (16, -66), the back curving down to the haunch at (-18, -20)."""
    pen.fill(limb("12,-48 15,-22 17,-2", [12, 8, 7]), pen.darker(fur, 0.08))
    pen.fill(blob("-36,-2 -38,-20 -26,-44 -4,-66 14,-74 26,-64 25,-44 20,-20 16,-1! -6,0"), fur)
    pen.fill(blob("16,-66 27,-58 25,-40 18,-26 12,-42"), chest)
    pen.fill(blob("-34,-1 -36,-16 -24,-30 -8,-24 -4,-8 0,-1!"), fur)
    pen.shade(blob("-8,-24 -3,-8 -1,-2 -7,-3 -12,-14"), 0.16)
    pen.fill(limb("20,-48 23,-22 24,-3", [12, 8.5, 7]), fur)
    for x in (28, 5):
        pen.fill(blob([(x - 8, 0), (x - 8, -5), (x, -7), (x + 4, -3), (x + 4, 0)]), paw or fur)
