"""Built places: city street, skyline, village, harbour, park."""

from __future__ import annotations

from generation.generators.scene import foreground, land, water
from generation.generators.scene.canvas import FAR, FRONT, HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import box, poly
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.begin import begin
from generation.generators.scene.places.nature import WILD, grass_colour, grove, season_leaves, snowy
from generation.generators.scene.rng import Stream
from generation.generators.scene.svg import path, stroke

WALLS = ("#d9b48c", "#c98f6f", "#e6d3b3", "#b3a394", "#d6a39a", "#9fb0a8", "#e2c07a", "#a8b6c4")


def towers(
    canvas: Canvas,
    key: float,
    base: float,
    tall: tuple[float, float],
    wide: tuple[float, float],
    depth: float,
    name: str,
) -> None:
    """A row of city blocks with lit windows; each has a face and a darker flank."""
    rng = canvas.stream.child("towers", name)
    x = -40.0
    while x < canvas.width + 20:
        w, h = rng.uniform(*wide), rng.uniform(*tall)
        if rng.chance(0.15):
            h *= 1.3
        _tower(canvas, key, x, base, w, h, depth, f"{name}{x:.0f}")
        x += w + rng.uniform(-6, 12)


def _tower(canvas: Canvas, key: float, x: float, base: float, w: float, h: float, depth: float, name: str) -> None:
    rng = canvas.stream.child("tower", name)
    wall = canvas.air.land(rng.pick(("#8b93a3", "#9a8f98", "#7f8c98", "#a59a94")), depth)
    top = base - h
    left_lit = canvas.light[0] < x + w / 2
    flank = w * rng.uniform(0.2, 0.34)
    lit = mix(wall, canvas.air.light, 0.17 * canvas.air.glow)
    dark = mix(wall, canvas.air.dark, 0.22)
    mist = mix(canvas.air.horizon, canvas.air.light, 0.2)

    def wash(colour: str) -> str:
        return canvas.document.linear(
            ((0, colour, 1), (1, mix(colour, mist, 0.4 * canvas.air.haze * (1 - depth)), 1)),
            (0, round(top, -1)),
            (0, base),
        )

    face_x, flank_x = (x, x + w - flank) if left_lit else (x + flank, x)
    out = [path(box(x, top, w, h + 30), wash(lit)), path(box(flank_x, top, flank, h + 30), wash(dark))]
    kind = rng.whole(0, 4)
    if kind == 0:
        out.insert(0, path(box(x + w * 0.25, top - h * 0.1, w * 0.5, h * 0.1), wash(wall)))
        out.insert(0, path(box(x + w * 0.48, top - h * 0.2, 2.4, h * 0.1), dark))
    elif kind == 1:
        out.insert(0, path(poly([(x, top), (x + w, top), (x + w * 0.7, top - w * 0.4)]), wash(dark)))
    out.append(_panes(canvas, rng.child("panes"), face_x + 4, top + 8, w - flank - 8, h - 14, depth))
    canvas.add(key, "".join(out))


def _panes(canvas: Canvas, rng: Stream, x: float, y: float, w: float, h: float, depth: float) -> str:
    size = 4.0 + 4.5 * depth
    columns, rows = max(1, int(w / (size * 1.9))), max(1, int(h / (size * 2.3)))
    lamps = canvas.air.lamps
    lit: list[str] = []
    dark: list[str] = []
    step_x, step_y = w / columns, h / rows
    share = 0.4 if lamps else 0.0
    for r in range(rows):
        for c in range(columns):
            pane = box(x + c * step_x + 1, y + r * step_y, step_x * 0.58, step_y * 0.52)
            (lit if rng.chance(share) else dark).append(pane)
    glass = mix(canvas.air.land("#5d6c80", depth), canvas.air.dark if lamps else canvas.air.sky[1], 0.3)
    warm = mix("#ffd27f", canvas.air.horizon, 0.35 * (1 - depth))
    return path("".join(dark), glass, 0.55) + path("".join(lit), warm, 0.92)


