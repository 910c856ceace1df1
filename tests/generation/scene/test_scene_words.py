"""Styles, materials, languages, meanings; the graph as JSON, edited in words and varied."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.generators.scene import meaning
from generation.generators.scene.codec import from_json, to_json
from generation.generators.scene.edit import edited, is_edit, varied
from generation.generators.scene.engine import compose
from generation.generators.scene.graph import Graph
from generation.generators.scene.parser import parse
from generation.generators.scene.tongues import MODULES, detect, entries
from generation.generators.scene.tongues.japanese import TEXT as JAPANESE
from generation.generators.scene.version import STYLE_NAMES
from generation.generators.scene.words import classify


def nouns(graph: Graph) -> dict[str, int]:
    return {thing.noun.name: thing.count for thing in graph.things}


def test_six_styles_draw_one_content_in_six_ways() -> None:
    pictures, contents = [], []
    for style in STYLE_NAMES:
        picture = compose("two boats on a lake at dusk", 3, 128, 128, style)
        graph = to_json(picture.graph)
        assert graph.pop("style") == style
        contents.append(graph)
        with Image.open(io.BytesIO(picture.data)) as image:
            assert image.size == (128, 128)
            pictures.append(np.asarray(image.convert("RGB"), dtype=float))
    assert len(STYLE_NAMES) == 6
    assert all(content == contents[0] for content in contents)
    apart = [np.abs(pictures[i] - pictures[j]).mean() for i in range(6) for j in range(i)]
    assert min(apart) > 4


@pytest.mark.parametrize(
    ("prompt", "style"),
    [
        ("a fox, pixel art", "pixel"),
        ("a watercolour of a fox", "pencil"),
        ("a fox in gouache", "gouache"),
        ("cyberpunk fox", "neon"),
        ("ein Fuchs als Linolschnitt", "linocut"),
    ],
)
def test_style_words_choose_the_style(prompt: str, style: str) -> None:
    assert parse(prompt).style == style


def test_pixel_pictures_have_few_colours() -> None:
    with Image.open(io.BytesIO(compose("a fox in a meadow, pixel art", 1, 512, 512).data)) as image:
        assert len(image.convert("RGB").getcolors(4096) or [0] * 4096) <= 40


def test_materials_bind_to_their_noun() -> None:
    graph = parse("a stone lion beside a wooden boat and a cat on a glass")
    assert [thing.material for thing in graph.things] == ["stone", "wooden", "", ""]


@pytest.mark.parametrize(
    ("language", "prompt", "things", "setting"),
    [
        ("de", "zwei schwarze Katzen auf der Fensterbank bei Nacht", {"cat": 2}, ("room", "night")),
        ("de", "drei Heißluftballons über den Hügeln am Morgen", {"hot air balloon": 3}, ("hills", "day")),
        ("fr", "un renard rouge dans la forêt enneigée", {"fox": 1}, ("forest", "")),
        ("fr", "un phare à l'aube, des voiliers sur la mer calme", {"lighthouse": 1, "sailboat": 3}, ("sea", "dawn")),
        ("es", "un caballo blanco corriendo en la playa", {"horse": 1}, ("beach", "")),
        ("it", "una barca a vela sul mare calmo all'alba", {"sailboat": 1}, ("sea", "dawn")),
        ("pt", "um castelo nas montanhas ao pôr do sol", {"castle": 1}, ("mountains", "dusk")),
        ("ja", "夕暮れの海の灯台とヨット", {"lighthouse": 1, "sailboat": 1}, ("sea", "dusk")),
        ("en", "a cat on a car in the rain", {"cat": 1, "car": 1}, ("", "")),
    ],
)
def test_languages(language: str, prompt: str, things: dict[str, int], setting: tuple[str, str]) -> None:
    graph = parse(prompt)
    assert detect(prompt) == language
    assert (nouns(graph), (graph.place, graph.time), graph.unknown) == (things, setting, ())


def test_attributes_and_relations_survive_translation() -> None:
    graph = parse("une fille tenant un ballon rouge dans un parc")
    girl, balloon = graph.things
    assert (balloon.colours, balloon.relation and balloon.relation.kind) == (("red",), "holding")
    assert girl.colours == ()
    rider, horse = parse("馬に乗った宇宙飛行士").things
    assert (rider.noun.name, rider.relation and rider.relation.kind, horse.noun.name) == (
        "astronaut",
        "riding",
        "horse",
    )


def test_every_entry_of_the_tongues_is_a_word_of_the_parser() -> None:
    for text in (*(module.TEXT for module in MODULES.values()), JAPANESE):
        for foreign, english in entries(text):
            assert english == "of" or classify(english, "cat") is not None, (foreign, english)


def test_meaning_places_what_is_near_and_leaves_what_is_not() -> None:
    found = meaning.nearest(["köpek", "собака", "고양이", "zeugma", "xylophone", "toaster", "démocratie"])
    assert {word: token.value.name for word, token in found.items()} == {
        "köpek": "dog",
        "собака": "dog",
        "고양이": "cat",
    }
    picture = compose("a köpek and a zeugma", 1, 64, 64, nearest=meaning.nearest)
    assert nouns(picture.graph) == {"dog": 1}
    assert picture.notes == ("not drawn: zeugma", "drawn by meaning: köpek as puppy")


def test_the_table_of_meanings_holds_the_words_of_today() -> None:
    """Renew it by `python -m generation.generators.scene.meaning_table`."""
    assert meaning._table()[0] == meaning.known_words()


@pytest.mark.parametrize(
    ("words", "things"),
    [
        ("add a dog on a bench", {"fox": 1, "owl": 2, "tree": 1, "dog": 1, "bench": 1}),
        ("remove the owls", {"fox": 1, "tree": 1}),
        ("replace the fox with a wolf", {"wolf": 1, "owl": 2, "tree": 1}),
        ("a bird instead of the fox", {"bird": 1, "owl": 2, "tree": 1}),
        ("three owls", {"fox": 1, "owl": 3, "tree": 1}),
        ("more owls, without trees", {"fox": 1, "owl": 4}),
    ],
)
def test_edits_of_things(words: str, things: dict[str, int]) -> None:
    graph = parse("a fox and two owls under a tree in the forest")
    before = to_json(graph)
    assert nouns(edited(graph, words)) == things
    assert to_json(graph) == before


def test_edits_of_how_things_are() -> None:
    graph = parse("a fox and two owls under a tree in the forest")
    changed = edited(graph, "make the fox blue, a bigger fox. at night in the snow; in pencil")
    fox = changed.things[0]
    assert (fox.colours, fox.size) == (("blue",), 1.4)
    assert (changed.place, changed.time, changed.weather, changed.style) == ("forest", "night", "snow", "pencil")
    assert fox.relation == graph.things[0].relation
    assert is_edit("make the fox blue")
    assert is_edit("at night, add an owl")
    assert not is_edit("a cat in a boat at sea")


def test_a_variation_keeps_the_content_and_moves_it() -> None:
    start = to_json(compose("two foxes and an owl in a meadow at dusk", 1, 64, 64).graph)
    graphs = [varied(from_json(start), seed) for seed in (1, 2)]
    assert all(nouns(graph) == {"fox": 2, "owl": 1} for graph in graphs)
    assert all((graph.place, graph.time) == ("meadow", "dusk") for graph in graphs)
    first, second = (compose("", seed, 64, 64, start=start) for seed in (1, 2))
    assert first.focus != second.focus


def test_a_graph_survives_json() -> None:
    graph = compose("a stone lion beside two red cats under a big tree at night, pixel art", 1, 64, 64).graph
    again = from_json(json.loads(json.dumps(to_json(graph))))
    assert to_json(again) == to_json(graph)
    assert again.things[0].relation == graph.things[0].relation


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["fox", "on", "red"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["things", "noun", "count", "relation", "place", "style", "size", "prompt"]), inner
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(ANYTHING)
def test_any_json_gives_a_graph(data: object) -> None:
    graph = from_json(data)
    assert all(1 <= thing.count <= 12 for thing in graph.things)
    assert all(t.relation is None or t.relation.target < len(graph.things) for t in graph.things)
