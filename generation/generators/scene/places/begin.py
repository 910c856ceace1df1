"""How every outdoor place begins: horizon, the light's place, the sky."""

from __future__ import annotations

from generation.generators.scene.canvas import Canvas
from generation.generators.scene.sky import draw_sky


def begin(canvas: Canvas, horizon: float) -> None:
    """Set the horizon (share of the height), put the light on the third away from the subject, draw the sky."""
    if canvas.needs.subject_sky:
        horizon = min(0.74, horizon + 0.24)
    canvas.horizon = canvas.height * horizon
    rng = canvas.stream.child("light")
    side = -canvas.needs.subject_side
    x = canvas.width * (0.5 + side * rng.uniform(0.12, 0.24))
    up = canvas.air.height
    y = canvas.horizon * (1 - 0.8 * up) - (rng.uniform(8, 46) if up < 0.12 else rng.jitter(20))
    canvas.light = (x, max(70.0, y))
    draw_sky(canvas)


def low_or_high(canvas: Canvas, low: float = 0.61, high: float = 0.4) -> float:
    """A horizon that is never in the middle."""
    rng = canvas.stream.child("horizon")
    share = low if rng.chance(0.68) else high
    return share + rng.jitter(0.025)
