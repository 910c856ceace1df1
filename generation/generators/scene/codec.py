"""The scene graph as JSON: part of the recipe, and the start of remixes and variations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from fediverse_ai.core import limits
from generation.generators.scene import vocabulary as words_of
from generation.generators.scene.graph import Graph, Relation, RelationKind, Thing
from generation.generators.scene.materials import MATERIALS
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.styles import STYLES

FORMAT = 1
MOST_COUNT, LONGEST = 12, 2000
_SETTINGS: Mapping[str, frozenset[str]] = {
    "place": frozenset(words_of.PLACE_WORDS.values()),
    "time": frozenset(words_of.TIME_WORDS.values()),
    "weather": frozenset(words_of.WEATHER_WORDS.values()),
    "season": frozenset(words_of.SEASON_WORDS.values()),
    "mood": frozenset(words_of.MOOD_WORDS.values()),
}
_FEATURES = frozenset((*words_of.FEATURE_WORDS.values(), "big", "table", "sill", "road"))
_POSES = frozenset(words_of.POSES.values()) | {"ride"}
_KINDS = frozenset(get_args(RelationKind))


def to_json(graph: Graph) -> dict[str, Any]:
    """The graph in plain values; what is empty or usual is left out."""
    out: dict[str, Any] = {"format": FORMAT, "prompt": graph.prompt, "things": [_thing(t) for t in graph.things]}
    for name in (*_SETTINGS, "style", "tint", "water", "ground"):
        if value := getattr(graph, name):
            out[name] = value
    for name in ("features", "unknown"):
        if values := getattr(graph, name):
            out[name] = list(values)
    for name in ("place_said", "time_said", "style_said"):
        if getattr(graph, name):
            out[name] = True
    return out


def _thing(thing: Thing) -> dict[str, Any]:
    out: dict[str, Any] = {"noun": thing.noun.name}
    if thing.count != 1:
        out["count"] = thing.count
    if thing.colours:
        out["colours"] = list(thing.colours)
    if thing.size != 1.0:
        out["size"] = round(thing.size, 3)
    for name in ("size_word", "pose", "pose_word", "material", "spoken"):
        if value := getattr(thing, name):
            out[name] = value
    if thing.relation:
        out["relation"] = [thing.relation.kind, thing.relation.target]
    return out


def from_json(data: object) -> Graph:
    """The graph of such values. What is unknown or out of bounds is left out; never fails, whatever the values."""
    source = data if isinstance(data, Mapping) else {}
    graph = Graph(_text(source.get("prompt"), LONGEST))
    things = source.get("things")
    kept: dict[int, int] = {}
    relations: list[tuple[int, object]] = []
    for i, value in enumerate(things[: limits.SCENE_THINGS] if isinstance(things, list) else ()):
        thing = _read_thing(value)
        if thing is not None:
            kept[i] = len(graph.things)
            relations.append((len(graph.things), value.get("relation")))
            graph.things.append(thing)
    for index, value in relations:
        graph.things[index].relation = _read_relation(value, index, kept)
    for name, allowed in _SETTINGS.items():
        setattr(graph, name, _one_of(source.get(name), allowed))
    graph.style = _one_of(source.get("style"), frozenset(STYLES)) or graph.style
    graph.tint = _one_of(source.get("tint"), frozenset(words_of.COLOURS.values()))
    graph.water = _one_of(source.get("water"), frozenset(words_of.COLOURS))
    graph.ground = _one_of(source.get("ground"), frozenset(words_of.COLOURS))
    graph.features = tuple(v for v in _list(source.get("features")) if v in _FEATURES)[:12]
    graph.unknown = tuple(v[:40] for v in _list(source.get("unknown")))[:8]
    for name in ("place_said", "time_said", "style_said"):
        setattr(graph, name, source.get(name) is True)
    return graph


def _read_thing(value: object) -> Thing | None:
    if not isinstance(value, Mapping) or value.get("noun") not in catalogue():
        return None
    count, size = value.get("count", 1), value.get("size", 1.0)
    thing = Thing(catalogue()[value["noun"]])
    thing.count = min(MOST_COUNT, max(1, count)) if isinstance(count, int) else 1
    thing.size = min(3.0, max(0.3, float(size))) if isinstance(size, int | float) else 1.0
    thing.colours = tuple(c for c in _list(value.get("colours")) if c in words_of.COLOURS)[:3]
    thing.pose = _one_of(value.get("pose"), _POSES)
    thing.size_word = _one_of(value.get("size_word"), frozenset(words_of.SIZES))
    thing.material = _one_of(value.get("material"), frozenset(MATERIALS))
    thing.pose_word, thing.spoken = _text(value.get("pose_word"), 40), _text(value.get("spoken"), 40)
    return thing


def _read_relation(value: object, index: int, kept: Mapping[int, int]) -> Relation | None:
    if not isinstance(value, list) or len(value) != 2 or value[0] not in _KINDS or not isinstance(value[1], int):
        return None
    target = kept.get(value[1])
    return None if target is None or target == index else Relation(value[0], target)


def _list(value: object) -> list[str]:
    return [v for v in value if isinstance(v, str)] if isinstance(value, list) else []


def _text(value: object, most: int) -> str:
    return value[:most] if isinstance(value, str) else ""


def _one_of(value: object, allowed: frozenset[str]) -> str:
    return value if isinstance(value, str) and value in allowed else ""
