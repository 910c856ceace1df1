"""Skies: gradient, sun and moon, stars, clouds, aurora, rainbow, and the weather that falls in front."""

from __future__ import annotations

from collections.abc import Iterable
from math import pi, sin

from generation.generators.scene.canvas import CLOUDS, LIGHT, SKY, WEATHER, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob, curve, ellipse, star
from generation.generators.scene.svg import path, stroke


def draw_sky(canvas: Canvas) -> None:
    """Everything above the horizon that is not land."""
    _gradient(canvas)
    features = canvas.graph.features
    if canvas.air.stars > 0 and canvas.graph.weather not in ("overcast", "rain", "snow", "fog", "storm"):
        _stars(canvas)
    if "aurora" in features:
        _aurora(canvas)
    _source(canvas)
    if "rainbow" in features:
        _rainbow(canvas)
    if canvas.air.source not in ("star", "surface"):
        _clouds(canvas)
        _birds(canvas)
    if canvas.graph.weather == "storm" or "lightning" in features:
        _lightning(canvas)


def _gradient(canvas: Canvas) -> None:
    sky = canvas.air.sky
    last = len(sky) - 1
    stops = [((i / last) ** 0.92, colour, 1.0) for i, colour in enumerate(sky)]
    canvas.backdrop.wash(stops, (0, 0), (18.0, canvas.horizon))


def _stars(canvas: Canvas) -> None:
    rng = canvas.stream.child("stars")
    count = int(150 * canvas.air.stars * canvas.width / 1000)
    if "stars" in canvas.graph.features:
        count = int(count * 1.6) + 60
    out = []
    for _ in range(count):
        x, y = rng.uniform(0, canvas.width), canvas.horizon * rng.uniform() ** 1.5 * 0.86
        size = 0.7 + 1.6 * rng.uniform() ** 4
        fade = max(0.12, 1 - (y / canvas.horizon) ** 1.3) * rng.uniform(0.4, 1.0)
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.2f}" fill-opacity="{fade:.2f}"/>')
    colour = mix(canvas.air.light, "#ffffff", 0.4)
    canvas.add(SKY + 1, f'<g fill="{colour}">{"".join(out)}</g>')


