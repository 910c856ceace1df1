"""Close to the ground: tall stalks and flowers out of focus, for small creatures that are the whole picture."""

from __future__ import annotations

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import FAR, FRONT, HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.geometry import ellipse, limb
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.nature import WILD, grass_colour, snowy
from generation.generators.scene.svg import path


def closeup(canvas: Canvas) -> None:
    """A patch of meadow or wood at the height of a snail's eyes."""
    air = canvas.air
    canvas.horizon = canvas.height * 0.8
    side = -canvas.needs.subject_side
    canvas.light = (canvas.width * (0.5 + 0.24 * side), canvas.height * 0.16)
    natural = grass_colour(canvas)
    low = mix(air.land(natural, 0.35), air.horizon, 0.3)
    stops = ((0, mix(air.sky[1], air.sky[-1], 0.35), 1.0), (0.45, mix(air.sky[-1], low, 0.3), 1.0), (1, low, 1.0))
    canvas.backdrop.wash(stops, (0, 0), (canvas.width * 0.1, canvas.horizon))
    canvas.backdrop.halo(*canvas.light, 640, 520, air.light, 0.75)
    _bokeh(canvas)
    for row in range(3):
        _stalks(canvas, row, natural)
    if not snowy(canvas):
        _flowers(canvas)
    land.ground(canvas, canvas.height * 0.74, tone(natural, -0.05), swing=16, sheets=2)
    foreground.tufts(canvas, 60, natural, tall=60)
    _pebbles_and_caps(canvas)
    foreground.frame_grass(canvas, "#3f5f3c", 190, WILD if not snowy(canvas) else ())
    _near_leaves(canvas)


def _bokeh(canvas: Canvas) -> None:
    rng = canvas.stream.child("bokeh")
    out = []
    for _ in range(26):
        x, y, r = rng.uniform(0, canvas.width), rng.uniform(0, canvas.height * 0.7), rng.uniform(14, 54)
        colour = rng.pick(
            (canvas.air.light, mix(canvas.air.light, canvas.air.stops[1], 0.5), mix(canvas.air.light, "#fff6d8", 0.5))
        )
        out.append(path(ellipse(x, y, r), colour, rng.uniform(0.05, 0.22)))
    canvas.add(FAR, "".join(out))


def _stalks(canvas: Canvas, row: int, natural: str) -> None:
    """Tall blades, paler the farther they are; the nearest keep away from the subject."""
    rng = canvas.stream.child("stalks", row)
    depth = 0.08 + 0.24 * row
    centre = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)
    blades = []
    for _ in range(30 - 5 * row):
        x = rng.uniform(-40, canvas.width + 40)
        tall = canvas.height * rng.uniform(0.35, 0.85) * (1 - 0.12 * row)
        if row > 0 and abs(x - centre) < 240:
            tall *= 0.4
        lean, wide = rng.jitter(130), rng.uniform(9, 22)
        y = canvas.height * 0.8
        blades.append(limb([(x, y), (x + lean * 0.2, y - tall * 0.5), (x + lean, y - tall)], [wide, wide * 0.8, 1.5]))
    colour = canvas.air.land(tone(natural, -0.03 * row), depth)
    canvas.add(FAR + 3 * row + 1, path("".join(blades), colour, 0.55 + 0.15 * row))


def _flowers(canvas: Canvas) -> None:
    nouns = catalogue()
    rng = canvas.stream.child("giants")
    centre = canvas.width * (0.5 + 0.17 * canvas.needs.subject_side)
    hues = rng.pick((WILD[:2], WILD[2:4], WILD[3:], (WILD[0], WILD[2])))
    for i in range(11):
        row = i % 3
        x = rng.uniform(0, canvas.width)
        if row > 0 and abs(x - centre) < 250:
            x = centre + (260 + rng.uniform(0, 200)) * (-1 if x < centre else 1)
        kind = nouns[rng.pick(("flower", "flower", "tulip"))]
        tall = canvas.height * rng.uniform(0.34, 0.62) * (0.75 + 0.14 * row)
        depth = 0.16 + 0.22 * row
        land.stand(canvas, kind, x, canvas.height * 0.79, tall, depth, FAR + 3 * row + 2, i, colours=(rng.pick(hues),))
        if row == 2:
            land.haze(canvas, canvas.height * 0.7, 0.04, HORIZON - 1)


def _pebbles_and_caps(canvas: Canvas) -> None:
    rng = canvas.stream.child("caps")
    mushroom = catalogue()["mushroom"]
    for i in range(rng.whole(1, 4)):
        t = rng.uniform(0.0, 0.5)
        x = canvas.width * (0.5 - canvas.needs.subject_side * rng.uniform(0.08, 0.46))
        land.stand(
            canvas, mushroom, x, canvas.surface(x, t), rng.uniform(70, 190), 0.6 + 0.3 * t, canvas.ground_key(t), i
        )
    canvas.add(MIDDLE + 0.2, canvas.document.halo(canvas.light[0], canvas.height * 0.8, 420, 60, canvas.air.light, 0.3))


def _near_leaves(canvas: Canvas) -> None:
    """Broad leaves in the lower corners, out of the light."""
    rng = canvas.stream.child("near")
    colour = mix(canvas.air.land("#3f5f3c", 1.0), canvas.air.dark, 0.5)
    out = []
    for corner in (-1, 1):
        x = -20.0 if corner < 0 else canvas.width + 20
        for _ in range(5):
            angle = -rng.uniform(0.15, 1.25)
            shape = foreground.leaf(
                x, canvas.height + 10, rng.uniform(150, 330), angle if corner < 0 else -3.1416 - angle
            )
            out.append(path(shape, tone(colour, rng.jitter(0.03)), 0.97))
    canvas.add(FRONT + 1.5, "".join(out))
