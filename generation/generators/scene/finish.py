"""The finish: what a style does to the rasterised scene, in numpy, and the PNG bytes of the result."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from generation.generators.scene import pixel
from generation.generators.scene.canvas import Canvas
from generation.generators.scene.gouache import paint_gouache
from generation.generators.scene.lino import print_lino
from generation.generators.scene.neon import glow_neon
from generation.generators.scene.pencil import draw_pencil
from generation.generators.scene.raster import F, Pixels, channels, vignette
from generation.generators.scene.styles import Style


def raster_size(style: Style, width: int, height: int) -> tuple[int, int]:
    """The size at which the scene is rasterised for a picture of width by height: two by two for each large pixel."""
    if style.finish != "pixel":
        return width, height
    side = pixel.cell_of(width, height)
    return (width, height) if side < 3 else (-(-width // side) * 2, -(-height // side) * 2)


def finish(raster: bytes, style: Style, canvas: Canvas, width: int, height: int) -> bytes:
    """PNG bytes from the rasterised scene, graded and textured for its style; no metadata."""
    with Image.open(io.BytesIO(raster)) as opened:
        pixels = np.asarray(opened.convert("RGBA"), dtype=np.float32) / F(255)
    behind = canvas.backdrop.pixels((pixels.shape[1], pixels.shape[0]), (canvas.width, canvas.height))
    pixels = behind + (pixels[..., :3] - behind) * pixels[..., 3:]
    rng = canvas.stream.child("finish").numpy
    pixels = _lit(pixels, canvas)
    if style.finish == "pixel":
        # Cells of one colour each: no grain, no dither but their own.
        return _png(pixel.cells(pixels, width, height) * F(255))
    textured = _textured(pixels, style, canvas, rng)
    return _png(textured * F(255) + rng.random(textured.shape, dtype=np.float32) - F(0.5))


def _textured(pixels: Pixels, style: Style, canvas: Canvas, rng: np.random.Generator) -> Pixels:
    if style.finish == "lino":
        return print_lino(pixels, rng, canvas.air)
    if style.finish == "gouache":
        return paint_gouache(pixels, rng)
    if style.finish == "pencil":
        return draw_pencil(pixels, rng)
    if style.finish == "neon":
        return glow_neon(pixels, rng, canvas.wet_from)
    return _paper(pixels, rng)


def _lit(pixels: Pixels, canvas: Canvas) -> Pixels:
    """One light over the whole: brighter and warmer towards it, deeper away from it; a little more contrast."""
    height, width, _ = pixels.shape
    y = np.linspace(0, canvas.height, height, dtype=np.float32)[:, None] - F(canvas.light[1])
    x = np.linspace(0, canvas.width, width, dtype=np.float32)[None, :] - F(canvas.light[0])
    near = np.exp(-(x * x + y * y * F(0.8)) / F(620.0**2))
    glow = F(0.5 + 0.5 * canvas.air.glow)
    factor = (F(0.9) + F(0.2) * near * glow)[..., None]
    warm = np.array(channels(canvas.air.light), dtype=np.float32)
    factor = factor * (1 + (warm / warm.mean() - 1) * (near * glow * F(0.16))[..., None])
    curved = pixels + (pixels - F(0.5)) * pixels * (1 - pixels) * F(0.5)
    lit: Pixels = np.clip(curved * factor, 0, 1)
    return lit


def _png(values: Pixels) -> bytes:
    """No pure black or white; little compression, because what comes after encodes anew."""
    out = io.BytesIO()
    Image.fromarray(np.clip(values, 5, 250).round().astype(np.uint8)).save(out, "PNG", compress_level=1)
    return out.getvalue()


def _paper(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Fine paper grain, a slight vignette."""
    height, width, _ = pixels.shape
    fine = rng.standard_normal((height, width), dtype=np.float32) * F(min(1.0, (min(height, width) / 1024) ** 0.6))
    fibre = (fine + np.roll(fine, 1, 0) + np.roll(fine, 1, 1)) * F(0.006)
    pixels = pixels + (fibre * F(0.8) + (fine * F(0.006)))[..., None]
    return pixels * vignette(height, width, 0.16)[..., None]
