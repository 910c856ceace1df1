"""The contact sheet in docs/scene, made anew: sixty fixed prompts, one seed; nothing is chosen or retouched.

Run `.venv/bin/python -m docs.contact_sheet`; a folder, a tile's size and some numbers of prompts may be given, for a
look at a few: `--folder /tmp/look --tile 512 --only 1 2 30`.
"""

from __future__ import annotations

import argparse
import io
import time
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from generation.generators.scene.engine import compose
from generation.generators.scene.version import STYLE_NAMES

ROOT = Path(__file__).parent
PROMPTS = ROOT.parent / "tests/generation/scene/prompts.txt"
STYLED = ("a lighthouse at dusk, two sailboats", "a fox under a tree by a lake in autumn")
SEED, COLUMNS, ROWS, GAP = 7, 4, 3, 4
WALL = (24, 22, 24)


def draw(prompt: str, side: int, style: str | None = None) -> Image.Image:
    """One picture, drawn at full size and reduced, as a gallery shows it."""
    picture = compose(prompt, SEED, max(side, 1024), max(side, 1024), style)
    with Image.open(io.BytesIO(picture.data)) as image:
        return image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)


def sheet(pictures: Sequence[Image.Image], columns: int) -> Image.Image:
    """Pictures in rows, with a thin gap, on a dark wall."""
    side = pictures[0].width
    rows = -(-len(pictures) // columns)
    page = Image.new("RGB", (columns * (side + GAP) + GAP, rows * (side + GAP) + GAP), WALL)
    for i, picture in enumerate(pictures):
        page.paste(picture, (GAP + i % columns * (side + GAP), GAP + i // columns * (side + GAP)))
    return page


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m docs.contact_sheet", description=__doc__)
    parser.add_argument("--folder", type=Path, default=ROOT / "scene")
    parser.add_argument("--tile", type=int, default=480)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of prompts, from 1")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    lines = PROMPTS.read_text(encoding="utf-8").splitlines()
    numbers = asked.only or range(1, len(lines) + 1)
    page = COLUMNS * ROWS
    for i in range(0, len(numbers), page):
        pictures = []
        for number in numbers[i : i + page]:
            began = time.process_time()
            pictures.append(draw(lines[number - 1], asked.tile))
            print(f"{number:3d}  {time.process_time() - began:5.2f} s  {lines[number - 1]}", flush=True)
        sheet(pictures, COLUMNS).save(asked.folder / f"sheet-{i // page + 1}.jpg", quality=84, optimize=True)
    if not asked.only:
        styled = [draw(prompt, asked.tile, style) for prompt in STYLED for style in STYLE_NAMES]
        sheet(styled, 3).save(asked.folder / "styles.jpg", quality=84, optimize=True)


if __name__ == "__main__":
    main()
