"""Figure: one measured value with its unit and its floor; the table and the file of all of them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True)
class Figure:
    """`value` in `unit`. Rates are per second of the server's own CPU time (all its threads and children), so that
    a busy machine does not change them; `wall` is the same per second on the clock. `floor` is what the bare parts
    reach on this machine in the same run, in the same unit.
    """

    name: str
    value: float
    unit: str
    floor: float | None = None
    wall: float | None = None
    detail: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return round(self.value / self.floor, 4) if self.floor else None

    def facts(self) -> dict[str, Any]:
        known = {"value": _short(self.value), "unit": self.unit, "floor": _short(self.floor), "ratio": self.ratio}
        return known | ({"wall": _short(self.wall)} if self.wall is not None else {}) | self.detail


def _short(value: float | None) -> float | None:
    return None if value is None else round(value, 3 if abs(value) < 100 else 0)


def write(figures: list[Figure], path: Path = LATEST) -> None:
    """name -> {value, unit, floor, ratio, …} as JSON."""
    path.write_text(json.dumps({figure.name: figure.facts() for figure in figures}, indent=2) + "\n")


def show(figures: list[Figure]) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("figure", "value", "unit", "floor", "ratio", "on the clock", "notes"):
        table.add_column(heading, justify="right" if heading in ("value", "floor", "ratio", "on the clock") else "left")
    for figure in figures:
        table.add_row(
            figure.name, _text(figure.value), figure.unit, _text(figure.floor), _text(figure.ratio), _text(figure.wall),
            ", ".join(f"{key} {value}" for key, value in figure.detail.items()),
        )  # fmt: skip
    Console(width=170, markup=False, highlight=False).print(table)


def _text(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
