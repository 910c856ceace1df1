"""Open country: sea, lake, river, beach, forest, meadow, hills, mountains, desert, snow, garden."""

from __future__ import annotations

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import HORIZON, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import Point, blob
from generation.generators.scene.noun import Noun
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.begin import begin, low_or_high
from generation.generators.scene.svg import path

WILD = ("#e2685a", "#f1c75b", "#f4efe2", "#8d7bc4", "#e493b3", "#e88a4f")
GRASS = {"spring": "#86b05a", "summer": "#7ea555", "autumn": "#c79a48", "winter": "#e9edf2", "": "#80a457"}
GRASSY = ("meadow", "closeup", "hills", "park")
"""Places whose land is their grass."""
LEAVES = {
    "spring": ("#8db85a", "#a3c266"),
    "autumn": ("#d2772f", "#c9552f", "#dda23c", "#a8502f"),
    "winter": ("#c8d2d8",),
}


def wood(canvas: Canvas) -> tuple[Noun, ...]:
    """The kinds of tree that fit the scene."""
    nouns = catalogue()
    if canvas.graph.season == "autumn":
        return nouns["tree"], nouns["birch"]
    if snowy(canvas):
        return nouns["pine"], nouns["pine"], nouns["dead tree"]
    if canvas.graph.mood == "eerie":
        return nouns["dead tree"], nouns["pine"]
    return nouns["pine"], nouns["tree"], nouns["birch"]


def leaf_colours(canvas: Canvas, *name: object) -> tuple[str, ...]:
    """Colours of the season for one tree, or none for its own; in a forest whose colour was asked for, that colour."""
    if canvas.graph.place == "forest" and canvas.graph.ground:
        return (tone(land.grounded(canvas, "#5f8a4a"), canvas.stream.child("leaf", *name).jitter(0.05)),)
    options = LEAVES.get(canvas.graph.season)
    return (canvas.stream.child("leaf", *name).pick(options),) if options and canvas.graph.season != "winter" else ()


def season_leaves(canvas: Canvas) -> tuple[str, ...]:
    """All leaf colours of the season, or none for the trees' own."""
    return LEAVES["autumn"] if canvas.graph.season == "autumn" else ()


def snowy(canvas: Canvas) -> bool:
    return canvas.graph.season == "winter" or canvas.graph.weather == "snow" or canvas.graph.place == "snowfield"


def grass_colour(canvas: Canvas) -> str:
    natural = GRASS["winter" if snowy(canvas) else canvas.graph.season]
    return land.grounded(canvas, natural) if canvas.graph.place in GRASSY else natural


def grove(
    canvas: Canvas, count: int, tall: tuple[float, float], depth: tuple[float, float], name: str, keep: float = 0.26
) -> None:
    """Some trees on the ground, away from the subject's place."""
    rng = canvas.stream.child("grove", name)
    kinds = wood(canvas)
    centre = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)
    for i in range(count):
        t = rng.uniform(*depth)
        x = rng.uniform(-0.02, 1.02) * canvas.width
        clear = canvas.width * keep * (0.5 + 0.9 * t)
        if abs(x - centre) < clear:
            away = clear + rng.uniform(0, 0.22) * canvas.width
            x = centre + (away if x > centre and centre + away < canvas.width * 1.06 else -away)
        size = rng.uniform(*tall) * (0.45 + 0.7 * t)
        land.stand(
            canvas,
            rng.pick(kinds),
            x,
            canvas.surface(x, t),
            size,
            0.35 + 0.5 * t,
            canvas.ground_key(t) - 0.5,
            name,
            i,
            colours=leaf_colours(canvas, name, i),
        )


