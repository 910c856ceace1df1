"""The SVG document that a scene is written into: definitions, layers in depth order, soft edges without filters."""

from __future__ import annotations

from collections.abc import Sequence

Stop = tuple[float, str, float]


class Document:
    """Collects gradient definitions and drawn fragments; every fragment has a depth key, small is far."""

    def __init__(self, width: float, height: float) -> None:
        self.width = width
        self.height = height
        self._definitions: dict[str, str] = {}
        self._fragments: list[tuple[float, int, str]] = []

    def add(self, depth: float, fragment: str) -> None:
        """Put a fragment at a depth; equal depths keep their order."""
        self._fragments.append((depth, len(self._fragments), fragment))

    def linear(self, stops: Sequence[Stop], start: tuple[float, float], end: tuple[float, float]) -> str:
        """A `url(#…)` for a linear gradient in user units; a stop is (offset, colour, opacity)."""
        (x1, y1), (x2, y2) = start, end
        return self._define(
            f'<linearGradient id="{{}}" gradientUnits="userSpaceOnUse" x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}"'
            f' y2="{y2:.2f}">{_stops(stops)}</linearGradient>'
        )

    def radial(self, stops: Sequence[Stop]) -> str:
        """A `url(#…)` for a radial gradient over the painted shape's own box."""
        return self._define(f'<radialGradient id="{{}}">{_stops(stops)}</radialGradient>')

    def halo(self, x: float, y: float, rx: float, ry: float, colour: str, strength: float) -> str:
        """A soft patch of light or dark: an ellipse that fades to nothing."""
        fill = self.radial(((0, colour, strength), (0.35, colour, strength * 0.55), (1, colour, 0.0)))
        return f'<ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}" fill="{fill}"/>'

    def text(self, width: int, height: int) -> str:
        """The whole document for a raster of width by height pixels."""
        body = "".join(fragment for _, _, fragment in sorted(self._fragments, key=lambda f: (f[0], f[1])))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {self.width:.2f} {self.height:.2f}" preserveAspectRatio="none">'
            f"<defs>{''.join(self._definitions.values())}</defs>{body}</svg>"
        )

    def _define(self, template: str) -> str:
        if template not in self._definitions:
            name = f"d{len(self._definitions)}"
            self._definitions[template] = template.replace("{}", name, 1)
        text = self._definitions[template]
        return f"url(#{text.split(chr(34), 2)[1]})"


def _stops(stops: Sequence[Stop]) -> str:
    return "".join(
        f'<stop offset="{offset:.3f}" stop-color="{colour}"'
        + (f' stop-opacity="{opacity:.3f}"' if opacity < 1 else "")
        + "/>"
        for offset, colour, opacity in stops
    )


def path(d: str, fill: str, opacity: float = 1.0) -> str:
    """A filled path."""
    return f'<path d="{d}" fill="{fill}"' + (f' fill-opacity="{opacity:.3f}"' if opacity < 1 else "") + "/>"


def stroke(d: str, colour: str, width: float, opacity: float = 1.0) -> str:
    """A stroked path with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:.2f}" stroke-linecap="round" '
        f'stroke-linejoin="round"' + (f' stroke-opacity="{opacity:.3f}"' if opacity < 1 else "") + "/>"
    )


def soft_edge(line: str, colour: str, reach: float, strength: float) -> str:
    """A soft shadow on both sides of a line, as a few wide strokes: far cheaper than a blur filter."""
    widths = [reach * share for share in (0.3, 0.62, 1.0)]
    each = 1 - (1 - strength) ** (1 / len(widths))
    return "".join(stroke(line, colour, 2 * width, each) for width in widths)
