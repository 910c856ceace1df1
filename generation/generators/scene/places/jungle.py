"""The jungle: bright mist far inside, trunks and hanging green in layers, great leaves close to the eye."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import FRONT, HORIZON, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob, limb
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.begin import begin
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import path, stroke

GREENS = ("#5f8f55", "#4f8458", "#6d9450", "#46795a")


def jungle(canvas: Canvas) -> None:
    begin(canvas, 0.6)
    air = canvas.air
    mist = mix(_green(canvas, "#b9d39a", 0.1), mix(air.horizon, air.light, 0.5), 0.4)
    deep = _green(canvas, "#3f6f4a", 0.5)
    canvas.backdrop.wash(((0, deep, 1.0), (0.5, mist, 1.0), (1, mist, 1.0)), (0, 0), (0, canvas.horizon + 60))
    canvas.backdrop.halo(canvas.light[0], canvas.horizon * 0.6, 480, 520, air.light, 0.55 * air.glow)
    for row in range(4):
        _row(canvas, row)
        land.haze(canvas, canvas.horizon + 10 + 12 * row, 0.3, HORIZON + 3 * row + 2, 150)
    _beams(canvas)
    land.ground(canvas, canvas.horizon + 66, "#4f7d42", swing=14)
    rng = canvas.stream.child("floor")
    for _ in range(22):
        t = rng.uniform(0.0, 0.8)
        x = rng.uniform(-20, canvas.width + 20)
        if abs(x - canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)) < 190 and t > 0.3:
            continue
        y, size = canvas.surface(x, t), rng.uniform(40, 80) * (0.6 + 0.8 * t)
        colour = _green(canvas, tone(rng.pick(GREENS), rng.jitter(0.04)), 0.45 + 0.45 * t)
        canvas.add(canvas.ground_key(t) - 0.6, path(fan(rng, x, y + 4, size, 9), colour))
    foreground.tufts(canvas, 60, "#5f8748", tall=30)
    _palms(canvas)
    _frame(canvas)


def _green(canvas: Canvas, natural: str, depth: float) -> str:
    """Green that the hour tints but does not drown."""
    return mix(canvas.air.land(natural, depth), canvas.air.grade(natural), 0.6)


def fan(rng: Stream, x: float, y: float, size: float, count: int) -> str:
    """A plant of long arching leaves from one foot."""
    return "".join(
        limb(
            [
                (x, y),
                (x + cos(a) * reach * 0.6, y + sin(a) * reach * 0.85),
                (x + cos(a) * reach * 1.1, y + sin(a) * reach * 0.62 + reach * 0.12),
            ],
            [size * 0.05, size * 0.17, size * 0.01],
            5,
        )
        for a, reach in (
            (-pi * (0.08 + 0.84 * (i + rng.uniform(0.2, 0.8)) / count), size * rng.uniform(0.75, 1.15))
            for i in range(count)
        )
    )


def _row(canvas: Canvas, row: int) -> None:
    """One depth of the wood: trunks that reach out of the picture, lianas, hanging canopy and undergrowth."""
    rng = canvas.stream.child("jungle row", row)
    depth = 0.08 + 0.19 * row
    key = HORIZON + 3 * row
    base = canvas.horizon + 44 + 16 * row
    green = mix(_green(canvas, tone(GREENS[row], -0.02 * row), depth), canvas.air.horizon, 0.3 - 0.09 * row)
    bark = mix(canvas.air.land("#6d6250", depth), green, 0.35)
    clear = canvas.width * (0.5 + 0.12 * canvas.needs.subject_side)
    trunks, lianas = [], []
    count = 9 - 2 * row
    for i in range(count):
        x = (i + 0.5 + rng.jitter(0.4)) * canvas.width / count
        if row > 1 and abs(x - clear) < canvas.width * (0.12 + 0.06 * row):
            continue
        wide, lean = rng.uniform(16, 30) * (0.7 + 0.5 * row), rng.jitter(60)
        trunks.append(
            limb(
                [(x - wide * 0.2, base + 16), (x, base - 20), (x + lean * 0.4, base - 330), (x + lean, -60)],
                [wide * 2.1, wide * 1.1, wide * 0.9, wide * 0.75],
                5,
            )
        )
        far = x + rng.uniform(60, 190)
        sag = rng.uniform(160, 420)
        lianas.append(f"M{x + lean:.0f} -20Q{(x + far) / 2:.0f} {sag * 1.6:.0f} {far:.0f} -20")
    plants = "".join(
        fan(rng, rng.uniform(-20, canvas.width + 20), base + 14, rng.uniform(50, 130) * (0.7 + 0.2 * row), 8)
        for _ in range(10 - row)
    )
    canvas.add(key, path("".join(trunks), bark))
    canvas.add(key + 0.1, stroke("".join(lianas), mix(bark, green, 0.5), 2.2 + 0.8 * row, 0.8))
    canvas.add(key + 0.2, path(_canopy(canvas, rng, row), green) + path(plants, tone(green, 0.015)))


def _canopy(canvas: Canvas, rng: Stream, row: int) -> str:
    """Foliage that hangs from above, lower at the sides; its hem is ragged with leaves."""
    hem: list[Point] = [(-80.0, -80.0)]
    leaves = []
    x = -60.0
    while x < canvas.width + 70:
        away = abs(x / canvas.width - 0.5 - 0.1 * canvas.needs.subject_side) * 2
        y = 60 + 46 * (3 - row) + 230 * away**1.7 * (0.5 + 0.2 * row) + rng.jitter(34)
        hem.append((x, y))
        leaves += [
            foreground.leaf(x + rng.jitter(40), y - 14 + rng.jitter(20), rng.uniform(26, 52), rng.uniform(0.5, 2.7))
            for _ in range(3)
        ]
        x += rng.uniform(44, 84)
    hem.append((canvas.width + 90, -80.0))
    return blob(hem, 0.4) + "".join(leaves)


def _beams(canvas: Canvas) -> None:
    if canvas.air.glow < 0.5:
        return
    rng = canvas.stream.child("beams")
    x = canvas.light[0]
    for _ in range(5):
        foot, wide = x + rng.jitter(330), rng.uniform(22, 60)
        low = canvas.horizon + rng.uniform(40, 150)
        fill = canvas.document.linear(
            ((0, canvas.air.light, 0.0), (0.3, canvas.air.light, 0.2), (1, canvas.air.light, 0.0)), (x, 0), (foot, low)
        )
        d = f"M{x - 14:.0f} -20L{foot - wide:.0f} {low:.0f}L{foot + wide:.0f} {low:.0f}L{x + 14:.0f} -20Z"
        canvas.add(HORIZON + 9.2, path(d, fill))


def _palms(canvas: Canvas) -> None:
    rng = canvas.stream.child("jungle palms")
    for k in range(3):
        t = rng.uniform(0.02, 0.3)
        side = -canvas.needs.subject_side if k < 2 else canvas.needs.subject_side
        x = canvas.width * (0.5 + side * rng.uniform(0.3, 0.5))
        land.stand(
            canvas, catalogue()["palm"], x, canvas.surface(x, t), rng.uniform(300, 460), 0.46, canvas.ground_key(t), k
        )


def _frame(canvas: Canvas) -> None:
    """Great leaves in the corners, out of the light."""
    rng = canvas.stream.child("jungle frame")
    colour = mix(canvas.air.land("#3f6a45", 1.0), mix("#16301f", canvas.air.dark, 0.35), 0.5)
    out = []
    for corner in (-1, 1):
        x = -30.0 if corner < 0 else canvas.width + 30
        for k in range(9):
            up = rng.uniform(0.05, 1.4)
            angle = -up if corner < 0 else -pi + up
            shade = tone(colour, 0.012 * (k % 4) - 0.02)
            out.append(_blade(rng, x, canvas.height + 20, rng.uniform(200, 400), angle, corner, shade))
            if k < 6:
                down = rng.uniform(0.1, 1.2)
                angle = down if corner < 0 else pi - down
                out.append(_blade(rng, x, -20, rng.uniform(160, 320), angle, corner, shade))
    canvas.add(FRONT + 1, "".join(out))


def _blade(rng: Stream, x: float, y: float, size: float, angle: float, corner: int, colour: str) -> str:
    """A long leaf that arches over by its own weight, with slits along its edge and a pale rib."""
    bend = -corner * 0.5 if angle < 0 and angle > -pi else corner * 0.2
    line: list[Point] = []
    for k in range(9):
        u = k / 8
        a = angle + bend * u * u
        line.append((x + cos(a) * size * u, y + sin(a) * size * u))
    left: list[Point] = []
    right: list[Point] = []
    for k in range(1, 9):
        (px, py), (qx, qy) = line[k - 1], line[k]
        nx, ny = -(qy - py), qx - px
        length = (nx * nx + ny * ny) ** 0.5 or 1.0
        wide = size * 0.15 * sin(pi * (k / 8) ** 0.8) * (0.8 if k % 2 else 1.08) * rng.uniform(0.9, 1.1)
        left.append((qx + nx / length * wide, qy + ny / length * wide))
        right.append((qx - nx / length * wide, qy - ny / length * wide))
    rib = "M" + "L".join(f"{px:.0f} {py:.0f}" for px, py in line)
    return path(blob([line[0], *left, *reversed(right)], 0.28), colour) + stroke(rib, tone(colour, 0.05), 2, 0.6)
