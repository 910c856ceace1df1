"""Land: ridges, mountains, hills, the ground plane, grass and flowers, and the frame of leaves in front."""

from __future__ import annotations

from collections.abc import Sequence
from math import cos, sin

from generation.generators.scene.canvas import FAR, FRONT, HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob, curve, down_to, limb, open_line, ridge
from generation.generators.scene.noun import Noun
from generation.generators.scene.paint import Spot
from generation.generators.scene.pen import Pen
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import path, soft_edge


def layer(canvas: Canvas, key: float, line: Sequence[Point], natural: str, depth: float, *, edge: float = 1.0) -> str:
    """A sheet of land below a skyline: soft shadow along its edge, lighter where mist gathers at its foot."""
    colour = canvas.air.land(natural, depth)
    top = min(y for _, y in line)
    foot = mix(colour, mix(canvas.air.horizon, canvas.air.light, 0.25), 0.28 * canvas.air.haze * (1.1 - depth))
    crown = mix(tone(colour, 0.02), canvas.air.light, 0.1 * canvas.air.glow)
    bottom = max(y for _, y in line) + 110
    fill = canvas.document.linear(((0, crown, 1), (0.35, colour, 1), (1, foot, 1)), (0, top), (0, bottom))
    # Gradients cost far more per pixel than flat paint: only the upper band has one.
    shape = down_to(line, min(bottom, canvas.height + 20))
    whole = path(down_to(line, canvas.height + 20), foot)
    reach = (5 + 11 * depth) * edge
    shadow = soft_edge(open_line(line), canvas.air.dark, reach, 0.34 * canvas.look.edge_shadow) if canvas.look.edge_shadow else ""
    canvas.add(key, shadow + whole + path(shape, fill))
    return colour


def far_ridges(canvas: Canvas, natural: str, count: int = 2, height: float = 44.0, rough: float = 0.55) -> None:
    """Distant rough ridges on the horizon, palest first."""
    for i in range(count):
        share = (i + 1) / (count + 1)
        base = canvas.horizon - height * (1.5 - 1.1 * share)
        line = ridge(canvas.stream.child("far", i), canvas.width, base, height * (0.9 - 0.3 * share), rough)
        line = [(x, min(y, canvas.horizon + 4)) for x, y in line]
        layer(canvas, FAR + i, line, natural, 0.08 + 0.3 * share)


def wave_line(canvas: Canvas, name: str, base: float, swing: float, waves: float = 1.6) -> list[Point]:
    """A rolling skyline of a few long waves."""
    rng = canvas.stream.child("hill", name)
    p, q = rng.uniform(0, 6.3), rng.uniform(0, 6.3)
    scale = 6.283 * waves / 1000
    return [
        (x, base - swing * (0.62 * sin(x * scale + p) + 0.38 * sin(x * scale * 2.3 + q)))
        for x in (i * canvas.width / 60 for i in range(61))
    ]


def mountains(canvas: Canvas, count: int = 2, tall: float = 260.0, natural: str = "#6f7f92", snow: bool = True) -> None:
    """Ranges of peaks; each peak has a lit and a shadow face and, if high enough, a cap of snow."""
    for i in range(count):
        depth = 0.1 + 0.28 * i
        rng = canvas.stream.child("range", i)
        x = -100.0 - rng.uniform(0, 120)
        peaks: list[Point] = []
        while x < canvas.width + 260:
            peaks.append((x, canvas.horizon - tall * (1.0 - 0.34 * i) * rng.uniform(0.5, 1.0)))
            x += rng.uniform(150, 290)
        colour = canvas.air.land(natural, depth)
        for k, (px, py) in enumerate(peaks):
            _peak(canvas, FAR + 2 * i + 0.01 * k, px, py, colour, depth, snow)


def _peak(canvas: Canvas, key: float, x: float, y: float, colour: str, depth: float, snow: bool) -> None:
    stream = canvas.stream.child("peak", x, y)
    foot = canvas.horizon + 30
    tall = foot - y
    left = _slope(stream.child("l"), x, y, -tall * stream.uniform(0.85, 1.15), tall)
    right = _slope(stream.child("r"), x, y, tall * stream.uniform(0.85, 1.15), tall)
    middle = _slope(stream.child("m"), x, y, tall * stream.uniform(-0.2, 0.2), tall, 0.06)
    mist = mix(canvas.air.horizon, canvas.air.light, 0.2)
    from_right = canvas.light[0] > x
    lit = mix(tone(colour, 0.03), canvas.air.light, 0.3 * canvas.air.glow)
    dark = mix(colour, canvas.air.dark, 0.16)
    outline = [*reversed(left), *right[1:]]
    shadow = soft_edge(open_line(outline), canvas.air.dark, 6 + 8 * depth, 0.2 * canvas.look.edge_shadow) if canvas.look.edge_shadow else ""
    whole = canvas.document.linear(((0, dark, 1), (0.6, dark, 1), (1, mix(dark, mist, 0.6), 1)), (0, y), (0, foot))
    face = canvas.document.linear(((0, lit, 1), (0.6, lit, 1), (1, mix(lit, mist, 0.6), 1)), (0, y), (0, foot))
    lit_side = right if from_right else left
    parts = [shadow, path(down_to(outline, foot + 40), whole)]
    parts.append(path(open_line([*lit_side, *reversed(middle)]) + "Z", face))
    if snow and tall > 110:
        parts.append(_cap(canvas, left, right, middle, from_right, stream, depth))
    canvas.add(key, "".join(parts))


