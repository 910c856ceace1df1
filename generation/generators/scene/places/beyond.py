"""Places out of the ordinary air: space, the surface of a moon, under water, above the clouds."""

from __future__ import annotations

from math import cos, pi, sin

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import FAR, FRONT, HORIZON, LIGHT, MIDDLE, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob, ellipse, limb
from generation.generators.scene.places.begin import begin
from generation.generators.scene.sky import draw_sky
from generation.generators.scene.svg import path, stroke


def space(canvas: Canvas) -> None:
    """Open space with a nebula and a great planet's edge; things float."""
    canvas.horizon = canvas.height
    side = -canvas.needs.subject_side
    canvas.light = (canvas.width * (0.5 + 0.3 * side), canvas.height * 0.2)
    draw_sky(canvas)
    _nebula(canvas)
    if canvas.needs.ground:
        _moon_ground(canvas, canvas.height * 0.74)
        _planet(canvas, canvas.width * (0.5 + 0.2 * side), canvas.height * 0.42, 120, ring=True)
        return
    _planet(canvas, canvas.width * (0.5 + 0.3 * side), canvas.height * 1.22, canvas.width * 0.5, ring=False)
    rng = canvas.stream.child("space")
    _planet(
        canvas,
        canvas.width * (0.5 - 0.36 * side),
        canvas.height * rng.uniform(0.12, 0.2),
        rng.uniform(24, 40),
        ring=rng.chance(0.6),
    )
    canvas.surface = lambda x, t: canvas.height * (0.5 + 0.3 * t)
    canvas.land = (canvas.width * 0.1, canvas.width * 0.9)
    canvas.casts = False


def _nebula(canvas: Canvas) -> None:
    rng = canvas.stream.child("nebula")
    hues = (canvas.air.stops[2], canvas.air.stops[3], canvas.air.stops[1], tone(canvas.air.stops[2], 0, 1.2, 60))
    tilt = rng.uniform(-0.5, 0.5)
    for _ in range(40):
        u = rng.uniform(-0.1, 1.1)
        x, y = canvas.width * u, canvas.height * (0.45 + tilt * (u - 0.5)) + rng.jitter(170)
        reach = (rng.uniform(90, 330), rng.uniform(60, 190))
        canvas.backdrop.halo(x, y, *reach, rng.pick(hues), rng.uniform(0.12, 0.3))


def _planet(canvas: Canvas, x: float, y: float, radius: float, ring: bool) -> None:
    rng = canvas.stream.child("planet", x, y)
    body = canvas.air.grade(rng.pick(("#c98d6a", "#7fa3b8", "#b79a74", "#8f7fb0", "#6fa39a")), 0.7)
    lx, ly = canvas.light
    length = ((lx - x) ** 2 + (ly - y) ** 2) ** 0.5 or 1
    ux, uy = (lx - x) / length, (ly - y) / length
    start, end = (x + ux * radius, y + uy * radius), (x - ux * radius, y - uy * radius)
    lit = mix(tone(body, 0.1), canvas.air.light, 0.4)
    dark = mix(body, canvas.air.dark, 0.85)
    fill = canvas.document.linear(((0, lit, 1), (0.4, body, 1), (0.85, dark, 1)), start, end)
    out = [canvas.document.halo(x, y, radius * 1.25, radius * 1.25, lit, 0.35), path(ellipse(x, y, radius), fill)]
    for _ in range(9):
        v = rng.uniform(-0.8, 0.8)
        half = radius * (1 - v * v) ** 0.5 * 0.97
        out.append(
            path(
                ellipse(x, y + v * radius, half, radius * rng.uniform(0.012, 0.06)),
                mix(body, lit if rng.chance(0.5) else dark, 0.5),
                0.3,
            )
        )
    if ring:
        wide, thin = radius * 1.9, radius * 0.42
        for k, faint in ((1.0, 0.5), (0.86, 0.35), (0.74, 0.6)):
            w, t = wide * k, thin * k
            d = f"M{x - w:.1f} {y:.1f}A{w:.1f} {t:.1f} 0 0 0 {x + w:.1f} {y:.1f}"
            band = stroke(d, lit, radius * 0.07, faint)
            out.append(f'<g transform="rotate(-14 {x:.1f} {y:.1f})">{band}</g>')
    canvas.add(FAR, "".join(out))


