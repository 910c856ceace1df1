"""The views of a picture that are judged; runs in the sandbox, because it decodes what strangers made."""

from __future__ import annotations

from PIL import Image, ImageOps

from generation import images

SIDE = 256
"""Pixels of a side of a view; what the classifier is given is cut from its middle (224)."""
PART = 0.6
"""The side of a corner view as a share of the picture's: the four of them overlap in the middle."""

SQUARE = 320
"""Pixels of a side of what the detector of body parts is given."""
READ_SIDE = 1280
"""The longest side, in pixels, of what is looked through for letters: 12 pixels are about the least it reads."""


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


def square(data: bytes) -> bytes:
    """The whole picture on white, fitted into SQUARE×SQUARE pixels RGB, black beside it. Raises as `cut`."""
    picture, _ = images.admit(data)
    with picture:
        picture.draft(None, (2 * SQUARE, 2 * SQUARE))
        ground = _grounds(ImageOps.exif_transpose(picture))[0]
        fitted = ImageOps.contain(ground, (SQUARE, SQUARE), Image.Resampling.BILINEAR)
        whole = Image.new("RGB", (SQUARE, SQUARE))
        whole.paste(fitted)
    return whole.tobytes()


def readable(data: bytes) -> list[int | bytes]:
    """[width, height, pixels RGB] of the picture on white, its longest side at most READ_SIDE. Raises as `cut`."""
    picture, _ = images.admit(data)
    with picture:
        picture.draft(None, (2 * READ_SIDE, 2 * READ_SIDE))
        ground = _grounds(ImageOps.exif_transpose(picture))[0]
        ground.thumbnail((READ_SIDE, READ_SIDE), Image.Resampling.BILINEAR)
    return [*ground.size, ground.tobytes()]


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
