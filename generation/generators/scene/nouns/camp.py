"""A camp: the tent and its fire."""

from __future__ import annotations

from generation.generators.scene.geometry import blob, curve, ellipse, limb, poly
from generation.generators.scene.noun import noun
from generation.generators.scene.pen import Pen


@noun(
    "tent",
    (118, 62),
    1.8,
    words="camp,campsite,tipi,teepee,wigwam,yurt",
    parts=("canvas",),
    anchors={"inside": (-16, 0), "top": (-14, -58)},
)
def tent(pen: Pen) -> None:
    """A ridge tent from its corner: an open front with tied flaps, the long side falling away to the right."""
    canvas = pen.part("canvas", "#d98a3a", "#5f8a72", "#c9583f", "#d8c7a0")
    side = pen.blend(pen.darker(canvas, 0.06), "#ffc878", 0.3) if pen.lit else pen.darker(canvas, 0.06)
    for line in ("-14,-58 -62,3", "41,-51 70,2", "58,-4 72,3", "-46,0 -58,4"):
        pen.line(curve(line), "#cfc4ae", 1)
    pen.fill(blob("-14,-58! 12,-53 41,-51! 52,-26 60,-1! 14,1! 2,-28", 0.18), side)
    for a, b in (("8,-54", "30,0"), ("25,-52", "45,0")):
        pen.line(curve(f"{a} {b}"), pen.darker(side, 0.07), 1, 0.8)
    pen.shade(poly("14,1 60,-1 57,-9 10,-8"), 0.14)
    pen.fill(blob("-14,-58! -32,-24 -47,1! 14,1! 0,-30", 0.16), pen.lighter(canvas, 0.03))
    if pen.lit:
        pen.glow(-14, -18, 56, "#ffd08a", 0.75)
    pen.window(blob("-14,-51! -22,-28 -31,1! 4,1! -5,-26", 0.16), "#4f4038")
    if pen.lit:
        pen.light(poly("-14,-30 -24,1 -4,1"), "#fff0c4", 0.5)
    for mirror in (False, True):
        with pen.at(-14, 0, mirror=mirror):
            pen.fill(blob("0,-51! 8,-28 15,-16! 22,-6 24,1! 18,1! 12,-12 6,-26", 0.2), pen.lighter(canvas, 0.08))
            pen.line(curve("10,-19 17,-14"), pen.darker(canvas, 0.16), 1.4)
    pen.line(curve("-14,-58 12,-53 41,-51"), pen.lighter(canvas, 0.1), 1.4)
    pen.line(curve("-14,-50 -14,-62"), "#7a5f42", 2)


@noun("campfire", (84, 78), 0.8, words="fire,bonfire,flame,flames", parts=("flame",), turns=False)
def campfire(pen: Pen) -> None:
    """Logs leaned together in a ring of stones, and tongues of flame, each a deep outside round a bright heart."""
    rng = pen.rng
    pen.glow(0, -34, 108, "#ff9238", 0.6)
    pen.glow(0, -26, 66, "#ffd07a", 0.75)
    pen.glow(0, 6, 124, "#ffae54", 0.6, 0.16)
    for x in (-27.0, -9.0, 10.0, 28.0):
        _stone(pen, x + rng.jitter(2), -4, 7.4)
    for line, bark in (("-30,2 5,-36", "#5a4032"), ("30,2 -6,-35", "#6a4a38"), ("-10,3 3,-33", "#4f382d")):
        pen.fill(limb(line, [7.4, 5.4]), bark)
    tongues = [
        (x + rng.jitter(1.5), wide, tall * rng.uniform(0.9, 1.1), lean + rng.jitter(3))
        for x, wide, tall, lean in (
            (-15.0, 17, 40, -4), (14, 18, 46, 3), (-6, 20, 60, -3), (6, 22, 74, 5), (-19, 9, 25, -6), (20, 10, 28, 6)
        )
    ]  # fmt: skip
    flame = pen.part("flame", "#e8601f")
    layers = ((1.0, pen.darker(flame, 0.03), 0.8), (0.8, pen.blend(flame, "#ffa52e", 0.6), 0.95),
              (0.58, "#ffc64a", 0.95), (0.36, "#ffe896", 1.0), (0.2, "#fff8dc", 1.0))  # fmt: skip
    for share, colour, strength in layers:
        kept = tongues if share > 0.5 else tongues[:4]
        for x, wide, tall, lean in kept:
            pen.light(_tongue(x * (0.4 + 0.6 * share), wide * share, tall * share, lean * share), colour, strength)
    for line, bark in (("-34,4 12,-9", "#6a4a38"), ("34,4 -10,-8", "#503a30")):
        pen.fill(limb(line, [8, 6.4]), bark)
        pen.light(limb(line, [2, 1.4]), "#ff8a3a", 0.35)
    for x in (-38.0, -20.0, 1.0, 21.0, 38.0):
        _stone(pen, x + rng.jitter(2), 5, 8.2)
    for _ in range(16):
        up = rng.uniform() ** 1.4
        x, y = rng.jitter(9 + 26 * up), -58 - 66 * up
        size = rng.uniform(0.5, 1.5) * (1.1 - 0.6 * up)
        pen.light(limb([(x, y), (x + rng.jitter(2), y - 3 * size)], [size * 1.5, size * 0.4], 2), "#ffc46a", 0.95)


def _tongue(x: float, wide: float, tall: float, lean: float) -> str:
    """One lick of flame on the logs: round below, drawn out and bent above."""
    y, w = -7.0, wide / 2
    return blob(
        [
            (x - w * 0.7, y), (x - w * 1.05, y - tall * 0.26), (x - w * 0.5 - lean * 0.3, y - tall * 0.56),
            (x + lean, y - tall), (x + lean * 1.02 + 0.3, y - tall * 0.99),
            (x + w * 0.35 + lean * 0.5, y - tall * 0.62), (x + w * 1.05, y - tall * 0.3), (x + w * 0.7, y), (x, y + 4),
        ],
        0.3,
    )  # fmt: skip


def _stone(pen: Pen, x: float, y: float, size: float) -> None:
    """A stone of the ring, warm on the side of the fire."""
    pen.fill(ellipse(x, y, size, size * 0.66), "#8a8178")
    pen.light(ellipse(x - x * 0.06, y - size * 0.28, size * 0.66, size * 0.3), "#ffb066", 0.45)