def _slope(rng: Stream, x: float, y: float, run: float, fall: float, wobble: float = 0.05) -> list[Point]:
    steps = 14
    return [
        (x + run * (i / steps) ** 1.08 + (rng.jitter(fall * wobble) if i else 0), y + fall * i / steps)
        for i in range(steps + 1)
    ]


def _cap(
    canvas: Canvas, left: list[Point], right: list[Point], middle: list[Point], from_right: bool, rng: Stream, depth: float
) -> str:
    """Snow from the peak down to a ragged line, lit on one side."""
    white = canvas.air.land("#f4f6fa", depth * 0.6)
    lit = mix(white, canvas.air.light, 0.45 * canvas.air.glow)
    dim = mix(white, canvas.air.sky[0], 0.3)
    parts = []
    for side, is_lit in ((left, not from_right), (right, from_right)):
        rows = rng.whole(5, 7)
        a, b = side[: rows + 1], middle[: rows + 1]
        ragged = [
            (a[-1][0] + (b[-1][0] - a[-1][0]) * u, a[-1][1] + (26 if k % 2 else -18) * rng.uniform(0.4, 1.1))
            for k, u in enumerate((0.2, 0.4, 0.6, 0.8))
        ]
        parts.append(path(open_line([*a, *ragged, *reversed(b)]) + "Z", lit if is_lit else dim))
    return "".join(parts)


def ground(canvas: Canvas, top: float, natural: str, *, swing: float = 12.0, key: float = MIDDLE, sheets: int = 3) -> None:
    """The ground plane from `top` down: overlapping sheets that grow nearer; sets the canvas's surface."""
    lines = []
    for i in range(sheets):
        share = i / sheets
        base = top + (canvas.height - top) * share**1.25 * 0.92
        line = wave_line(canvas, f"ground{i}", base, swing * (1 + 1.1 * share), 0.9 + 0.5 * share)
        lines.append(line)
        fade = tone(natural, -0.03 * i, 1.0, 3.0 * i)
        layer(canvas, key + (0.0 if i == 0 else 18.0 * share), line, fade, 0.42 + 0.42 * share, edge=0.7)
    first = lines[0]
    step = canvas.width / 60

    def surface(x: float, t: float) -> float:
        i = min(59, max(0, int(x / step)))
        start = first[i][1] + (first[i + 1][1] - first[i][1]) * (x / step - i)
        return start + 8 + (canvas.height * 0.93 - start) * t

    canvas.surface = surface
    canvas.land = (0.0, canvas.width)


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
            f"M{foot - wide:.1f} {y:.1f}Q{foot + lean * 0.2:.1f} {y - size * 0.6:.1f} {foot + lean:.1f} {y - size * rng.uniform(0.7, 1.1):.1f}"
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
        head = blob([(x - size, y - tall), (x - size * 0.3, y - tall - size * 0.8), (x + size, y - tall), (x, y - tall + size * 0.6)])
        dot = f'<circle cx="{x:.1f}" cy="{y - tall:.1f}" r="{size * 0.3:.1f}" fill="{tone(petal, -0.12, 1.0, 40)}"/>' if size > 4 else ""
        canvas.add(
            canvas.ground_key(t) - 0.2,
            f'<path d="M{x:.1f} {y:.1f}V{y - tall:.1f}" stroke="{stalk}" stroke-width="{0.7 + size * 0.13:.2f}"/>' + path(head, petal) + dot,
        )


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
    shade = soft_edge(open_line(line), canvas.air.dark, 16, 0.25 * canvas.look.edge_shadow) if canvas.look.edge_shadow else ""
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
    if rng.chance(0.5) and tall > 60:
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
            out.append(limb([tip, ray], [1.5, 1]) + blob([(ray[0] - 5, ray[1]), (ray[0], ray[1] - 4), (ray[0] + 5, ray[1]), (ray[0], ray[1] + 3)]))
    canvas.add(FRONT + 1, path("".join(out), colour))


def _head(x: float, y: float, size: float, rng: Stream) -> str:
    return blob([(x - size, y + rng.jitter(2)), (x - size * 0.4, y - size * 0.8), (x + size * 0.5, y - size * 0.7), (x + size, y), (x, y + size * 0.6)])


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


