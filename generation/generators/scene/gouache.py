"""The gouache finish: flat, chalky paint laid with a dry brush on warm paper, whose edge stays bare."""

from __future__ import annotations

import numpy as np

from generation.generators.scene.raster import F, Pixels, displaced, field, from_oklab, inside, plain, to_oklab

PAPER = plain((240, 228, 206))
STEPS = 11.0


def paint_gouache(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A painted sheet from a raster of sRGB values 0…1, shape (height, width, 3)."""
    height, width, _ = pixels.shape
    unit = min(height, width) / 1000.0
    bristle = _bristles(height, width, unit, rng)
    pixels = _dragged(pixels, bristle, unit, rng)
    light, a, b = to_oklab(pixels)
    patchy = field(height, width, 9, rng) * F(0.012) + bristle * F(0.011)
    steps = F(STEPS)
    flat = np.round(light * steps + bristle * F(0.2) + field(height, width, 24, rng) * F(0.16)) / steps
    light = light * F(0.5) + flat * F(0.5) + patchy
    # Opaque paint holds some white: no deep blacks, bright middle tones.
    light = F(0.1) + light * F(0.89)
    painted = from_oklab(light, a * F(1.22), b * F(1.22) + F(0.004))
    thin = np.clip((bristle - F(0.92)) * F(2.2) + (light - F(0.62)) * F(0.4), 0, 0.38)
    return _on_paper(painted, thin, bristle, unit, rng)


def _bristles(height: int, width: int, unit: float, rng: np.random.Generator) -> Pixels:
    """Streaks of a flat brush, about -1…1.5: fine across the stroke, long along it, slightly arched."""
    rows = max(8, int(height / (3.2 * unit)))
    fine = field(height, width, rows, rng, 9) * F(0.75) + field(height, width, rows // 2, rng, 17) * F(0.5)
    sway = (field(height, width, 4, rng) * F(24 * unit)).astype(np.float32)
    streaks = displaced(fine, sway * F(0), sway)
    speck = rng.random((height, width), dtype=np.float32) - F(0.5)
    return streaks + speck * F(0.35)


def _dragged(pixels: Pixels, bristle: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """Edges as the brush leaves them: pulled along the stroke by single bristles, and never quite straight."""
    height, width, _ = pixels.shape
    wobble = field(height, width, 70, rng) * F(1.9 * unit)
    return displaced(pixels, bristle * F(1.8 * unit) + wobble, field(height, width, 60, rng) * F(1.7 * unit))


def _on_paper(painted: Pixels, thin: Pixels, bristle: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """Warm paper under thin strokes and around the painted field, whose sides end in the strokes themselves."""
    height, width, _ = painted.shape
    ragged = bristle * F(5 * unit) + field(height, width, 26, rng) * F(6 * unit)
    cover = np.clip((inside(height, width) + ragged - F(34 * unit)) * F(0.5 / unit), 0, 1)
    tooth = rng.standard_normal((height, width), dtype=np.float32)
    tooth = (tooth + np.roll(tooth, 1, 0) + np.roll(tooth, 1, 1)) * F(0.006)
    cover = (cover * (1 - thin))[..., None]
    sheet: Pixels = painted * cover + PAPER * (1 - cover) + tooth[..., None]
    return sheet
