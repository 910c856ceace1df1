"""Pictures through the real sandbox: what is refused, what comes out, and that nothing else travels with it."""

from __future__ import annotations

import asyncio
import hashlib
import io
import random
import struct
import zlib
from collections.abc import Iterator

import pytest
from PIL import Image, ImageCms, ImageDraw, PngImagePlugin

from fediverse_ai.core import limits
from fediverse_ai.core.errors import RequestError, TooLarge, Unprocessable, Unsupported
from generation import images, provenance
from generation.provenance import Provenance
from generation.sandbox import Sandbox

SAID = Provenance(provenance.ALGORITHMIC, "Scene", "1.0")
SECRET = b"planted-secret-4711"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    sandbox = Sandbox()
    yield sandbox
    asyncio.run(sandbox.close())


async def render(sandbox: Sandbox, data: bytes) -> images.Rendition:
    return await images.render(sandbox, data, provenance=SAID)


def encode(image: Image.Image, format_: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def picture(width: int = 320, height: int = 200, mode: str = "RGB") -> Image.Image:
    image = Image.new("RGB", (width, height), (200, 60, 40))
    ImageDraw.Draw(image).rectangle((0, 0, width // 2, height // 2), fill=(20, 90, 220))
    return image.convert(mode)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(
    width: int, height: int, *, depth: int = 1, colour: int = 0, rows: bytes | None = None, extra: bytes = b""
) -> bytes:
    """A PNG by hand, so that its header may say what no encoder would write."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = zlib.compress(rows if rows is not None else b"\0" * 64)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + extra + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def decoded(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def near(found: object, wanted: tuple[int, int, int], within: int = 12) -> bool:
    assert isinstance(found, tuple)
    return all(abs(a - b) <= within for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_every_format_becomes_a_progressive_jpeg(sandbox: Sandbox, format_: str) -> None:
    made = await render(sandbox, encode(picture(), format_))
    out = decoded(made.data)
    assert (made.media_type, out.format, out.mode, out.size) == ("image/jpeg", "JPEG", "RGB", (320, 200))
    assert out.info["progressive"]
    assert (made.width, made.height) == (320, 200)
    assert made.sha256 == hashlib.sha256(made.data).hexdigest()
    assert near(out.getpixel((10, 10)), (20, 90, 220))
    assert near(out.getpixel((300, 180)), (200, 60, 40))
    assert provenance.read(made.data) == SAID
    assert provenance.read(made.thumbnail) == SAID


async def test_same_bytes_make_the_same_rendition(sandbox: Sandbox) -> None:
    data = encode(picture(), "PNG")
    assert await render(sandbox, data) == await render(sandbox, data)


async def test_large_pictures_are_fitted_and_thumbnails_are_small(sandbox: Sandbox) -> None:
    made = await render(sandbox, encode(picture(4000, 3000), "JPEG"))
    assert made.width * made.height <= images.RENDITION_PIXELS
    assert abs(made.width / made.height - 4 / 3) < 0.002
    assert max(decoded(made.thumbnail).size) == images.THUMBNAIL_SIDE


async def test_a_strip_is_fitted_by_its_side(sandbox: Sandbox) -> None:
    made = await render(sandbox, encode(picture(10_000, 3), "PNG"))
    assert (made.width, made.height) == (5_000, 1)


async def test_small_pictures_are_not_enlarged(sandbox: Sandbox) -> None:
    made = await render(sandbox, encode(picture(1, 1), "PNG"))
    assert (made.width, made.height, decoded(made.thumbnail).size) == (1, 1, (1, 1))


async def test_blurhash_is_4x3_and_of_the_picture(sandbox: Sandbox) -> None:
    blue = await render(sandbox, encode(Image.new("RGB", (64, 64), (0, 0, 255)), "PNG"))
    red = await render(sandbox, encode(Image.new("RGB", (64, 64), (255, 0, 0)), "PNG"))
    # 4×3 components: the size digit is (4-1)+(3-1)*9 = 21, "L" in base 83, and 28 characters follow.
    assert len(blue.blurhash) == len(red.blurhash) == 28
    assert blue.blurhash[0] == "L"
    assert blue.blurhash != red.blurhash


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_orientation_is_applied(sandbox: Sandbox, orientation: int) -> None:
    upright = picture(96, 64)
    turn = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    stored = upright
    if orientation in turn:
        undo = {0: 0, 3: 3, 1: 1, 5: 5, 2: 2, 6: 6, 4: 4}
        stored = upright.transpose(Image.Transpose(undo[turn[orientation]]))
    exif = Image.Exif()
    exif[0x0112] = orientation
    made = decoded((await render(sandbox, encode(stored, "JPEG", exif=exif, quality=95))).data)
    assert made.size == (96, 64)
    assert near(made.getpixel((10, 10)), (20, 90, 220))
    assert near(made.getpixel((85, 10)), (200, 60, 40))
    assert near(made.getpixel((10, 55)), (200, 60, 40))
    assert 0x0112 not in made.getexif()


async def test_cmyk_is_converted(sandbox: Sandbox) -> None:
    made = decoded((await render(sandbox, encode(picture(mode="CMYK"), "JPEG", quality=95))).data)
    assert made.mode == "RGB"
    assert near(made.getpixel((300, 180)), (200, 60, 40))


async def test_sixteen_bit_grey_is_scaled_not_clipped(sandbox: Sandbox) -> None:
    rows = b"".join(b"\0" + struct.pack(">4H", 0, 0x4000, 0x8000, 0xFFFF) for _ in range(4))
    made = decoded((await render(sandbox, png(4, 4, depth=16, rows=rows))).data)
    greys = [made.getpixel((x, 1))[0] for x in range(4)]
    assert all(abs(found - wanted) < 10 for found, wanted in zip(greys, (0, 64, 128, 255), strict=True))


async def test_sixteen_bit_colour(sandbox: Sandbox) -> None:
    rows = b"".join(b"\0" + struct.pack(">HHH", 0xC800, 0x3C00, 0x2800) * 8 for _ in range(8))
    made = decoded((await render(sandbox, png(8, 8, depth=16, colour=2, rows=rows))).data)
    assert near(made.getpixel((4, 4)), (200, 60, 40))


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
async def test_transparency_is_flattened_on_white(sandbox: Sandbox, mode: str) -> None:
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    ImageDraw.Draw(image).rectangle((0, 0, 15, 31), fill=(0, 0, 0, 255))
    made = decoded((await render(sandbox, encode(image.convert(mode), "PNG"))).data)
    assert near(made.getpixel((4, 16)), (0, 0, 0))
    assert near(made.getpixel((28, 16)), (255, 255, 255))


async def test_profiles_change_the_pixels_and_are_dropped(sandbox: Sandbox) -> None:
    # sRGB with its red and blue primaries exchanged: the same numbers are another colour.
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swapped = srgb.replace(b"rXYZ", b"????", 1).replace(b"bXYZ", b"rXYZ", 1).replace(b"????", b"bXYZ", 1)
    plain = await render(sandbox, encode(picture(), "PNG"))
    profiled = await render(sandbox, encode(picture(), "PNG", icc_profile=swapped))
    broken = await render(sandbox, encode(picture(), "PNG", icc_profile=b"no profile at all"))
    assert "icc_profile" not in decoded(profiled.data).info
    assert near(decoded(plain.data).getpixel((300, 180)), (200, 60, 40))
    assert near(decoded(profiled.data).getpixel((300, 180)), (40, 60, 200))
    assert broken.sha256 == plain.sha256


async def test_first_picture_of_a_multi_picture_jpeg(sandbox: Sandbox) -> None:
    second = Image.new("RGB", (320, 200), (0, 255, 0))
    made = await render(sandbox, encode(picture(), "MPO", save_all=True, append_images=[second]))
    assert near(decoded(made.data).getpixel((10, 10)), (20, 90, 220))


def with_secrets(format_: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x8825] = {1: "N", 2: (52.0, 31.0, 0.0), 29: SECRET.decode()}
    xmp = provenance.packet(Provenance(provenance.TRAINED, SECRET.decode(), "9", SECRET.decode()))
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + SECRET
    options: dict[str, object] = {"exif": exif, "icc_profile": profile}
    if format_ == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("parameters", SECRET.decode())
        info.add_text("workflow", SECRET.decode() * 40, zip=True)
        info.add_itxt("XML:com.adobe.xmp", xmp.decode())
        options["pnginfo"] = info
    else:
        options["xmp"] = xmp
    if format_ == "JPEG":
        options["comment"] = SECRET
    return encode(picture(), format_, **options) + b"<html>" + SECRET


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP"])
async def test_no_metadata_leaves_but_ours(sandbox: Sandbox, format_: str) -> None:
    data = with_secrets(format_)
    assert data.count(SECRET) >= 3
    made = await render(sandbox, data)
    for out in (made.data, made.thumbnail):
        assert SECRET not in out
        assert b"<html>" not in out
        image = decoded(out)
        assert not image.getexif()
        assert image.info.keys() <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "progressive",
            "progression",
            "xmp",
        }
        assert provenance.read(out) == SAID
    assert made.claimed is not None
    assert made.claimed.system == SECRET.decode()
    assert made.claimed.says_ai


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + b"\0" * 500, b"%PDF-1.7"])
async def test_polyglots_lose_their_other_half(sandbox: Sandbox, tail: bytes) -> None:
    made = await render(sandbox, encode(picture(), "GIF", comment=b"*/alert(1)/*") + tail)
    assert tail not in made.data
    assert b"alert" not in made.data


NOT_PICTURES = {
    "empty": b"",
    "html": b"<!doctype html><img src=x>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "activity": b'{"@context":"https://www.w3.org/ns/activitystreams"}',
    "pdf": b"%PDF-1.7\n",
    "eps": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "psd": b"8BPS\0\1",
    "tiff": b"II*\0\x08\0\0\0",
    "bmp": b"BM" + b"\0" * 60,
    "zip": b"PK\x03\x04",
    "elf": b"\x7fELF",
    "avif": b"\0\0\0\x20ftypavif",
    "script": b"#!/bin/sh\n",
}


@pytest.mark.parametrize("kind", NOT_PICTURES)
async def test_what_is_no_picture_is_unsupported(sandbox: Sandbox, kind: str) -> None:
    with pytest.raises(Unsupported):
        await render(sandbox, NOT_PICTURES[kind])


def moving(format_: str) -> bytes:
    frames = [Image.new("RGB", (16, 16), (shade, 0, 0)) for shade in (0, 90, 200)]
    return encode(frames[0], format_, save_all=True, append_images=frames[1:], duration=50)


def webp_of(width: int, height: int) -> bytes:
    """A WebP whose extended header claims a canvas that its one small frame does not fill."""
    inner = encode(Image.new("RGB", (16, 16)), "WEBP", lossless=True)[12:]
    size = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    body = b"WEBP" + b"VP8X" + struct.pack("<I", 10) + b"\0" * 4 + size + inner
    return b"RIFF" + struct.pack("<I", len(body)) + body


REFUSED: dict[str, tuple[bytes, type[RequestError]]] = {
    "50 000 pixels a side": (png(50_000, 50_000), TooLarge),
    "1-bit, 177 megapixels": (png(13_300, 13_300), TooLarge),
    "one line of 65 535": (png(65_535, 1), TooLarge),
    "one pixel over the side": (png(limits.IMAGE_SIDE_PIXELS + 1, 1), TooLarge),
    "just over the area": (png(8_001, 5_000), TooLarge),
    "zero height": (png(10, 0), Unprocessable),
    "no width": (png(0, 10), Unprocessable),
    "header only": (encode(picture(), "PNG")[:40], Unprocessable),
    "cut PNG": (encode(picture(), "PNG")[:-300], Unprocessable),
    "cut JPEG": (encode(picture(), "JPEG")[:-900], Unprocessable),
    "cut WebP": (encode(picture(), "WEBP")[:-90], Unprocessable),
    "cut GIF": (encode(picture(), "GIF")[:-200], Unprocessable),
    "only a magic number": (b"\xff\xd8\xff\xe0", Unprocessable),
    "moving GIF": (moving("GIF"), Unprocessable),
    "moving PNG": (moving("PNG"), Unprocessable),
    "moving WebP": (moving("WEBP"), Unprocessable),
    "JPEG inside a RIFF": (b"RIFF\0\0\0\0WEBP" + encode(picture(), "JPEG"), Unprocessable),
    "text chunk bomb": (
        png(8, 8, extra=chunk(b"zTXt", b"k\0\0" + zlib.compress(b"\0" * (80 << 20), 9))),
        Unprocessable,
    ),
    "WebP of 268 megapixels": (webp_of(16_383, 16_383), RequestError),
}


@pytest.mark.parametrize("what", REFUSED)
async def test_hostile_pictures_are_refused_quickly_with_a_sentence(sandbox: Sandbox, what: str) -> None:
    data, wanted = REFUSED[what]
    async with asyncio.timeout(8):
        with pytest.raises(wanted) as caught:
            await render(sandbox, data)
    assert caught.value.public.endswith(".")
    assert caught.value.status in (413, 422)


async def test_bytes_are_capped_before_anything_else(sandbox: Sandbox) -> None:
    longest = b"\xff\xd8\xff" + b"\0" * (limits.IMAGE_BYTES - 3)
    assert images.admit_bytes(longest) == "image/jpeg"
    with pytest.raises(TooLarge):
        await render(sandbox, longest + b"\0")


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_any_damage_ends_in_a_rendition_or_a_sentence(sandbox: Sandbox, format_: str) -> None:
    whole, chance = encode(picture(40, 30), format_), random.Random(7)
    refused: list[str] = []
    for _ in range(30):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 4, 32))):
            # Behind the first bytes, so that it still begins like a picture.
            data[chance.randrange(14, len(data))] = chance.randrange(256)
        try:
            made = await render(sandbox, bytes(data))
        except RequestError as error:
            refused.append(error.public)
        else:
            assert made.width <= images.RENDITION_SIDE
    assert refused
    assert all(sentence.endswith(".") for sentence in refused)


@pytest.mark.parametrize("format_", ["PNG", "JPEG", "WEBP"])
async def test_the_largest_admitted_picture_fits_into_the_memory_of_the_sandbox(sandbox: Sandbox, format_: str) -> None:
    quick: dict[str, int] = {"PNG": {"compress_level": 1}, "WEBP": {"method": 0}}.get(format_, {})
    data = encode(Image.new("RGB", (8_000, 5_000), (9, 99, 199)), format_, **quick)
    made = await render(sandbox, data)
    assert made.width * made.height <= images.RENDITION_PIXELS


async def test_a_picture_that_is_too_costly_is_refused_and_the_next_one_is_made() -> None:
    narrow = Sandbox(decode_memory_bytes=200 << 20)
    try:
        with pytest.raises(Unprocessable, match="bytes"):
            await render(narrow, encode(Image.new("RGBA", (8_000, 5_000)), "PNG"))
        with pytest.raises(Unprocessable, match="took more than"):
            await images.render(narrow, encode(picture(3000, 3000), "PNG"), provenance=SAID, timeout=0.001)
        assert (await render(narrow, encode(picture(), "PNG"))).width == 320
    finally:
        await narrow.close()


def test_focus_is_clamped() -> None:
    assert images.clamp_focus(0.25, -0.5) == (0.25, -0.5)
    assert images.clamp_focus(7, -7) == (1.0, -1.0)
    assert images.clamp_focus(float("nan"), float("inf")) == (0.0, 0.0)
