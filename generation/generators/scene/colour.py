"""Colours in OKLab (Björn Ottosson, 2020): mixing, shading and reading of hexadecimal sRGB colours."""

from __future__ import annotations

from functools import lru_cache
from math import cos, radians, sin

Lab = tuple[float, float, float]


def _linear(value: float) -> float:
    return value / 12.92 if value <= 0.04045 else float(((value + 0.055) / 1.055) ** 2.4)


def _encoded(value: float) -> float:
    value = min(1.0, max(0.0, value))
    return value * 12.92 if value <= 0.0031308 else float(1.055 * value ** (1 / 2.4) - 0.055)


@lru_cache(maxsize=8192)
def lab(colour: str) -> Lab:
    """OKLab of `#rrggbb` (or `#rgb`): L in 0…1, a and b about -0.4…0.4."""
    digits = colour.lstrip("#")
    if len(digits) == 3:
        digits = "".join(d * 2 for d in digits)
    r, g, b = (_linear(int(digits[i : i + 2], 16) / 255) for i in (0, 2, 4))
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )


def hexadecimal(value: Lab) -> str:
    """`#rrggbb` nearest to an OKLab colour, clipped into sRGB."""
    lightness, a, b = value
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    channels = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(_encoded(c) * 255):02x}" for c in channels)


@lru_cache(maxsize=16384)
def mix(first: str, second: str, share: float) -> str:
    """The colour `share` of the way from `first` to `second`."""
    p, q = lab(first), lab(second)
    return hexadecimal((p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share, p[2] + (q[2] - p[2]) * share))


@lru_cache(maxsize=16384)
def tone(colour: str, lighter: float = 0.0, chroma: float = 1.0, turn: float = 0.0) -> str:
    """The colour with L raised by `lighter`, its chroma multiplied and its hue turned by `turn` degrees."""
    lightness, a, b = lab(colour)
    c, s = cos(radians(turn)), sin(radians(turn))
    lightness = min(1.0, max(0.0, lightness + lighter))
    return hexadecimal((lightness, (a * c - b * s) * chroma, (a * s + b * c) * chroma))


def lightness(colour: str) -> float:
    """L in OKLab, 0…1."""
    return lab(colour)[0]


def with_lightness(colour: str, value: float) -> str:
    """The same hue and chroma at another L."""
    _, a, b = lab(colour)
    return hexadecimal((value, a, b))
