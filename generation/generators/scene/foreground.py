"""What grows on and before the ground: tufts, flowers, the dark frame of grasses and leaves."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin

from generation.generators.scene.canvas import FRONT, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob, down_to, limb, open_line
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import path


def tufts(canvas: Canvas, count: int, natural: str, key: float | None = None, tall: float = 26.0) -> None:
    """Small tufts of grass over the ground, larger nearer."""
    rng = canvas.stream.child("tufts", natural)
    for _ in range(count):
        t = rng.uniform(0.05, 1.0)
        x = rng.uniform(*canvas.land)
        y = canvas.surface(x, t)
        size = tall * (0.35 + 0.9 * t) * rng.uniform(0.6, 1.2)
        colour = canvas.air.land(tone(natural, rng.jitter(0.05)), 0.45 + 0.5 * t)
        canvas.add(key if key is not None else canvas.ground_key(t), path(_tuft(rng, x, y, size), colour))


def _tuft(rng: Stream, x: float, y: float, size: float) -> str:
    blades = []
    for _ in range(rng.whole(3, 6)):
        lean = rng.jitter(size * 0.5)
        foot = x + rng.jitter(size * 0.3)
        wide = size * 0.055
        blades.append(
            f"M{foot - wide:.1f} {y:.1f}Q{foot + lean * 0.2:.1f} {y - size * 0.6:.1f} {foot + lean:.1f} "
            f"{y - size * rng.uniform(0.7, 1.1):.1f}"
            f"Q{foot + lean * 0.4:.1f} {y - size * 0.5:.1f} {foot + wide:.1f} {y:.1f}Z"
        )
    return "".join(blades)


def blooms(canvas: Canvas, count: int, colours: Sequence[str]) -> None:
    """Meadow flowers as dabs of colour on thin stalks, larger nearer."""
    rng = canvas.stream.child("blooms", *colours)
    for _ in range(count):
        t = rng.uniform(0.0, 1.0) ** 0.8
        x = rng.uniform(*canvas.land)
        y = canvas.surface(x, t)
        size = (1.6 + 6.5 * t * t) * rng.uniform(0.7, 1.2)
        tall = size * rng.uniform(1.8, 4.0)
        depth = 0.45 + 0.5 * t
        stalk = canvas.air.land("#5c7a45", depth)
        petal = canvas.air.grade(rng.pick(colours), depth)
        head = blob(
            [
                (x - size, y - tall),
                (x - size * 0.3, y - tall - size * 0.8),
                (x + size, y - tall),
                (x, y - tall + size * 0.6),
            ]
        )
        dot = (
            f'<circle cx="{x:.1f}" cy="{y - tall:.1f}" r="{size * 0.3:.1f}" fill="{tone(petal, -0.12, 1.0, 40)}"/>'
            if size > 4
            else ""
        )
        canvas.add(
            canvas.ground_key(t) - 0.2,
            f'<path d="M{x:.1f} {y:.1f}V{y - tall:.1f}" stroke="{stalk}" stroke-width="{0.7 + size * 0.13:.2f}"/>'
            + path(head, petal)
            + dot,
        )


def fallen(canvas: Canvas, count: int, colours: Sequence[str]) -> None:
    """Leaves that lie on the ground, larger nearer."""
    rng = canvas.stream.child("fallen")
    lying: dict[tuple[int, str], list[str]] = {}
    for _ in range(count):
        t = rng.uniform() ** 0.75
        x = rng.uniform(*canvas.land)
        y, size = canvas.surface(x, t), (3.0 + 11.0 * t * t) * rng.uniform(0.7, 1.25)
        lean, thick = rng.jitter(0.3) * size, rng.uniform(0.2, 0.42) * size
        dab = f"M{x - size:.1f} {y - lean:.1f}Q{x:.1f} {y - thick * 2:.1f} {x + size:.1f} {y + lean:.1f}"
        dab += f"Q{x:.1f} {y + thick * 2:.1f} {x - size:.1f} {y - lean:.1f}Z"
        lying.setdefault((int(t * 7.99), rng.pick(colours)), []).append(dab)
    for (band, natural), dabs in lying.items():
        t = band / 8
        colour = mix(canvas.air.grade(natural, 0.55 + 0.45 * t), canvas.air.land(natural, 0.5 + 0.5 * t), 0.5)
        canvas.add(canvas.ground_key(t) - 0.35, path("".join(dabs), colour, 0.92))


def frame_grass(canvas: Canvas, natural: str = "#3f5a45", tall: float = 90.0, flowers: Sequence[str] = ()) -> None:
    """A dark bank of grasses at the lower edge, out of the light; higher at the corners than in the middle."""
    rng = canvas.stream.child("frame")
    colour = mix(canvas.air.land(natural, 1.0), canvas.air.dark, 0.55)
    side = -canvas.needs.subject_side
    base = canvas.height - 26
    line = [
        (x, base + 12 * sin(x / 90 + rng.uniform(0, 1)) - 46 * max(0.0, side * (x / canvas.width - 0.5) * 2) ** 1.5)
        for x in (i * canvas.width / 40 for i in range(41))
    ]
    shade = canvas.edge(open_line(line), 16, 0.25, shine=False)
    canvas.add(FRONT, shade + path(down_to(line, canvas.height + 10), colour))
    blades, heads = [], []
    for _ in range(int(95 * canvas.width / 1000)):
        x, y = rng.pick(line)
        reach = abs(x / canvas.width - 0.5) * 2
        size = tall * rng.uniform(0.4, 1.0) * (0.42 + 0.75 * reach)
        lean = rng.jitter(size * 0.42)
        x += rng.jitter(20)
        blades.append(limb([(x, y + 20), (x + lean * 0.25, y - size * 0.55), (x + lean, y - size)], [4.2, 2.8, 0.5], 4))
        if flowers and rng.chance(0.16):
            petal = mix(canvas.air.grade(rng.pick(flowers), 1.0), canvas.air.dark, 0.2)
            heads.append(path(_head(x + lean, y - size, rng.uniform(6, 11), rng), petal))
    canvas.add(FRONT + 1, path("".join(blades), tone(colour, -0.02)) + "".join(heads))
    if rng.chance(0.3) and tall > 60:
        _umbels(canvas, rng, line, tall, tone(colour, -0.01))


def _umbels(canvas: Canvas, rng: Stream, line: Sequence[Point], tall: float, colour: str) -> None:
    """A few umbels and seed heads that stand up at one corner of the frame."""
    left = rng.chance(0.5) if canvas.needs.subject_side == 0 else canvas.needs.subject_side > 0
    out = []
    for _ in range(rng.whole(3, 5)):
        u = rng.uniform(0.0, 0.2)
        x, y = line[min(40, int((u if left else 1 - u) * 40))]
        up, lean = tall * rng.uniform(1.5, 2.8), rng.jitter(40)
        tip = (x + lean, y - up)
        out.append(limb([(x, y + 20), (x + lean * 0.3, y - up * 0.5), tip], [5, 3.4, 1.8], 5))
        for k in range(9):
            a = -2.6 + 2.06 * k / 8
            ray = (tip[0] + cos(a) * up * 0.16, tip[1] + sin(a) * up * 0.13)
            out.append(
                limb([tip, ray], [1.5, 1])
                + blob([(ray[0] - 5, ray[1]), (ray[0], ray[1] - 4), (ray[0] + 5, ray[1]), (ray[0], ray[1] + 3)])
            )
    canvas.add(FRONT + 1, path("".join(out), colour))


def _head(x: float, y: float, size: float, rng: Stream) -> str:
    return blob(
        [
            (x - size, y + rng.jitter(2)),
            (x - size * 0.4, y - size * 0.8),
            (x + size * 0.5, y - size * 0.7),
            (x + size, y),
            (x, y + size * 0.6),
        ]
    )


def frame_leaves(canvas: Canvas, natural: str = "#3f5f45", side: float | None = None, count: int = 26) -> None:
    """A branch with leaves reaching in from an upper corner, dark against the sky."""
    rng = canvas.stream.child("leaves")
    left = (side if side is not None else -canvas.needs.subject_side) < 0
    colour = mix(canvas.air.land(natural, 1.0), canvas.air.dark, 0.5)
    sign, x0 = (1, -20.0) if left else (-1, canvas.width + 20.0)
    drop = rng.uniform(70, 150)
    stem = [(x0, drop * 0.4), (x0 + sign * 130, drop * 0.55), (x0 + sign * 270, drop), (x0 + sign * 360, drop * 1.5)]
    out = [path(limb(stem, [13, 8, 4, 1.5]), colour)]
    for i in range(count):
        u = (i + rng.uniform()) / count
        k = min(2, int(u * 3))
        a, b, v = stem[k], stem[k + 1], u * 3 - k
        x, y = a[0] + (b[0] - a[0]) * v, a[1] + (b[1] - a[1]) * v
        angle, size = rng.uniform(-0.4, 3.5), rng.uniform(26, 50) * (1.15 - 0.4 * u)
        out.append(path(leaf(x, y, size, angle if left else 3.14 - angle), tone(colour, rng.jitter(0.025)), 0.97))
    canvas.add(FRONT + 2, "".join(out))


def leaf(x: float, y: float, size: float, angle: float) -> str:
    """One pointed leaf from its stalk, the angle in radians."""
    c, s = cos(angle), sin(angle)

    def at(u: float, v: float) -> str:
        return f"{x + size * (u * c - v * s):.1f} {y + size * (u * s + v * c):.1f}"

    return f"M{at(0, 0)}C{at(0.3, -0.32)} {at(0.7, -0.24)} {at(1, 0)}C{at(0.7, 0.24)} {at(0.3, 0.32)} {at(0, 0)}Z"