def moon_surface(canvas: Canvas) -> None:
    """Standing on a moon, a planet above the horizon."""
    canvas.needs.ground = True
    space(canvas)


def _moon_ground(canvas: Canvas, top: float) -> None:
    canvas.horizon = top
    grey = canvas.air.stop(0.5)
    natural = land.grounded(canvas, mix("#b8b2ad", grey, 0.35))
    for k in range(2):
        line = land.wave_line(canvas, f"crest{k}", top - 46 + 24 * k, 30, 2.2)
        land.layer(canvas, FAR + 2 + k, line, tone(natural, -0.05), 0.3 + 0.2 * k)
    land.ground(canvas, top, natural, swing=16)
    rng = canvas.stream.child("craters")
    for _ in range(15):
        t = rng.uniform(0.05, 0.95)
        x = rng.uniform(0, canvas.width)
        y, r = canvas.surface(x, t), rng.uniform(16, 50) * (0.4 + 0.9 * t)
        colour = canvas.air.land(natural, 0.6)
        dark, lit = mix(colour, canvas.air.dark, 0.4), mix(colour, canvas.air.light, 0.4)
        out = path(ellipse(x, y + r * 0.05, r * 1.08, r * 0.3), lit, 0.8) + path(ellipse(x, y, r, r * 0.25), dark, 0.9)
        canvas.add(
            canvas.ground_key(t) - 0.8, out + path(ellipse(x, y + r * 0.07, r * 0.84, r * 0.17), mix(dark, colour, 0.5))
        )


def underwater(canvas: Canvas) -> None:
    """Under the sea: light from above, rocks and weed, bubbles; fish swim."""
    canvas.horizon = canvas.height
    canvas.deep = True
    canvas.casts = False
    canvas.light = (canvas.width * (0.5 - 0.2 * canvas.needs.subject_side), -60.0)
    draw_sky(canvas)
    rng = canvas.stream.child("beams")
    for _ in range(9):
        x = canvas.light[0] + rng.jitter(300)
        foot = x + (x - canvas.light[0]) * 1.6 + 60
        low, wide = canvas.height * rng.uniform(0.55, 0.95), rng.uniform(20, 80)
        fill = canvas.document.linear(((0, canvas.air.light, 0.3), (1, canvas.air.light, 0.0)), (x, 0), (foot, low))
        canvas.add(
            LIGHT,
            path(
                f"M{x - wide * 0.3:.0f} -5L{foot - wide:.0f} {low:.0f}L{foot + wide:.0f} "
                f"{low:.0f}L{x + wide * 0.3:.0f} -5Z",
                fill,
            ),
        )
    for k in range(3):
        line = land.wave_line(canvas, f"reef{k}", canvas.height * (0.66 + 0.1 * k), 46 - 6 * k, 1.4)
        land.layer(canvas, FAR + 4 * k, line, ("#5f8a92", "#6a8a80", "#a99a78")[k], 0.12 + 0.24 * k)
        _weeds(canvas, FAR + 4 * k - 0.5, line, 0.15 + 0.24 * k, 10, k)
    land.ground(canvas, canvas.height * 0.87, "#c9b384", swing=14, sheets=2)
    _corals(canvas)
    _bubbles(canvas)
    _frame_kelp(canvas)
    canvas.surface = lambda x, t: canvas.height * (0.34 + 0.42 * t)
    canvas.land = (0.0, canvas.width)
    canvas.water = (canvas.height * 0.25, canvas.height * 0.8)


