"""Shapes: SVG path data made from a few points. Coordinates are local units, x to the right, y DOWN.

Points are written as text, "x,y x,y …"; a point that ends in `!` is a sharp corner of an otherwise smooth outline.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from math import cos, hypot, pi, radians, sin

from generation.generators.scene.rng import Stream

Point = tuple[float, float]
Points = str | Iterable[Point]


def points(text: Points) -> tuple[list[Point], list[bool]]:
    """The points and, for each, whether it is a corner."""
    if not isinstance(text, str):
        found = list(text)
        return found, [False] * len(found)
    places, corners = [], []
    for word in text.split():
        x, y = word.rstrip("!").split(",")
        places.append((float(x), float(y)))
        corners.append(word.endswith("!"))
    return places, corners


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".") if value else "0"


def _at(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _spline(places: Sequence[Point], corners: Sequence[bool], closed: bool, tension: float) -> str:
    count = len(places)
    tangents: list[Point] = []
    for i, here in enumerate(places):
        before = places[(i - 1) % count] if closed or i else here
        after = places[(i + 1) % count] if closed or i < count - 1 else here
        dx, dy = after[0] - before[0], after[1] - before[1]
        length = hypot(dx, dy) or 1.0
        tangents.append((0.0, 0.0) if corners[i] else (dx / length, dy / length))
    out = [f"M{_at(places[0])}"]
    for i in range(count if closed else count - 1):
        j = (i + 1) % count
        p, q, t, u = places[i], places[j], tangents[i], tangents[j]
        reach = hypot(q[0] - p[0], q[1] - p[1]) * tension
        a = (p[0] + t[0] * reach, p[1] + t[1] * reach)
        b = (q[0] - u[0] * reach, q[1] - u[1] * reach)
        out.append(f"C{_at(a)} {_at(b)} {_at(q)}")
    return "".join(out) + ("Z" if closed else "")


def blob(text: Points, tension: float = 0.36) -> str:
    """A closed smooth outline through the points (mark corners with `!`)."""
    places, corners = points(text)
    return _spline(places, corners, True, tension)


def curve(text: Points, tension: float = 0.36) -> str:
    """An open smooth line through the points."""
    places, corners = points(text)
    return _spline(places, corners, False, tension)


def poly(text: Points) -> str:
    """A closed outline with straight edges."""
    places, _ = points(text)
    return "M" + "L".join(_at(p) for p in places) + "Z"


def ellipse(x: float, y: float, rx: float, ry: float | None = None, turn: float = 0.0) -> str:
    """An ellipse (or a circle), turned by `turn` degrees clockwise."""
    ry = rx if ry is None else ry
    c, s = cos(radians(turn)), sin(radians(turn))
    start, end = (x - rx * c, y - rx * s), (x + rx * c, y + rx * s)
    arc = f"A{_n(rx)} {_n(ry)} {_n(turn)} 1 1"
    return f"M{_at(start)}{arc} {_at(end)}{arc} {_at(start)}Z"


def box(x: float, y: float, width: float, height: float, radius: float = 0.0) -> str:
    """A rectangle from its top left corner, with round corners."""
    r = min(radius, width / 2, height / 2)
    if r <= 0:
        return f"M{_at((x, y))}h{_n(width)}v{_n(height)}h{_n(-width)}Z"
    w, h, k = width - 2 * r, height - 2 * r, _n(r)
    return (
        f"M{_at((x + r, y))}h{_n(w)}a{k} {k} 0 0 1 {k} {k}v{_n(h)}a{k} {k} 0 0 1 -{k} {k}"
        f"h{_n(-w)}a{k} {k} 0 0 1 -{k} -{k}v{_n(-h)}a{k} {k} 0 0 1 {k} -{k}Z"
    )


def limb(text: Points, widths: Sequence[float], samples: int = 8) -> str:
    """A tapering band along a smooth line, with round ends: a leg, a tail, a neck, a branch.

    `widths` are full widths, spread evenly along the line.
    """
    places, corners = points(text)
    line = flatten(places, corners, samples)
    left: list[Point] = []
    right: list[Point] = []
    last = len(line) - 1
    for i, (x, y) in enumerate(line):
        x0, y0 = line[max(0, i - 1)]
        x1, y1 = line[min(last, i + 1)]
        length = hypot(x1 - x0, y1 - y0) or 1.0
        nx, ny = -(y1 - y0) / length, (x1 - x0) / length
        half = _between(widths, i / last) / 2
        left.append((x + nx * half, y + ny * half))
        right.append((x - nx * half, y - ny * half))
    start, end = _n(widths[0] / 2), _n(widths[-1] / 2)
    path = "M" + "L".join(_at(p) for p in left)
    path += f"A{end} {end} 0 0 0 {_at(right[-1])}L" + "L".join(_at(p) for p in reversed(right[:-1]))
    return path + f"A{start} {start} 0 0 0 {_at(left[0])}Z"


def _between(values: Sequence[float], share: float) -> float:
    if len(values) == 1:
        return values[0]
    place = share * (len(values) - 1)
    i = min(int(place), len(values) - 2)
    return values[i] + (values[i + 1] - values[i]) * (place - i)


def flatten(places: Sequence[Point], corners: Sequence[bool], samples: int) -> list[Point]:
    """Points along the smooth line through `places`, `samples` for each piece."""
    out = [places[0]]
    for i in range(len(places) - 1):
        p0, p1, p2 = places[max(0, i - 1)], places[i], places[i + 1]
        p3 = places[min(len(places) - 1, i + 2)]
        if corners[i]:
            p0 = p1
        if corners[i + 1]:
            p3 = p2
        for k in range(1, samples + 1):
            t = k / samples
            out.append((_catmull(p0[0], p1[0], p2[0], p3[0], t), _catmull(p0[1], p1[1], p2[1], p3[1], t)))
    return out


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


def ring(x: float, y: float, outer: float, inner: float) -> str:
    """A ring (a wheel's tyre); the hole is left open."""
    o, i = _n(outer), _n(inner)
    return (
        f"M{_at((x - outer, y))}a{o} {o} 0 1 1 {_n(2 * outer)} 0a{o} {o} 0 1 1 {_n(-2 * outer)} 0Z"
        f"M{_at((x - inner, y))}a{i} {i} 0 1 0 {_n(2 * inner)} 0a{i} {i} 0 1 0 {_n(-2 * inner)} 0Z"
    )


def wedge(x: float, y: float, radius: float, start: float, end: float) -> str:
    """A slice of a circle between two angles in degrees (0 is right, 90 is DOWN)."""
    a = (x + radius * cos(radians(start)), y + radius * sin(radians(start)))
    b = (x + radius * cos(radians(end)), y + radius * sin(radians(end)))
    large = 1 if (end - start) % 360 > 180 else 0
    return f"M{_at((x, y))}L{_at(a)}A{_n(radius)} {_n(radius)} 0 {large} 1 {_at(b)}Z"


def star(x: float, y: float, outer: float, inner: float, tips: int = 5, turn: float = -90.0) -> str:
    """A star; with many tips a sunflower's or a saw's edge."""
    step = pi / tips
    places = [
        (x + r * cos(radians(turn) + k * step), y + r * sin(radians(turn) + k * step))
        for k in range(2 * tips)
        for r in ((outer if k % 2 == 0 else inner),)
    ]
    return poly(places)


def ridge(stream: Stream, width: float, base: float, height: float, rough: float, steps: int = 7) -> list[Point]:
    """A skyline from 0 to `width` by midpoint displacement: points from left to right around y = `base`."""
    ys = [base + stream.jitter(height), base + stream.jitter(height), base + stream.jitter(height)]
    amount = height * 0.9
    for _ in range(steps - 1):
        amount *= rough
        finer: list[float] = []
        for left, right in itertools.pairwise(ys):
            finer += [left, (left + right) / 2 + stream.jitter(amount)]
        ys = [*finer, ys[-1]]
    step = width / (len(ys) - 1)
    return [(i * step, y) for i, y in enumerate(ys)]


def down_to(line: Sequence[Point], bottom: float) -> str:
    """The area between a skyline and the level `bottom`, as a path."""
    left, right = (line[0][0], bottom), (line[-1][0], bottom)
    return "M" + "L".join(_at(p) for p in (left, *line, right)) + "Z"


def open_line(line: Sequence[Point]) -> str:
    """A skyline as an open path."""
    return "M" + "L".join(_at(p) for p in line)