def forest(canvas: Canvas) -> None:
    begin(canvas, 0.56)
    kinds = wood(canvas)
    rng = canvas.stream.child("forest")
    for row in range(4):
        depth = 0.06 + 0.2 * row
        base = canvas.horizon + 54 + 9 * row
        count = int((16 - 3 * row) * canvas.width / 1000)
        tall = canvas.height * (0.36 + 0.1 * row)
        for i in range(count):
            x = (i + 0.5 + rng.jitter(0.42)) * canvas.width / count
            centre = canvas.width * (0.5 - 0.1 * canvas.needs.subject_side)
            if row > 1 and abs(x - centre) < canvas.width * (0.1 + 0.07 * row):
                continue
            land.stand(
                canvas,
                rng.pick(kinds),
                x,
                base + rng.jitter(8),
                tall * rng.uniform(0.7, 1.15),
                depth,
                HORIZON + row * 3,
                row,
                i,
                colours=leaf_colours(canvas, row, i),
            )
        land.haze(canvas, base - 50, 0.35 * canvas.air.haze + 0.08, HORIZON + row * 3 + 2, 120)
    floor = {"autumn": "#a8763f", "winter": "#e6ebf1", "spring": "#7da057", "": "#66804c", "summer": "#6b8a4c"}[
        "winter" if snowy(canvas) else canvas.graph.season
    ]
    if canvas.graph.ground:
        floor = mix(floor, land.grounded(canvas, floor), 0.5)
    land.ground(canvas, canvas.horizon + 62, floor, swing=9)
    _shafts(canvas)
    land.path_of_sand(canvas, canvas.horizon + 70, tone(floor, 0.07, 0.6))
    grove(canvas, 5, (520, 700), (0.1, 0.5), "near", 0.44)
    foreground.tufts(canvas, 70, tone(floor, 0.0, 1.1))
    if not snowy(canvas):
        _undergrowth(canvas, floor)
        foreground.frame_leaves(canvas, "#4b6b42" if canvas.graph.season != "autumn" else "#9a5a2c")
    foreground.frame_grass(canvas, "#3f5a3c", 100)


def _shafts(canvas: Canvas) -> None:
    """Light that falls in beams through the trees."""
    if canvas.air.glow < 0.5 or canvas.air.source == "moon":
        return
    rng = canvas.stream.child("shafts")
    x, y = canvas.light[0], min(canvas.light[1], canvas.horizon * 0.35) - 120
    for _ in range(5):
        foot = x + rng.jitter(420) - 160 * canvas.needs.subject_side * -1
        width, low = rng.uniform(24, 70), canvas.horizon + rng.uniform(90, 210)
        fill = canvas.document.linear(
            ((0, canvas.air.light, 0.0), (0.3, canvas.air.light, 0.16), (1, canvas.air.light, 0.0)), (x, y), (foot, low)
        )
        canvas.add(
            HORIZON + 9.5,
            path(
                f"M{x - 10:.0f} {y:.0f}L{foot - width:.0f} {low:.0f}L{foot + width:.0f} {low:.0f}L{x + 10:.0f} "
                f"{y:.0f}Z",
                fill,
            ),
        )


def _undergrowth(canvas: Canvas, floor: str) -> None:
    rng = canvas.stream.child("under")
    nouns = catalogue()
    for i in range(9):
        t = rng.uniform(0.0, 0.75)
        x = rng.uniform(0, canvas.width)
        kind = nouns["bush"] if rng.chance(0.75) else nouns["mushroom"]
        size = rng.uniform(34, 66) * (0.6 + 0.7 * t) * (0.6 if kind.name == "mushroom" else 1)
        colour = () if kind.name == "mushroom" else (tone(floor, -0.02),)
        land.stand(
            canvas, kind, x, canvas.surface(x, t), size, 0.5 + 0.45 * t, canvas.ground_key(t) - 0.6, i, colours=colour
        )


