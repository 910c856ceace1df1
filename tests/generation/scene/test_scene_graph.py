"""What the parser makes of words: counts, colours, poses, relations, settings, and what it admits not to know."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from generation.generators.scene.alt_text import describe
from generation.generators.scene.codec import from_json, to_json
from generation.generators.scene.engine import compose
from generation.generators.scene.graph import Graph
from generation.generators.scene.noun import nouns_of
from generation.generators.scene.nouns import FAMILIES, catalogue, words
from generation.generators.scene.parser import parse
from generation.generators.scene.rng import Stream
from generation.generators.scene.settle import settle
from generation.generators.scene.words import singulars

PROMPTS = (Path(__file__).parent / "prompts.txt").read_text(encoding="utf-8").splitlines()


def things(prompt: str) -> dict[str, int]:
    return {thing.noun.name: thing.count for thing in parse(prompt).things}


def relation(graph: Graph, name: str) -> tuple[str, str] | None:
    for thing in graph.things:
        if thing.noun.name == name and thing.relation:
            return thing.relation.kind, graph.things[thing.relation.target].noun.name
    return None


@pytest.mark.parametrize("prompt", PROMPTS)
def test_every_committed_prompt_is_understood_completely(prompt: str) -> None:
    graph = parse(prompt)
    assert graph.unknown == ()
    assert graph.things or graph.place


@pytest.mark.parametrize("prompt", PROMPTS[::14])
def test_committed_prompts_are_drawn_without_a_note(prompt: str) -> None:
    picture = compose(prompt, 1, 64, 64)
    assert picture.notes == ()
    for thing in picture.graph.things:
        assert thing.noun.name.split()[-1][:4] in picture.alt_text


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("three cats", {"cat": 3}),
        ("a dozen boats", {"rowing boat": 12}),
        ("a flock of sheep", {"sheep": 7}),
        ("two mice and a wolf", {"mouse": 2, "wolf": 1}),
        ("one fox, 4 deer", {"fox": 1, "deer": 4}),
        ("sheep on a hill", {"sheep": 3}),
        ("the sheep", {"sheep": 1}),
        ("a hot air balloon over a city", {"hot air balloon": 1}),
        ("90 geese", {"swan": 12}),
        ("a street lamp", {"lamp post": 1}),
        ("no dogs, a cat", {"cat": 1}),
    ],
)
def test_counts_and_phrases(prompt: str, expected: dict[str, int]) -> None:
    assert things(prompt) == expected


def test_colours_bind_to_their_own_noun() -> None:
    graph = parse("a black cat and a white dog beside a red and white lighthouse")
    assert [thing.colours for thing in graph.things] == [("black",), ("white",), ("red", "white")]


def test_orange_is_a_colour_before_a_noun_and_a_fruit_otherwise() -> None:
    first, second = parse("an orange cat and an orange on a table").things
    assert (first.noun.name, first.colours) == ("cat", ("orange",))
    assert second.noun.name == "orange"


def test_a_colour_of_the_prompt_reaches_the_pixels() -> None:
    """One car under one sky, red and then blue: most of what changes turns from red to blue."""
    start = to_json(parse("a huge car by day"))

    def pixels(words: str) -> np.ndarray:
        with Image.open(io.BytesIO(compose(words, 4, 128, 128, start=start).data)) as image:
            return np.asarray(image.convert("RGB"), dtype=float)

    red, blue = pixels("make the car red"), pixels("make the car blue")
    changed = np.abs(red - blue).sum(axis=-1) > 120
    assert 0.02 < changed.mean() < 0.5
    assert (red[changed][:, 0] - red[changed][:, 2]).mean() > 40
    assert (blue[changed][:, 2] - blue[changed][:, 0]).mean() > 40


@pytest.mark.parametrize(
    ("prompt", "subject", "expected"),
    [
        ("an astronaut riding a horse", "astronaut", ("riding", "horse")),
        ("a cat on a car", "cat", ("on", "car")),
        ("a dog under a tree", "dog", ("under", "tree")),
        ("a girl with a balloon", "balloon", ("holding", "girl")),
        ("a cat holding an umbrella", "umbrella", ("holding", "cat")),
        ("a bird flying over a house", "bird", ("over", "house")),
        ("a man in a boat", "man", ("in", "rowing boat")),
        ("a fox behind a pumpkin", "fox", ("behind", "pumpkin")),
        ("a cow next to a barn", "cow", ("beside", "barn")),
        ("an island with a palm tree", "palm", ("on", "island")),
        ("a rowing boat with a lantern", "lantern", ("in", "rowing boat")),
        ("a whale with a lighthouse", "lighthouse", ("beside", "whale")),
        ("an island with a whale", "whale", ("beside", "island")),
    ],
)
def test_relations(prompt: str, subject: str, expected: tuple[str, str]) -> None:
    assert relation(parse(prompt), subject) == expected


def test_an_island_brings_no_palms_when_they_are_counted() -> None:
    for prompt, pose in (
        ("an island in the sea", ""),
        ("an island with two palm trees", "bare"),
        ("an island with a house", ""),
    ):
        graph = parse(prompt)
        settle(graph, Stream("palms"))
        assert [thing.pose for thing in graph.things if thing.noun.name == "island"] == [pose]


def test_a_colour_before_a_water_is_the_waters() -> None:
    graph = parse("a white boat on a turquoise sea")
    assert (graph.water, graph.things[0].colours) == ("turquoise", ("white",))
    assert parse("a red fox by a lake").water == ""
    assert from_json(to_json(graph)).water == "turquoise"
    assert from_json({"water": "#000000"}).water == ""
    plain, asked = (compose(f"a boat on a {word} sea at noon", 3, 96, 96) for word in ("calm", "red"))
    assert "The water is red." in asked.alt_text
    seas = [
        np.asarray(Image.open(io.BytesIO(one.data)).convert("RGB"), float)[72:84].mean((0, 1)) for one in (plain, asked)
    ]
    assert seas[1][0] - seas[1][2] > seas[0][0] - seas[0][2] + 60


def test_a_relation_to_a_place_is_a_place() -> None:
    graph = parse("a whale under the stars in the sea at night")
    assert (graph.place, graph.time, graph.features) == ("sea", "night", ("stars",))
    assert relation(graph, "whale") is None


def test_settings_moods_and_styles() -> None:
    graph = parse("a woodcut of a gloomy village in a snowstorm at dusk, winter")
    assert (graph.style, graph.mood, graph.place, graph.weather, graph.time, graph.season) == (
        "linocut", "melancholy", "village", "snow", "dusk", "winter",
    )  # fmt: skip


def test_a_season_survives_beside_its_forest() -> None:
    graph = parse("an autumn forest")
    assert (graph.place, graph.season) == ("forest", "autumn")


def test_unknown_things_are_named_and_the_rest_is_drawn() -> None:
    picture = compose("a cat and a xylophone beside a zeugma", 1, 64, 64)
    assert picture.notes == ("not drawn: xylophone, zeugma",)
    assert [thing.noun.name for thing in picture.graph.things] == ["cat"]
    assert "xylophone" not in picture.alt_text


def test_what_is_unwanted_is_left_out() -> None:
    picture = compose("a cat and a dog on a hill", 1, 64, 64, negative="dog, snow")
    assert [thing.noun.name for thing in picture.graph.things] == ["cat"]
    assert "dog" not in picture.alt_text


def test_floating_things_get_water() -> None:
    graph = parse("a sailboat in the forest")
    settle(graph, Stream("x"))
    assert graph.place == "lake"


def test_alt_text_is_exact() -> None:
    graph = parse("two black cats sleeping under a big tree in a park at night, linocut")
    settle(graph, Stream("x"))
    assert describe(graph) == (
        "Two black cats sleeping under the tree and a big tree, in a park at night. Drawn by a program as a linocut "
        "print picture."
    )


def test_singulars() -> None:
    assert singulars("foxes")[-1] == "fox"
    assert "butterfly" in singulars("butterflies")
    assert singulars("geese") == ("goose",)
    assert singulars("bus") == ()


def test_the_catalogue_has_no_double_words_and_many_nouns() -> None:
    names = [noun.name for family in FAMILIES for noun in nouns_of(family)]
    assert len(names) == len(set(names)) == len(catalogue()) >= 200
    claimed: dict[str, str] = {}
    for noun in catalogue().values():
        for word in noun.words:
            assert word not in catalogue() or catalogue()[word] is noun, (word, noun.name)
            assert claimed.setdefault(word, noun.name) == noun.name, (word, noun.name, claimed[word])
    assert len(words()) > 500
