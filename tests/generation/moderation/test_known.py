"""Known pictures: PDQ as others compute it, near copies found, unlike ones not, and lists within bounds."""

from __future__ import annotations

import hashlib
import io
from collections.abc import AsyncIterator, Callable

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image, ImageEnhance, ImageOps

from bench.evaluation.pictures import photo_like
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Malformed
from generation.moderators import pdq
from generation.moderators.known import NEAR_BITS, Known, KnownPictures, read_list
from generation.sandbox import Sandbox
from generation.types import Item

PICTURE = Image.open(io.BytesIO(photo_like(512, seed=3))).convert("RGB")


def encoded(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, form, **options)  # type: ignore[arg-type]
    return out.getvalue()


def distance(one: str, other: str) -> int:
    return (int(one, 16) ^ int(other, 16)).bit_count()


def hashes(image: Image.Image, form: str = "PNG", **options: object) -> list[str]:
    return [str(value) for value in pdq.hash_file(encoded(image, form, **options))[1:]]


def waves() -> Image.Image:
    """A picture that needs no file: the same on every machine."""
    x, y = np.meshgrid(np.arange(300), np.arange(200))
    red = (np.sin(x / 17) * np.cos(y / 11) * 0.5 + 0.5) * 255
    green = ((x * 7 + y * 13) % 256).astype(np.float64)
    blue = np.where((x - 150) ** 2 + (y - 90) ** 2 < 3600, 240.0, 20.0)
    return Image.fromarray(np.stack([red, green, blue], axis=2).astype(np.uint8))


def test_the_hash_is_the_one_of_the_reference_program() -> None:
    """Of `waves` by pdqhash 0.2.8, which binds the authors' program; lists hold what that computes."""
    assert hashes(waves())[0] == "01375777089f5d67219d7ded001f77ed009f5760001f48170d60759f35e25f1d"


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.resize((640, 640)),
        lambda image: image.resize((256, 256)),
        lambda image: ImageEnhance.Brightness(image).enhance(1.15),
        lambda image: ImageOps.grayscale(image),
    ],
    ids=["larger", "smaller", "brighter", "grey"],
)
def test_near_copies_are_near(change: Callable[[Image.Image], Image.Image]) -> None:
    own = hashes(PICTURE)[0]
    assert distance(own, hashes(change(PICTURE))[0]) <= NEAR_BITS
    assert distance(own, hashes(PICTURE, "JPEG", quality=60)[0]) <= NEAR_BITS


@pytest.mark.parametrize("turn", [ImageOps.mirror, ImageOps.flip, lambda image: image.rotate(90)])
def test_turned_copies_are_found(turn: Callable[[Image.Image], Image.Image]) -> None:
    own = hashes(PICTURE)[0]
    assert min(distance(own, one) for one in hashes(turn(PICTURE))) <= NEAR_BITS


def test_other_pictures_are_far_and_flat_ones_have_no_quality() -> None:
    others = [Image.open(io.BytesIO(photo_like(512, seed=seed))) for seed in range(4, 10)]
    assert all(distance(hashes(PICTURE)[0], hashes(other)[0]) > NEAR_BITS for other in others)
    assert pdq.hash_file(encoded(Image.new("RGB", (300, 300), "red")))[0] == 0
    for size in ((1, 1), (1, 500), (3, 2)):
        assert len(pdq.hash_file(encoded(Image.new("RGB", size)))) == 9


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def sandbox() -> AsyncIterator[Sandbox]:
    made = Sandbox()
    yield made
    await made.close()


@pytest.mark.asyncio(loop_scope="module")
async def test_the_moderator_scores_matches_alone(sandbox: Sandbox) -> None:
    judge = Known(sandbox)
    item = Item("upload", picture=encoded(waves(), "JPEG", quality=70))
    assert (await judge.review(item)).scores == {"known-picture": 0.0}
    judge.pictures.replace([("pdq", hashes(ImageOps.mirror(waves()))[0])])
    found = await judge.review(item)
    assert found.scores == {"known-picture": 1.0}
    assert "pdq" in found.evidence["known-picture"]
    other = await judge.review(Item("upload", picture=photo_like(512, seed=8)))
    assert other.scores == {"known-picture": 0.0}
    judge.pictures.replace([("sha256", hashlib.sha256(item.picture or b"").hexdigest())])
    assert (await judge.review(item)).scores == {"known-picture": 1.0}
    assert (await judge.review(Item("upload", picture=b"no picture"))).failed


def test_a_bit_too_many_is_no_match() -> None:
    own = int(hashes(PICTURE)[0], 16)
    pictures = KnownPictures()
    for bits, matches in ((NEAR_BITS, True), (NEAR_BITS + 1, False)):
        pictures.replace([("pdq", f"{own ^ ((1 << bits) - 1):064x}")])
        assert (pictures.find("", [f"{own:064x}"]) is not None) is matches


def test_a_list_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("generation.moderators.known.KNOWN_PICTURES", 3)
    line = "\n".join(f"{number:064x}" for number in range(3))
    assert len(read_list(line)[0]) == 3
    with pytest.raises(Malformed, match="more than 3"):
        read_list(line + f"\n{9:064x}")
    assert limits.KNOWN_PICTURES == 200_000
