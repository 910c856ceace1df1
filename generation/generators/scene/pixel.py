"""The pixel finish: a small raster in a limited palette of its own, dithered in order, enlarged without smoothing."""

from __future__ import annotations

import numpy as np
from PIL import Image

from generation.generators.scene.raster import F, Pixels, from_oklab, to_oklab

COLOURS = 40
CELLS = 184
"""How many cells the short side of the picture has, about."""
BAYER = np.array(((0, 8, 2, 10), (12, 4, 14, 6), (3, 11, 1, 9), (15, 7, 13, 5)), dtype=np.float32) / F(16) - F(0.469)


def cell_of(width: int, height: int) -> int:
    """The side of one cell in pixels of the finished picture."""
    return max(1, round(min(width, height) / CELLS))


def cells(pixels: Pixels, width: int, height: int) -> Pixels:
    """A picture of width by height from a raster with one pixel, or 2 by 2, for each cell."""
    side = cell_of(width, height)
    wide, tall = -(-width // side), -(-height // side)
    image = Image.fromarray(np.rint(pixels * 255).astype(np.uint8)).resize((wide, tall), Image.Resampling.BOX)
    small = np.asarray(image, dtype=np.float32) / F(255)
    light, a, b = to_oklab(small)
    light = np.clip((light - F(0.5)) * F(1.1) + F(0.5), 0, 1)
    vivid = from_oklab(light, a * F(1.16), b * F(1.16))
    palette = _palette(vivid)
    step = np.tile(BAYER, (tall // 4 + 1, wide // 4 + 1))[:tall, :wide] * F(0.026)
    return np.repeat(np.repeat(_nearest(vivid, palette, step), side, 0), side, 1)[:height, :width]


def _palette(pixels: Pixels) -> Pixels:
    """The colours that say most about this picture, shape (COLOURS, 3)."""
    image = Image.fromarray(np.rint(pixels * 255).astype(np.uint8))
    chosen = image.quantize(COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=2, dither=Image.Dither.NONE).getpalette()
    return np.array((chosen or [0, 0, 0])[: 3 * COLOURS], dtype=np.float32).reshape(-1, 3) / F(255)


def _nearest(pixels: Pixels, palette: Pixels, step: Pixels) -> Pixels:
    """Every cell in the nearest colour of the palette, its lightness first moved by the dither's step."""
    light, a, b = to_oklab(pixels)
    inks = np.stack(to_oklab(palette[None])[:3], axis=-1)[0]
    asked = np.stack((light + step, a, b), axis=-1)
    far = ((asked[:, :, None, :] - inks[None, None]) ** 2 * np.array((1, 1.6, 1.6), dtype=np.float32)).sum(axis=-1)
    found: Pixels = palette[far.argmin(axis=-1)]
    return found
