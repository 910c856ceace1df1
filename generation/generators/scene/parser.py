"""Prompt to scene graph: phrases first, then nouns with their counts, colours, sizes, poses and relations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from fediverse_ai.core import limits
from generation.generators.scene import vocabulary as words_of
from generation.generators.scene.graph import COLOURED_GROUNDS, COLOURED_WATERS, Graph, Relation, RelationKind, Thing
from generation.generators.scene.noun import Noun
from generation.generators.scene.tongues import detect, foreign_tokens
from generation.generators.scene.words import MOST, Token, tokens

HELD_METRES = 1.3
WHOLE_VIEWS = ("landscape", "cityscape", "cloudscape")
"""Words of places whose colour word is the whole picture's."""
NATURAL: Mapping[str, tuple[str, ...]] = {
    "moon": ("white", "silver", "golden", "yellow"),
    "full moon": ("white", "silver", "golden", "yellow"),
    "crescent": ("white", "silver", "golden", "yellow"),
    "sun": ("golden", "yellow"),
    "stars": ("white", "silver", "golden", "yellow"),
    "clouds": ("white", "grey", "gray"),
    "aurora": ("green",),
    "petals": ("pink", "white"),
    "falling leaves": ("orange", "golden", "brown", "amber", "yellow"),
    "fireflies": ("golden", "yellow"),
    "dawn": ("pink", "golden", "orange", "red", "purple"),
    "day": ("blue", "golden", "white"),
    "dusk": ("pink", "golden", "orange", "red", "purple", "violet", "blue"),
    "night": ("blue", "dark blue", "black"),
}
"""Colours that hours and features of the sky have anyway."""


@dataclass(slots=True)
class _Reader:
    """The state while reading tokens from left to right."""

    graph: Graph
    count: int = 0
    article: bool = False
    colours: list[str] = field(default_factory=list)
    size: float = 1.0
    size_word: str = ""
    material: str = ""
    pose: str = ""
    pose_word: str = ""
    open_phrase: bool = True
    last: int | None = None
    joined: list[int] = field(default_factory=list)
    pending: tuple[str, list[int]] | None = None
    negated: bool = False
    unknown: list[str] = field(default_factory=list)
    features: list[str] = field(default_factory=list)
    after_place: bool = False

    def clear(self) -> None:
        self.article = False
        self.count, self.colours, self.size, self.size_word, self.pose, self.pose_word = 0, [], 1.0, "", "", ""
        self.material = ""


def parse(prompt: str, known: Mapping[str, Token] | None = None) -> Graph:
    """The scene graph of a prompt in one of our languages; never fails, whatever the text.

    `known` says what words mean that no table holds (see `meaning.py`).
    """
    language = detect(prompt)
    found = tokens(prompt) if language == "en" else foreign_tokens(prompt, language)
    guesses = []
    for i, token in enumerate(found):
        meant = (known or {}).get(str(token.value)) if token.kind == "unknown" else None
        if meant is not None:
            guesses.append((str(token.value), meant.text))
            found[i] = replace(meant)
    graph = read(prompt, found)
    graph.guesses = tuple(guesses)
    return graph


def read(prompt: str, found: list[Token]) -> Graph:
    """The scene graph of classified tokens."""
    reader = _Reader(Graph(prompt))
    for i, token in enumerate(found):
        _read(reader, token, found[i + 1 :])
    graph = reader.graph
    graph.features = tuple(dict.fromkeys(reader.features))
    if reader.colours and not graph.things:
        graph.tint = words_of.COLOURS[reader.colours[0]]
    else:
        reader.unknown += reader.colours
    known = {thing.spoken for thing in graph.things}
    graph.unknown = tuple(dict.fromkeys(w[:40] for w in reader.unknown if w not in known))[:8]
    return graph


def _read(r: _Reader, token: Token, rest: list[Token]) -> None:
    kind = token.kind
    if kind == "noun":
        _read_noun(r, token)
    elif kind == "article":
        r.open_phrase = True
        r.article = True
    elif kind == "count":
        r.count, r.open_phrase = token.value, True
    elif kind == "colour":
        r.colours.append(token.value)
        r.open_phrase = True
    elif kind == "size":
        r.size, r.size_word, r.open_phrase = token.value, token.text, True
    elif kind == "material":
        r.material, r.open_phrase = token.value, True
    elif kind == "pose":
        _read_pose(r, token)
    elif kind == "relation":
        _read_relation(r, token)
    elif kind == "not":
        r.negated = True
    elif kind in ("break", "and"):
        _read_pause(r, kind)
    elif kind == "part":
        _read_part(r)
    elif kind == "unknown":
        _read_unknown(r, token, rest)
    elif kind != "ignored":
        _read_setting(r, token)


