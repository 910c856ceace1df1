"""Editing a scene graph in words, for remixes and variations: add, take away, recolour, move, another hour or style."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from fediverse_ai.core import limits
from generation.generators.scene.graph import Graph, Relation, Thing
from generation.generators.scene.parser import parse
from generation.generators.scene.rng import Stream
from generation.generators.scene.settle import leave_out
from generation.generators.scene.vocabulary import SIZES
from generation.generators.scene.words import MOST, Token

SETTINGS = ("place", "time", "weather", "season", "mood", "tint", "water", "ground")
_STOP = re.compile(r"[,.;\n]|\band then\b")
_AWAY = re.compile(r"^\s*(?:please\s+)?(?:remove|delete|drop|without|no|leave out|take away|take out)\s+(.+)$")
_ADD = re.compile(r"^\s*(?:please\s+)?(?:add|and also|also|plus|with|put|place)\s+(.+)$")
_SWAP = (
    re.compile(r"^\s*(?:replace|swap|exchange)\s+(.+?)\s+(?:with|by|for)\s+(.+)$"),
    re.compile(r"^\s*(?:turn|change)\s+(.+?)\s+into\s+(.+)$"),
)
_INSTEAD = re.compile(r"^\s*(.+?)\s+instead of\s+(.+)$")
_MAKE = re.compile(r"^\s*(?:make|paint|colour|color|let)\s+(.+)$")
_GROW = re.compile(r"\b(bigger|larger|smaller|closer|more|fewer|less)\b\s*(.*)$")
_VERBS = (_AWAY, _ADD, *_SWAP, _INSTEAD, _MAKE)


def is_edit(words: str) -> bool:
    """Whether the words change a picture ("add a dog", "at night") rather than describe a whole one."""
    first = _STOP.split(words.casefold().strip())[0]
    return any(verb.match(first) for verb in _VERBS) or bool(_GROW.search(first)) or not parse(first).things


def edited(graph: Graph, words: str, known: Mapping[str, Token] | None = None) -> Graph:
    """A new graph: `graph` changed by what the words ask, clause by clause. What they do not name stays as it is."""
    out = copied(graph)
    out.unknown = ()
    for clause in _STOP.split(words.casefold()):
        if clause.strip():
            _apply(out, clause.strip(), known)
    del out.things[limits.SCENE_THINGS :]
    return out


def varied(graph: Graph, seed: int) -> Graph:
    """A new graph with the same content: what its prompt left open (hour, poses) is chosen anew by the seed.

    Drawn with another seed, its things also stand elsewhere.
    """
    out = copied(graph)
    rng = Stream("vary", graph.prompt, seed)
    if not out.time_said:
        out.time = ""
    for thing in out.things:
        if not thing.pose_word and thing.pose != "ride":
            calm = [pose for pose in thing.noun.poses if pose in ("stand", "sit", "walk", "fly", "swim")]
            thing.pose = rng.pick(calm) if calm and rng.chance(0.5) else ""
    return out


def copied(graph: Graph) -> Graph:
    """A graph of its own with the same content."""
    return replace(graph, things=[replace(thing) for thing in graph.things])


def _apply(graph: Graph, clause: str, known: Mapping[str, Token] | None) -> None:
    for pattern in _SWAP:
        if found := pattern.match(clause):
            return _exchange(graph, parse(found[1], known), parse(found[2], known))
    if found := _INSTEAD.match(clause):
        return _exchange(graph, parse(found[2], known), parse(found[1], known))
    if found := _AWAY.match(clause):
        return leave_out(graph, parse(found[1], known))
    if found := _MAKE.match(clause):
        return _change(graph, _turned(found[1]), known)
    if found := _ADD.match(clause):
        return _merge(graph, parse(found[1], known), add=True)
    if found := _GROW.search(clause):
        return _grow(graph, found[1], parse(found[2] or clause.replace(found[1], ""), known))
    return _merge(graph, parse(clause, known), add=False)


def _turned(text: str) -> str:
    """ "the car red" as "red the car", so that its colour comes before its noun."""
    words = text.split()
    moved: list[str] = []
    while words and parse(words[-1]).tint + (words[-1] if words[-1] in SIZES else ""):
        moved.insert(0, words.pop())
    return " ".join((*moved, *words))


def _change(graph: Graph, text: str, known: Mapping[str, Token] | None) -> None:
    found = _GROW.search(text)
    if found:
        return _grow(graph, found[1], parse(text.replace(found[1], ""), known))
    asked = parse(text, known)
    if not asked.things:
        return _settings(graph, asked)
    return _merge(graph, asked, add=False)


def _grow(graph: Graph, word: str, which: Graph) -> None:
    names = {thing.noun.name for thing in which.things} or {thing.noun.name for thing in graph.things[:1]}
    for thing in graph.things:
        if thing.noun.name in names:
            if word in ("more", "fewer", "less"):
                thing.count = min(MOST, thing.count + 2) if word == "more" else max(1, thing.count - 1)
            else:
                thing.size = min(3.0, max(0.3, thing.size * (0.7 if word == "smaller" else 1.4)))


def _exchange(graph: Graph, old: Graph, new: Graph) -> None:
    """Put a new thing where an old one is, with its count, relation and whatever stands to it."""
    if not old.things or not new.things:
        leave_out(graph, old)
        return _merge(graph, new, add=True)
    name, fresh = old.things[0].noun.name, new.things[0]
    for i, thing in enumerate(graph.things):
        if thing.noun.name == name:
            count = fresh.count if fresh.count > 1 else thing.count
            graph.things[i] = replace(fresh, count=count, relation=thing.relation)
    _settings(graph, new)
    return None


def _merge(graph: Graph, asked: Graph, add: bool) -> None:
    """Take over what was asked: known things change, new ones come; relations reach things that are there already."""
    place: dict[int, int] = {}
    for i, thing in enumerate(asked.things):
        at = next((k for k, old in enumerate(graph.things) if old.noun is thing.noun), None)
        stands_for_old = at is not None and (
            not add or any(t.relation and t.relation.target == i for t in asked.things)
        )
        if at is not None and stands_for_old:
            _take_over(graph.things[at], thing)
            place[i] = at
        else:
            place[i] = len(graph.things)
            graph.things.append(replace(thing, relation=None))
    for i, thing in enumerate(asked.things):
        if thing.relation and place[thing.relation.target] != place[i]:
            graph.things[place[i]].relation = Relation(thing.relation.kind, place[thing.relation.target])
    _settings(graph, asked)


def _take_over(old: Thing, new: Thing) -> None:
    old.colours = new.colours or old.colours
    old.material = new.material or old.material
    old.pose, old.pose_word = (new.pose, new.pose_word) if new.pose_word else (old.pose, old.pose_word)
    if new.size_word:
        old.size, old.size_word = new.size, new.size_word
    if new.count > 1:
        old.count = new.count


def _settings(graph: Graph, asked: Graph) -> None:
    if asked.place not in ("", graph.place):
        graph.ground = ""
    for name in SETTINGS:
        if value := getattr(asked, name):
            setattr(graph, name, value)
    graph.place_said |= asked.place_said
    graph.time_said |= asked.time_said
    if asked.style_said:
        graph.style, graph.style_said = asked.style, True
    graph.features = tuple(dict.fromkeys((*graph.features, *asked.features)))
    graph.unknown = (*graph.unknown, *asked.unknown)[:8]
