"""Colour words before places: drawn on the land where that is natural, named as not drawn where it is not."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from PIL import Image

from generation.generators.scene.codec import from_json, to_json
from generation.generators.scene.edit import edited
from generation.generators.scene.engine import Picture, compose
from generation.generators.scene.parser import parse

COLOURED = ("desert", "beach", "field", "meadow", "savanna", "hill", "mountain", "forest", "park", "garden", "ice",
            "alien planet", "kitchen")  # fmt: skip


def redness(picture: Picture) -> float:
    """How much more red than green the whole picture is, of 255."""
    pixels = np.asarray(Image.open(io.BytesIO(picture.data)).convert("RGB"), float)
    return float((pixels[..., 0] - pixels[..., 1]).mean())


@pytest.mark.parametrize(
    ("prompt", "place", "ground"),
    [
        ("a camel in a red desert", "desert", "red"),
        ("a purple mountain", "mountains", "purple"),
        ("a dog on the white beach", "beach", "white"),
        ("a horse in a golden field", "field", "golden"),
        ("an orange savanna with a lion", "savanna", "orange"),
        ("a yellow tulip field with a windmill", "field", "yellow"),
        ("a white cat in a blue room", "room", "blue"),
        ("ein Fuchs in der roten Wüste", "desert", "red"),
        ("un renard dans un désert rouge", "desert", "red"),
    ],
)
def test_a_colour_before_a_place_is_its_lands(prompt: str, place: str, ground: str) -> None:
    graph = parse(prompt)
    assert (graph.place, graph.ground, graph.water, graph.unknown) == (place, ground, "", ())
    assert from_json(to_json(graph)).ground == ground
    assert all(thing.colours in ((), ("white",)) for thing in graph.things)


@pytest.mark.parametrize("word", COLOURED)
def test_every_place_that_takes_a_colour_is_drawn_in_it(word: str) -> None:
    red, green = (compose(f"the {colour} {word} at noon", 3, 64, 64) for colour in ("red", "green"))
    assert red.notes == green.notes == ()
    assert re.search(r"\b(is|are) red\.", red.alt_text)
    assert redness(red) - redness(green) > 8


@pytest.mark.parametrize(
    ("prompt", "missing"),
    [
        ("a cat in a red street", "red street"),
        ("a white village", "white village"),
        ("a dog on a white table", "white table"),
        ("a boat by white cliffs", "white cliffs"),
        ("a red field and a green forest", "green forest"),
        ("a red moon over a lake", "red moon"),
        ("a house under a pink sky", "pink"),
        ("a cat with green eyes on a chair", "green"),
        ("a sailboat by a red meadow", "red ground"),
        ("a fox on a hill by a turquoise sea", "turquoise water"),
    ],
)
def test_a_colour_that_is_not_drawn_is_named(prompt: str, missing: str) -> None:
    picture = compose(prompt, 1, 64, 64)
    assert picture.notes == (f"not drawn: {missing}",)
    assert missing.split()[0] not in re.sub("red field|field is red", "", picture.alt_text)


def test_natural_colours_of_the_sky_and_of_whole_views_need_no_note() -> None:
    assert parse("a golden sun and white clouds, a pink sunset").unknown == ()
    blue = parse("a fox in a blue landscape")
    assert (blue.tint, blue.ground, blue.unknown) == ("#3668ad", "", ())


def test_another_place_forgets_the_colour_of_the_first() -> None:
    graph = parse("a fox in a red desert")
    assert edited(graph, "in a forest").ground == ""
    assert edited(graph, "in a green forest").ground == "green"
    assert edited(graph, "at night").ground == "red"


def test_a_narrow_river_has_the_colour_that_was_asked_for() -> None:
    red, green = (compose(f"a bridge over a {colour} river at noon", 3, 64, 64) for colour in ("red", "green"))
    assert "The water is red." in red.alt_text
    assert redness(red) - redness(green) > 8


def test_a_road_is_drawn_where_one_is_named() -> None:
    graph = parse("a car on a country road")
    assert (graph.place, graph.features) == ("hills", ("road",))
    assert from_json(to_json(graph)).features == ("road",)
    with_road, without = (compose(f"a car {where} at noon", 1, 96, 96) for where in ("on a country road", "on a hill"))
    assert ", with a road" in with_road.alt_text
    assert with_road.data != without.data
