"""Water: a graded surface, the light's path, broken reflections denser near the light, and foam at the shore."""

from __future__ import annotations

from generation.generators.scene.canvas import HORIZON, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, curve
from generation.generators.scene.svg import path, stroke
from generation.generators.scene.vocabulary import COLOURS


def draw_water(canvas: Canvas, top: float, bottom: float, natural: str = "#3f7f93", rough: float = 0.3) -> None:
    """Water from `top` to `bottom` over the whole width; `rough` 0 is a mirror, 1 a storm."""
    air, asked = canvas.air, COLOURS.get(canvas.graph.water)
    base = air.grade(asked or natural)
    # The sky lies on all water; on one whose colour was asked for so little that the colour is seen.
    near = mix(base, air.stops[3], 0.22 if asked else 0.5)
    middle = mix(mix(base, air.stops[2], 0.12 if asked else 0.45), air.sky[-2], 0.1 if asked else 0.25)
    far = mix(air.horizon, base, 0.6 if asked else 0.22)
    stops = ((0, far, 1.0), (0.16, mix(far, middle, 0.6), 1.0), (0.5, middle, 1.0), (1, near, 1.0))
    fill = canvas.document.linear(stops, (0, top), (canvas.width * 0.03, bottom))
    canvas.add(HORIZON, f'<rect y="{top:.1f}" width="{canvas.width:.0f}" height="{bottom - top:.1f}" fill="{fill}"/>')
    canvas.water_colour = middle
    _path_of_light(canvas, top, bottom)
    _ripples(canvas, top, bottom, near, rough)
    if rough > 0.6:
        _waves(canvas, top, bottom, near)


def _path_of_light(canvas: Canvas, top: float, bottom: float) -> None:
    air = canvas.air
    if air.glow < 0.3:
        return
    low = max(0.15, 1 - air.height)
    x = canvas.light[0]
    canvas.add(HORIZON + 1, canvas.document.halo(x, top, 330, (bottom - top) * 0.85, air.light, 0.5 * low * air.glow))
    rng = canvas.stream.child("glitter")
    out: dict[int, list[str]] = {0: [], 1: [], 2: []}
    for _ in range(int(190 * low + 50)):
        u = rng.uniform() ** 1.35
        y = top + 3 + (bottom - top) * u
        spread = 26 + 190 * u
        px = x + (rng.jitter(1) + rng.jitter(1)) * 0.5 * spread
        long = (6 + 62 * u) * rng.uniform(0.35, 1.1)
        out[rng.whole(0, 2)].append(_dash(px, y, long, 0.8 + 2.6 * u))
    for shade, dashes in out.items():
        canvas.add(HORIZON + 2, path("".join(dashes), mix(air.light, "#fffaf0", 0.2 * shade), 0.36 + 0.2 * shade))


def _ripples(canvas: Canvas, top: float, bottom: float, near: str, rough: float) -> None:
    rng = canvas.stream.child("ripples")
    light = mix(canvas.air.horizon, canvas.air.light, 0.3)
    dark = tone(near, -0.05)
    bright: list[str] = []
    deep: list[str] = []
    for _ in range(int(90 + 130 * rough)):
        u = rng.uniform() ** 1.2
        y = top + 4 + (bottom - top) * u
        dash = _dash(rng.uniform(-20, canvas.width + 20), y, (14 + 90 * u) * rng.uniform(0.3, 1.0), 0.7 + 2.4 * u)
        (bright if rng.chance(0.5) else deep).append(dash)
    canvas.add(HORIZON + 1.5, path("".join(deep), dark, 0.3) + path("".join(bright), light, 0.26))


def _waves(canvas: Canvas, top: float, bottom: float, near: str) -> None:
    rng = canvas.stream.child("waves")
    rows = 7
    for row in range(rows):
        u = (row + 0.6) / rows
        y = top + (bottom - top) * u**1.5
        tall = 6 + 44 * u
        line: list[Point] = []
        x, up = -80.0 - rng.uniform(0, 80), False
        while x < canvas.width + 120:
            line.append((x, y + (-tall if up else tall * 0.15) * rng.uniform(0.6, 1.1)))
            x += (40 + 130 * u) * rng.uniform(0.6, 1.0)
            up = not up
        body = mix(mix(canvas.water_colour, near, u), canvas.air.dark, 0.22 * u)
        crest = curve(line, 0.34)
        area = f"{crest}L{canvas.width + 200:.0f} {y + tall + 90:.0f}L-200 {y + tall + 90:.0f}Z"
        fade = canvas.document.linear(((0, body, 0.95), (1, body, 0.0)), (0, y - tall), (0, y + tall + 80))
        canvas.add(HORIZON + 3 + row * 0.1, path(area, fade) + stroke(crest, canvas.air.light, 0.8 + 2 * u, 0.45))


def _dash(x: float, y: float, long: float, thick: float) -> str:
    """A lens-shaped glint."""
    h, t = long / 2, thick / 2
    return f"M{x - h:.1f} {y:.1f}Q{x:.1f} {y - t:.1f} {x + h:.1f} {y:.1f}Q{x:.1f} {y + t:.1f} {x - h:.1f} {y:.1f}Z"


def break_up(canvas: Canvas, x: float, y: float, width: float, height: float) -> str:
    """Glints that break a reflection under a floating thing, as one fragment."""
    rng = canvas.stream.child("break", round(x), round(y))
    dashes = []
    for _ in range(int(10 + height / 9)):
        u = rng.uniform()
        dashes.append(_dash(x + rng.jitter(width * 0.62), y + 2 + height * u, width * rng.uniform(0.2, 0.7), 2 + 4 * u))
    light = mix(canvas.water_colour, canvas.air.horizon, 0.5)
    return path("".join(dashes[::2]), canvas.water_colour, 0.85) + path("".join(dashes[1::2]), light, 0.5)


def foam(canvas: Canvas, line: list[Point], width: float) -> str:
    """A broken line of foam along a shore."""
    light = mix(canvas.air.light, "#fffaf0", 0.3)
    d = curve(line, 0.33)
    return stroke(d, light, width, 0.5) + stroke(d, light, width * 0.4, 0.6)
