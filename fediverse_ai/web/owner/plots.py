"""Small plots as numbers that a template draws: a line over hours or days, and bars beside names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 320, 96
"""Of the drawing, in its own units; the page stretches it."""
TOP, BAR = 8, 18


@dataclass(frozen=True, slots=True)
class Bar:
    """One name with its value, and of that the part that went wrong; widths in units of the drawing."""

    name: str
    value: float
    y: int
    width: float
    bad: float = 0.0


@dataclass(frozen=True, slots=True)
class Plot:
    """A drawing and the table beneath it. `points` is a polyline's, empty for bars; `last` is said in words."""

    key: str
    title: str
    last: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    points: str = ""
    bars: Sequence[Bar] = ()
    height: int = HEIGHT


def line(
    key: str, title: str, last: str, columns: Sequence[str], rows: Sequence[Sequence[str]], values: Sequence[float]
) -> Plot:
    """Values in order of time, from the left edge to the right, zero at the bottom."""
    most = max(values, default=0) or 1
    step = WIDTH / max(1, len(values) - 1)
    room = HEIGHT - TOP
    points = " ".join(f"{index * step:.1f},{HEIGHT - value / most * room:.1f}" for index, value in enumerate(values))
    return Plot(key, title, last, columns, rows, points=points)


def bars(
    key: str,
    title: str,
    last: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    values: Sequence[tuple[str, float, float]],
) -> Plot:
    """(name, all of it, what went wrong of it) from top to bottom, on one scale."""
    most = max((value for _name, value, _bad in values), default=0) or 1
    drawn = [
        Bar(name, value, 2 * BAR * index, value / most * WIDTH, bad / most * WIDTH)
        for index, (name, value, bad) in enumerate(values)
    ]
    return Plot(key, title, last, columns, rows, bars=drawn, height=max(1, 2 * BAR * len(drawn)))