def skyline(canvas: Canvas) -> None:
    """A city seen over water or over roofs."""
    begin(canvas, 0.6)
    towers(canvas, FAR, canvas.horizon, (120, 300), (40, 80), 0.12, "far")
    towers(canvas, FAR + 2, canvas.horizon, (100, 380), (48, 92), 0.34, "mid")
    land.haze(canvas, canvas.horizon - 4, 0.4 * canvas.air.haze, FAR + 3, 80)
    towers(canvas, FAR + 4, canvas.horizon + 4, (50, 190), (54, 110), 0.56, "near")
    water.draw_water(canvas, canvas.horizon, canvas.height, "#3d6f8a", 0.2)
    _city_mirror(canvas)
    deep = canvas.height - canvas.horizon
    canvas.water = (canvas.horizon + deep * 0.12, canvas.horizon + deep * 0.66)
    canvas.surface = lambda x, t: canvas.horizon + deep * (0.1 + 0.6 * t)
    if canvas.needs.ground:
        _quay(canvas, canvas.height * 0.77)
    else:
        foreground.frame_grass(canvas, "#44604c", 80)


def _city_mirror(canvas: Canvas) -> None:
    rng = canvas.stream.child("mirror")
    dark = mix(canvas.water_colour, canvas.air.dark, 0.45)
    out = []
    for _ in range(70):
        x, w = rng.uniform(-20, canvas.width), rng.uniform(20, 90)
        y = canvas.horizon + 4 + 130 * rng.uniform() ** 1.5
        out.append(path(box(x, y, w, rng.uniform(1.5, 4)), dark, 0.4))
    if canvas.air.lamps:
        for _ in range(60):
            x, y = rng.uniform(0, canvas.width), canvas.horizon + 4 + 170 * rng.uniform() ** 1.3
            out.append(path(box(x, y, rng.uniform(4, 14), rng.uniform(1.5, 3)), "#ffd27f", 0.55))
    canvas.add(HORIZON + 1.7, "".join(out))


def _quay(canvas: Canvas, top: float) -> None:
    """A stone embankment in front."""
    stone = canvas.air.land("#9a9088", 0.7)
    edge = mix(tone(stone, 0.05), canvas.air.light, 0.25 * canvas.air.glow)
    fill = canvas.document.linear(
        ((0, stone, 1), (1, mix(stone, canvas.air.dark, 0.5), 1)), (0, top), (0, canvas.height)
    )
    canvas.add(
        MIDDLE,
        path(box(-10, top - 12, canvas.width + 20, 15), edge)
        + path(box(-10, top, canvas.width + 20, canvas.height), fill),
    )
    seams = "".join(
        f"M{x} {top + 3}l{(x - canvas.width / 2) * 0.5:.0f} {canvas.height - top}"
        for x in range(-200, int(canvas.width) + 200, 105)
    )
    rows = "".join(f"M0 {top + (canvas.height - top) * u:.0f}H{canvas.width:.0f}" for u in (0.14, 0.34, 0.62))
    canvas.add(MIDDLE + 0.1, stroke(seams + rows, mix(stone, canvas.air.dark, 0.45), 1.6, 0.4))
    canvas.surface = lambda x, t: top + 8 + (canvas.height * 0.95 - top - 8) * t
    canvas.land = (0.0, canvas.width)
    canvas.water = (canvas.water[0], top - 40) if canvas.water else None


def harbour(canvas: Canvas) -> None:
    begin(canvas, 0.46)
    land.far_ridges(canvas, "#7d93a5", 2, 56)
    _houses(canvas, FAR + 6, canvas.horizon + 8, (74, 140), 0.34, "far")
    water.draw_water(canvas, canvas.horizon + 4, canvas.height, "#3f7f93", 0.2)
    _house_mirror(canvas)
    deep = canvas.height - canvas.horizon
    canvas.water = (canvas.horizon + deep * 0.16, canvas.horizon + deep * 0.6)
    canvas.surface = lambda x, t: canvas.horizon + deep * (0.1 + 0.6 * t)
    canvas.open_water = (0.0, canvas.width)
    if not canvas.needs.subject_water or canvas.needs.ground:
        _quay(canvas, canvas.height * 0.76)
    _bollards(canvas)


