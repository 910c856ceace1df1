"""Places by the water: sea, lake, river, beach."""

from __future__ import annotations

from math import sin

from generation.generators.scene import foreground, land, water
from generation.generators.scene.canvas import FRONT, HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import mix
from generation.generators.scene.geometry import Point, curve, ellipse, ridge
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.begin import begin, low_or_high
from generation.generators.scene.places.nature import WILD, grass_colour, grove, season_leaves, snowy, wood
from generation.generators.scene.svg import path, stroke
from generation.generators.scene.vocabulary import COLOURS


def sea(canvas: Canvas) -> None:
    begin(canvas, low_or_high(canvas, 0.6, 0.38))
    rough = 1.0 if canvas.graph.weather == "storm" else 0.3
    if canvas.stream.child("coast").chance(0.75):
        land.far_ridges(canvas, "#6d8496", 2, 46)
    water.draw_water(canvas, canvas.horizon, canvas.height, "#37809a", rough)
    _float_zone(canvas)
    if canvas.needs.ground:
        land.mound(canvas, "#7c8a68" if not snowy(canvas) else "#e6ebf1")
        foreground.tufts(canvas, 26, "#6f8658", tall=22)
        if canvas.needs.subject_side:
            _shore_pines(canvas)
    else:
        canvas.land = (0.0, canvas.width)
    if canvas.graph.weather != "storm":
        foreground.frame_grass(canvas, "#4d6650", 78)


def _shore_pines(canvas: Canvas) -> None:
    side = canvas.needs.subject_side
    pine = catalogue()["pine"]
    rng = canvas.stream.child("shore")
    edge = canvas.width * (0.5 + 0.46 * side)
    for k in range(4):
        x = edge - side * rng.uniform(-20, 150)
        y = canvas.surface(x, 0.4) + 96
        land.stand(canvas, pine, x, y, rng.uniform(120, 215), 0.97, MIDDLE + 17.5 + 0.1 * k, k)


def _float_zone(canvas: Canvas) -> None:
    deep = canvas.height - canvas.horizon
    canvas.water = (canvas.horizon + deep * 0.06, canvas.horizon + deep * 0.62)
    canvas.open_water = (0.0, canvas.width)
    top = canvas.horizon

    def surface(x: float, t: float) -> float:
        return top + deep * (0.06 + 0.62 * t)

    canvas.surface = surface


def lake(canvas: Canvas) -> None:
    begin(canvas, 0.47 + canvas.stream.child("horizon").jitter(0.02))
    land.mountains(canvas, 2, 270)
    water.draw_water(canvas, canvas.horizon, canvas.height, "#3f8291", 0.12)
    _mirror(canvas)
    shore = canvas.horizon + 8
    for depth, base, tall, count in ((0.3, shore - 3, 60, 34), (0.45, shore + 6, 92, 24)):
        bank = land.wave_line(canvas, f"bank{depth}", base, 5)
        colour = canvas.air.land("#5d7a58", depth)
        rim = [(x, max(y, base)) for x, y in bank]
        strip = curve(bank) + "L" + " ".join(f"{x:.1f} {y + 10:.1f}" for x, y in reversed(rim)) + "Z"
        kind = catalogue()["tree" if canvas.graph.season == "autumn" else "pine"]
        land.tree_line(
            canvas, kind, base + 2, tall, depth, HORIZON + 4 + depth, count, f"lake{depth}", season_leaves(canvas)
        )
        canvas.add(HORIZON + 5, path(strip, colour))
    _float_zone(canvas)
    if canvas.needs.ground:
        land.mound(canvas, "#71875a" if not snowy(canvas) else "#e6ebf1", rise=120)
        foreground.tufts(canvas, 40, grass_colour(canvas))
        _shore_pines(canvas)
        _reeds(canvas)
    foreground.frame_grass(canvas, "#4a6549", 100, WILD if canvas.air.source == "sun" else ())


def _reeds(canvas: Canvas) -> None:
    """Some reeds in the water at the foot of the bank."""
    rng = canvas.stream.child("bank reeds")
    side = canvas.needs.subject_side
    edge = canvas.open_water[1] if side > 0 else canvas.open_water[0]
    for k in range(3):
        x = edge - side * rng.uniform(-70, 120)
        land.stand(
            canvas, catalogue()["reeds"], x, canvas.height * rng.uniform(0.9, 0.99), rng.uniform(120, 210), 0.39,
            MIDDLE + 17.2 + 0.1 * k, k,
        )  # fmt: skip