def stand(canvas: Canvas, noun: Noun, x: float, y: float, tall: float, depth: float, key: float, *name: object, colours: Sequence[str] = ()) -> None:
    """Put a noun of the vocabulary into the scenery, `tall` units high."""
    rng = canvas.stream.child("stand", noun.name, x, *name)
    pen = Pen(rng, noun.poses[0], colours, canvas.air.lamps)
    noun.draw(pen)
    scale = tall / noun.box[1]
    spot = Spot(x, y, scale, noun.turns and rng.chance(0.5), depth, canvas.light, noun.box)
    canvas.add(key, canvas.painter.thing(pen.marks, spot, scenery=True))


def shore(canvas: Canvas, key: float, line: list[Point], natural: str, depth: float) -> None:
    """A sheet of land that meets the water, as `layer`."""
    layer(canvas, key, line, natural, depth)


def mound(canvas: Canvas, natural: str, *, key: float = MIDDLE, rise: float = 190.0, span: float = 0.62) -> None:
    """A headland rising on the subject's side out of the water; sets the surface and the range for things."""
    side = canvas.needs.subject_side
    width, foot = canvas.width, canvas.height
    rng = canvas.stream.child("mound")
    top = canvas.horizon + (foot - canvas.horizon) * 0.3
    reach = width * span
    line: list[Point] = []
    for i in range(61):
        u = i / 60
        x = width - reach * u if side > 0 else reach * u
        profile = top + (rise * 0.25) * sin(u * 2.2 + 0.4) * 0.4 + (foot + 30 - top) * max(0.0, (u - 0.52) / 0.48) ** 2.1
        line.append((x, profile + rng.jitter(1.6)))
    line.sort()
    shape = [*line]
    colour = canvas.air.land(natural, 0.62)
    lit = mix(tone(colour, 0.03), canvas.air.light, 0.22 * canvas.air.glow)
    fill = canvas.document.linear(((0, lit, 1), (0.3, colour, 1), (1, mix(colour, canvas.air.dark, 0.4), 1)), (0, top - 10), (0, foot))
    edge = soft_edge(open_line(shape), canvas.air.dark, 15, 0.38 * canvas.look.edge_shadow) if canvas.look.edge_shadow else ""
    canvas.add(key, edge + path(down_to(shape, foot + 20), fill))
    first, last = line[0][0], line[-1][0]

    def surface(x: float, t: float) -> float:
        u = min(59.999, max(0.0, (x - first) / (last - first) * 60))
        i = int(u)
        y = line[i][1] + (line[i + 1][1] - line[i][1]) * (u - i)
        return y + 6 + (foot * 0.95 - y) * t * 0.7

    canvas.surface = surface
    canvas.land = (width - reach * 0.52, width) if side > 0 else (0.0, reach * 0.52)
    canvas.open_water = (0.0, width - reach * 0.72) if side > 0 else (reach * 0.72, width)
    front = [(x, y + 92 + 20 * sin(x / 120)) for x, y in line]
    near = mix(canvas.air.land(tone(natural, -0.06), 0.85), canvas.air.dark, 0.35)
    edge = soft_edge(open_line(front), canvas.air.dark, 13, 0.3 * canvas.look.edge_shadow) if canvas.look.edge_shadow else ""
    canvas.add(key + 17, edge + path(down_to(front, foot + 20), near))


def tree_line(canvas: Canvas, noun: Noun, base: float, tall: float, depth: float, key: float, count: int, name: str) -> None:
    """A wood in the distance: many trees along a level."""
    rng = canvas.stream.child("trees", name)
    spread = canvas.width / count
    for i in range(-1, count + 1):
        x = (i + 0.5) * spread + rng.jitter(spread * 0.5)
        stand(canvas, noun, x, base + rng.jitter(6), tall * rng.uniform(0.65, 1.15), depth, key + 0.01 * (i % 7), name)


def path_of_sand(canvas: Canvas, top: float, natural: str) -> None:
    """A way that winds from the lower edge towards the horizon: the picture's diagonal."""
    side = canvas.needs.subject_side
    x0, x1 = canvas.width * (0.5 - 0.3 * side), canvas.width * (0.5 + 0.12 * side)
    bottom, middle = canvas.height, (canvas.height + top) / 2
    left = curve([(x0 - 120, bottom + 10), (x0 + 90 * side, middle + 60), (x1 - 90 * side, middle - 40), (x1, top + 6)])
    right = curve([(x1 + 5, top + 6), (x1 - 50 * side, middle - 40), (x0 + 190 * side, middle + 60), (x0 + 150, bottom + 10)])
    colour = canvas.air.land(natural, 0.6)
    canvas.add(MIDDLE + 0.5, path(left + "L" + right[1:] + "Z", colour, 0.85))


def haze(canvas: Canvas, y: float, strength: float, key: float = HORIZON + 8, tall: float = 90.0) -> None:
    """A veil of mist across the picture at a level."""
    canvas.add(key, canvas.document.halo(canvas.width / 2, y, canvas.width * 0.9, tall, mix(canvas.air.horizon, canvas.air.light, 0.3), strength))
