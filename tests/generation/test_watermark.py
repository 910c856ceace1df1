"""The invisible mark: how well it hides, what it survives, what it does not, and how often chance looks like it."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image, ImageFilter

from generation import watermark

KEY = b"the secret of this server, 32 b."


def pictures() -> dict[str, Image.Image]:
    """Soft, busy, plain and white; all drawn here."""
    chance = np.random.default_rng(7)
    spots = Image.fromarray(chance.integers(0, 255, (12, 12, 3), dtype=np.uint8))
    soft = spots.resize((1024, 1024), Image.Resampling.BICUBIC)
    busy = Image.fromarray(chance.integers(0, 255, (256, 256, 3), dtype=np.uint8)).resize((1024, 1024))
    return {
        "soft": soft.filter(ImageFilter.GaussianBlur(2)),
        "busy": busy.filter(ImageFilter.GaussianBlur(1.2)),
        "plain": Image.new("RGB", (1024, 1024), (200, 190, 170)),
        "white": Image.new("RGB", (1024, 1024), (255, 255, 255)),
    }


def saved(image: Image.Image, kind: str, quality: int, side: int = 1024) -> Image.Image:
    out = io.BytesIO()
    image.resize((side, side), Image.Resampling.LANCZOS).save(out, kind, quality=quality)
    return Image.open(io.BytesIO(out.getvalue())).convert("RGB")


@pytest.mark.parametrize("name", ["soft", "busy", "plain", "white"])
def test_it_is_not_seen_and_survives_what_servers_do(name: str) -> None:
    image = pictures()[name]
    marked = watermark.mark(image, KEY)
    error = np.mean((np.asarray(image, float) - np.asarray(marked, float)) ** 2)
    assert 10 * np.log10(255**2 / error) >= 39, "decibels between the picture and the marked one"
    for kind, quality, side in (("JPEG", 60, 1024), ("WEBP", 80, 1024), ("WEBP", 75, 640), ("JPEG", 75, 400)):
        assert watermark.strength(saved(marked, kind, quality, side), KEY) >= watermark.FOUND, (kind, quality, side)


def test_it_does_not_survive_a_cut() -> None:
    marked = watermark.mark(pictures()["soft"], KEY)
    assert watermark.strength(marked.crop((60, 60, 960, 960)), KEY) < watermark.FOUND


def test_chance_is_not_taken_for_it() -> None:
    """Other keys and unmarked pictures: 320 draws, none near the threshold."""
    found = []
    for image in pictures().values():
        small = image.resize((watermark.SIDE, watermark.SIDE), Image.Resampling.LANCZOS)
        found += [watermark.strength(small, b"%d" % number) for number in range(80)]
    assert max(found) < watermark.FOUND - 1
    assert abs(float(np.mean(found))) < 0.3
    assert 0.8 < float(np.std(found)) < 1.2, "deviations are what they are called"


def test_another_servers_mark_is_not_ours() -> None:
    marked = watermark.mark(pictures()["soft"], b"another")
    assert watermark.strength(marked, KEY) < watermark.FOUND