def _bollards(canvas: Canvas) -> None:
    dark = mix(canvas.air.land("#4a4648", 0.95), canvas.air.dark, 0.5)
    for u in (0.08, 0.38, 0.72, 0.96):
        x, y = canvas.width * u, canvas.height + 6
        canvas.add(FRONT, path(box(x - 15, y - 76, 30, 90, 5) + box(x - 21, y - 82, 42, 16, 7), dark))
    rope = "".join(
        f"M{canvas.width * a:.0f} {canvas.height - 52:.0f}Q{canvas.width * (a + b) / 2:.0f} {canvas.height + 4:.0f} "
        f"{canvas.width * b:.0f} {canvas.height - 52:.0f}"
        for a, b in ((0.08, 0.38), (0.38, 0.72), (0.72, 0.96))
    )
    canvas.add(FRONT, stroke(rope, dark, 6))


def _house_mirror(canvas: Canvas) -> None:
    rng = canvas.stream.child("hm")
    out = []
    for _ in range(90):
        x, y = rng.uniform(0, canvas.width), canvas.horizon + 12 + 110 * rng.uniform() ** 1.4
        out.append(
            path(box(x, y, rng.uniform(14, 50), rng.uniform(1.4, 3.4)), canvas.air.land(rng.pick(WALLS), 0.4), 0.4)
        )
    canvas.add(HORIZON + 1.7, "".join(out))


def _houses(canvas: Canvas, key: float, base: float, tall: tuple[float, float], depth: float, name: str) -> None:
    """A terrace of gabled houses in a row."""
    rng = canvas.stream.child("houses", name)
    x = -30.0
    i = 0
    noun = catalogue()["town house"]
    while x < canvas.width + 40:
        h = rng.uniform(*tall)
        wide = noun.box[0] / noun.box[1] * h
        land.stand(canvas, noun, x + wide / 2, base, h, depth, key, name, i, colours=(rng.pick(WALLS),))
        x += wide * rng.uniform(0.9, 1.02)
        i += 1


def street(canvas: Canvas) -> None:
    """A street in perspective between houses, lamps along it, wet when it rains."""
    begin(canvas, 0.5)
    towers(canvas, FAR, canvas.horizon + 20, (120, 260), (50, 90), 0.16, "street")
    land.haze(canvas, canvas.horizon, 0.5 * canvas.air.haze, FAR + 1, 110)
    vanish = (canvas.width * (0.5 - 0.1 * canvas.needs.subject_side), canvas.horizon + 10)
    for side in (-1, 1):
        _facades(canvas, vanish, side)
    _road(canvas, vanish)
    _lamps(canvas, vanish)


