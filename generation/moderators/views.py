"""The views of a picture that are judged; runs in the sandbox, because it decodes what strangers made."""

from __future__ import annotations

from PIL import Image, ImageOps

from generation import images

SIDE = 256
"""Pixels of a side of a view; what the classifier is given is cut from its middle (224)."""
PART = 0.6
"""The side of a corner view as a share of the picture's: the four of them overlap in the middle."""


def cut(data: bytes) -> list[bytes]:
    """Nine or more views of a picture, each SIDE×SIDE pixels RGB, 8 bit, row by row.

    The whole, mirrored, turned three ways, its middle and its four corners: what is small, turned or at the edge has a
    chance to be seen. A picture with transparency is seen on white and on black. Raises as images.admit, OSError for a
    damaged picture.
    """
    picture, _ = images.admit(data)
    with picture:
        picture.draft(None, (4 * SIDE, 4 * SIDE))
        upright = ImageOps.exif_transpose(picture)
        views: list[bytes] = []
        for ground in _grounds(upright):
            views += _cut(ground)
    return views


def _grounds(picture: Image.Image) -> list[Image.Image]:
    if not picture.has_transparency_data:
        return [picture.convert("RGB")]
    layer = picture.convert("RGBA")
    grounds = (Image.new("RGBA", layer.size, colour) for colour in ("white", "black"))
    return [Image.alpha_composite(ground, layer).convert("RGB") for ground in grounds]


def _cut(picture: Image.Image) -> list[bytes]:
    """The views. The whole is squeezed to a square, as the model's authors did; the parts are cut square first."""
    whole = picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR)
    turns = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
    views = [whole, ImageOps.mirror(whole), *(whole.transpose(turn) for turn in turns)]
    width, height = picture.size
    wide, high = max(1, round(width * PART)), max(1, round(height * PART))
    for left, top in (
        (0, 0),
        (width - wide, 0),
        (0, height - high),
        (width - wide, height - high),
        ((width - wide) // 2, (height - high) // 2),
    ):
        views.append(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR, box=(left, top, left + wide, top + high)))
    return [view.tobytes() for view in views]