def _weeds(canvas: Canvas, key: float, line: list[Point], depth: float, count: int, name: object) -> None:
    rng = canvas.stream.child("weeds", name)
    colours = [canvas.air.land(c, depth) for c in ("#4f7f5a", "#6f8a4a", "#7a5f7f")]
    for _ in range(count):
        x, y = rng.pick(line)
        tall, sway = rng.uniform(60, 190), rng.uniform(10, 26)
        spine = [(x + sway * sin(k * 1.2 + x), y + 20 - tall * k / 5) for k in range(6)]
        canvas.add(key, path(limb(spine, [11, 9, 7, 5, 2]), rng.pick(colours), 0.95))


def _corals(canvas: Canvas) -> None:
    rng = canvas.stream.child("corals")
    for k in range(9):
        x = canvas.width * (rng.uniform(-0.02, 0.34) if k % 2 else rng.uniform(0.66, 1.02))
        y = canvas.height * rng.uniform(0.88, 0.98)
        natural = rng.pick(("#d9776a", "#e0a066", "#b06a90", "#d88fa0", "#8a79b5"))
        colour = canvas.air.grade(natural, 0.85)
        out = []
        if k % 3 == 0:
            r = rng.uniform(30, 60)
            out.append(
                path(
                    blob([(x - r, y), (x - r * 0.8, y - r * 0.7), (x, y - r), (x + r * 0.8, y - r * 0.65), (x + r, y)]),
                    colour,
                )
            )
            dots = (ellipse(x + rng.jitter(r * 0.7), y - r * rng.uniform(0.1, 0.8), r * 0.07) for _ in range(12))
            out.append(path("".join(dots), tone(colour, -0.07), 0.8))
        else:
            for _ in range(9):
                a, tall = rng.uniform(-0.9, 0.9), rng.uniform(40, 110)
                out.append(
                    path(
                        limb(
                            [
                                (x, y + 10),
                                (x + sin(a) * tall * 0.4, y - tall * 0.5),
                                (x + sin(a) * tall * 0.8, y - cos(a) * tall),
                            ],
                            [13, 9, 6],
                        ),
                        tone(colour, rng.jitter(0.04)),
                    )
                )
        canvas.add(MIDDLE + 12 + 0.1 * k, "".join(out))


def _bubbles(canvas: Canvas) -> None:
    rng = canvas.stream.child("bubbles")
    out = []
    for _ in range(5):
        x, y = rng.uniform(0, canvas.width), rng.uniform(canvas.height * 0.3, canvas.height * 0.9)
        for k in range(rng.whole(3, 7)):
            r = rng.uniform(2, 9)
            px, py = x + 14 * sin(k * 1.9), y - 34 * k
            circle = ellipse(px, py, r)
            out.append(path(circle, canvas.air.light, 0.16) + stroke(circle, canvas.air.light, 1.1, 0.55))
    canvas.add(FRONT - 2, "".join(out))


def _frame_kelp(canvas: Canvas) -> None:
    rng = canvas.stream.child("kelp")
    colour = mix(canvas.air.land("#2f5a4a", 1.0), canvas.air.dark, 0.5)
    out = []
    for _ in range(12):
        x = (
            rng.uniform(-10, 130)
            if rng.chance(0.62) == (canvas.needs.subject_side > 0)
            else canvas.width - rng.uniform(-10, 110)
        )
        tall = rng.uniform(200, 620)
        spine = [(x + 24 * sin(k * 1.1 + x), canvas.height + 20 - tall * k / 6) for k in range(7)]
        out.append(path(limb(spine, [17, 13, 9, 3]), tone(colour, rng.jitter(0.03))))
        for k in range(1, 7):
            px, py = spine[k]
            out.append(
                path(
                    foreground.leaf(px, py, rng.uniform(40, 74), rng.pick((-0.5, pi + 0.5)) + rng.jitter(0.4)),
                    tone(colour, 0.02),
                )
            )
    canvas.add(FRONT, "".join(out))


