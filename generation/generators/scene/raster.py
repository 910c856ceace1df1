"""Tools that finishes share: smooth noise, blurs, brush streaks and OKLab planes of a picture, all in numpy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageFilter

Pixels = npt.NDArray[np.float32]
F = np.float32
TO_LINEAR = ((np.arange(256) / 255) ** 2.2).astype(np.float32)
TO_SCREEN = (((np.arange(4096) + 0.5) / 4096) ** (1 / 2.2)).astype(np.float32)


def field(height: int, width: int, down: int, rng: np.random.Generator, across: int = 0) -> Pixels:
    """Smooth noise, about -1…1, with `down` cells from top to bottom and `across` (or as many) from left to right."""
    across = across or down
    grid = rng.uniform(-1, 1, (down + 2, across + 2)).astype(np.float32)
    cells = (0.5, 0.5, across + 1.5, down + 1.5)
    image = Image.fromarray(grid).resize((width, height), Image.Resampling.BICUBIC, box=cells)
    return np.asarray(image)


def blur(values: Pixels, radius: float) -> Pixels:
    """A wide soft blur of a plane: shrunk by averaging, enlarged again smoothly."""
    height, width = values.shape
    small = (max(2, round(width / radius)), max(2, round(height / radius)))
    image = Image.fromarray(np.ascontiguousarray(values, dtype=np.float32))
    return np.asarray(image.resize(small, Image.Resampling.BOX).resize((width, height), Image.Resampling.BICUBIC))


def blur_colours(pixels: Pixels, across: float, down: float = 0.0) -> Pixels:
    """The same for a picture of values 0…1; `down` may differ from `across`, for vertical smears."""
    height, width, _ = pixels.shape
    small = (max(2, round(width / across)), max(2, round(height / (down or across))))
    image = Image.fromarray(np.clip(pixels * 255, 0, 255).astype(np.uint8))
    soft = image.resize(small, Image.Resampling.BOX).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(soft, dtype=np.float32) / F(255)


def fine_blur(values: Pixels, radius: float) -> Pixels:
    """A narrow Gaussian blur of a plane of values 0…1, in 8 bits."""
    image = Image.fromarray(np.clip(values * 255, 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float32) / F(255)


def displaced(pixels: Pixels, dx: Pixels, dy: Pixels) -> Pixels:
    """The picture with every pixel taken from a place `dx`, `dy` pixels away (nearest, clipped at the edges)."""
    height, width = dx.shape
    y = np.clip(np.arange(height, dtype=np.float32)[:, None] + dy, 0, height - 1).astype(np.int32)
    x = np.clip(np.arange(width, dtype=np.float32)[None, :] + dx, 0, width - 1).astype(np.int32)
    moved: Pixels = pixels[y, x]
    return moved


def inside(height: int, width: int) -> Pixels:
    """The distance of each pixel from the nearest edge of the picture."""
    y = np.arange(height, dtype=np.float32)[:, None]
    x = np.arange(width, dtype=np.float32)[None, :]
    return np.minimum(np.minimum(x, width - 1 - x), np.minimum(y, height - 1 - y))


def to_oklab(pixels: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """OKLab planes of sRGB values 0…1."""
    linear = TO_LINEAR[np.rint(pixels * 255).astype(np.uint8)]
    r, g, b = linear[..., 0], linear[..., 1], linear[..., 2]
    long = np.cbrt(F(0.4122214708) * r + F(0.5363325363) * g + F(0.0514459929) * b)
    medium = np.cbrt(F(0.2119034982) * r + F(0.6806995451) * g + F(0.1073969566) * b)
    short = np.cbrt(F(0.0883024619) * r + F(0.2817188376) * g + F(0.6299787005) * b)
    return (
        F(0.2104542553) * long + F(0.7936177850) * medium - F(0.0040720468) * short,
        F(1.9779984951) * long - F(2.4285922050) * medium + F(0.4505937099) * short,
        F(0.0259040371) * long + F(0.7827717662) * medium - F(0.8086757660) * short,
    )


def from_oklab(lightness: Pixels, a: Pixels, b: Pixels) -> Pixels:
    """SRGB values 0…1 of OKLab planes, clipped."""
    long = (lightness + F(0.3963377774) * a + F(0.2158037573) * b) ** 3
    medium = (lightness - F(0.1055613458) * a - F(0.0638541728) * b) ** 3
    short = (lightness - F(0.0894841775) * a - F(1.2914855480) * b) ** 3
    linear = np.stack(
        (
            F(4.0767416621) * long - F(3.3077115913) * medium + F(0.2309699292) * short,
            F(-1.2684380046) * long + F(2.6097574011) * medium - F(0.3413193965) * short,
            F(-0.0041960863) * long - F(0.7034186147) * medium + F(1.7076147010) * short,
        ),
        axis=-1,
    )
    return TO_SCREEN[np.clip(linear * F(4095), 0, 4095).astype(np.uint16)]


def channels(colour: str) -> tuple[float, float, float]:
    """Red, green and blue of `#rrggbb`, 0…1."""
    return int(colour[1:3], 16) / 255, int(colour[3:5], 16) / 255, int(colour[5:7], 16) / 255


def plain(colour: tuple[float, float, float]) -> Pixels:
    """One sRGB colour 0…255 as values 0…1 that broadcast over a picture."""
    return np.array(colour, dtype=np.float32) / F(255)


def vignette(height: int, width: int, strength: float) -> Pixels:
    """A factor that is 1 in the middle and `1 - strength` in the corners."""
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    far = (x * x + y * y) / 2
    return (1 - F(strength) * far * far).astype(np.float32)