def _facades(canvas: Canvas, vanish: tuple[float, float], side: int) -> None:
    rng = canvas.stream.child("facade", side)
    vx, vy = vanish
    edge = canvas.width + 60 if side > 0 else -60.0
    near = 1.0
    k = 0
    while near > 0.12:
        far = near * rng.uniform(0.66, 0.76)
        storeys = rng.whole(3, 5)
        tall = 175.0 * storeys
        wall = rng.pick(WALLS)
        depth = 0.35 + 0.5 * near
        colour = canvas.air.land(wall, depth)
        lit_side = (canvas.light[0] - vx) * side < 0
        colour = (
            mix(colour, canvas.air.light, 0.14 * canvas.air.glow) if lit_side else mix(colour, canvas.air.dark, 0.24)
        )

        def at(u: float, up: float, e: float = edge) -> tuple[float, float]:
            return vx + (e - vx) * u, vy + (canvas.height * 0.97 - vy) * u - up * u

        face = poly([at(near, 0), at(far, 0), at(far, tall), at(near, tall)])
        roof = poly([at(near, tall), at(far, tall), at(far, tall + 26), at(near, tall + 26)])
        out = [path(face, colour), path(roof, mix(colour, canvas.air.dark, 0.3))]
        lit: list[str] = []
        dark: list[str] = []
        columns = rng.whole(2, 4)
        for s in range(storeys):
            for c in range(columns):
                a = far + (near - far) * (c + 0.25) / columns
                b = far + (near - far) * (c + 0.72) / columns
                low, high = tall * (s + 0.28) / storeys, tall * (s + 0.78) / storeys
                pane = poly([at(a, low), at(b, low), at(b, high), at(a, high)])
                chance = 0.8 if s == 0 else 0.45
                (lit if canvas.air.lamps and rng.chance(chance) else dark).append(pane)
        glass = mix(canvas.air.land("#56657a", depth), canvas.air.sky[1], 0.25)
        out += [path("".join(dark), glass, 0.85), path("".join(lit), "#ffcf7d", 0.94)]
        if rng.chance(0.55):
            awning = canvas.air.grade(rng.pick(("#b9473f", "#3f7a68", "#c98a3a", "#4a5f8f")), depth)
            low = tall / storeys
            out.append(
                path(
                    poly([at(near, low * 0.98), at(far, low * 0.98), at(far - 0.0, low * 0.72), at(near, low * 0.72)]),
                    awning,
                )
            )
        canvas.add(HORIZON + 10 * near, "".join(out))
        near = far
        k += 1


def _road(canvas: Canvas, vanish: tuple[float, float]) -> None:
    vx, vy = vanish
    wet = canvas.graph.weather in ("rain", "storm")
    natural = "#e2e6ea" if snowy(canvas) else ("#6f7278" if not wet else "#4f5866")
    pave = canvas.air.land(tone(natural, 0.06), 0.6)
    road = canvas.air.land(natural, 0.7)
    h, w = canvas.height, canvas.width
    fill = canvas.document.linear(
        ((0, mix(road, canvas.air.horizon, 0.45), 1), (1, mix(road, canvas.air.dark, 0.3), 1)), (0, vy), (0, h)
    )
    foot = canvas.height * 0.97
    canvas.add(
        HORIZON + 12,
        path(poly([(vx - 3, vy), (vx + 3, vy), (w + 70, foot), (w + 70, h + 20), (-70, h + 20), (-70, foot)]), pave),
    )
    canvas.add(HORIZON + 12.1, path(poly([(vx - 2, vy), (vx + 2, vy), (w * 0.97, h + 20), (w * 0.03, h + 20)]), fill))
    rng = canvas.stream.child("stones")
    dashes = []
    for i in range(70):
        u = rng.uniform(0.1, 1) ** 1.2
        y = vy + (h - vy) * u
        x = vx + (rng.uniform(0.05, 0.95) * w - vx) * u
        dashes.append(
            path(box(x, y, 34 * u, 4.5 * u, 2), mix(road, canvas.air.light if i % 2 else canvas.air.dark, 0.25), 0.4)
        )
    if wet or canvas.air.lamps:
        for _ in range(46 if wet else 14):
            u = rng.uniform(0.15, 1)
            y = vy + (h - vy) * u
            x = vx + (rng.uniform(0.1, 0.9) * w - vx) * u
            dashes.append(
                canvas.document.halo(x, y, 46 * u, 7 * u, "#ffcf86" if canvas.air.lamps else canvas.air.light, 0.4)
            )
    canvas.add(HORIZON + 12.2, "".join(dashes))
    canvas.surface = lambda x, t: vy + (h * 0.94 - vy) * (0.36 + 0.64 * t)
    canvas.land = (w * 0.12, w * 0.88)


