"""An invisible mark that says "made on this server", found again after a picture was made smaller and saved anew.

Spread spectrum (Cox et al. 1997): a pattern of signs that follows from the server's secret is added to some thousand
middle frequencies of the brightness of the picture at 256×256, each as strong as its surroundings hide; whoever knows
the secret correlates. It carries no message, so it needs little room. It is no lock: who wants it gone gets it gone.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from generation import images

Floats = npt.NDArray[np.float64]

SIDE = 256
LOWEST, HIGHEST = 6, 64
"""Which frequencies (the larger of the two, in half waves a side): lower ones are seen, higher ones do not survive."""
STRENGTH = 0.30
"""Of the usual size of the frequencies around."""
LEAST, MOST = 4.0, 10.0
"""Bounds of that in the units of an orthonormal transform of 256×256: in plain pictures it must be there at all, in
busy ones a few strong waves are not needed."""
FOUND = 6.0
"""Standard deviations of what chance does. Measured: 3.2 at most in 2,000 draws without the mark."""


def mark(image: Image.Image, key: bytes) -> Image.Image:
    """The picture (RGB) with the mark of this key."""
    small = _brightness(image)
    waves = _basis() @ small @ _basis().T
    rows, columns, signs = _pattern(key)
    added = np.zeros((SIDE, SIDE))
    sizes = np.clip(STRENGTH * _usual(waves)[rows, columns], LEAST, MOST)
    added[rows, columns] = sizes * signs
    spread = _basis().T @ added @ _basis()
    wide = Image.fromarray(spread.astype(np.float32), mode="F").resize(image.size, Image.Resampling.BICUBIC)
    pixels = np.asarray(image, dtype=np.float64) + np.asarray(wide, dtype=np.float64)[..., None]
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8), mode="RGB")


def strength(image: Image.Image, key: bytes) -> float:
    """How far the picture leans to the pattern of this key, in standard deviations of what chance does."""
    waves = _basis() @ _brightness(image) @ _basis().T
    rows, columns, signs = _pattern(key)
    usual = np.maximum(_usual(waves)[rows, columns], 0.05)
    leaning = np.clip(waves[rows, columns] / usual, -3, 3)
    spread = float(np.sqrt(np.sum(leaning**2)))
    return float(np.sum(leaning * signs)) / spread if spread else 0.0


def look(data: bytes, key: bytes) -> float:
    """The strength in an encoded picture, of anybody's: in the sandbox only."""
    image, _ = images.admit(data)
    with image:
        return strength(images.rasterise(image), key)


def _brightness(image: Image.Image) -> Floats:
    small = image.convert("L").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    return np.asarray(small, dtype=np.float64)


@lru_cache(maxsize=1)
def _basis() -> Floats:
    """The orthonormal cosine transform (DCT-II) as a matrix."""
    k, n = np.mgrid[0:SIDE, 0:SIDE]
    basis: Floats = np.sqrt(2 / SIDE) * np.cos(np.pi * (2 * n + 1) * k / (2 * SIDE))
    basis[0] /= np.sqrt(2)
    return basis


@lru_cache(maxsize=4)
def _pattern(key: bytes) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp], Floats]:
    """(rows, columns, signs): the frequencies, and the sign that the key gives each."""
    rows, columns = np.nonzero(_band())
    bits = np.unpackbits(np.frombuffer(_stream(key, (len(rows) + 7) // 8), dtype=np.uint8))[: len(rows)]
    return rows, columns, bits.astype(np.float64) * 2 - 1


def _band() -> npt.NDArray[np.bool_]:
    u, v = np.mgrid[0:SIDE, 0:SIDE]
    larger = np.maximum(u, v)
    band: npt.NDArray[np.bool_] = (larger >= LOWEST) & (larger < HIGHEST) & (u > 0) & (v > 0)
    return band


def _stream(key: bytes, size: int) -> bytes:
    return hashlib.shake_256(b"fediverse-ai watermark 1" + key).digest(size)


def _usual(waves: Floats) -> Floats:
    """The usual size around each frequency: the mean of magnitudes in a window of nine by nine."""
    padded = np.pad(np.abs(waves), 4, mode="reflect")
    sums = np.cumsum(np.cumsum(np.pad(padded, ((1, 0), (1, 0))), axis=0), axis=1)
    window: Floats = (sums[9:, 9:] - sums[:-9, 9:] - sums[9:, :-9] + sums[:-9, :-9]) / 81
    return window
