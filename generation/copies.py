"""Others' pictures rebuilt from their pixels, so that they can be shown from here; nothing of the file remains."""

from __future__ import annotations

import asyncio
import io
from dataclasses import dataclass
from typing import Any

from PIL import Image

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from generation.images import DAMAGED, TOO_COSTLY, admit, admit_bytes, rasterise
from generation.sandbox import Sandbox, SandboxFailed

QUALITY = 80


@dataclass(frozen=True, slots=True)
class Copy:
    """Two JPEGs in sRGB without any metadata, ours included: it is not our picture, and we say nothing about it."""

    data: bytes
    thumbnail: bytes
    width: int
    height: int


async def copy(sandbox: Sandbox, data: bytes, *, side: int, small: int) -> Copy:
    """A picture of at most `side` pixels a side and a thumbnail of at most `small`, decoded in the sandbox.

    Of a moving picture its first frame. Raises TooLarge, Unsupported, Unprocessable as `images.render` does.
    """
    admit_bytes(data)
    try:
        made: dict[str, Any] = await sandbox.run(
            "generation.copies:rebuild", data, side, small, timeout=limits.REMOTE_COPY_SECONDS, lane="decode"
        )
    except SandboxFailed as error:
        if error.reason == "closed":
            raise
        raise Unprocessable(DAMAGED if error.reason == "error" else TOO_COSTLY, error.detail) from error
    return await asyncio.to_thread(
        lambda: Copy(bytes(made["data"]), bytes(made["thumbnail"]), int(made["width"]), int(made["height"]))
    )


def rebuild(data: bytes, side: int, small: int) -> dict[str, Any]:
    """Inside the sandbox: decode, flatten to sRGB, shrink, encode anew."""
    image, _ = admit(data, moving=True)
    with image:
        raster = rasterise(image)
    raster.thumbnail((side, side), Image.Resampling.LANCZOS, reducing_gap=2.0)
    tiny = raster.copy()
    tiny.thumbnail((small, small), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return {"data": _jpeg(raster), "thumbnail": _jpeg(tiny), "width": raster.width, "height": raster.height}


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=QUALITY, progressive=True, optimize=True)
    return out.getvalue()