def meadow(canvas: Canvas) -> None:
    begin(canvas, low_or_high(canvas, 0.58, 0.4))
    land.far_ridges(canvas, "#7d92a0", 1, 60, 0.5)
    for k, depth in enumerate((0.24, 0.36)):
        land.layer(
            canvas,
            HORIZON + k,
            land.wave_line(canvas, f"m{k}", canvas.horizon - 34 + 30 * k, 26 - 6 * k, 1.3),
            grass_colour(canvas),
            depth,
        )
    land.tree_line(canvas, wood(canvas)[-1], canvas.horizon + 10, 64, 0.36, HORIZON + 1.5, 17, "meadow")
    land.ground(canvas, canvas.horizon + 26, grass_colour(canvas))
    grove(canvas, 4, (250, 330), (0.02, 0.2), "lone")
    foreground.tufts(canvas, 130, grass_colour(canvas))
    if not snowy(canvas):
        foreground.blooms(canvas, 210, canvas.stream.child("wild").pick((WILD, WILD[:3], WILD[2:])))
    foreground.frame_grass(canvas, "#4b683c", 120, WILD if not snowy(canvas) else ())


def savanna(canvas: Canvas) -> None:
    """Dry grass to the horizon, flat-topped trees far apart, a wide sky."""
    begin(canvas, low_or_high(canvas, 0.63, 0.44))
    acacia = catalogue()["acacia"]
    land.far_ridges(canvas, "#9a8a86", 1, 34, 0.5)
    land.layer(
        canvas, HORIZON, land.wave_line(canvas, "sv", canvas.horizon - 4, 8), land.grounded(canvas, "#c2a65e"), 0.24
    )
    land.tree_line(canvas, acacia, canvas.horizon + 8, 34, 0.28, HORIZON + 1, 9, "savanna")
    land.ground(canvas, canvas.horizon + 16, land.grounded(canvas, "#c9a552"), swing=9)
    rng = canvas.stream.child("acacias")
    centre = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)
    for k in range(4):
        t = rng.uniform(0.0, 0.22)
        x = centre - canvas.needs.subject_side * canvas.width * rng.uniform(0.24, 0.66)
        tall = rng.uniform(120, 210) * (0.7 + t)
        land.stand(canvas, acacia, x, canvas.surface(x, t), tall, 0.4 + 0.4 * t, canvas.ground_key(t) - 0.5, k)
    foreground.tufts(canvas, 150, land.grounded(canvas, "#b8964a"), tall=34)
    foreground.frame_grass(canvas, "#8a6f38", 128)


def hills(canvas: Canvas) -> None:
    begin(canvas, 0.44)
    land.far_ridges(canvas, "#7b8fa0", 2, 54, 0.5)
    for k in range(3):
        base = canvas.horizon + 10 + 66 * k
        line = land.wave_line(canvas, f"h{k}", base, 52 + 10 * k, 1.1 + 0.25 * k)
        land.layer(
            canvas, HORIZON + 3 * k, line, tone(grass_colour(canvas), 0.02 - 0.02 * k, 1, 4 * k), 0.22 + 0.13 * k
        )
        rng = canvas.stream.child("copse", k)
        for i in range(5 + 2 * k):
            x, y = rng.pick(line)
            land.stand(
                canvas,
                rng.pick(wood(canvas)),
                x + rng.jitter(14),
                y + 8,
                rng.uniform(36, 62) * (1 + 0.35 * k),
                0.26 + 0.13 * k,
                HORIZON + 3 * k + 1,
                k,
                i,
                colours=leaf_colours(canvas, k, i),
            )
    land.ground(canvas, canvas.horizon + 190, grass_colour(canvas), swing=26)
    way = "#cdb284" if not snowy(canvas) else "#d3dae4"
    if "road" in canvas.graph.features:
        land.road(canvas, way)
    else:
        land.path_of_sand(canvas, canvas.horizon + 200, way)
    foreground.tufts(canvas, 80, grass_colour(canvas))
    if not snowy(canvas):
        foreground.blooms(canvas, 70, WILD)
    foreground.frame_grass(canvas, "#48633c", 105, WILD if not snowy(canvas) else ())