def _mirror(canvas: Canvas) -> None:
    """The far shore's dark reflection, fading towards us."""
    colour = mix(canvas.air.land("#4d6d62", 0.4), canvas.water_colour, 0.3)
    line = ridge(canvas.stream.child("mirror"), canvas.width, canvas.horizon + 130, 46, 0.62, 8)
    fade = canvas.document.linear(
        ((0, colour, 0.75), (0.5, colour, 0.45), (1, colour, 0.0)), (0, canvas.horizon), (0, canvas.horizon + 210)
    )
    canvas.add(
        HORIZON + 1.2,
        path(
            f"M0 {canvas.horizon:.0f}L"
            + "L".join(f"{x:.1f} {y:.1f}" for x, y in line)
            + f"L{canvas.width:.0f} {canvas.horizon:.0f}Z",
            fade,
        ),
    )


def river(canvas: Canvas) -> None:
    """A river that winds towards us; a broad one seen from its bank when a boat is the subject."""
    if canvas.needs.subject_water:
        _broad_river(canvas)
        return
    begin(canvas, 0.4)
    land.far_ridges(canvas, "#7c9078", 2, 60, 0.5)
    land.tree_line(canvas, catalogue()["pine"], canvas.horizon + 14, 86, 0.36, HORIZON + 2, 26, "river")
    land.ground(canvas, canvas.horizon + 8, grass_colour(canvas), swing=8)
    _river_bed(canvas)
    grove(canvas, 9, (170, 260), (0.08, 0.42), "bank")
    foreground.tufts(canvas, 80, grass_colour(canvas))
    if not snowy(canvas):
        foreground.blooms(canvas, 60, WILD)
    foreground.frame_grass(canvas, "#48633f", 110, WILD)


def _broad_river(canvas: Canvas) -> None:
    begin(canvas, 0.4)
    land.far_ridges(canvas, "#7c9078", 2, 66, 0.5)
    base = canvas.horizon + 34
    land.layer(
        canvas, HORIZON - 2, land.wave_line(canvas, "far bank", canvas.horizon - 4, 14), grass_colour(canvas), 0.32
    )
    for k, (tall, count) in enumerate(((92, 22), (130, 11))):
        kind = wood(canvas)[k % 2]
        land.tree_line(
            canvas,
            kind,
            base - 8 + 6 * k,
            tall,
            0.34 + 0.08 * k,
            HORIZON - 1.5 + 0.3 * k,
            count,
            f"bank{k}",
            season_leaves(canvas),
        )
    water.draw_water(canvas, base, canvas.height, "#3f8291", 0.16)
    canvas.horizon, horizon = base, canvas.horizon
    _mirror(canvas)
    _float_zone(canvas)
    canvas.horizon = horizon
    if canvas.needs.ground:
        land.mound(canvas, grass_colour(canvas), rise=110)
        foreground.tufts(canvas, 40, grass_colour(canvas))
    reeds = catalogue()["reeds"]
    rng = canvas.stream.child("reeds")
    for k in range(5):
        x = canvas.width * (0.5 - canvas.needs.subject_side * rng.uniform(0.28, 0.52))
        land.stand(canvas, reeds, x, canvas.height + 10, rng.uniform(150, 300), 0.95, FRONT - 2 + 0.1 * k, k)
    foreground.frame_grass(canvas, "#48633f", 110, WILD if not snowy(canvas) else ())


def _river_bed(canvas: Canvas) -> None:
    """A winding band, narrow at the horizon, with glints that keep within its banks."""
    side = -canvas.needs.subject_side
    w, h, top = canvas.width, canvas.height, canvas.horizon + 16

    def centre(u: float) -> float:
        # Far away it comes from the side, so that it lies in the land and does not stand up in it.
        sweep = 420 * float(max(0.0, (0.27 - u) / 0.27) ** 2.4)
        return w * (0.5 + 0.06 * side) + side * ((0.16 + u) * 170 * sin(3.1 * u + 0.2) - sweep)

    def half(u: float) -> float:
        return 5 + 300 * float(u**1.4) + 60 * max(0.0, 0.27 - u)

    steps = [i / 24 for i in range(27)]
    left: list[Point] = [(centre(u) - half(u), top + (h - top) * u) for u in steps]
    right: list[Point] = [(centre(u) + half(u), top + (h - top) * u) for u in reversed(steps)]
    asked = COLOURS.get(canvas.graph.water)
    far = mix(canvas.air.horizon, canvas.air.grade(asked or "#5f98a5"), 0.7 if asked else 0.62)
    near = mix(canvas.air.grade(asked or "#3f7f93"), canvas.air.stops[3], 0.15 if asked else 0.35)
    fill = canvas.document.linear(((0, far, 1), (1, near, 1)), (0, top), (0, h))
    bank = mix(canvas.air.land("#6a6248", 0.7), canvas.air.dark, 0.25)
    shape = curve(left) + "L" + curve(right)[1:] + "Z"
    edge = stroke(curve(left) + curve(right), bank, 6, 0.5)
    canvas.add(MIDDLE + 16, edge + path(shape, fill))
    rng = canvas.stream.child("flow")
    glints = []
    for _ in range(80):
        u = rng.uniform(0.06, 1)
        long = (4 + 24 * u) * rng.uniform(0.5, 1)
        x = centre(u) + rng.jitter(max(1.0, half(u) * 0.85 - long))
        glints.append(ellipse(x, top + (h - top) * u, long, 0.5 + 1.3 * u))
    canvas.add(MIDDLE + 16.1, path("".join(glints), mix(canvas.air.light, "#fffaf0", 0.3), 0.5))
    canvas.water = (top + (h - top) * 0.46, top + (h - top) * 0.66)
    canvas.open_water = (centre(0.52) - half(0.52) * 0.95, centre(0.52) + half(0.52) * 0.95)
    canvas.crossing = (centre(0.3), top + (h - top) * 0.34, 460.0)
    canvas.water_colour = near
    canvas.land = (0.0, w * 0.46) if side > 0 else (w * 0.54, w)


