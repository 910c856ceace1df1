"""Farm land: furrows of grain, or beds of one flower, that lead the eye to the horizon."""

from __future__ import annotations

from generation.generators.scene import foreground, land
from generation.generators.scene.canvas import HORIZON, MIDDLE, Canvas
from generation.generators.scene.colour import mix, tone
from generation.generators.scene.nouns import catalogue
from generation.generators.scene.places.begin import begin
from generation.generators.scene.places.nature import snowy
from generation.generators.scene.svg import path
from generation.generators.scene.vocabulary import COLOURS

FIELDS = {
    "tulips": ("#d2483f", "#e8b23c", "#d9667f", "#efe3cf", "#8c5aa0"),
    "lavender": ("#8a6fc0", "#9a80cc", "#7d63b2"),
    "sunflowers": ("#e9b42f", "#dfa229"),
}


def field(canvas: Canvas) -> None:
    """Farm land: furrows of crops that lead the eye to the horizon."""
    begin(canvas, 0.42)
    land.far_ridges(canvas, "#8298a0", 2, 46, 0.5)
    land.layer(canvas, HORIZON + 1, land.wave_line(canvas, "f", canvas.horizon + 2, 16), "#8fae5e", 0.3)
    land.tree_line(canvas, catalogue()["tree"], canvas.horizon + 16, 56, 0.36, HORIZON + 2, 15, "field")
    crop = "#7d9a55" if canvas.graph.mood in FIELDS else ""
    crop = (
        crop or canvas.stream.child("crop").pick(("#d9b657", "#e0bd5c", "#b5b455")) if not snowy(canvas) else "#e8edf2"
    )
    if canvas.graph.mood not in FIELDS:
        crop = land.grounded(canvas, crop)
    land.ground(canvas, canvas.horizon + 20, crop, swing=5, sheets=1)
    _furrows(canvas, crop)
    if canvas.graph.mood in FIELDS and not snowy(canvas):
        asked = COLOURS.get(canvas.graph.ground)
        hues = (asked, tone(asked, -0.05), tone(asked, 0.05)) if asked else FIELDS[canvas.graph.mood]
        _flower_rows(canvas, hues)
    else:
        foreground.tufts(canvas, 190, tone(crop, -0.02), tall=36)
    foreground.frame_grass(canvas, "#7d6f3a", 135, ("#e2685a", "#5f7fc4"))


def _flower_rows(canvas: Canvas, colours: tuple[str, ...]) -> None:
    """Beds of one flower, a colour to each row, heads drawn singly near and as a shimmer far away."""
    rng = canvas.stream.child("flower rows")
    top, w, h = canvas.horizon + 26, canvas.width, canvas.height
    x0 = w * (0.5 - 0.17 * canvas.needs.subject_side)
    for k in range(-16, 17):
        shade = colours[k % len(colours)]
        near, away = x0 + k * 190, x0 + k * 24
        edge = f"M{away + 4:.0f} {top:.0f}L{near + 58:.0f} {h:.0f}"
        bed = f"{edge}L{near + 186:.0f} {h:.0f}L{away + 22:.0f} {top:.0f}Z"
        canvas.add(MIDDLE + 0.5, path(bed, mix(canvas.air.land(shade, 0.6), canvas.air.grade(shade), 0.4), 0.62))
        far: list[str] = []
        for _ in range(120 if abs(k) < 5 else 40):
            u = rng.uniform() ** 1.25
            x = x0 + k * (24 + 166 * u) + 6 + 52 * u + (14 + 116 * u) * rng.uniform(0.0, 1.0)
            y, size = top + (h - top) * u, 2.2 + 14 * u
            if -20 < x < w + 20:
                far.append(
                    f"M{x - size * 0.5:.1f} {y - size:.1f}Q{x:.1f} {y - size * 2.1:.1f} {x + size * 0.5:.1f} "
                    f"{y - size:.1f}Q{x + size * 0.4:.1f} {y:.1f} {x:.1f} {y:.1f}Q{x - size * 0.4:.1f} {y:.1f} "
                    f"{x - size * 0.5:.1f} {y - size:.1f}Z"
                )
        colour = canvas.air.land(tone(shade, rng.jitter(0.03)), 0.75)
        canvas.add(MIDDLE + 0.6, path("".join(far), mix(colour, canvas.air.grade(shade), 0.6)))


def _furrows(canvas: Canvas, crop: str) -> None:
    top, w, h = canvas.horizon + 26, canvas.width, canvas.height
    x0 = w * (0.5 - 0.17 * canvas.needs.subject_side)
    out = []
    for k in range(-16, 17):
        a, b = x0 + k * 24, x0 + k * 190
        colour = canvas.air.land(tone(crop, -0.07), 0.7)
        out.append(
            path(f"M{a:.0f} {top:.0f}L{b:.0f} {h:.0f}L{b + 62:.0f} {h:.0f}L{a + 5:.0f} {top:.0f}Z", colour, 0.42)
        )
    canvas.add(MIDDLE + 0.4, "".join(out))
