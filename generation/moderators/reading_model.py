"""Reads the words of a raw picture; runs in the sandbox, so that the models and their memory stay there."""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import numpy as np
from rapidocr import RapidOCR

LEAST = 0.5
"""How sure of a line the reader must be, in 0…1."""


def read(width: int, height: int, pixels: bytes) -> list[str]:
    """The lines of a picture (pixels RGB), in the reader's order. Raises ValueError for another size."""
    raster = np.frombuffer(pixels, dtype=np.uint8).reshape(height, width, 3)
    found = _reader()(raster[:, :, ::-1])
    if found.txts is None:
        return []
    return [str(text) for text, sure in zip(found.txts, found.scores, strict=True) if sure >= LEAST]


@cache
def _reader() -> Any:
    logging.disable(logging.INFO)
    return RapidOCR()
