"""Alt text from the graph: plain sentences that name everything that was drawn, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generation.generators.scene.graph import COLOURED_GROUNDS, WATERY, Graph, Thing
from generation.generators.scene.styles import STYLES

COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
PLACES: Mapping[str, str] = {
    "sea": "at sea",
    "lake": "by a mountain lake",
    "river": "by a river",
    "beach": "on a beach",
    "forest": "in a forest",
    "jungle": "in a jungle",
    "meadow": "in a meadow",
    "savanna": "in a savanna",
    "hills": "among rolling hills",
    "mountains": "in the mountains",
    "desert": "in a desert",
    "snowfield": "in a snowy landscape",
    "garden": "in a garden",
    "field": "in a field",
    "street": "in a city street",
    "skyline": "before a city skyline by the water",
    "village": "in a village",
    "harbour": "in a harbour",
    "park": "in a park",
    "room": "in a room with a window",
    "space": "in space",
    "moon": "on the surface of a moon",
    "underwater": "under water",
    "clouds": "above the clouds",
    "closeup": "among grasses and flowers close to the ground",
}
ALONE: Mapping[str, str] = {
    "sea": "The sea",
    "lake": "A mountain lake",
    "river": "A river",
    "beach": "A beach",
    "forest": "A forest",
    "jungle": "A jungle",
    "meadow": "A meadow",
    "savanna": "A savanna",
    "hills": "Rolling hills",
    "mountains": "Mountains",
    "desert": "A desert",
    "snowfield": "A snowy landscape",
    "garden": "A garden",
    "field": "A field",
    "street": "A city street",
    "skyline": "A city skyline by the water",
    "village": "A village",
    "harbour": "A harbour",
    "park": "A park",
    "room": "A room with a window",
    "space": "A planet in space",
    "moon": "The surface of a moon",
    "underwater": "A scene under water",
    "clouds": "A sea of clouds",
    "closeup": "Grasses and flowers close to the ground",
}
TIMES: Mapping[str, str] = {
    "dawn": "at dawn",
    "day": "by day",
    "noon": "at noon",
    "golden": "in low golden light",
    "dusk": "at dusk",
    "night": "at night",
}
WEATHERS: Mapping[str, str] = {
    "storm": "in a storm",
    "overcast": "under a cloudy sky",
    "rain": "in the rain",
    "snow": "in falling snow",
    "fog": "in fog",
}
POSES: Mapping[str, str] = {
    "sit": "sitting",
    "sleep": "sleeping",
    "run": "running",
    "fly": "flying",
    "walk": "walking",
    "dance": "dancing",
    "read": "reading",
    "swim": "swimming",
    "wave": "waving",
}
RELATIONS: Mapping[str, str] = {
    "on": "on",
    "under": "under",
    "beside": "beside",
    "near": "near",
    "over": "above",
    "in": "in",
    "with": "with",
    "riding": "riding",
    "behind": "behind",
    "before": "in front of",
    "holding": "held by",
}
IRREGULAR: Mapping[str, str] = {
    "man": "men",
    "woman": "women",
    "child": "children",
    "person": "people",
    "mouse": "mice",
    "wolf": "wolves",
    "fish": "fish",
    "deer": "deer",
    "sheep": "sheep",
    "snowman": "snowmen",
    "fisherman": "fishermen",
    "goose": "geese",
    "cactus": "cacti",
}


def describe(graph: Graph) -> str:
    """One or two sentences: style, things with counts, colours, poses and relations, place, time, weather, sky."""
    where = "" if graph.place in ("space", "underwater", "moon") else f" {TIMES[graph.time]}"
    weather = (
        f" {WEATHERS[graph.weather]}"
        if graph.weather in WEATHERS and graph.place not in ("space", "underwater")
        else ""
    )
    style = STYLES[graph.style].title
    if graph.things:
        named = _joined([_phrase(graph, i) for i in range(len(graph.things))])
        text = f"{named[0].upper()}{named[1:]}, {PLACES[graph.place]}{where}{weather}"
    else:
        text = f"{ALONE[graph.place]}{where}{weather}"
    sky = [
        {"road": "a road"}.get(name)
        or (f"the {name}" if name in ("moon", "sun", "full moon", "stars", "aurora") else name)
        for name in graph.features
        if name not in ("big", "table", "sill")
    ]
    tail = f", with {_joined(sky)}" if sky else ""
    water = f" The water is {graph.water}." if graph.water and graph.place in WATERY else ""
    ground = (
        f" {COLOURED_GROUNDS[graph.place]} {graph.ground}." if graph.ground and graph.place in COLOURED_GROUNDS else ""
    )
    article = "an" if style[0] in "aeiou" else "a"
    return f"{text}{tail}.{water}{ground} Drawn by a program as {article} {style} picture."


def _phrase(graph: Graph, index: int) -> str:
    thing = graph.things[index]
    words = [_count(thing), thing.size_word, *_colours(thing.colours), thing.material, _noun(thing)]
    if words[0] == "a" and next(w for w in words[1:] if w)[0] in "aeiou":
        words[0] = "an"
    text = " ".join(word for word in words if word)
    relation = thing.relation
    if thing.pose in POSES and not (relation and relation.kind == "riding"):
        text += f" {POSES[thing.pose]}"
    if relation:
        text += f" {RELATIONS[relation.kind]} the {_noun(graph.things[relation.target])}"
    return text


def _colours(colours: Sequence[str]) -> list[str]:
    return [" and ".join(colours)] if colours else []


def _count(thing: Thing) -> str:
    return "a" if thing.count == 1 else COUNTS[thing.count]


def _noun(thing: Thing) -> str:
    """The noun that was drawn, in the number that was drawn."""
    name = thing.noun.name
    if thing.count == 1:
        return name
    if name in IRREGULAR:
        return IRREGULAR[name]
    if thing.noun.plural:
        return thing.noun.plural
    if name.endswith(("s", "sh", "ch", "x", "z")):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


def _joined(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
