"""The linocut finish: tones become inks, and carved lines of changing width carry the values between them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generation.generators.scene.palette import Air

Pixels = npt.NDArray[np.float32]


def print_lino(pixels: Pixels, rng: np.random.Generator, air: Air) -> Pixels:
    """Placeholder until the carving is in place."""
    return pixels
