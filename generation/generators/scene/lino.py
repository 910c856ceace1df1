"""The linocut finish: tones become a few inks, and carved lines of changing width carry the values between them.

Each pixel's lightness is compared with a wavy line screen. The lines bend along the forms, because their phase is
shifted by the blurred picture itself; so a gradient turns into the swelling strokes of a gouge. Ink lies unevenly,
the key block is printed a little off its place, and warm paper stays bare around the block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from generation.generators.scene.colour import lab
from generation.generators.scene.palette import Air
from generation.generators.scene.raster import F, Pixels, blur, field, from_oklab, inside, to_oklab

LEVELS = (0.2, 0.4, 0.58, 0.75, 0.9)
PAPER = "#efe5d0"


def print_lino(pixels: Pixels, rng: np.random.Generator, air: Air) -> Pixels:
    """A print from a raster of sRGB values 0…1, shape (height, width, 3)."""
    height, width, _ = pixels.shape
    unit = min(height, width) / 1000.0
    light, a, b = to_oklab(pixels)
    light = _stretched(light)
    carved = _carve(light, unit, rng)
    ink = _blotches(height, width, rng)
    levels = np.array(LEVELS, dtype=np.float32)
    tone = levels[carved] + ink * F(0.016)
    chroma = F(1.18) * (F(0.55) + F(0.45) * np.clip(F(1.25) - np.abs(tone - F(0.6)) * F(1.6), 0, 1))
    shift = max(1, round(1.6 * unit))
    a, b = _bleed(a, shift), _bleed(b, shift)
    printed = from_oklab(tone, a * chroma, b * chroma + F(0.008))
    return _on_paper(printed, tone, unit, rng)


def _stretched(light: Pixels) -> Pixels:
    low, high = np.percentile(light[::4, ::4], (1.5, 98.5))
    stretched: Pixels = np.clip((light - F(low)) / F(max(high - low, 0.12)), 0, 1).astype(np.float32)
    return stretched


def _carve(light: Pixels, unit: float, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The ink level 0…4 of each pixel, 0 darkest: lines swell and taper where the tone lies between two inks."""
    height, width = light.shape
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    soft = blur(light, 22 * unit)
    wander = field(height, width, 5, rng) * F(26 * unit)
    pitch = F(8.4 * unit)
    phase = (y + F(0.1) * x + wander + soft * F(36 * unit)) / pitch
    wave = F(0.5) + F(0.5) * np.cos(F(2 * np.pi) * phase)
    edge = wave * F(0.8) + F(0.1) + (rng.random((height, width), dtype=np.float32) - F(0.5)) * F(0.07)
    scaled = np.clip(light, 0, 0.9999) * F(4.4)
    floor = np.floor(scaled)
    # Two thirds of each step are flat ink, so that the print keeps quiet areas.
    share = np.clip((scaled - floor - F(0.3)) / F(0.62), 0, 1)
    level: npt.NDArray[np.int64] = np.clip(floor + (share > edge), 0, 4).astype(np.int64)
    return level


def _blotches(height: int, width: int, rng: np.random.Generator) -> Pixels:
    """Uneven ink: coarse mottling and specks where the ink did not take."""
    fine = rng.standard_normal((height, width), dtype=np.float32)
    coarse = field(height, width, 34, rng)
    specks = (fine > 2.75).astype(np.float32) * F(5)
    uneven: Pixels = fine * F(0.45) + coarse * F(0.5) + specks
    return uneven


def _on_paper(printed: Pixels, tone: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """Bare paper around the block, whose edge is slightly uneven."""
    height, width, _ = printed.shape
    margin = 34 * unit
    ragged = field(height, width, 60, rng) * F(1.5 * unit)
    cover = np.clip(inside(height, width) + ragged - F(margin) + F(0.5), 0, 1)[..., None]
    lightness, a, b = lab(PAPER)
    fibre = (
        rng.standard_normal((height, width), dtype=np.float32) * F(0.007) + field(height, width, 40, rng) * F(0.006)
    ) + F(lightness)
    flat = np.full((height, width), 1, dtype=np.float32)
    paper = from_oklab(fibre, flat * F(a), flat * F(b))
    sheet: Pixels = (printed * cover + paper * (1 - cover)).astype(np.float32)
    return sheet


def _bleed(values: Pixels, shift: int) -> Pixels:
    """Colour that spreads over its neighbours and is printed a little off its place."""
    return (np.roll(values, shift, 1) + np.roll(values, shift, 0)) * F(0.5)