def _read_noun(r: _Reader, token: Token) -> None:
    noun: Noun = token.value
    if r.negated:
        r.negated = False
        r.clear()
        return
    several = token.plural or (noun.plural == token.text and not r.article)
    room = limits.SCENE_FIGURES - sum(thing.count for thing in r.graph.things)
    if room <= 0 or len(r.graph.things) >= limits.SCENE_THINGS:
        r.unknown.append(token.text)
        r.clear()
        return
    count = min(MOST, room, r.count or (3 if several else 1))
    thing = Thing(noun, count, tuple(r.colours[:3]), r.size, r.size_word, spoken=token.text)
    thing.material = r.material
    _give_pose(thing, r.pose, r.pose_word)
    if noun.name == "cat" and token.text == "kitten":
        thing.size *= 0.7
    r.graph.things.append(thing)
    index = len(r.graph.things) - 1
    if r.pending:
        _relate(r, index)
    elif not r.joined or r.last is None:
        r.joined = []
    r.joined.append(index)
    r.last = index
    r.open_phrase = False
    r.clear()


def _give_pose(thing: Thing, pose: str, word: str) -> None:
    if not pose:
        return
    near = {
        "walk": "run",
        "run": "walk",
        "sail": "",
        "look": "sit",
        "play": "sit",
        "howl": "sit",
        "dance": "wave",
        "swim": "swim",
        "fish": "sit",
        "read": "sit",
    }
    if pose in thing.noun.poses:
        thing.pose = pose
    elif near.get(pose) in thing.noun.poses:
        thing.pose = near[pose]
    thing.pose_word = word


def _read_pose(r: _Reader, token: Token) -> None:
    if r.last is not None and not r.open_phrase:
        for index in r.joined or [r.last]:
            if not r.graph.things[index].pose_word:
                _give_pose(r.graph.things[index], token.value, token.text)
    else:
        r.pose, r.pose_word = token.value, token.text


def _read_relation(r: _Reader, token: Token) -> None:
    # A colour that found nothing to colour ("with green eyes on a chair") is not what follows.
    r.unknown += r.colours
    r.colours = []
    if r.last is not None:
        r.pending = (token.value, list(r.joined) or [r.last])
        if token.value == "riding":
            for index in r.pending[1]:
                _give_pose(r.graph.things[index], "ride", "riding")
    r.open_phrase = True


def _relate(r: _Reader, index: int) -> None:
    assert r.pending is not None
    kind, subjects = r.pending
    things = r.graph.things
    target = things[index]
    r.pending, r.joined = None, []
    subject = things[subjects[-1]]
    if kind == "with" and _carries(subject.noun, target.noun):
        target.relation = Relation("in" if "inside" in subject.noun.anchors else "on", subjects[-1])
        return
    if kind in ("with", "holding"):
        held = (
            subject.noun.alive
            and target.noun.metres <= HELD_METRES
            and not target.noun.alive
            and target.noun.where != "deep"
        )
        target.relation = Relation("holding" if held and "hand" in subject.noun.anchors else "beside", subjects[-1])
        return
    if kind == "in" and "inside" not in target.noun.anchors:
        seat = "seat" in target.noun.anchors or target.noun.backdrop
        kind = "on" if seat and subject.noun.metres < 1.6 * target.noun.metres else "beside"
    if kind == "on" and target.noun.metres < subject.noun.metres * 0.25:
        kind = "beside"
    if kind == "under" and target.noun.where != "sky" and target.noun.metres < subject.noun.metres * 0.55:
        kind = "beside"
    relation: dict[str, RelationKind] = {
        "on": "on",
        "under": "under",
        "over": "over",
        "in": "in",
        "riding": "riding",
        "behind": "behind",
        "before": "before",
    }
    chosen: RelationKind = relation.get(kind, "beside")
    for subject_index in subjects:
        if things[subject_index].relation is None and subject_index != index:
            things[subject_index].relation = Relation(chosen, index)


