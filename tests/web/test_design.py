"""The tokens keep their promises: contrast in both schemes, one scale, names that exist."""

from __future__ import annotations

import re

import pytest

from fediverse_ai.web import rendering
from fediverse_ai.web.static_files import FOLDER, files

TOKENS = (FOLDER / "tokens.css").read_text("utf-8")
_COLOUR = r"oklch\(([\d.]+) ([\d.]+) ([\d.]+)\)"


def _token(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """(daylight, evening) of a colour token as lightness, chroma, hue."""
    root = TOKENS[: TOKENS.index("@media")]
    both = re.search(rf"--{name}: light-dark\({_COLOUR}, {_COLOUR}\)", root)
    if both:
        numbers = tuple(float(part) for part in both.groups())
        return numbers[:3], numbers[3:]
    single = re.search(rf"--{name}: {_COLOUR}", root)
    assert single, name
    value = tuple(float(part) for part in single.groups())
    return value, value


def _luminance(colour: tuple[float, ...]) -> float:
    """Relative luminance (WCAG 2.2) of an OKLCH colour, by way of Ottosson's matrices."""
    from math import cos, radians, sin

    lightness, chroma, hue = colour
    a, b = chroma * cos(radians(hue)), chroma * sin(radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short
    clipped = [min(1.0, max(0.0, part)) for part in (red, green, blue)]
    return 0.2126 * clipped[0] + 0.7152 * clipped[1] + 0.0722 * clipped[2]


def _contrast(first: tuple[float, ...], second: tuple[float, ...]) -> float:
    high, low = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_ruler_is_right() -> None:
    assert _contrast((1, 0, 0), (0, 0, 0)) == pytest.approx(21, abs=0.01)
    # #767676 on white is 4.54, the well-known edge of AA.
    assert _contrast((0.5658, 0, 0), (1, 0, 0)) == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("ground", ["wall", "alcove", "raised"])
@pytest.mark.parametrize(
    ("ink", "by_day", "by_night"),
    [
        ("ink", 7, 7),  # body text
        ("ink-quiet", 4.5, 7),  # small text
        ("ember", 4.5, 4.5),  # what went wrong
        ("edge", 3, 3),  # the border of a control
        ("lamp-line", 3, 3),  # the focus ring, the progress bar
    ],
)
def test_contrast(ground: str, ink: str, by_day: float, by_night: float) -> None:
    grounds, inks = _token(ground), _token(ink)
    assert _contrast(grounds[0], inks[0]) >= by_day
    assert _contrast(grounds[1], inks[1]) >= by_night


@pytest.mark.parametrize("fill", ["lamp", "lamp-hover"])
def test_the_words_on_the_lamp_can_be_read(fill: str) -> None:
    for ground, ink in zip(_token(fill), _token("lamp-ink"), strict=True):
        assert _contrast(ground, ink) >= 7


def test_every_variable_that_is_used_is_defined() -> None:
    text = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.css"))
    defined = set(re.findall(r"(--[\w-]+):", text))
    assert set(re.findall(r"var\((--[\w-]+)", text)) <= defined


def test_colours_and_sizes_of_type_come_from_the_tokens() -> None:
    for path in sorted(FOLDER.glob("*.css")):
        name, text = path.name, path.read_text("utf-8")
        assert not re.search(r"#[0-9a-f]{3,8}\b(?!\s*\d+%)(?=[;\s)])(?<!#000)", text), name
        for size in re.findall(r"font-size: ([^;]+);", text):
            assert re.search(r"var\(--text-\d\)|em$|0\.875rem", size) or path.name == "tokens.css", size


def test_every_class_in_the_templates_is_styled_or_means_something_to_programs() -> None:
    styled = set(re.findall(r"\.([a-z][\w-]*)", "".join(path.read_text("utf-8") for path in FOLDER.glob("*.css"))))
    unstyled = set()
    for path in rendering.TEMPLATES.rglob("*.html"):
        # A name that is finished by a value, such as deep{{ depth }}, is not looked up.
        whole = re.sub(r"[\w-]*{{.*?}}[\w-]*", " ", path.read_text("utf-8"), flags=re.S)
        plain = re.sub(r"{%.*?%}", " ", whole, flags=re.S)
        for value in re.findall(r'class="([^"]*)"', plain):
            unstyled |= set(value.split()) - styled
    assert not unstyled


def test_every_static_file_is_used() -> None:
    templates = "".join(path.read_text("utf-8") for path in rendering.TEMPLATES.rglob("*.html"))
    portraits = {"avatar.png", "header.png"}  # of those who have none, for apps (fediverse_ai/mastodon/entities.py)
    installed = {"icon-192.png", "icon-512.png", "icon-maskable.png"}  # fediverse_ai/web/manifest.py
    assert set(re.findall(r"static\('([^']+)'\)", templates)) | portraits | installed == set(files())


def test_styles_run_from_either_side() -> None:
    """Logical properties only: `inline` and `block`, never left and right, so that a page reads from the right too."""
    physical = re.compile(
        r"(?:^|[\s;{])((?:margin|padding|border|inset|scroll-margin|scroll-padding)-(?:left|right|top|bottom)[\w-]*"
        r"|(?:left|right|top|bottom)|border-(?:top|bottom)-(?:left|right)-radius)\s*:"
        r"|(?:text-align|float|clear)\s*:\s*(?:left|right)\b"
    )
    for path in sorted(FOLDER.glob("*.css")):
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
        assert not physical.findall(text), path.name
        assert not re.search(
            r"(?:^|[\s;{])(?:margin|padding|inset): ([^\s;]+) ([^\s;]+) ([^\s;]+) (?!\2;)[^\s;]+;", text
        ), path.name


def test_reduced_motion_and_both_schemes_are_written_down() -> None:
    base = (FOLDER / "base.css").read_text("utf-8")
    assert "prefers-reduced-motion: reduce" in base
    assert "color-scheme: light dark" in TOKENS
