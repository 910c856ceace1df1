"""What a request becomes before an operator's bounds, and what its author is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from fediverse_ai.core import limits
from fediverse_ai.core.config import Backend, Config, GenerationSection
from fediverse_ai.core.errors import Unprocessable
from generation import engines
from generation.engines import Engine
from generation.generators.backend import About
from generation.types import Capabilities, GeneratedImage, ImageRequest, Recipe

EVERYTHING = Capabilities(
    negative_prompt=True,
    seed=True,
    steps=True,
    guidance=True,
    source=True,
    strength=True,
    styles=("ink",),
    models=("b",),
)
NOTHING = Capabilities(size=False)
SIDES = st.integers(limits.PICTURE_SIDE_MIN_PIXELS, limits.PICTURE_SIDE_MAX_PIXELS)


class Unasked:
    """A generator that nobody asks here."""

    async def card(self) -> Any:
        raise AssertionError

    generate = close = card


def image(can: Capabilities, width: int = 512, height: int = 512, **facts: Any) -> GeneratedImage:
    recipe = Recipe("a", "1", "p", "", 1, width, height)
    return GeneratedImage(b"", recipe, About("a").card(can), **facts)


@given(SIDES, SIDES, st.integers(10_000, 5_000_000))
def test_a_picture_is_made_smaller_not_otherwise(width: int, height: int, bound: int) -> None:
    request = ImageRequest("a cat", width=width, height=height)
    made, told = engines.fitted(request, About("a").card(EVERYTHING), Engine(Unasked(), max_pixels=bound))
    assert bool(told) == (width * height > bound)
    if not told:
        assert made == request
        return
    assert made.width <= max(width, 64)
    assert made.height <= max(height, 64)
    least = limits.PICTURE_SIDE_MIN_PIXELS
    assert made.width * made.height <= bound or least in (made.width, made.height)
    assert str(made.width) in told[0]


def test_what_cannot_be_is_refused_and_what_can_is_not() -> None:
    card, poor = About("a").card(EVERYTHING), About("a").card(NOTHING)
    whole = ImageRequest("a cat", source=b"x", model="b")
    assert engines.fitted(whole, card, Engine(Unasked()))[0] == whole
    for request, word in ((ImageRequest("a", source=b"x"), "begin from"), (ImageRequest("a", model="b"), "no model")):
        with pytest.raises(Unprocessable) as caught:
            engines.fitted(request, poor, Engine(Unasked()))
        assert word in caught.value.public


def test_every_wish_that_is_not_heard_is_told_once() -> None:
    request = ImageRequest("a", "b", 5, 512, 512, 9, 3.0, "ink", source=b"x", strength=0.5)
    assert engines.finished(image(EVERYTHING), request, Engine(Unasked()), (), 1.0).notes == ()
    own = "Not used, because this backend does not know it: the seed."
    told = engines.finished(image(NOTHING, notes=(own,)), request, Engine(Unasked()), ("Made smaller.",), 1.0).notes
    assert told.count(own) == 1
    named = [note.split(": ")[-1] for note in told]
    assert named == [
        "the seed.", "the negative prompt.", "the steps.", "the guidance.", "the size.", "the style.", "the strength.",
        "Made smaller.",
    ]  # fmt: skip


def test_another_size_time_and_energy_are_told() -> None:
    request, engine = ImageRequest("a", width=800, height=512), Engine(Unasked(), watts=720.0)
    made = engines.finished(image(EVERYTHING, 1536, 1024), request, engine, (), 5.0)
    assert made.notes == ("Made 1536 × 1024, the nearest size that this generator makes.",)
    assert (made.seconds, made.watt_hours) == (5.0, 1.0)
    known = engines.finished(image(EVERYTHING, seconds=2.0, watt_hours=0.25), request, engine, (), 5.0)
    assert (known.seconds, known.watt_hours) == (2.0, 0.25)
    assert engines.finished(image(EVERYTHING), request, Engine(Unasked()), (), 5.0).watt_hours is None


def test_names_are_fit_for_addresses_and_all_pictures_are_counted(tmp_path: Path) -> None:
    for name in ("Studio", "a b", "../x", "", "1st", "x" * 41):
        with pytest.raises(ValidationError, match="lower-case"):
            GenerationSection(backends={name: Backend(kind="scene")})
    with pytest.raises(ValidationError, match="at_once"):
        Backend(kind="scene", at_once=0)
    section = GenerationSection(backends={"gpu-1": Backend(kind="scene", at_once=3)})
    assert engines.pictures_at_once(Config(data_dir=tmp_path, generation=section)) == 4
