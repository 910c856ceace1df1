"""The nudity check sees what it is trained to see, also when it is turned, in a corner or half transparent."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PIL import Image, ImageOps

from fediverse_ai.core.errors import RequestError
from generation.moderators import nudity, nudity_model, views
from generation.policy import load_policy
from generation.types import Decision, Finding
from tests.generation.moderation.canary import canary, encoded

POLICY = load_policy()


def decide(image: Image.Image, form: str = "JPEG") -> Decision:
    scores = nudity_model.score(views.cut(encoded(image, form)), nudity.MODEL_SHA256)
    others = [Finding("known", "1", {"known-picture": 0.0})]
    return POLICY.decide([Finding("nudity", "1", {"sexual": max(scores)}), *others], "picture").decision


def cornered(image: Image.Image) -> Image.Image:
    ground = Image.new("RGB", (1280, 1280), (120, 180, 230))
    ground.paste(image, (0, 512))
    return ground


@pytest.mark.parametrize(
    "change",
    [lambda image: image, lambda image: image.rotate(90), ImageOps.flip, ImageOps.mirror, cornered],
    ids=["as it is", "turned", "flipped", "mirrored", "in a corner"],
)
def test_the_canary_is_stopped(change: Callable[[Image.Image], Image.Image]) -> None:
    assert decide(change(canary())) is not Decision.ALLOW


def test_transparency_is_seen_on_both_grounds() -> None:
    veiled = canary()
    veiled.putalpha(250)
    assert len(views.cut(encoded(veiled, "PNG"))) == 20
    assert decide(veiled, "PNG") is Decision.REFUSE


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (3, 2)])
def test_odd_shapes_have_views(size: tuple[int, int]) -> None:
    made = views.cut(encoded(Image.new("RGB", size, "red")))
    assert [len(view) for view in made] == [views.SIDE * views.SIDE * 3] * 10


def test_plain_pictures_are_allowed() -> None:
    for colour in ("black", "white", "#e0ac90", "#8d5524", "#2060a0"):
        assert decide(Image.new("RGB", (640, 480), colour)) is Decision.ALLOW


def test_another_model_is_not_used() -> None:
    nudity_model._classifier.cache_clear()
    with pytest.raises(RuntimeError, match="not the model"):
        nudity_model.score(views.cut(encoded(canary())), "0" * 64)


def test_what_is_no_picture_has_no_views() -> None:
    with pytest.raises(RequestError):
        views.cut(b"no picture")
