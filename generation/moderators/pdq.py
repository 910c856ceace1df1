"""PDQ, the perceptual hash of 256 bits that hash lists are exchanged in; runs in the sandbox, because it decodes."""

# After the published description ("The TMK+PDQF video-hashing algorithm and the PDQ image-hashing algorithm", 2019).

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from generation import images

SIDE = 64
LARGEST = 512
"""Pictures are fitted into this square first, as the authors advise."""
BITS = 16
_LUMA = np.array([0.299, 0.587, 0.114])
_DCT = np.sqrt(2 / SIDE) * np.cos(
    np.pi / (2 * SIDE) * np.outer(np.arange(1, BITS + 1), 2 * np.arange(SIDE) + 1)
)  # rows 1 to 16: the mean is left out

Matrix = npt.NDArray[np.float64]


def hash_file(data: bytes) -> list[int | str]:
    """[quality 0…100, eight hashes of 64 hex digits: as it is, then turned and mirrored]. Raises as images.admit."""
    picture, _ = images.admit(data)
    with picture:
        picture.draft("RGB", (LARGEST, LARGEST))
        upright = ImageOps.exif_transpose(picture)
        if upright.has_transparency_data:
            layer = upright.convert("RGBA")
            upright = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
        small = upright.convert("RGB")
        small.thumbnail((LARGEST, LARGEST), Image.Resampling.BOX)
        tones = shrink(np.asarray(small, dtype=np.float64) @ _LUMA)
    return [quality(tones), *_eight(tones)]


def _eight(tones: Matrix) -> list[str]:
    turned = [np.rot90(tones, turns) for turns in range(4)]
    return [_hash(each) for each in (*turned, *(each[:, ::-1] for each in turned))]


def shrink(luma: Matrix) -> Matrix:
    """The picture's tones as SIDE×SIDE values: twice smoothed by a box as wide as half a value, then sampled."""
    rows, columns = luma.shape
    for _ in range(2):
        luma = _box(luma, _window(columns), axis=1)
        luma = _box(luma, _window(rows), axis=0)
    at_rows = ((np.arange(SIDE) + 0.5) * rows / SIDE).astype(int)
    at_columns = ((np.arange(SIDE) + 0.5) * columns / SIDE).astype(int)
    return np.asarray(luma[np.ix_(at_rows, at_columns)])


def quality(tones: Matrix) -> int:
    """How much there is to see: the sum of the steps between neighbours, 0…100."""
    steps = sum(np.abs((np.diff(tones, axis=axis) * 100 / 255).astype(int)).sum() for axis in (0, 1))
    return min(100, int(steps / 90))


def _window(length: int) -> int:
    return (length + 2 * SIDE - 1) // (2 * SIDE)


def _box(values: Matrix, window: int, axis: int) -> Matrix:
    """The mean of the `window` values around each, of fewer at the edges."""
    length = values.shape[axis]
    ahead = (window + 2) // 2
    at = np.arange(length)
    left, right = np.maximum(0, at + ahead - window), np.minimum(length, at + ahead)
    start = np.zeros_like(np.take(values, [0], axis=axis))
    sums = np.concatenate([start, np.cumsum(values, axis=axis)], axis=axis)
    counts = (right - left).reshape((-1, 1) if axis == 0 else (1, -1))
    return np.asarray((np.take(sums, right, axis=axis) - np.take(sums, left, axis=axis)) / counts)


def _hash(tones: Matrix) -> str:
    """One bit for each of 16×16 frequencies: above their median or not; the first is the lowest of the last digit."""
    waves = (_DCT @ tones @ _DCT.T).ravel()
    median = np.sort(waves)[(waves.size - 1) // 2]
    bits = waves > median
    return np.packbits(bits[::-1]).tobytes().hex()
