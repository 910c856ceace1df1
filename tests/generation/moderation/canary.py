"""A picture that the nudity check takes for nudity though it shows nothing: six blurred patches of colour.

Found by letting random patches compete for a high score. It proves that a refusal is real, without showing anything.
"""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFilter

GROUND = (177, 131, 124)
PATCHES = (
    (241, 149, 48, 109, (189, 116, 119)),
    (111, 148, 31, 101, (176, 127, 158)),
    (235, 214, 57, 118, (216, 156, 156)),
    (136, 217, 37, 69, (174, 128, 146)),
    (184, 70, 32, 63, (174, 112, 91)),
    (182, 61, 25, 16, (230, 131, 157)),
)
"""Middle x and y, half width and half height in pixels of a square of 256, colour."""


def canary(side: int = 768) -> Image.Image:
    """The picture, `side` pixels square."""
    image = Image.new("RGB", (256, 256), GROUND)
    draw = ImageDraw.Draw(image)
    for x, y, wide, high, colour in PATCHES:
        draw.ellipse((x - wide, y - high, x + wide, y + high), fill=colour)
    return image.filter(ImageFilter.GaussianBlur(9)).resize((side, side), Image.Resampling.BICUBIC)


def encoded(image: Image.Image, form: str = "JPEG") -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