def beach(canvas: Canvas) -> None:
    begin(canvas, 0.4)
    if canvas.stream.child("coast").chance(0.6):
        land.far_ridges(canvas, "#6f8d8b", 1, 50)
    shore = canvas.height * 0.62
    water.draw_water(canvas, canvas.horizon, shore + 120, "#3a9aa3", 0.7 if canvas.graph.weather == "storm" else 0.22)
    side = canvas.needs.subject_side
    line = [
        (x, shore + 36 * side * (0.5 - x / canvas.width) * 2 + 14 * _wobble(x))
        for x in (i * canvas.width / 60 for i in range(61))
    ]
    wet = mix(canvas.air.land("#b99b70", 0.5), canvas.water_colour, 0.35)
    land.layer(canvas, MIDDLE - 1, [(x, y - 22) for x, y in line], land.grounded(canvas, "#9c8a6c"), 0.5, edge=0.3)
    canvas.add(MIDDLE - 0.9, water.foam(canvas, [(x, y - 23 + 5 * _wobble(x * 1.7)) for x, y in line], 7))
    canvas.add(MIDDLE - 0.8, path("", wet))
    land.layer(canvas, MIDDLE, line, land.grounded(canvas, "#ecd2a0"), 0.5, edge=0.4)
    _ripple_sand(canvas, line)
    step = canvas.width / 60

    def surface(x: float, t: float) -> float:
        i = min(60, max(0, int(x / step)))
        return line[i][1] + 22 + (canvas.height * 0.94 - line[i][1] - 22) * t

    canvas.surface, canvas.land = surface, (0.0, canvas.width)
    canvas.water = (canvas.horizon + 14, shore - 60)
    canvas.open_water = (0.0, canvas.width)
    _palms(canvas)
    foreground.frame_grass(canvas, "#6d7a4f", 88)


def _wobble(x: float) -> float:
    return sin(x / 83) + 0.5 * sin(x / 37 + 1)


def _ripple_sand(canvas: Canvas, line: list[Point]) -> None:
    rng = canvas.stream.child("sand")
    dark = canvas.air.land(land.grounded(canvas, "#c4a472"), 0.75)
    out = []
    for _ in range(60):
        x, base = rng.pick(line)
        u = rng.uniform()
        y = base + 26 + (canvas.height - base) * u
        out.append(path(ellipse(x, y, 10 + 50 * u, 0.8 + 1.8 * u), dark, 0.4))
    for _ in range(16):
        x, base = rng.pick(line)
        y = base + 40 + (canvas.height - base) * rng.uniform(0, 0.8)
        out.append(
            path(
                ellipse(x, y, rng.uniform(2, 5), rng.uniform(1.4, 3)),
                canvas.air.grade(rng.pick(("#f3e6cf", "#d9a08a", "#8f7f78")), 0.9),
            )
        )
    canvas.add(MIDDLE + 0.5, "".join(out))


def _palms(canvas: Canvas) -> None:
    side = -canvas.needs.subject_side
    palm = catalogue()["palm"]
    for k, (off, tall) in enumerate(((0.45, 470), (0.35, 350))):
        x = canvas.width * (0.5 + side * off)
        land.stand(canvas, palm, x, canvas.surface(x, 0.16 + 0.2 * k), tall, 0.8, canvas.ground_key(0.15 + 0.1 * k), k)