def mountains(canvas: Canvas) -> None:
    begin(canvas, 0.55)
    land.mountains(canvas, 3, 380, land.grounded(canvas, "#6f7f92"), snow=not canvas.graph.ground)
    land.haze(canvas, canvas.horizon + 4, 0.6 * canvas.air.haze)
    green = grass_colour(canvas)
    land.layer(canvas, HORIZON + 2, land.wave_line(canvas, "alp", canvas.horizon + 12, 24), green, 0.34)
    land.tree_line(canvas, catalogue()["pine"], canvas.horizon + 46, 92, 0.42, HORIZON + 2.5, 24, "alp")
    land.ground(canvas, canvas.horizon + 62, green, swing=22)
    if "road" in canvas.graph.features:
        land.road(canvas, "#b9a888")
    else:
        land.path_of_sand(canvas, canvas.horizon + 70, "#b9a888")
    grove(canvas, 5, (230, 330), (0.04, 0.35), "alp")
    _boulders(canvas, 12)
    foreground.tufts(canvas, 70, green)
    if not snowy(canvas):
        foreground.blooms(canvas, 70, WILD)
    foreground.frame_grass(canvas, "#4a6344", 95)


def _boulders(canvas: Canvas, count: int, natural: str = "#8b8680") -> None:
    rng = canvas.stream.child("boulders")
    for _ in range(count):
        t = rng.uniform(0, 1)
        x = rng.uniform(*canvas.land)
        y, s = canvas.surface(x, t), rng.uniform(8, 26) * (0.5 + t)
        colour = canvas.air.land(natural, 0.45 + 0.5 * t)
        shape = blob(
            [
                (x - s, y),
                (x - s * 0.8, y - s * 0.55),
                (x - s * 0.1, y - s * rng.uniform(0.7, 0.95)),
                (x + s * 0.8, y - s * 0.5),
                (x + s, y),
            ],
            0.28,
        )
        lit = mix(colour, canvas.air.light, 0.3 * canvas.air.glow)
        fill = canvas.document.linear(
            ((0, lit, 1), (0.5, colour, 1), (1, mix(colour, canvas.air.dark, 0.35), 1)), (x, y - s), (x, y + 2)
        )
        canvas.add(
            canvas.ground_key(t) - 0.4,
            canvas.document.halo(x, y, s * 1.3, s * 0.24, canvas.air.dark, 0.4) + path(shape, fill),
        )


def desert(canvas: Canvas) -> None:
    begin(canvas, 0.56)
    rng = canvas.stream.child("mesa")
    for i in range(2):
        line = _mesas(canvas, i)
        land.layer(canvas, HORIZON - 4 + i, line, land.grounded(canvas, "#b9795a"), 0.1 + 0.14 * i)
    for k in range(2):
        _dune(canvas, HORIZON + 2 * k, canvas.horizon + 8 + 40 * k, 34 + 12 * k, 0.34 + 0.14 * k, k)
    land.ground(canvas, canvas.horizon + 96, land.grounded(canvas, "#e0b06e"), swing=26)
    cactus = catalogue()["cactus"]
    for k in range(5 if rng.chance(0.75) else 0):
        t = rng.uniform(0.0, 0.4)
        x = canvas.width * (0.5 - canvas.needs.subject_side * rng.uniform(0.02, 0.48))
        land.stand(
            canvas,
            cactus,
            x,
            canvas.surface(x, t),
            rng.uniform(90, 190) * (0.5 + t),
            0.45 + 0.5 * t,
            canvas.ground_key(t),
            k,
        )
    _boulders(canvas, 16, "#a9714f")
    foreground.tufts(canvas, 34, "#a99a5c", tall=18)
    foreground.frame_grass(canvas, "#8b6a45", 62)


