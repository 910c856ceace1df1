"""What lies behind everything: graded sky and soft light, computed in numpy; far cheaper than gradients in vectors.

It is also finer: its values are floats until the grain, so that wide skies show no bands.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import hypot

import numpy as np
from PIL import Image

from generation.generators.scene.raster import F, Pixels, channels

Stop = tuple[float, str, float]
COARSE = 4
"""One value is computed for so many pixels; the rest is interpolated."""


@dataclass(frozen=True, slots=True)
class _Wash:
    stops: tuple[Stop, ...]
    start: tuple[float, float]
    end: tuple[float, float]


@dataclass(frozen=True, slots=True)
class _Halo:
    x: float
    y: float
    rx: float
    ry: float
    colour: str
    strength: float


@dataclass(slots=True)
class Backdrop:
    """Washes and halos in the order in which they are laid; coordinates are those of the canvas."""

    _items: list[_Wash | _Halo] = field(default_factory=list)

    def wash(self, stops: Sequence[Stop], start: tuple[float, float], end: tuple[float, float]) -> None:
        """A linear gradient over the whole picture; a stop is (offset, colour, opacity)."""
        self._items.append(_Wash(tuple(stops), start, end))

    def halo(self, x: float, y: float, rx: float, ry: float, colour: str, strength: float) -> None:
        """A soft patch of light or dark: an ellipse that fades to nothing."""
        self._items.append(_Halo(x, y, rx, ry, colour, strength))

    def pixels(self, size: tuple[int, int], canvas: tuple[float, float]) -> Pixels:
        """The backdrop as sRGB values 0…1, shape (height, width, 3), for a canvas of these units."""
        width, height = size
        wide, tall = max(2, width // COARSE), max(2, height // COARSE)
        y = ((np.arange(tall, dtype=np.float32) + F(0.5)) * F(canvas[1] / tall))[:, None]
        x = ((np.arange(wide, dtype=np.float32) + F(0.5)) * F(canvas[0] / wide))[None, :]
        out = np.zeros((tall, wide, 3), dtype=np.float32)
        for item in self._items:
            colour, alpha = _washed(item, x, y) if isinstance(item, _Wash) else _haloed(item, x, y)
            out += (colour - out) * alpha
        planes = [Image.fromarray(np.ascontiguousarray(out[..., c])) for c in range(3)]
        return np.stack([np.asarray(p.resize(size, Image.Resampling.BICUBIC)) for p in planes], axis=-1)


def _washed(item: _Wash, x: Pixels, y: Pixels) -> tuple[Pixels, Pixels]:
    (x0, y0), (x1, y1) = item.start, item.end
    length = hypot(x1 - x0, y1 - y0) or 1.0
    along = ((x - F(x0)) * F(x1 - x0) + (y - F(y0)) * F(y1 - y0)) / F(length * length)
    offsets = [stop[0] for stop in item.stops]
    shades = np.array([channels(stop[1]) for stop in item.stops])
    colour = np.stack([np.interp(along, offsets, shades[:, c]) for c in range(3)], axis=-1).astype(np.float32)
    alpha = np.interp(along, offsets, [stop[2] for stop in item.stops]).astype(np.float32)
    return colour, alpha[..., None]


def _haloed(item: _Halo, x: Pixels, y: Pixels) -> tuple[Pixels, Pixels]:
    far = np.sqrt(np.square((x - F(item.x)) / F(item.rx)) + np.square((y - F(item.y)) / F(item.ry)))
    fall = np.clip(1 - far, 0, 1) ** F(1.75)
    colour = np.array(channels(item.colour), dtype=np.float32)
    return colour[None, None], (fall * F(item.strength)).astype(np.float32)[..., None]
