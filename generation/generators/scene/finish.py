"""The finish in numpy: grain, vignette and dithering for paper; carved lines and inks for a linocut print."""

from __future__ import annotations

import io

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation.generators.scene.canvas import Canvas
from generation.generators.scene.lino import print_lino
from generation.generators.scene.styles import Style

Pixels = npt.NDArray[np.float32]


def finish(raster: bytes, style: Style, canvas: Canvas) -> bytes:
    """PNG bytes from the rasterised scene, graded and textured for its style; no metadata."""
    with Image.open(io.BytesIO(raster)) as opened:
        pixels = np.asarray(opened.convert("RGB"), dtype=np.float32) / np.float32(255)
    rng = canvas.stream.child("finish").numpy
    pixels = print_lino(pixels, rng, canvas.air) if style.finish == "lino" else _paper(pixels, rng)
    dither = rng.random(pixels.shape, dtype=np.float32) - np.float32(0.5)
    bytes_ = np.clip(pixels * 255 + dither, 5, 250).round().astype(np.uint8)
    out = io.BytesIO()
    Image.fromarray(bytes_).save(out, "PNG", compress_level=2)
    return out.getvalue()


def _paper(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Fine paper grain, a slight vignette."""
    height, width, _ = pixels.shape
    fine = rng.standard_normal((height, width), dtype=np.float32) * np.float32(
        min(1.0, (min(height, width) / 1024) ** 0.6)
    )
    fibre = (fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1)) * np.float32(0.006)
    pixels = pixels + (fibre * np.float32(0.8) + (fine * np.float32(0.006)))[..., None]
    return pixels * vignette(height, width, 0.16)[..., None]


def vignette(height: int, width: int, strength: float) -> Pixels:
    """A factor that is 1 in the middle and `1 - strength` in the corners."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    far = (x * x + y * y) / 2
    return (1 - np.float32(strength) * far * far).astype(np.float32)
