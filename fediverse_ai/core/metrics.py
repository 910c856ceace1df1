"""Counts and times of what this process does, kept in memory for the health page and the bench."""

from __future__ import annotations

import threading
from dataclasses import dataclass


@dataclass(slots=True)
class Timing:
    """Of one kind of event: how many, seconds in all, the longest in seconds."""

    count: int = 0
    total: float = 0.0
    longest: float = 0.0


class Metrics:
    """Counters and timings by name; safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._timings: dict[str, Timing] = {}

    def count(self, name: str, amount: int = 1) -> None:
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + amount

    def observe(self, name: str, seconds: float) -> None:
        with self._lock:
            timing = self._timings.setdefault(name, Timing())
            timing.count += 1
            timing.total += seconds
            timing.longest = max(timing.longest, seconds)

    def snapshot(self) -> dict[str, float]:
        """Flat `name -> value`; a timing gives `NAME.count`, `NAME.seconds` and `NAME.longest`."""
        with self._lock:
            flat: dict[str, float] = dict(self._counts)
            for name, timing in self._timings.items():
                flat |= {
                    f"{name}.count": timing.count,
                    f"{name}.seconds": timing.total,
                    f"{name}.longest": timing.longest,
                }
        return flat


METRICS = Metrics()
