"""Land: ridges, mountains, hills, the ground plane, grass and flowers, and the frame of leaves in front."""

from __future__ import annotations

from collections.abc import Sequence
from math import sin

from generation.generators.scene.canvas import FAR, HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import lightness, mix, tone, with_lightness
from generation.generators.scene.geometry import Point, curve, down_to, limb, open_line, ridge
from generation.generators.scene.noun import Noun
from generation.generators.scene.paint import Spot
from generation.generators.scene.pen import Pen
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import path
from generation.generators.scene.vocabulary import COLOURS


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
    shadow = canvas.edge(open_line(line), reach, 0.34)
    canvas.add(key, shadow + whole + path(shape, fill))
    return colour


def grounded(canvas: Canvas, natural: str) -> str:
    """The natural colour of a place's land, or the one that its prompt asked for, near the lightness of land."""
    asked = COLOURS.get(canvas.graph.ground)
    if not asked:
        return natural
    return with_lightness(tone(asked, 0.0, 0.96), 0.25 * lightness(natural) + 0.75 * lightness(asked))


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
        if canvas.graph.ground:
            # Asked for by its colour, so it stands clear of the haze.
            colour = mix(colour, canvas.air.grade(natural), 0.45)
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
    shadow = canvas.edge(open_line(outline), 6 + 8 * depth, 0.2)
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
    canvas: Canvas,
    left: list[Point],
    right: list[Point],
    middle: list[Point],
    from_right: bool,
    rng: Stream,
    depth: float,
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


def ground(
    canvas: Canvas, top: float, natural: str, *, swing: float = 12.0, key: float = MIDDLE, sheets: int = 3
) -> None:
    """The ground plane from `top` down: overlapping sheets that grow nearer; sets the canvas's surface."""
    lines = []
    for i in range(sheets):
        share = i / sheets
        base = top + (canvas.height - top) * share**1.25 * 0.92
        line = wave_line(canvas, f"ground{i}", base, swing * (1 + 1.1 * share), 0.9 + 0.5 * share)
        lines.append(line)
        fade = tone(natural, -0.045 * i, 1.0, 5.0 * i)
        layer(canvas, key + (0.0 if i == 0 else 18.0 * share), line, fade, 0.42 + 0.42 * share, edge=0.7)
    first = lines[0]
    step = canvas.width / 60

    def surface(x: float, t: float) -> float:
        i = min(59, max(0, int(x / step)))
        start = first[i][1] + (first[i + 1][1] - first[i][1]) * (x / step - i)
        return start + 8 + (canvas.height * 0.93 - start) * t

    canvas.surface = surface
    canvas.land = (0.0, canvas.width)
    _play_of_light(canvas, key + 0.3)


def _play_of_light(canvas: Canvas, key: float) -> None:
    """Broad soft patches where the light falls on the ground and where clouds shade it; quiet ground is never empty."""
    rng = canvas.stream.child("patches", key)
    low = 1 - min(1.0, max(0.0, canvas.air.height))
    for i in range(7):
        t = rng.uniform(0.02, 0.95)
        bright = i % 2 == 0
        away = rng.uniform(0.0, 0.34) if bright else rng.uniform(0.25, 0.75)
        side = 1.0 if canvas.light[0] < canvas.width / 2 else -1.0
        x = canvas.light[0] + side * away * canvas.width
        reach = canvas.width * rng.uniform(0.16, 0.36) * (0.6 + 0.6 * t)
        colour = canvas.air.light if bright else canvas.air.dark
        strength = (0.1 + 0.16 * low) * canvas.air.glow if bright else 0.16
        canvas.add(
            key + 18 * t,
            canvas.document.halo(x, canvas.surface(x, t), reach, reach * rng.uniform(0.06, 0.11), colour, strength),
        )


