"""The scene graph: what the parser understood, and what layout, drawing and alt text all read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from generation.generators.scene.noun import Noun

RelationKind = Literal["on", "under", "beside", "over", "in", "with", "riding", "behind", "before", "holding", "near"]
COLOURED_WATERS = ("sea", "lake", "river")
"""Places whose colour word is their water's."""
WATERY = (*COLOURED_WATERS, "beach", "harbour", "skyline")
"""Places that draw water in the colour that was asked for."""
COLOURED_GROUNDS: Mapping[str, str] = {
    "desert": "The desert is",
    "beach": "The beach is",
    "field": "The field is",
    "meadow": "The meadow is",
    "closeup": "The grass is",
    "savanna": "The savanna is",
    "hills": "The hills are",
    "mountains": "The mountains are",
    "forest": "The forest is",
    "park": "The park is",
    "garden": "The garden is",
    "snowfield": "The land is",
    "moon": "The ground is",
    "room": "The walls are",
}
"""Places whose colour word is their land's (the rock of mountains, the leaves of a forest), and how one says it."""


@dataclass(frozen=True, slots=True)
class Relation:
    """`kind` of the thing that holds it towards the thing at `target` (an index into Graph.things)."""

    kind: RelationKind
    target: int


@dataclass(slots=True)
class Thing:
    """One noun of the prompt with its count, colour words (names), size word (-1…2), pose and relation."""

    noun: Noun
    count: int = 1
    colours: tuple[str, ...] = ()
    size: float = 1.0
    size_word: str = ""
    pose: str = ""
    pose_word: str = ""
    relation: Relation | None = None
    spoken: str = ""
    """The word the prompt used, singular ("kitten" for a cat)."""
    material: str = ""
    """What the whole thing is made of (a name of materials.py), if the prompt said."""


@dataclass(slots=True)
class Graph:
    """A whole picture in words. `place`, `time`, `weather`, `season`, `mood` and `style` are names of vocabulary.py."""

    prompt: str
    things: list[Thing] = field(default_factory=list)
    place: str = ""
    time: str = ""
    weather: str = ""
    season: str = ""
    mood: str = ""
    style: str = "papercut"
    tint: str = ""
    """A colour that is meant for the whole picture ("a blue landscape"), as #rrggbb."""
    water: str = ""
    """The colour word of its water ("a turquoise sea")."""
    ground: str = ""
    """The colour word of its land ("a red desert")."""
    features: tuple[str, ...] = ()
    """Sky and ground features that were asked for: moon, full moon, crescent, sun, stars, rainbow, clouds, birds…"""
    unknown: tuple[str, ...] = ()
    """Words that look like things and were not understood."""
    guesses: tuple[tuple[str, str], ...] = ()
    """Words that were placed by their meaning, each with the known word nearest to it."""
    place_said: bool = False
    time_said: bool = False
    style_said: bool = False
