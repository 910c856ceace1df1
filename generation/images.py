"""Pictures of strangers and of backends in, clean renditions out: header first, decoded in a child, pixels rebuilt."""

from __future__ import annotations

import asyncio
import hashlib
import importlib
import io
import math
import warnings
from dataclasses import dataclass
from typing import Any

import blurhash_rs
from PIL import (
    GifImagePlugin,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    PngImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from fediverse_ai.core import limits
from fediverse_ai.core.errors import TooLarge, Unprocessable, Unsupported
from fediverse_ai.core.limits import ICC_BYTES, RENDER_SECONDS, RENDITION_PIXELS
from fediverse_ai.core.limits import RENDITION_SIDE_PIXELS as RENDITION_SIDE
from fediverse_ai.core.limits import THUMBNAIL_SIDE_PIXELS as THUMBNAIL_SIDE
from generation import provenance
from generation.provenance import Provenance
from generation.sandbox import Sandbox, SandboxFailed

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
DECODERS = (JpegImagePlugin, PngImagePlugin, WebPImagePlugin, GifImagePlugin)
"""Imported here, so that the fork of the sandbox that decodes does not have to."""

RENDITION_QUALITY = 88
THUMBNAIL_QUALITY = 80
BLURHASH_SIDE = 64
BLURHASH_COMPONENTS = (4, 3)

NOT_A_PICTURE = "This is not a picture we can read; please send a JPEG, PNG, WebP or GIF."
DAMAGED = "This picture is damaged and cannot be read."
TOO_COSTLY = "This picture takes too much time or memory to read."
MOVING = "Moving pictures cannot be published yet; please send a still one."


@dataclass(frozen=True, slots=True)
class Rendition:
    """A finished picture: what is stored, judged and sent.

    `data` is a progressive sRGB JPEG of at most RENDITION_PIXELS and RENDITION_SIDE pixels a side, `sha256` the hex
    digest of exactly these bytes. `thumbnail` is a JPEG of at most 640 pixels a side. Neither holds any metadata but
    our XMP. `claimed` is what the file that came in said of itself, if anything: a claim, not a fact.
    """

    data: bytes
    media_type: str
    width: int
    height: int
    blurhash: str
    sha256: str
    thumbnail: bytes
    claimed: Provenance | None = None


async def render(
    sandbox: Sandbox,
    data: bytes,
    *,
    provenance: Provenance,
    timeout: float = RENDER_SECONDS,
    watermark: bytes | None = None,
) -> Rendition:
    """Make the rendition of any picture in the sandbox; `timeout` in seconds, once the sandbox is free. `watermark` is
    the key of an invisible mark in its pixels (generation/watermark.py).

    Raises TooLarge (bytes, pixels), Unsupported (not one of the formats), Unprocessable (damaged, moving, a bomb).
    """
    admit_bytes(data)
    xmp = _packet(provenance)
    try:
        made = await sandbox.run("generation.images:rebuild", data, xmp, watermark, timeout=timeout, lane="decode")
    except SandboxFailed as error:
        if error.reason == "closed":
            raise
        # A decoder that was slow, greedy or crashed will be so again: the picture is at fault, nothing is retried.
        raise Unprocessable(DAMAGED if error.reason == "error" else TOO_COSTLY, error.detail) from error
    return await asyncio.to_thread(_rendition, made)


async def enlarged(sandbox: Sandbox, data: bytes, width: int, height: int) -> bytes:
    """A picture of ours at another size, in pixels, as a PNG: what a model paints over when it makes it larger.

    Raises Unprocessable for one that cannot be read.
    """
    admit_bytes(data)
    try:
        return bytes(
            await sandbox.run("generation.images:resized", data, width, height, timeout=RENDER_SECONDS, lane="decode")
        )
    except SandboxFailed as error:
        if error.reason == "closed":
            raise
        raise Unprocessable(DAMAGED if error.reason == "error" else TOO_COSTLY, error.detail) from error


def _packet(said: Provenance) -> bytes:
    return provenance.packet(said)


def _rendition(made: dict[str, Any]) -> Rendition:
    data, claimed = bytes(made["data"]), made["claimed"]
    return Rendition(
        data=data,
        media_type="image/jpeg",
        width=int(made["width"]),
        height=int(made["height"]),
        blurhash=str(made["blurhash"]),
        sha256=hashlib.sha256(data).hexdigest(),
        thumbnail=bytes(made["thumbnail"]),
        claimed=provenance.parse(claimed) if claimed else None,
    )


def sniff(data: bytes) -> str | None:
    """The media type by the first bytes, one of the four we read, or None. A name or a header is never believed."""
    if data[:3] == b"\xff\xd8\xff":
        return "image/jpeg"
    if data[:8] == b"\x89PNG\r\n\x1a\n":
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    return None


def admit_bytes(data: bytes) -> str:
    """Refuse what is too long or begins like no picture; the media type otherwise. Decodes nothing."""
    if len(data) > limits.IMAGE_BYTES:
        raise TooLarge("This file is larger than any picture may be here.", f"{len(data)} bytes")
    found = sniff(data)
    if found is None:
        raise Unsupported(NOT_A_PICTURE, f"begins with {data[:12]!r}")
    return found


def clamp_focus(x: float, y: float) -> tuple[float, float]:
    """A focal point as Mastodon means it, both in −1…1 and y upwards; what is no number becomes the middle."""

    def one(value: float) -> float:
        return round(min(1.0, max(-1.0, value)), 4) if math.isfinite(value) else 0.0

    return one(x), one(y)


# From here on: inside the sandbox.


def rebuild(data: bytes, xmp: bytes, watermark: bytes | None = None) -> dict[str, Any]:
    """Decode, turn upright, flatten, convert to sRGB, shrink, and encode anew with `xmp` as the only metadata."""
    image, claimed = admit(data)
    with image:
        raster = rasterise(image)
    if watermark is not None:
        # Numpy is wanted by this alone, and most servers do not ask for it.
        raster = importlib.import_module("generation.watermark").mark(raster, watermark)
    small = raster.copy()
    small.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
    return {
        "data": _jpeg(raster, xmp, RENDITION_QUALITY),
        "width": raster.width,
        "height": raster.height,
        "blurhash": blurhash(small),
        "thumbnail": _jpeg(small, xmp, THUMBNAIL_QUALITY),
        "claimed": claimed,
    }


def resized(data: bytes, width: int, height: int) -> bytes:
    """Decode, flatten to sRGB, and bring to width × height pixels by Lanczos; nothing is sharpened or guessed."""
    image, _ = admit(data)
    with image:
        raster = rasterise(image)
    out = io.BytesIO()
    raster.resize((width, height), Image.Resampling.LANCZOS).save(out, "PNG", compress_level=3)
    return out.getvalue()


def admit(data: bytes, *, moving: bool = False) -> tuple[Image.Image, bytes | None]:
    """Open a picture and check its header before any pixel is decoded; also gives the XMP packet it carries.

    With `moving` an animation is let in too; its first frame is the picture.
    """
    Image.MAX_IMAGE_PIXELS = limits.IMAGE_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image = Image.open(io.BytesIO(data), formats=FORMATS)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise TooLarge(_too_many_pixels(), str(error)) from error
    except UnidentifiedImageError as error:
        raise Unprocessable(DAMAGED, str(error)) from error
    width, height = image.size
    if width < 1 or height < 1:
        raise Unprocessable(DAMAGED, f"{width}x{height} pixels")
    if max(width, height) > limits.IMAGE_SIDE_PIXELS or width * height > limits.IMAGE_PIXELS:
        raise TooLarge(_too_many_pixels(), f"{width}x{height} pixels")
    # A JPEG of several pictures (MPO) is a still with a preview or a depth map: its first one is the picture.
    if not moving and getattr(image, "is_animated", False) and image.format in ("GIF", "PNG", "WEBP"):
        raise Unprocessable(MOVING, f"{image.format} with several frames")
    return image, provenance.packet_of(image)


def _too_many_pixels() -> str:
    millions, side = limits.IMAGE_PIXELS // 1_000_000, limits.IMAGE_SIDE_PIXELS
    return f"A picture may have at most {millions} megapixels and {side} pixels a side."


def rasterise(image: Image.Image) -> Image.Image:
    """The one raster that is judged and published: upright, flat on white, 8-bit sRGB, within RENDITION_PIXELS.

    Shrunk before the dear steps, so that the largest admitted picture needs two full rasters at most.
    """
    profile = image.info.get("icc_profile")
    target = _fitting(image.size)
    if image.format == "JPEG":
        image.draft(None, target)
    image.load()
    orientation = image.getexif().get(0x0112, 1)
    raster = _eight_bit(image)
    if raster.size != target:
        raster = raster.resize(target, Image.Resampling.LANCZOS, reducing_gap=3.0)
    raster = _srgb(_flat(_upright(raster, orientation)), profile)
    clean = Image.new("RGB", raster.size)
    clean.paste(raster)
    return clean


def _fitting(size: tuple[int, int]) -> tuple[int, int]:
    width, height = size
    scale = min(1.0, math.sqrt(RENDITION_PIXELS / (width * height)), RENDITION_SIDE / max(width, height))
    return max(1, int(width * scale)), max(1, int(height * scale))


def _eight_bit(image: Image.Image) -> Image.Image:
    """Any mode of the four formats as L, RGB, RGBA or CMYK with 8 bits a channel."""
    if image.mode.startswith("I"):
        # Pillow would clip 16-bit grey at 255 instead of scaling it.
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image if image.mode in ("L", "RGB", "CMYK") else image.convert("RGB")


def _upright(image: Image.Image, orientation: Any) -> Image.Image:
    if orientation not in range(2, 9):
        return image
    exif = Image.Exif()
    exif[0x0112] = orientation
    image.info["exif"] = exif.tobytes()
    return ImageOps.exif_transpose(image)


def _flat(image: Image.Image) -> Image.Image:
    if image.mode != "RGBA":
        return image
    ground = Image.new("RGBA", image.size, "white")
    ground.alpha_composite(image)
    return ground.convert("RGB")


def _srgb(image: Image.Image, profile: Any) -> Image.Image:
    if isinstance(profile, bytes) and 0 < len(profile) <= ICC_BYTES:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            made = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            # A profile that does not fit its picture says nothing: viewers ignore it too.
            made = None
        if made is not None:
            return made
    return image.convert("RGB")


def blurhash(image: Image.Image) -> str:
    """The BlurHash (4×3 components) of an RGB raster, from a copy of at most 64 pixels a side."""
    small = image.copy()
    small.thumbnail((BLURHASH_SIDE, BLURHASH_SIDE), Image.Resampling.BOX)
    return str(blurhash_rs.blurhash_encode(small, *BLURHASH_COMPONENTS))


def _jpeg(image: Image.Image, xmp: bytes, quality: int) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality, progressive=True, optimize=True, xmp=xmp)
    return out.getvalue()
