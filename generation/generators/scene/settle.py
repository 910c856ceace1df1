"""Settling what a prompt left open: the place that suits its things, the time of day, water for what floats."""

from __future__ import annotations

from collections.abc import Mapping

from generation.generators.scene.graph import Graph, Relation
from generation.generators.scene.layout import ATTACHED
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.rng import Stream

WATER_INSTEAD: Mapping[str, str] = {
    "street": "skyline",
    "village": "harbour",
    "park": "lake",
    "forest": "lake",
    "meadow": "lake",
    "hills": "lake",
    "savanna": "lake",
    "mountains": "lake",
    "garden": "lake",
    "field": "lake",
    "snowfield": "lake",
    "jungle": "river",
    "closeup": "lake",
    "": "sea",
}
TREES: Mapping[str, str] = {"savanna": "acacia", "desert": "palm", "beach": "palm"}
"""What "a tree" is where other trees do not grow."""
CLOSE_METRES = 0.32
CLOSE_PLACES = ("", "meadow", "garden")


def _habitats(text: str) -> dict[str, tuple[str, ...]]:
    found = {}
    for entry in text.split(";"):
        places, _, names = entry.partition(":")
        for name in names.split(","):
            found[" ".join(name.split())] = tuple(places.split())
    return found


HABITATS = _habitats(
    "space: astronaut, rocket, satellite, flying saucer;"
    "desert: camel, cactus, pyramid;"
    "snowfield: penguin, polar bear, igloo, snowman, sledge;"
    "street: car, bus, tram, traffic light, motorcycle, truck, robot, lamp post;"
    "park street garden: cat, dog, bench, bicycle, fountain, musician;"
    "forest forest mountains: fox, wolf, bear, deer, owl, squirrel, hedgehog, mushroom, wizard, witch, cabin, tent, "
    "campfire, well, unicorn, ghost;"
    "forest park garden meadow: bird, branch, fern, bat;"
    "hills meadow field: crow, tree, dead tree, birch, ruins, gate, rainbow;"
    "lake garden: dragonfly;"
    "park skyline: ferris wheel;"
    "jungle: parrot, monkey, tiger, panda, bamboo;"
    "savanna: lion, elephant, giraffe, zebra, kangaroo, acacia;"
    "meadow hills: dinosaur;"
    "beach: crab, starfish, seashell, seal, mermaid, treasure chest, palm, umbrella, anchor, ball;"
    "lake: heron, flamingo, frog, reeds, willow;"
    "jungle forest: waterfall;"
    "field village hills: cow, sheep, pig, goat, rooster, chick, tractor, barn, scarecrow, hay bale, windmill, "
    "farmer, horse, house, church;"
    "hills mountains meadow sea: hot air balloon, aeroplane, helicopter, kite, eagle, balloon, seagull, star lantern;"
    "mountains hills: castle, dragon, knight, king, queen, tower, volcano, pagoda, train;"
    "garden: butterfly, bee, rose bush, peacock, rabbit, swing, sunflower, fence;"
    "room: piano, armchair, chair, cook, guitar;"
    "sea: lighthouse"
)


def settle(graph: Graph, stream: Stream) -> None:
    """Choose place, time and what follows from them; afterwards both are set."""
    rng = stream.child("settle")
    roots = [thing for i, thing in enumerate(graph.things) if not attached(graph, i)]
    if not graph.place or (graph.place in CLOSE_PLACES and roots):
        small = bool(roots) and all(thing.noun.metres <= CLOSE_METRES for thing in roots)
        natural = small and all(thing.noun.where in ("ground", "sky") for thing in roots)
        if natural:
            graph.place = "closeup"
    if not graph.place:
        graph.place = _place_for(graph, rng)
    if any(thing.noun.where == "water" for thing in roots) and graph.place in WATER_INSTEAD:
        graph.place = WATER_INSTEAD[graph.place]
    for thing in graph.things:
        if thing.noun.name == "tree" and graph.place in TREES:
            thing.noun = catalogue()[TREES[graph.place]]
        if thing.noun.name == "palm" and thing.relation is not None and thing.relation.kind == "on":
            # Somebody counted the palms of this island: it brings none of its own.
            host = graph.things[thing.relation.target]
            host.pose = "bare" if "bare" in host.noun.poses else host.pose
    if not graph.time:
        graph.time = _time_for(graph, rng)


def _time_for(graph: Graph, rng: Stream) -> str:
    nightly = {"moon", "full moon", "crescent", "stars", "fireflies", "aurora"}
    if nightly & set(graph.features):
        return "night"
    names = {thing.noun.name for thing in graph.things}
    if graph.mood == "eerie" or names & {"ghost"}:
        return rng.pick(("night", "dusk"))
    if names & {"campfire", "lantern", "candle", "star lantern"}:
        return rng.pick(("night", "dusk", "dusk"))
    if graph.place == "room":
        return rng.pick(("day", "golden", "dusk", "dawn"))
    if graph.weather:
        return "day"
    return rng.pick(("day", "noon", "dusk", "dawn", "golden", "day"))


def _place_for(graph: Graph, rng: Stream) -> str:
    kinds = [thing.noun.where for thing in graph.things]
    if not kinds:
        return rng.pick(("lake", "hills", "mountains", "meadow", "sea"))
    if "deep" in kinds and "water" not in kinds and not any(t.noun.name in HABITATS for t in graph.things):
        return "underwater"
    if "water" in kinds:
        return (
            rng.pick(("lake", "river"))
            if any(t.noun.name in ("duck", "swan", "lily pad") for t in graph.things)
            else "sea"
        )
    if any(HABITATS.get(thing.noun.name) == ("room",) for thing in graph.things):
        return "room"
    for thing in graph.things:
        if thing.noun.name in HABITATS:
            return rng.pick(HABITATS[thing.noun.name])
    if all(kind in ("table", "wall") for kind in kinds):
        return "room"
    return rng.pick(("meadow", "hills", "forest", "mountains", "park", "lake"))


def attached(graph: Graph, index: int) -> bool:
    """Whether a thing stands on, in, over or under another, or is held."""
    relation = graph.things[index].relation
    return relation is not None and relation.kind in ATTACHED


def leave_out(graph: Graph, unwanted: Graph) -> None:
    """Drop the things and features that another graph names; relations to them end."""
    names = {thing.noun.name for thing in unwanted.things}
    kept = [i for i, thing in enumerate(graph.things) if thing.noun.name not in names]
    moved = {old: new for new, old in enumerate(kept)}
    graph.things = [graph.things[i] for i in kept]
    for thing in graph.things:
        if thing.relation:
            target = moved.get(thing.relation.target)
            thing.relation = None if target is None else Relation(thing.relation.kind, target)
    graph.features = tuple(f for f in graph.features if f not in unwanted.features)
    if graph.weather == unwanted.weather:
        graph.weather = ""