def stand(
    canvas: Canvas,
    noun: Noun,
    x: float,
    y: float,
    tall: float,
    depth: float,
    key: float,
    *name: object,
    colours: Sequence[str] = (),
) -> None:
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
        profile = (
            top + (rise * 0.25) * sin(u * 2.2 + 0.4) * 0.4 + (foot + 30 - top) * max(0.0, (u - 0.52) / 0.48) ** 2.1
        )
        line.append((x, profile + rng.jitter(1.6)))
    line.sort()
    shape = [*line]
    colour = canvas.air.land(natural, 0.62)
    lit = mix(tone(colour, 0.03), canvas.air.light, 0.22 * canvas.air.glow)
    fill = canvas.document.linear(
        ((0, lit, 1), (0.3, colour, 1), (1, mix(colour, canvas.air.dark, 0.4), 1)), (0, top - 10), (0, foot)
    )
    edge = canvas.edge(open_line(shape), 15, 0.38)
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
    if canvas.graph.weather == "fog":
        near = mix(colour, near, 0.35)
    edge = canvas.edge(open_line(front), 13, 0.3)
    canvas.add(key + 17, edge + path(down_to(front, foot + 20), near))


def tree_line(
    canvas: Canvas,
    noun: Noun,
    base: float,
    tall: float,
    depth: float,
    key: float,
    count: int,
    name: str,
    colours: Sequence[str] = (),
) -> None:
    """A wood in the distance: many trees along a level."""
    rng = canvas.stream.child("trees", name)
    spread = canvas.width / count
    for i in range(-1, count + 1):
        x = (i + 0.5) * spread + rng.jitter(spread * 0.5)
        stand(
            canvas,
            noun,
            x,
            base + rng.jitter(6),
            tall * rng.uniform(0.65, 1.15),
            depth,
            key + 0.01 * (i % 7),
            name,
            colours=(rng.pick(colours),) if colours else (),
        )


def path_of_sand(canvas: Canvas, top: float, natural: str) -> None:
    """A way that winds from the lower edge towards the horizon: the picture's diagonal."""
    side = canvas.needs.subject_side
    x0, x1 = canvas.width * (0.5 - 0.3 * side), canvas.width * (0.5 + 0.12 * side)
    bottom, middle = canvas.height, (canvas.height + top) / 2
    left = curve([(x0 - 120, bottom + 10), (x0 + 90 * side, middle + 60), (x1 - 90 * side, middle - 40), (x1, top + 6)])
    right = curve(
        [(x1 + 5, top + 6), (x1 - 50 * side, middle - 40), (x0 + 190 * side, middle + 60), (x0 + 150, bottom + 10)]
    )
    colour = canvas.air.land(natural, 0.6)
    canvas.add(MIDDLE + 0.5, path(left + "L" + right[1:] + "Z", colour, 0.85))


def road(canvas: Canvas, natural: str) -> None:
    """A road that comes out of the distance and passes under the main thing, drawn on the ground's second sheet."""
    side, w = canvas.needs.subject_side, canvas.width
    way = ((0.5 - 0.04 * side, 0.0), (0.5 - 0.2 * side, 0.07), (0.5 - 0.3 * side, 0.17), (0.5 - 0.12 * side, 0.29),
           (0.5 + 0.16 * side, 0.41), (0.5 + 0.6 * side, 0.56))  # fmt: skip
    line = [(u * w, canvas.surface(u * w, t)) for u, t in way]
    widths = [4.0, 13.0, 30.0, 56.0, 84.0, 120.0]
    colour = canvas.air.land(natural, 0.6)
    edge, track = mix(colour, canvas.air.dark, 0.3), mix(colour, canvas.air.dark, 0.14)
    out = path(limb(line, [1.12 * x + 3 for x in widths]), edge, 0.55) + path(limb(line, widths), colour)
    for off in (-0.2, 0.2):
        rut = [(x, y + off * wide) for (x, y), wide in zip(line, widths, strict=True)]
        out += path(limb(rut, [0.14 * wide for wide in widths]), track, 0.7)
    canvas.add(MIDDLE + 6.3, out)


def haze(canvas: Canvas, y: float, strength: float, key: float = HORIZON + 8, tall: float = 90.0) -> None:
    """A veil of mist across the picture at a level."""
    colour = mix(canvas.air.horizon, canvas.air.light, 0.3)
    reach = tall * 0.8
    fill = canvas.document.linear(
        ((0, colour, 0.0), (0.5, colour, strength), (1, colour, 0.0)), (0, y - reach), (0, y + reach)
    )
    canvas.add(key, f'<rect y="{y - reach:.1f}" width="{canvas.width:.0f}" height="{2 * reach:.1f}" fill="{fill}"/>')