def _carries(host: Noun, other: Noun) -> bool:
    """What an island or a boat is "with" stands on it, not in the water beside it."""
    afloat = host.where == "water" and not host.alive and {"inside", "top"} & host.anchors.keys()
    return bool(afloat) and other.where in ("ground", "table") and other.metres < host.metres


def _read_pause(r: _Reader, kind: str) -> None:
    r.open_phrase = True
    if kind == "break":
        r.joined = []
        r.pending = None
        r.last = None
        if not r.graph.things:
            return
    elif r.pending is None and r.last is not None and r.graph.things[r.last].relation is None:
        return
    else:
        r.joined = []


def _read_part(r: _Reader) -> None:
    """ "with a red roof": the colour goes to the thing that was named before."""
    if r.last is not None and r.colours:
        thing = r.graph.things[r.last]
        thing.colours = (*thing.colours, *r.colours)[:3]
        r.clear()
    r.pending = None


def _read_unknown(r: _Reader, token: Token, rest: list[Token]) -> None:
    word = str(token.value)
    if word.endswith(("ly", "ing", "ed")) and word.isascii() and not (r.open_phrase and not _noun_follows(rest)):
        return
    if len(word) < 2 or word.isdigit():
        return
    r.unknown.append(word)
    if not _noun_follows(rest):
        r.clear()
        r.pending = None
        r.open_phrase = False


def _noun_follows(rest: list[Token]) -> bool:
    for token in rest:
        if token.kind == "noun":
            return True
        if token.kind not in ("colour", "size", "ignored", "mood", "unknown"):
            return False
    return False


def _read_setting(r: _Reader, token: Token) -> None:
    graph, kind = r.graph, token.kind
    if r.negated:
        r.negated = False
        return
    if kind in ("feature", "time") and r.colours:
        if r.colours[0] not in NATURAL.get(token.value, ()):
            r.unknown.append(f"{r.colours[0]} {token.text}")
        r.colours = []
    if kind == "feature":
        r.features.append(token.value)
        if r.size > 1.2:
            r.features.append("big")
        r.size, r.size_word = 1.0, ""
    elif kind == "place":
        better = not graph.place_said or (
            graph.place in ("sea", "room", "hills", "meadow") and token.value not in ("sea", "room", "hills", "meadow")
        )
        if better:
            graph.place, graph.place_said = token.value, True
        _colour_place(r, token)
        if token.value == "room" and any(
            word in token.text for word in ("table", "desk", "sill", "shelf", "still life")
        ):
            r.features.append("sill" if "sill" in token.text else "table")
        if token.text in words_of.ROADS:
            r.features.append("road")
        if r.pending and r.pending[0] == "over":
            for index in r.pending[1]:
                _give_pose(graph.things[index], "fly", "flying")
    elif kind == "time":
        graph.time, graph.time_said = token.value, True
        if token.text in ("moonlight", "moonlit"):
            r.features.append("moon")
    elif kind == "weather":
        graph.weather = token.value
    elif kind == "season":
        graph.season = token.value
    elif kind == "mood":
        _read_mood(r, token)
    elif kind == "style":
        graph.style, graph.style_said = token.value, True
    if kind not in ("time", "weather", "season", "mood", "style"):
        # What follows a place ("a wolf on a hill howling") still speaks of the thing before it.
        r.open_phrase = r.open_phrase and r.last is None
        r.pending = None
        r.colours = []
        r.count = 0
    if "aurora" in r.features and not graph.time_said:
        graph.time = "night"


def _read_mood(r: _Reader, token: Token) -> None:
    r.graph.mood = token.value
    if token.value in ("lavender", "tulips", "sunflowers"):
        r.graph.place, r.graph.place_said = "field", True
        _colour_place(r, replace(token, value="field"))
        r.colours = []


def _colour_place(r: _Reader, token: Token) -> None:
    """Colour words before a place: its water's or its land's, the whole picture's, or words that were not drawn."""
    if not r.colours:
        return
    graph, first = r.graph, r.colours[0]
    if token.text in WHOLE_VIEWS:
        graph.tint = words_of.COLOURS[first]
    elif token.text in words_of.PLACE_PARTS:
        r.unknown.append(f"{first} {token.text}")
    elif token.value in COLOURED_WATERS:
        graph.water = first
    elif token.value in COLOURED_GROUNDS and token.value == graph.place:
        graph.ground = first
    else:
        r.unknown.append(f"{first} {token.text}")
    r.unknown += r.colours[1:]