def _mesas(canvas: Canvas, which: int) -> list[Point]:
    rng = canvas.stream.child("mesa", which)
    x, line = -40.0, [(-60.0, canvas.horizon)]
    while x < canvas.width + 60:
        x += rng.uniform(60, 200)
        top = canvas.horizon - rng.uniform(50, 150) * (1 - 0.3 * which)
        wide = rng.uniform(50, 190)
        line += [
            (x, canvas.horizon + rng.jitter(4)),
            (x + 16, canvas.horizon - 26),
            (x + 24, top + 4),
            (x + 30, top),
            (x + 30 + wide, top + rng.jitter(7)),
            (x + 38 + wide, top + 26),
            (x + 50 + wide, canvas.horizon - 22),
            (x + 76 + wide, canvas.horizon),
        ]
        x += 80 + wide
    return [*line, (canvas.width + 400, canvas.horizon)]


def _dune(canvas: Canvas, key: float, base: float, swing: float, depth: float, which: int) -> None:
    line = land.wave_line(canvas, f"dune{which}", base, swing, 0.9 + 0.4 * which)
    colour = land.layer(canvas, key, line, land.grounded(canvas, "#e3b36f"), depth)
    dark = mix(colour, canvas.air.dark, 0.2)
    peak = min(line[8:52], key=lambda p: p[1])
    side = 1 if canvas.light[0] < peak[0] else -1
    face = [
        peak,
        (peak[0] + side * 50, peak[1] + 50),
        (peak[0] + side * 20, peak[1] + 120),
        (peak[0] + side * 250, peak[1] + 150),
        (peak[0] + side * 190, peak[1] + 44),
    ]
    canvas.add(key + 0.1, path(blob(face, 0.3), dark, 0.5))


def snowfield(canvas: Canvas) -> None:
    begin(canvas, 0.56)
    land.mountains(canvas, 2, 250, "#8596ad")
    land.tree_line(canvas, catalogue()["pine"], canvas.horizon + 14, 90, 0.34, HORIZON + 2, 26, "snow")
    land.ground(canvas, canvas.horizon + 10, land.grounded(canvas, "#eef2f7"), swing=24)
    grove(canvas, 7, (210, 330), (0.02, 0.42), "snow")
    _boulders(canvas, 9, "#dfe6ee")
    foreground.frame_grass(canvas, "#9fb0c4", 70)


def garden(canvas: Canvas) -> None:
    begin(canvas, 0.4)
    land.far_ridges(canvas, "#8aa08a", 1, 46, 0.5)
    leaves = season_leaves(canvas)
    land.tree_line(canvas, catalogue()["tree"], canvas.horizon + 26, 130, 0.4, HORIZON + 2, 13, "garden", leaves)
    lawn = "#b3a552" if leaves else ("#e9edf2" if snowy(canvas) else "#86ab58")
    land.ground(canvas, canvas.horizon + 24, land.grounded(canvas, lawn), swing=6)
    land.path_of_sand(canvas, canvas.horizon + 30, "#d8c49a")
    nouns = catalogue()
    rng = canvas.stream.child("beds")
    for i in range(16):
        t = rng.uniform(0.0, 0.9)
        x = canvas.width * (rng.uniform(0, 0.34) if i % 2 else rng.uniform(0.66, 1.0))
        kind = nouns[rng.pick(("bush", "rose bush", "tulip", "sunflower", "bush", "rose bush"))]
        size = (54 if kind.name in ("bush", "rose bush") else 80) * (0.6 + 0.9 * t)
        land.stand(canvas, kind, x, canvas.surface(x, t), size, 0.5 + 0.45 * t, canvas.ground_key(t) - 0.7, i)
    grove(canvas, 3, (330, 400), (0.02, 0.15), "garden", 0.34)
    if leaves:
        foreground.fallen(canvas, 520, leaves)
        foreground.blooms(canvas, 70, ("#c9558a", "#8d6bb0", "#e0a83c", "#f1ead9"))
    elif not snowy(canvas):
        foreground.blooms(canvas, 240, (*WILD, "#e2688a", "#f0d36b"))
    foreground.frame_grass(canvas, "#48663a" if not leaves else "#6a5a34", 110, WILD if not snowy(canvas) else ())
    foreground.frame_leaves(canvas, "#557a45" if not leaves else "#b5642c")
