"""The engine: prompt in, finished picture out, in one synchronous pass that reports its stages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import resvg_py

from generation.generators.scene.alt_text import describe
from generation.generators.scene.canvas import Canvas, Needs
from generation.generators.scene.codec import from_json
from generation.generators.scene.colour import lightness, mix
from generation.generators.scene.edit import edited, is_edit, varied
from generation.generators.scene.finish import finish, raster_size
from generation.generators.scene.graph import COLOURED_GROUNDS, WATERY, Graph, Thing
from generation.generators.scene.layout import Layout
from generation.generators.scene.materials import STATUES, cast_in, on_plinth
from generation.generators.scene.paint import Spot
from generation.generators.scene.palette import air_for
from generation.generators.scene.parser import parse
from generation.generators.scene.pen import Mark, Pen
from generation.generators.scene.placed import Placed
from generation.generators.scene.places import PLACES
from generation.generators.scene.places.nature import leaf_colours
from generation.generators.scene.rng import Stream
from generation.generators.scene.settle import attached, leave_out, settle
from generation.generators.scene.sky import draw_weather
from generation.generators.scene.styles import STYLES
from generation.generators.scene.svg import Document
from generation.generators.scene.vocabulary import COLOURS
from generation.generators.scene.water import break_up
from generation.generators.scene.words import Token

LEAFY = ("tree", "birch", "bush", "willow")
"""Things whose leaves turn with the season."""
Stage = Callable[[str, float], None]
Nearest = Callable[[Sequence[str]], Mapping[str, Token]]


@dataclass(frozen=True, slots=True)
class Picture:
    """A finished picture: PNG bytes, alt text, focal point (x, y in -1…1, y upwards) and notes for the author."""

    data: bytes
    alt_text: str
    focus: tuple[float, float]
    notes: tuple[str, ...]
    graph: Graph


def compose(
    prompt: str,
    seed: int,
    width: int,
    height: int,
    style: str | None = None,
    stage: Stage | None = None,
    negative: str = "",
    start: Mapping[str, Any] | None = None,
    nearest: Nearest | None = None,
    *,
    again: bool = False,
) -> Picture:
    """Draw a prompt at width by height pixels. The same arguments give the same bytes, everywhere.

    Things named in `negative` are left out. `stage` is called with words and a fraction 0…1. `start` is the graph
    of another picture's recipe, for a remix or a variation (see `understood`). `nearest` places words that no table
    holds by their meaning. `again` draws `start` as it is, such as at another size.
    """
    report = stage or (lambda words, fraction: None)
    report("reading the prompt", 0.02)
    if again and start is not None:
        graph = from_json(start)
        key = graph.prompt
    else:
        graph, key = understood(prompt, seed, start, nearest)
    if negative:
        leave_out(graph, parse(negative))
    if style:
        graph.style = style
    stream = Stream(key, seed)
    settle(graph, stream)
    report("laying out", 0.08)
    canvas = prepare(graph, stream, width, height)
    PLACES[graph.place](canvas)
    placed = Layout(graph, canvas).run()
    report("drawing the layers", 0.2)
    for item in placed:
        draw(canvas, item)
    draw_weather(canvas)
    report("painting", 0.35)
    style_ = STYLES[graph.style]
    text = canvas.document.text(*raster_size(style_, width, height))
    raster = resvg_py.svg_to_bytes(svg_string=text, skip_system_fonts=True)
    report("finishing", 0.8)
    data = finish(bytes(raster), style_, canvas, width, height)
    report("done", 1.0)
    return Picture(data, describe(graph), focus_of(canvas, placed), notes_of(graph), graph)


def understood(prompt: str, seed: int, start: Mapping[str, Any] | None, nearest: Nearest | None) -> tuple[Graph, str]:
    """The graph of a prompt, and the text that keys its random streams.

    With a `start`: the same prompt gives a variation of that graph, words that change something ("add a dog", "at
    night") an edit of it, another whole prompt a new graph; all three keep its key, so that land and sky stay alike
    under the same seed.
    """
    graph = parse(prompt)
    known = nearest(graph.unknown) if nearest and graph.unknown else {}
    if start is None:
        return (parse(prompt, known) if known else graph), prompt
    before = from_json(start)
    if prompt.strip() in ("", before.prompt.strip()):
        return varied(before, seed), before.prompt
    if is_edit(prompt):
        return edited(before, prompt, known), before.prompt
    return replace(parse(prompt, known), prompt=before.prompt), before.prompt


def notes_of(graph: Graph) -> tuple[str, ...]:
    """What the author should know: words that were not drawn, and words that were drawn as something near them."""
    notes, missing = [], list(graph.unknown)
    if graph.ground and graph.place not in COLOURED_GROUNDS:
        missing.append(f"{graph.ground} ground")
    if graph.water and graph.place not in WATERY:
        missing.append(f"{graph.water} water")
    if missing:
        notes.append(f"not drawn: {', '.join(missing)}")
    if graph.guesses:
        notes.append("drawn by meaning: " + ", ".join(f"{word} as {meant}" for word, meant in graph.guesses))
    return tuple(notes)


def prepare(graph: Graph, stream: Stream, width: int, height: int) -> Canvas:
    """The canvas for a settled graph; its short side is 1000 units."""
    unit = 1000.0 / min(width, height)
    w, h = width * unit, height * unit
    roots = [thing for i, thing in enumerate(graph.things) if not attached(graph, i)]
    main = roots[0] if roots else None
    in_water = graph.place in ("sea", "lake", "skyline", "harbour", "beach", "river")
    needs = Needs(
        ground=any(t.noun.where in ("ground", "table", "wall") for t in roots)
        or any(t.noun.where == "deep" and not in_water for t in roots),
        water=any(t.noun.where == "water" for t in roots),
        table=bool({"table", "sill"} & set(graph.features)) or _fits_a_table(roots),
        subject_side=1.0 if stream.child("side").chance(0.5) else -1.0,
        subject_water=bool(main and main.noun.where == "water"),
        subject_sky=bool(main and main.noun.where == "sky" and not main.noun.edge and len(roots) == 1),
    )
    if main and main.noun.where == "water" and needs.ground:
        needs.subject_side = -needs.subject_side
    air = air_for(graph.place, graph.time, graph.weather, graph.mood, stream.child("air"), graph.tint, graph.season)
    style = STYLES[graph.style]
    look, air = style.look, style.air(air, stream)
    return Canvas(w, h, Document(w, h), air, look, graph, stream, needs, land=(0.0, w), open_water=(0.0, w))


def _fits_a_table(roots: list[Thing]) -> bool:
    """Small things, at least one of which belongs on a table."""
    small = all(t.noun.where in ("table", "wall") or (t.noun.alive and t.noun.metres < 0.6) for t in roots)
    return small and any(t.noun.where == "table" for t in roots)


def draw(canvas: Canvas, item: Placed) -> None:
    """One instance: shadow or reflection first, then the thing."""
    rng = canvas.stream.child("thing", item.index, item.instance)
    colours = tuple(COLOURS[name] for name in item.thing.colours)
    if not colours and item.noun.name in LEAFY:
        colours = leaf_colours(canvas, item.index, item.instance)
    pen = Pen(rng, natural_pose(item, rng), colours, canvas.air.lamps)
    item.noun.draw(pen)
    if item.thing.material:
        pen.marks = cast_in(pen.marks, item.thing.material)
        if item.noun.alive and item.thing.material in STATUES and item.footing == "ground" and not canvas.room:
            pen.marks = on_plinth(pen.marks, item.thing.material, *item.noun.box)
    depth = 1.0 if canvas.room else (0.76 + 0.24 * item.t if canvas.deep else 0.5 + 0.5 * item.t)
    spot = Spot(item.x, item.y, item.scale, item.mirror, depth, canvas.light, item.noun.box)
    painter = canvas.painter
    if item.footing == "ground" and canvas.casts and item.noun.metres < 29 and canvas.graph.place != "clouds":
        wet = graph_is_wet(canvas)
        canvas.add(item.key - 0.3, painter.reflection(pen.marks, spot, 0.34) if wet else painter.cast(pen.marks, spot))
    elif item.footing == "water" and canvas.water and not canvas.deep:
        _on_water(canvas, item, pen.marks, spot)
    if item.index == 0 and item.footing != "held":
        canvas.add(item.key - 0.45, _separation(canvas, item, pen.marks))
    canvas.add(item.key, painter.thing(pen.marks, spot))


def graph_is_wet(canvas: Canvas) -> bool:
    """Whether the ground mirrors what stands on it."""
    wet_style = STYLES[canvas.graph.style].finish == "neon" and not canvas.room
    return wet_style or (canvas.graph.place == "street" and canvas.graph.weather in ("rain", "storm"))


def natural_pose(item: Placed, rng: Stream) -> str:
    """The pose that was asked for; people and beasts who were asked nothing sometimes walk instead of standing."""
    if item.pose == "stand" and not item.thing.pose and "walk" in item.noun.poses and item.footing == "ground":
        return "walk" if rng.child("pose").chance(0.5) else "stand"
    return item.pose


def _separation(canvas: Canvas, item: Placed, marks: list[Mark]) -> str:
    """Air between the main thing and what lies behind it: light behind dark things, dark behind light ones."""
    solid = [lightness(canvas.air.grade(mark.colour)) for mark in marks if mark.kind == "fill"]
    pale = bool(solid) and sum(solid) / len(solid) > 0.74 * canvas.air.gain + 0.08
    colour = mix(canvas.air.stops[3], canvas.air.dark, 0.3) if pale else mix(canvas.air.horizon, canvas.air.light, 0.5)
    reach = 0.62 * max(item.wide, item.tall * 0.8)
    strength = 0.12 if STYLES[canvas.graph.style].finish == "neon" else (0.3 if pale else 0.36)
    return canvas.document.halo(item.x, item.y - item.tall * 0.5, reach * 1.25, reach, colour, strength)


def _on_water(canvas: Canvas, item: Placed, marks: list[Mark], spot: Spot) -> None:
    painter = canvas.painter
    sunk = item.noun.where == "ground"
    if not sunk:
        canvas.add(item.key - 0.3, painter.reflection(marks, spot, 0.42))
        canvas.add(item.key - 0.25, break_up(canvas, item.x, item.y, item.wide, item.tall * 0.72))
    canvas.add(
        item.key + 0.01,
        canvas.document.halo(item.x, item.y + 2, item.wide * 0.55, 5 + item.wide * 0.02, canvas.air.light, 0.35),
    )


def focus_of(canvas: Canvas, placed: list[Placed]) -> tuple[float, float]:
    """The centre of the main thing as a focal point, x and y in -1…1, y upwards."""
    if not placed:
        x, y = canvas.light
    else:
        main = next((p for p in placed if p.index == 0), placed[0])
        x, y = main.x, main.y - main.tall / 2
    fx, fy = 2 * x / canvas.width - 1, 1 - 2 * y / canvas.height
    return round(min(1.0, max(-1.0, fx)), 3), round(min(1.0, max(-1.0, fy)), 3)
