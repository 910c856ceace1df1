"""Neon night: every air becomes a dark one with lights of colour; the finish lets them bloom and wets the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from generation.generators.scene.colour import hexadecimal, lab, mix
from generation.generators.scene.palette import Air
from generation.generators.scene.raster import F, Pixels, blur_colours, displaced, field, vignette
from generation.generators.scene.rng import Stream

PAIRS = (
    # sky from zenith to horizon; five stops, light to dark; the light
    ("#070417 #120a33 #2a1055 #5c1a74 #b0338c", "#ffc9ec #f25bb0 #7b2fb5 #2c1868 #0b0620", "#ff8fd0"),
    ("#020b1c #05193a #0a3058 #11587c #2fa3ae", "#c9fff5 #45d3d6 #1f7fb3 #17397a #060f2a", "#7df5ec"),
    ("#0c0418 #200a36 #45134c #822452 #e0604c", "#ffe0bd #ff8a5c #b8337a #3d1a63 #0f0720", "#ffb27a"),
    ("#05051a #0d0f3c #221a66 #4331a0 #3a8fd0", "#d5e8ff #6fb5ff #7a45d8 #2a1c78 #090824", "#9fd0ff"),
)
SIGNS = ("#ff4fb0", "#35e0ea", "#ffb43d", "#9a6bff", "#6bff9e", "#ff6a5a")


def neon_air(air: Air, stream: Stream) -> Air:
    """The same sky and hour under signs: its lights keep their places, its values turn dark and its hues electric."""
    sky, stops, light = stream.child("neon").pick(PAIRS)
    five = stops.split()
    source = (
        air.source if air.source in ("star", "surface", "lamp", "none") else ("moon" if air.height > 0.3 else "sun")
    )
    return replace(
        air, sky=tuple(sky.split()), stops=(five[0], five[1], five[2], five[3], five[4]), light=light,
        gain=min(air.gain, 0.55), chroma=1.25, tint=0.3, glow=max(0.6, air.glow), haze=0.5 if air.haze else 0.0,
        lamps=True, source=source, stars=max(air.stars, 0.5),
    )  # fmt: skip


def sign(colour: str) -> str:
    """A colour as a tube of gas would shine it: bright, saturated; greys take the nearest of the signs by lightness."""
    lightness, a, b = lab(colour)
    chroma = float(np.hypot(a, b))
    if chroma < 0.035:
        return SIGNS[int(lightness * 97) % 2]
    return mix(hexadecimal((0.78, a / chroma * 0.19, b / chroma * 0.19)), "#ffffff", 0.06)


def glow_neon(pixels: Pixels, rng: np.random.Generator, ground: float | None) -> Pixels:
    """Bloom at three widths, streaks on wet ground below `ground` (a share of the height, or None), a dark frame."""
    height, width, _ = pixels.shape
    unit = min(height, width) / 1000.0
    value = pixels.max(axis=-1, keepdims=True)
    # Only what is brighter than its surroundings is a light; a bright sky is not.
    local = value - blur_colours(pixels, 60 * unit).max(axis=-1, keepdims=True) * F(0.75)
    bright = pixels * np.clip((value - F(0.35)) * F(1.6), 0, 1) * np.clip(local * F(2.6), 0, 1)
    bloom = blur_colours(bright, 5 * unit) * F(0.62) + blur_colours(bright, 18 * unit) * F(0.6)
    bloom += blur_colours(bright, 70 * unit) * F(0.4)
    pixels = 1 - (1 - pixels) * (1 - np.clip(bloom, 0, 0.9))
    if ground is not None:
        pixels = _wet(pixels, ground, unit, rng)
    noise = rng.standard_normal((height, width), dtype=np.float32) * F(0.011)
    framed: Pixels = pixels * vignette(height, width, 0.34)[..., None] + noise[..., None]
    return framed


def _wet(pixels: Pixels, ground: float, unit: float, rng: np.random.Generator) -> Pixels:
    """What shines stands upside down in the wet ground, drawn out downwards and broken by puddles."""
    height, width, _ = pixels.shape
    top = round(height * ground)
    tall = height - top
    if tall < 8:
        return pixels
    source = pixels[max(0, top - tall) : top][::-1]
    source = source[:tall] if len(source) >= tall else np.pad(source, ((0, tall - len(source)), (0, 0), (0, 0)), "edge")
    smear = blur_colours(source, 7 * unit, 60 * unit)
    ripple = field(tall, width, max(4, tall // max(3, round(9 * unit))), rng, 12) * F(6 * unit)
    smear = displaced(smear, ripple, ripple * F(0))
    puddle = np.clip(field(tall, width, 9, rng, 5) * F(0.9) + F(0.62), 0.12, 1)[..., None]
    fade = np.linspace(1, 0.45, tall, dtype=np.float32)[:, None, None]
    wet = pixels.copy()
    wet[top:] = 1 - (1 - pixels[top:]) * (1 - np.clip(smear * puddle * fade * F(0.4), 0, 0.9))
    return wet