def above_clouds(canvas: Canvas) -> None:
    """A sea of clouds seen from above; things float or stand on peaks."""
    begin(canvas, 0.56)
    for k in range(5):
        rng = canvas.stream.child("cloudsea", k)
        depth = 0.1 + 0.18 * k
        base = canvas.horizon + 6 + (canvas.height - canvas.horizon) * 0.21 * k
        line: list[Point] = [(-160.0, canvas.height + 60)]
        x = -140.0
        while x < canvas.width + 170:
            line.append((x, base - rng.uniform(0, 60) * (0.5 + depth)))
            x += rng.uniform(40, 110) * (0.5 + depth)
        line.append((canvas.width + 180, canvas.height + 60))
        white = mix(canvas.air.land("#f2eef0", depth), canvas.air.horizon, 0.35 * (1 - depth))
        top = mix(white, canvas.air.light, 0.5 * canvas.air.glow)
        low = mix(white, canvas.air.sky[1], 0.5)
        fill = canvas.document.linear(((0, top, 1), (1, low, 1)), (0, base - 50), (0, base + 110 + 80 * depth))
        canvas.add(HORIZON + 7 * k, path(blob(line, 0.42), fill))
    canvas.surface = lambda x, t: canvas.height * (0.62 + 0.3 * t)
    if canvas.needs.ground:
        _summit(canvas)
    else:
        canvas.casts = False


def _summit(canvas: Canvas) -> None:
    """A mountain top that stands out of the clouds, for what needs ground under it."""
    rng = canvas.stream.child("summit")
    cx = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)
    top = canvas.height * 0.66
    left: list[Point] = []
    right: list[Point] = []
    for k in range(9):
        u = k / 8
        drop = (canvas.height * 0.96 - top) * u
        left.append((cx - 190 - 210 * u**0.8 - rng.uniform(0, 26), top + drop + rng.jitter(10)))
        right.append((cx + 190 + 190 * u**0.8 + rng.uniform(0, 26), top + drop + rng.jitter(10)))
    crest = [(cx - 110 + 55 * k, top - 10 + rng.jitter(7)) for k in range(5)]
    rock = canvas.air.land("#8a8078", 0.6)
    lit = mix(tone(rock, 0.05), canvas.air.light, 0.3 * canvas.air.glow)
    outline = [*reversed(left), *crest, *right]
    d = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in outline) + "Z"
    fill = canvas.document.linear(
        ((0, lit, 1), (0.4, rock, 1), (1, mix(rock, canvas.air.dark, 0.35), 1)), (0, top - 20), (0, canvas.height)
    )
    out = [path(d, fill)]
    side = 1 if canvas.light[0] > cx else -1
    for k in range(14):
        x, y = cx + rng.jitter(230), top + rng.uniform(14, 230)
        s = rng.uniform(18, 60)
        facet = f"M{x:.0f} {y:.0f}L{x + side * s:.0f} {y + s * 0.5:.0f}L{x + side * s * 0.4:.0f} {y + s * 1.3:.0f}Z"
        out.append(path(facet, lit if k % 2 else mix(rock, canvas.air.dark, 0.25), 0.5))
    canvas.add(HORIZON + 13.5, "".join(out))
    grass = canvas.air.land("#7d8f5c", 0.6)
    cap = blob([(cx - 205, top + 12), (cx - 120, top - 14), (cx + 10, top - 18), (cx + 130, top - 12),
                (cx + 205, top + 12), (cx + 90, top + 26), (cx - 40, top + 20), (cx - 130, top + 28)], 0.3)  # fmt: skip
    canvas.add(HORIZON + 13.6, path(cap, grass))
    canvas.surface = lambda x, t: top + 2 + 8 * t
    canvas.land = (cx - 180, cx + 180)
