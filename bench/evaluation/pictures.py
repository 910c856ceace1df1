"""The pictures that the gate is measured with: drawn by our own program, or of noise and patches."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from fediverse_ai.core.clock import SystemClock
from fediverse_ai.core.config import Config
from generation.pipeline import Pipeline, build_pipeline
from generation.types import Decision, ImageRequest, Item, ProgressReport, Stage

PROMPTS = (
    *("a lighthouse on a cliff at dusk", "a red fox in the snow", "a castle on a mountain at night", "two sailboats"),
    *("a cat on a sofa", "a market in the rain", "an astronaut riding a horse", "a bowl of fruit on a table"),
)
SIDE = 512


async def judged() -> dict[str, tuple[int, float]]:
    """Name of a set -> (pictures, share that was stopped), by the default policy."""
    found: dict[str, tuple[int, float]] = {}
    with tempfile.TemporaryDirectory(prefix="fediverse-ai-gate-") as folder:
        pipeline = build_pipeline(Config(data_dir=Path(folder)), None, SystemClock())  # type: ignore[arg-type]
        try:
            found["drawn by scene"] = await _share(pipeline, "drawn", [await _scene(pipeline, p) for p in PROMPTS])
            found["synthetic, judged as an upload"] = await _share(pipeline, "upload", synthetic())
            found["patches that the check takes for skin"] = await _share(pipeline, "upload", skin_like())
        finally:
            await pipeline.close()
    return found


async def _share(pipeline: Pipeline, stage: Stage, some: list[bytes]) -> tuple[int, float]:
    stopped = 0
    for data in some:
        stopped += (await pipeline.review(Item(stage, picture=data))).decision is not Decision.ALLOW
    return len(some), stopped / len(some)


async def _scene(pipeline: Pipeline, prompt: str) -> bytes:
    async def silent(_: ProgressReport) -> None:
        """Nobody watches."""

    request = ImageRequest(prompt, seed=1, width=SIDE, height=SIDE)
    (made,) = await pipeline.generate(request, "scene", silent)
    return made.data


def synthetic() -> list[bytes]:
    """Harmless pictures without people: plain colours, gradients, noise, stripes, words, blurred landscapes."""
    made = [Image.new("RGB", (SIDE, SIDE), colour) for colour in ("white", "black", "#e0ac90", "#8d5524", "#2060a0")]
    ramp = np.linspace(0, 255, SIDE, dtype=np.uint8)
    for channel in range(3):
        raster = np.full((SIDE, SIDE, 3), 90, dtype=np.uint8)
        raster[:, :, channel] = ramp
        made.append(Image.fromarray(raster))
    noise = np.random.default_rng(7)
    made += [Image.fromarray(noise.integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)) for _ in range(4)]
    made += [Image.open(io.BytesIO(photo_like(SIDE, seed))) for seed in range(8)]
    for words in ("FRESH BREAD", "Exit", "Snowball fight today"):
        sign = Image.new("RGB", (SIDE, SIDE), "white")
        ImageDraw.Draw(sign).text((30, 220), words, fill="black", font=ImageFont.load_default(40))
        made.append(sign)
    return [_encoded(image) for image in made]


def photo_like(side: int, seed: int = 0) -> bytes:
    """A blurred landscape of random hills under a sky, with grain: it has a photograph's tones, and shows nothing."""
    random = np.random.default_rng(seed)
    image = Image.new("RGB", (side, side), tuple(int(value) for value in random.integers(120, 230, 3)))
    draw = ImageDraw.Draw(image)
    for layer in range(4):
        top = side * (0.4 + 0.15 * layer)
        points = [(x * side / 8, top + float(random.normal(0, side / 20))) for x in range(9)]
        colour = tuple(int(value) for value in random.integers(30, 160, 3))
        draw.polygon([(0, side), *points, (side, side)], fill=colour)
    grain = random.normal(0, 6, (side, side, 3))
    raster = np.asarray(image.filter(ImageFilter.GaussianBlur(side / 200)), dtype=np.float64) + grain
    return _encoded(Image.fromarray(raster.clip(0, 255).astype(np.uint8)))


PATCHES = (
    (241, 149, 48, 109, (189, 116, 119)),
    (111, 148, 31, 101, (176, 127, 158)),
    (235, 214, 57, 118, (216, 156, 156)),
    (136, 217, 37, 69, (174, 128, 146)),
    (184, 70, 32, 63, (174, 112, 91)),
    (182, 61, 25, 16, (230, 131, 157)),
)
"""Blurred patches, found by letting random ones compete for a high score: they show nothing."""


def skin_like() -> list[bytes]:
    """Patches that the nudity check takes for nudity, as they are, mirrored, turned and small in a corner."""
    image = Image.new("RGB", (256, 256), (177, 131, 124))
    draw = ImageDraw.Draw(image)
    for x, y, wide, high, colour in PATCHES:
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill=colour)
    whole = image.filter(ImageFilter.GaussianBlur(9)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    cornered = Image.new("RGB", (SIDE * 5 // 3, SIDE * 5 // 3), (120, 180, 230))
    cornered.paste(whole, (0, SIDE * 2 // 3))
    forms = [whole, whole.transpose(Image.Transpose.FLIP_LEFT_RIGHT), whole.rotate(90), whole.rotate(180), cornered]
    return [_encoded(form) for form in forms]


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()
