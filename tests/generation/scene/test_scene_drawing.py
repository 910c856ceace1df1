"""Every noun in every pose draws; any text, any size gives a valid picture; layout keeps to its rules."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from generation.generators.scene.engine import compose, draw, prepare
from generation.generators.scene.layout import Layout
from generation.generators.scene.materials import MOSS, PLINTH, cast_in, on_plinth
from generation.generators.scene.noun import Noun
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.paint import Look, Painter, Spot
from generation.generators.scene.palette import TIMES
from generation.generators.scene.parser import parse
from generation.generators.scene.pen import IDENTITY, Pen
from generation.generators.scene.places import PLACES
from generation.generators.scene.rng import Stream
from generation.generators.scene.settle import settle
from generation.generators.scene.styles import STYLES
from generation.generators.scene.svg import Document
from generation.generators.scene.version import STYLE_NAMES


@pytest.mark.parametrize("noun", list(catalogue().values()), ids=lambda noun: noun.name)
def test_every_noun_draws_in_every_pose_by_day_and_night(noun: Noun) -> None:
    for pose in noun.poses:
        for lit in (False, True):
            pen = Pen(Stream(noun.name, pose), pose, ("#3668ad",), lit)
            noun.draw(pen)
            assert pen.marks
            document = Document(1000, 1000)
            spot = Spot(500, 800, 1.0, True, 0.8, (200, 100), noun.box)
            document.add(1, Painter(document, TIMES["dusk"][0], Look()).thing(pen.marks, spot))
            text = document.text(64, 64)
            ElementTree.fromstring(text)
            assert "nan" not in text
            assert "3668ad" in {mark.colour.lstrip("#") for mark in pen.marks} or noun.parts


@pytest.mark.parametrize(("number", "place"), list(enumerate(sorted(PLACES))))
def test_every_place_draws(number: int, place: str) -> None:
    graph = parse("a dog")
    graph.place, graph.time, graph.style = place, ("night", "day", "dusk")[number % 3], STYLE_NAMES[number % 6]
    canvas = prepare(graph, Stream(place), 64, 64)
    PLACES[place](canvas)
    (dog,) = Layout(graph, canvas).run()
    assert 0 < dog.x < canvas.width
    assert 0 < dog.y < canvas.height * 1.02
    ElementTree.fromstring(canvas.document.text(64, 64))


@settings(max_examples=6, deadline=None)
@given(st.text(max_size=200), st.integers(0, 2**63), st.sampled_from([(64, 64), (64, 96), (120, 64)]))
def test_any_text_gives_a_valid_png(prompt: str, seed: int, size: tuple[int, int]) -> None:
    picture = compose(prompt, seed, *size)
    with Image.open(io.BytesIO(picture.data)) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", size)
    assert picture.alt_text.strip()


WORDS = [
    *sorted(catalogue()),
    "and",
    "on",
    "under",
    "riding",
    "in",
    "with",
    "three",
    "red",
    "sea",
    "night",
    "storm",
    ",",
    "the",
]


@settings(max_examples=8, deadline=None)
@given(st.lists(st.sampled_from(WORDS), max_size=14), st.integers(0, 1000))
def test_any_word_salad_is_laid_out_with_its_counts(chosen: list[str], seed: int) -> None:
    graph = parse(" ".join(chosen))
    stream = Stream("salad", seed)
    settle(graph, stream)
    canvas = prepare(graph, stream, 64, 64)
    PLACES[graph.place](canvas)
    placed = Layout(graph, canvas).run()
    for index, thing in enumerate(graph.things):
        assert sum(1 for item in placed if item.index == index) >= thing.count
    assert all(item.tall > 0 for item in placed)


def test_a_rider_sits_on_its_horse_and_a_bird_flies_over_the_house() -> None:
    graph = parse("an astronaut riding a horse in the desert, a bird over a house")
    stream = Stream("ride")
    settle(graph, stream)
    canvas = prepare(graph, stream, 64, 64)
    PLACES[graph.place](canvas)
    placed = {item.noun.name: item for item in Layout(graph, canvas).run()}
    rider, horse = placed["astronaut"], placed["horse"]
    assert rider.pose == "ride"
    assert (rider.x, rider.y) == horse.anchor("seat")
    assert rider.key > horse.key
    assert placed["bird"].y < placed["house"].y - placed["house"].tall


def test_the_main_thing_stands_off_centre_and_the_horizon_is_never_in_the_middle() -> None:
    for seed in range(5):
        graph = parse("a fox in a meadow")
        stream = Stream("composition", seed)
        settle(graph, stream)
        canvas = prepare(graph, stream, 64, 64)
        PLACES[graph.place](canvas)
        (fox,) = Layout(graph, canvas).run()
        assert abs(fox.x / canvas.width - 0.5) > 0.1
        assert abs(canvas.horizon / canvas.height - 0.5) > 0.05


def test_a_stone_beast_is_a_statue_on_a_plinth_and_a_stone_boat_is_not() -> None:
    lion = catalogue()["lion"]
    pen = Pen(Stream("statue"))
    lion.draw(pen)
    stone = cast_in(pen.marks, "stone")
    statue = on_plinth(stone, "stone", *lion.box)
    plinth = statue[len(stone) :]
    assert {mark.matrix for mark in plinth} == {IDENTITY}
    assert {(mark.matrix[0], mark.matrix[5]) for mark in statue[: len(stone)]} == {(1 - PLINTH, -PLINTH * lion.box[1])}
    for prompt, marked in (("a stone lion in a garden", True), ("a stone boat in a garden", False)):
        graph = parse(prompt)
        stream = Stream("statue")
        settle(graph, stream)
        canvas = prepare(graph, stream, 64, 64)
        PLACES[graph.place](canvas)
        (item,) = Layout(graph, canvas).run()
        draw(canvas, item)
        moss = canvas.air.grade(MOSS, 0.5 + 0.5 * item.t)
        assert (moss in canvas.document.text(64, 64)) == marked


def test_the_streams_of_earlier_recipes_are_kept() -> None:
    """A recipe of version 2.0.0 still lays out as it did; a new key of the streams is a decision, not an accident."""
    stream = Stream("a fox", 7)
    assert (round(stream.uniform(), 12), stream.child("side").whole(0, 1000)) == (0.672373479069, 535)


def test_styles_have_names_that_the_generator_knows() -> None:
    assert tuple(STYLES) == STYLE_NAMES
