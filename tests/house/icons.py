"""The icons of the installed page, drawn from icon.svg: `python -m tests.house.icons` writes them anew."""

from __future__ import annotations

from pathlib import Path

import resvg_py

STATIC = Path(__file__).parents[2] / "fediverse_ai" / "web" / "static"
# File -> (side in pixels, whether it fills its square: systems cut such icons to a shape of their own).
ICONS = {
    "icon-192.png": (192, False),
    "icon-512.png": (512, False),
    "icon-maskable.png": (512, True),
    "icon-180.png": (180, True),
}


def draw(side: int, *, filled: bool) -> bytes:
    """PNG bytes of the icon."""
    svg = (STATIC / "icon.svg").read_text("utf-8")
    if filled:
        svg = svg.replace(' rx="7"', "")
    return bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))


if __name__ == "__main__":
    for name, (side, filled) in ICONS.items():
        (STATIC / name).write_bytes(draw(side, filled=filled))