def _source(canvas: Canvas) -> None:
    air, (x, y) = canvas.air, canvas.light
    features = canvas.graph.features
    if air.source == "none" and not {"sun", "moon", "full moon", "crescent"} & set(features):
        canvas.backdrop.halo(x, y, 620, 420, air.light, 0.34)
        return
    if air.source in ("lamp", "surface"):
        return
    moon = air.source == "moon" or bool({"moon", "full moon", "crescent"} & set(features))
    low = air.height < 0.3
    veil = 0.9 if low else 0.55
    canvas.backdrop.halo(x, y, 760 if low else 460, 560 if low else 460, air.light, 0.42 * veil)
    radius = 68.0 if low else (50.0 if moon else 44.0)
    if "big" in features:
        radius *= 2.2
    canvas.backdrop.halo(x, y, radius * 3.2, radius * 3.2, air.light, 0.6 * veil)
    if moon:
        _moon(canvas, x, y, radius)
        return
    if not low and "sun" not in features and "big" not in features:
        # A high sun is felt, not seen: brightness without a disc.
        canvas.backdrop.halo(x, y, radius * 2.1, radius * 2.1, mix(air.light, "#fffdf2", 0.6), 0.9)
        return
    core = mix(air.light, "#fffdf2", 0.7)
    fill = canvas.document.radial(((0, core, 1), (0.86, core, 1), (1, mix(air.light, core, 0.4), 1)))
    canvas.add(LIGHT + 0.2, f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{fill}"/>')


def _moon(canvas: Canvas, x: float, y: float, radius: float) -> None:
    rng = canvas.stream.child("moon")
    colour = mix(canvas.air.light, "#fff6da", 0.5)
    wanted = canvas.graph.features
    crescent = "crescent" in wanted or ("full moon" not in wanted and "big" not in wanted and rng.chance(0.4))
    if crescent:
        r, k = radius, radius * 0.82
        d = f"M{x - r * 0.25:.1f} {y - r * 0.95:.1f}A{r:.1f} {r:.1f} 0 1 0 {x + r * 0.8:.1f} {y + r * 0.55:.1f}"
        d += f"A{k:.1f} {k:.1f} 0 1 1 {x - r * 0.25:.1f} {y - r * 0.95:.1f}Z"
        canvas.add(LIGHT + 0.2, path(d, colour))
        return
    canvas.add(LIGHT + 0.2, path(ellipse(x, y, radius), colour))
    spots = "".join(
        path(
            ellipse(x + radius * px, y + radius * py, radius * s, radius * s * 0.9),
            mix(colour, canvas.air.sky[1], 0.22),
            0.6,
        )
        for px, py, s in (
            (-0.3, -0.25, 0.26),
            (0.28, 0.12, 0.32),
            (-0.2, 0.42, 0.18),
            (0.36, -0.42, 0.12),
            (0.0, 0.05, 0.1),
        )
    )
    canvas.add(LIGHT + 0.3, spots)


def _clouds(canvas: Canvas) -> None:
    weather, features = canvas.graph.weather, canvas.graph.features
    rng = canvas.stream.child("clouds")
    if weather == "fog":
        return
    if weather in ("overcast", "rain", "storm", "snow"):
        for row in range(6):
            _deck(canvas, canvas.horizon * (0.03 + 0.125 * row), row, rng.uniform(0.7, 1.2))
        return
    if canvas.air.height < 0.3 or canvas.air.source == "moon":
        for _ in range(rng.whole(5, 8)):
            _band(canvas, rng.uniform(0, canvas.width), canvas.horizon * rng.uniform(0.28, 0.95), rng.uniform(120, 380))
    else:
        count = rng.whole(3, 5) + (3 if "clouds" in features else 0)
        for i in range(count):
            low = 0.16 + 0.72 * (i + rng.uniform()) / count
            _puff(
                canvas,
                canvas.width * rng.uniform(-0.05, 1.05),
                canvas.horizon * low,
                rng.uniform(0.5, 1.1) * (1.25 - low),
                i,
            )


def _band(canvas: Canvas, x: float, y: float, reach: float) -> None:
    share = y / canvas.horizon
    colour = mix(canvas.air.light, canvas.air.sky[-2], 0.35 + 0.3 * (1 - share))
    rng = canvas.stream.child("band", x, y)
    soft = "".join(
        canvas.document.halo(
            x + rng.jitter(reach * 0.6),
            y + rng.jitter(7),
            reach * rng.uniform(0.5, 1),
            rng.uniform(5, 13),
            colour,
            0.42,
        )
        for _ in range(4)
    )
    canvas.add(CLOUDS, soft)


def _puff(canvas: Canvas, x: float, y: float, scale: float, which: int) -> None:
    """A cumulus: heaped rounds over a level foot that dissolves, lit from the light's side."""
    rng = canvas.stream.child("puff", which)
    reach = 165 * scale
    bright = mix(canvas.air.light, "#fffaf2", 0.6)
    under = mix(canvas.air.horizon, canvas.air.sky[1], 0.55)
    side = 1 if canvas.light[0] > x else -1
    for back in (True, False):
        rounds = []
        for i in range(9):
            u = (i + rng.uniform(0.1, 0.9)) / 9
            swell = sin(pi * u) ** 0.8
            r = (20 + 44 * swell) * scale * rng.uniform(0.7, 1.1) * (1.12 if back else 0.9)
            px = x - reach + 2 * reach * u + (-side * 26 * scale if back else 0)
            rounds.append(ellipse(px, y - r * 0.55 - swell * 22 * scale - (16 * scale if back else 0), r, r * 0.9))
        tone_ = mix(bright, under, 0.5 if back else 0.0)
        fill = canvas.document.linear(
            (
                (0, tone_, 0.95),
                (0.45, tone_, 0.8 if back else 0.9),
                (0.85, mix(tone_, under, 0.5), 0.35),
                (1, under, 0.0),
            ),
            (x + side * 20, y - 110 * scale),
            (x, y + 26 * scale),
        )
        canvas.add(CLOUDS + which * 0.01, path("".join(rounds), fill))


def _birds(canvas: Canvas) -> None:
    """A few birds far away."""
    rng = canvas.stream.child("far birds")
    if canvas.air.source == "moon" or canvas.graph.weather in ("storm", "fog") or not rng.chance(0.55):
        return
    x = (
        canvas.light[0]
        + (rng.uniform(190, 330) if rng.chance(0.7) else -rng.uniform(170, 240)) * canvas.needs.subject_side
    )
    y = canvas.horizon * rng.uniform(0.35, 0.6)
    colour = mix(canvas.air.stops[3], canvas.air.sky[-2], 0.35)
    d = []
    for _ in range(rng.whole(4, 8)):
        s = rng.uniform(7, 15)
        px, py, dip = x + rng.jitter(120), y + rng.jitter(46), rng.uniform(0.2, 0.5)
        d.append(
            f"M{px - s:.1f} {py - s * dip:.1f}Q{px - s * 0.4:.1f} {py - s * 0.6:.1f} {px:.1f} "
            f"{py:.1f}Q{px + s * 0.4:.1f} {py - s * 0.6:.1f} {px + s:.1f} {py - s * dip:.1f}"
        )
    canvas.add(CLOUDS + 2, stroke("".join(d), colour, 2.0, 0.85))


def _deck(canvas: Canvas, y: float, row: int, weight: float) -> None:
    """One bank of a closed cloud cover, darker below, lighter towards the horizon."""
    rng = canvas.stream.child("deck", row)
    sky = canvas.air.sky
    share = row / 6
    body = mix(sky[min(len(sky) - 1, 1 + row // 3)], sky[0], 0.35 * (1 - share))
    places: list[Point] = []
    x = -120.0
    while x < canvas.width + 160:
        places.append((x, y + rng.uniform(20, 66) * weight))
        x += rng.uniform(70, 150)
    line = [*places, (canvas.width + 200, y - 140), (-160, y - 140)]
    fill = canvas.document.linear(
        ((0, body, 0.0), (0.45, body, 0.55), (1, tone(body, 0.035), 0.85)), (0, y - 90), (0, y + 66)
    )
    canvas.add(CLOUDS + 0.5 - row * 0.05, path(blob(line, 0.42), fill))


def _aurora(canvas: Canvas) -> None:
    """Curtains of light: many faint sheets of falling height over one swaying hem, brightest at the hem."""
    rng = canvas.stream.child("aurora")
    for k, hue in enumerate(("#7dffc4", "#5fe0e8", "#b98cff")):
        base = canvas.horizon * (0.6 + 0.13 * k + rng.jitter(0.04))
        phase, sway, fold = rng.uniform(0, 6), rng.uniform(46, 84), rng.uniform(46, 70)
        steps = 90
        hem: list[Point] = []
        tops: list[float] = []
        for i in range(steps + 1):
            x = -20 + (canvas.width + 40) * i / steps
            wave = sin(x / 190 + phase) + 0.45 * sin(x / 71 + 2 * phase)
            hem.append((x + 16 * sin(x / 31 + phase), base + sway * wave))
            ray = 0.62 + 0.24 * sin(x / fold + phase) + 0.2 * sin(x / 17 + 3 * phase) * sin(x / 97)
            tops.append(canvas.horizon * 0.62 * max(0.15, ray))
        sheets = 16
        for s in range(sheets):
            share = ((s + 1) / sheets) ** 1.5
            line = [(x, y - t * share) for (x, y), t in zip(hem, tops, strict=True)]
            d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in (*hem, *reversed(line))) + "Z"
            canvas.add(SKY + 2, path(d, mix(hue, "#b98cff", 0.5 * share), 0.034))
        hem_line = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in hem)
        for wide, strength in ((26.0, 0.05), (12.0, 0.08), (4.0, 0.1)):
            canvas.add(SKY + 2, stroke(hem_line, hue, wide, strength))


def _rainbow(canvas: Canvas) -> None:
    side = -1 if canvas.light[0] > canvas.width / 2 else 1
    x, y, radius = canvas.width / 2 + side * 140, canvas.horizon + 160, canvas.width * 0.56
    hues = ("#d9605a", "#e79a55", "#efd56c", "#7fbf7b", "#5b9fc4", "#7d6fb5")
    out = [
        stroke(ellipse(x, y, radius - 11 * i), mix(hue, canvas.air.light, 0.25), 12, 0.42) for i, hue in enumerate(hues)
    ]
    canvas.add(CLOUDS - 1, "".join(out))


def _lightning(canvas: Canvas) -> None:
    rng = canvas.stream.child("lightning")
    x = canvas.light[0] + rng.jitter(60)
    y, line = canvas.horizon * 0.2, []
    canvas.add(CLOUDS + 1, canvas.document.halo(x, y + 60, 420, 300, canvas.air.light, 0.5))
    while y < canvas.horizon:
        line.append((x, y))
        x, y = x + rng.jitter(34), y + rng.uniform(18, 46)
    bolt = "M" + "L".join(f"{px:.1f} {py:.1f}" for px, py in line)
    canvas.add(CLOUDS + 1.1, stroke(bolt, canvas.air.light, 9, 0.18) + stroke(bolt, "#fffdf2", 3.2, 0.95))
    start = line[len(line) // 2]
    fork = [start, (start[0] + 42, start[1] + 48), (start[0] + 55, start[1] + 96), (start[0] + 92, start[1] + 130)]
    canvas.add(CLOUDS + 1.1, stroke(curve(fork, 0.05), "#fffdf2", 2, 0.8))


def draw_weather(canvas: Canvas) -> None:
    """Rain, snow and fog in front of the scene, and what drifts through the air."""
    weather, features = canvas.graph.weather, canvas.graph.features
    if canvas.room or canvas.deep:
        return
    if weather in ("rain", "storm"):
        _rain(canvas)
    elif weather == "snow":
        _snow(canvas)
    elif weather == "fog":
        for i, (depth, strength) in enumerate(((FOG_FAR, 0.5), (FOG_NEAR, 0.34))):
            y = canvas.horizon + 40 + i * 130
            canvas.add(
                depth,
                canvas.document.halo(canvas.width * 0.5, y, canvas.width * 0.95, 150, canvas.air.horizon, strength),
            )
    if "petals" in features or "falling leaves" in features:
        _drift(canvas, "#f3b6c4" if "petals" in features else "#d98a3d")
    if canvas.graph.mood == "dreamy":
        _sparkles(canvas)
    if "fireflies" in features:
        _fireflies(canvas)


FOG_FAR, FOG_NEAR = 39.0, 62.0


def _rain(canvas: Canvas) -> None:
    rng = canvas.stream.child("rain")
    colour = mix(canvas.air.light, canvas.air.horizon, 0.4)
    for faint, long, count in ((0.2, 34, 200), (0.34, 62, 90)):
        d = "".join(
            _streak(rng.uniform(-60, canvas.width), rng.uniform(-60, canvas.height), long) for _ in range(count)
        )
        canvas.add(WEATHER, stroke(d, colour, 1.3 if long < 50 else 2.0, faint))


def _streak(x: float, y: float, long: float) -> str:
    return f"M{x:.1f} {y:.1f}l{long * 0.16:.1f} {long:.1f}"


def _snow(canvas: Canvas) -> None:
    rng = canvas.stream.child("snow")
    out = []
    for _ in range(240):
        size = 1.4 + 4.2 * rng.uniform() ** 3
        x, y = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height)
        out.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill-opacity="{rng.uniform(0.5, 0.95):.2f}"/>')
    canvas.add(WEATHER, f'<g fill="{mix(canvas.air.light, "#ffffff", 0.5)}">{"".join(out)}</g>')


def _drift(canvas: Canvas, colour: str) -> None:
    rng = canvas.stream.child("drift")
    tones = [canvas.air.grade(tone(colour, rng.jitter(0.07))) for _ in range(4)]
    out = []
    for _ in range(54):
        x, y, s = rng.uniform(0, canvas.width), rng.uniform(canvas.height * 0.15, canvas.height), rng.uniform(3, 8)
        out.append(path(ellipse(x, y, s, s * 0.45, rng.uniform(0, 180)), rng.pick(tones), 0.9))
    canvas.add(WEATHER, "".join(out))


def _sparkles(canvas: Canvas) -> None:
    """Magic in the air: four-pointed glints, the larger ones with a halo, in a drift across the picture."""
    rng = canvas.stream.child("sparkles")
    light = mix(canvas.air.light, "#ffffff", 0.5)
    out = []
    for _ in range(46):
        u = rng.uniform()
        x = canvas.width * u
        y = canvas.horizon * (1.16 - 0.5 * u) + rng.jitter(190)
        size = 2.5 + 11 * rng.uniform() ** 3
        if size > 6:
            out.append(canvas.document.halo(x, y, size * 3, size * 3, light, 0.5))
        out.append(path(star(x, y, size, size * 0.2, 4), light, 0.95))
    canvas.add(WEATHER - 1, "".join(out))


def _fireflies(canvas: Canvas) -> None:
    rng = canvas.stream.child("fireflies")
    out: Iterable[str] = (
        canvas.document.halo(x, y, s * 5, s * 5, "#ffe58a", 0.7) + path(ellipse(x, y, s * 0.6), "#fff6c8")
        for x, y, s in (
            (rng.uniform(0, canvas.width), rng.uniform(canvas.horizon * 0.8, canvas.height * 0.97), rng.uniform(2, 4.5))
            for _ in range(38)
        )
    )
    canvas.add(WEATHER, "".join(out))