def _lamps(canvas: Canvas, vanish: tuple[float, float]) -> None:
    lamp = catalogue()["lamp post"]
    vx, vy = vanish
    for u in (0.3, 0.46, 0.72):
        for edge in (0.02, 0.98):
            x = vx + (canvas.width * edge - vx) * u
            y = vy + (canvas.height * 0.97 - vy) * u
            if u > 0.5 and (edge > 0.5) == (canvas.needs.subject_side > 0):
                continue
            land.stand(canvas, lamp, x, y, 430 * u, 0.4 + 0.5 * u, MIDDLE + 12 * u, edge, u)


def village(canvas: Canvas) -> None:
    begin(canvas, 0.46)
    land.far_ridges(canvas, "#8296a3", 2, 70, 0.5)
    green = grass_colour(canvas)
    land.layer(canvas, HORIZON + 1, land.wave_line(canvas, "v", canvas.horizon + 6, 24), green, 0.34)
    rng = canvas.stream.child("village")
    nouns = catalogue()
    for row in range(3):
        line = land.wave_line(canvas, f"row{row}", canvas.horizon + 40 + 52 * row, 14)
        land.layer(canvas, HORIZON + 3 * row + 2, line, green, 0.36 + 0.1 * row)
        count = 8 - row
        for i in range(count):
            x = (i + 0.5 + rng.jitter(0.25)) * canvas.width / count
            y = line[min(60, max(0, int(x / canvas.width * 60)))][1] + 8
            if row == 0 and i == count // 2:
                land.stand(canvas, nouns["church"], x, y, 165, 0.42, HORIZON + 3 * row + 1.9, i)
            elif row < 2 or abs(x - canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)) > 200:
                land.stand(
                    canvas,
                    nouns["house"],
                    x,
                    y,
                    (64 + 18 * row) * rng.uniform(0.85, 1.2),
                    0.42 + 0.12 * row,
                    HORIZON + 3 * row + 2.3,
                    row,
                    i,
                )
    land.ground(canvas, canvas.horizon + 172, green, swing=14)
    land.path_of_sand(canvas, canvas.horizon + 176, "#cdb78d" if not snowy(canvas) else "#d6dde6")
    grove(canvas, 5, (180, 260), (0.0, 0.25), "village")
    foreground.tufts(canvas, 70, green)
    if not snowy(canvas):
        foreground.blooms(canvas, 60, WILD)
    foreground.frame_grass(canvas, "#48633c", 100, WILD if not snowy(canvas) else ())


def park(canvas: Canvas) -> None:
    begin(canvas, 0.44)
    towers(canvas, FAR, canvas.horizon + 6, (60, 200), (46, 84), 0.14, "park")
    leaves = season_leaves(canvas)
    land.tree_line(canvas, catalogue()["tree"], canvas.horizon + 22, 130, 0.4, HORIZON + 2, 14, "park", leaves)
    land.ground(canvas, canvas.horizon + 24, grass_colour(canvas), swing=8)
    land.path_of_sand(canvas, canvas.horizon + 28, "#d6c6a3")
    grove(canvas, 6, (300, 420), (0.02, 0.3), "park", 0.34)
    lamp = catalogue()["lamp post"]
    for k, u in enumerate((0.16, 0.42)):
        x = canvas.width * (0.5 - canvas.needs.subject_side * (0.06 + 0.24 * k))
        land.stand(canvas, lamp, x, canvas.surface(x, u), 210 + 120 * k, 0.6 + 0.2 * k, canvas.ground_key(u), k)
    foreground.tufts(canvas, 80, grass_colour(canvas))
    if not snowy(canvas):
        foreground.blooms(canvas, 24 if leaves else 80, WILD)
    if leaves:
        foreground.fallen(canvas, 620, leaves)
    foreground.frame_grass(canvas, "#46613b" if not leaves else "#6a5433", 90)
    foreground.frame_leaves(canvas, "#5a7a45" if canvas.graph.season != "autumn" else "#b5642c")
