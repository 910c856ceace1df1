"""The pencil-and-wash finish: transparent watercolour with dark rims on white paper, drawn over with a soft pencil."""

from __future__ import annotations

import numpy as np

from generation.generators.scene.raster import (
    F,
    Pixels,
    blur,
    displaced,
    field,
    fine_blur,
    from_oklab,
    inside,
    plain,
    to_oklab,
)

PAPER = plain((247, 243, 234))
GRAPHITE = plain((58, 54, 60))
WASHES = 5.0


def draw_pencil(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """A drawing from a raster of sRGB values 0…1, shape (height, width, 3)."""
    height, width, _ = pixels.shape
    unit = min(height, width) / 1000.0
    grain = rng.standard_normal((height, width), dtype=np.float32)
    grain = (grain + np.roll(grain, 1, 0) + np.roll(grain, 1, 1) + np.roll(grain, -1, 0)) * F(0.5)
    dx, dy = (field(height, width, 48, rng) * F(2.2 * unit) for _ in range(2))
    light, a, b = to_oklab(displaced(pixels, dx, dy))
    low, high = np.percentile(light[::4, ::4], (1, 99))
    light = np.clip((light - F(low)) / F(max(high - low, 0.3)), 0, 1)
    wash = _wash(light, a, b, grain, unit, rng)
    sheet = _on_paper(wash, unit, rng)
    pencil = _pencil(pixels, light, grain, unit, rng)
    keep = np.clip((inside(height, width) + field(height, width, 40, rng) * F(8 * unit) - F(44 * unit)) / F(3), 0, 1)
    strength = (pencil * keep)[..., None]
    drawn: Pixels = sheet * (1 - strength) + GRAPHITE * strength
    return drawn + (grain * F(0.006))[..., None]


def _wash(light: Pixels, a: Pixels, b: Pixels, grain: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """Pale layers of colour that dry darker at their rims and settle in the paper's tooth."""
    height, width = light.shape
    soft = blur(light, 5 * unit) + field(height, width, 16, rng) * F(0.035) + field(height, width, 120, rng) * F(0.008)
    layers = np.clip(np.round(soft * F(WASHES)) / F(WASHES), 0, 1)
    rims = np.clip(fine_blur(layers, 3.2 * unit) - layers, 0, 1)
    value = layers * F(0.34) + light * F(0.66)
    pools = field(height, width, 7, rng) * F(0.02) + field(height, width, 30, rng) * F(0.014)
    tone = F(0.44) + value * F(0.54) - rims * F(0.24) + pools - grain * F(0.012) * (F(1.1) - value)
    chroma = F(0.82) + F(0.4) * (1 - value) + rims
    return from_oklab(np.clip(tone, 0, 0.985), a * chroma, b * chroma)


def _on_paper(wash: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """The wash ends in an uneven wet edge before the paper does."""
    height, width, _ = wash.shape
    ragged = field(height, width, 14, rng) * F(13 * unit) + field(height, width, 90, rng) * F(3.5 * unit)
    depth = inside(height, width) + ragged - F(46 * unit)
    cover = np.clip(depth / F(2 * unit), 0, 1)
    rim = np.exp(-np.square(depth / F(5 * unit))) * (depth > 0)
    shade = (1 - rim * F(0.16))[..., None]
    sheet: Pixels = wash * shade * cover[..., None] + PAPER * (1 - cover[..., None])
    return sheet


def _pencil(pixels: Pixels, light: Pixels, grain: Pixels, unit: float, rng: np.random.Generator) -> Pixels:
    """Contours where tones meet, hatching where it is dark; the pressure wanders and the tooth breaks the line."""
    height, width = light.shape
    contour = np.zeros((height, width), dtype=np.float32)
    for channel in range(3):
        plane = fine_blur(pixels[..., channel], 0.9 * unit)
        contour[:-1] = np.maximum(contour[:-1], np.abs(plane[1:] - plane[:-1]))
        contour[:, :-1] = np.maximum(contour[:, :-1], np.abs(plane[:, 1:] - plane[:, :-1]))
    contour = np.clip((fine_blur(contour * F(3), 0.7 * unit) - F(0.035)) * F(5.5), 0, 1)
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    wander = field(height, width, 22, rng) * F(7 * unit)
    soft = blur(light, 7 * unit)
    hatch = np.zeros((height, width), dtype=np.float32)
    for slope, pitch, limit in ((0.9, 7.5, 0.5), (-0.5, 8.5, 0.27)):
        wave = np.cos((x * F(slope) + y + wander) * F(2 * np.pi / (pitch * unit)))
        depth = np.clip((F(limit) - soft) * F(5), 0, 1)
        hatch = np.maximum(hatch, np.clip(wave - F(1.05) + depth * F(1.1), 0, 1) * F(0.62))
    pressure = F(0.72) + F(0.3) * field(height, width, 12, rng)
    tooth = np.clip(F(0.78) + grain * F(0.3), 0.15, 1)
    strength: Pixels = np.clip(np.maximum(contour, hatch) * pressure * tooth, 0, 0.9)
    return strength
