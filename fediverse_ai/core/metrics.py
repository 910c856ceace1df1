"""What this process counts and measures, in Prometheus' terms: declared families whose labels are bounded."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import choose_encoder

from fediverse_ai.core.limits import METRIC_LABELS

PREFIX: Final = "fediverse_ai_"
OTHER: Final = "other"
"""The label of everything for which there is no label."""
REGISTRY: Final = CollectorRegistry()
QUICK: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SLOW: Final = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 40.0, 80.0, 160.0, 320.0)

# When a series began is of no use here, and doubles the length of an answer.
disable_created_metrics()  # type: ignore[no-untyped-call]
ProcessCollector(registry=REGISTRY)

Labels = dict[str, Collection[str] | None]


@dataclass(frozen=True, slots=True)
class Family:
    """One declared family: its whole name, what kind of numbers it has, what they say, and its labels."""

    name: str
    kind: str
    words: str
    labels: Labels


FAMILIES: Final[list[Family]] = []
"""Every family of this program, in the order of their declaration."""


class _Bounded:
    """The label names of a family and the values that they may have: those listed, or the first METRIC_LABELS."""

    def __init__(self, labels: Labels) -> None:
        self.names = tuple(labels)
        self._listed = [None if values is None else frozenset(values) for values in labels.values()]
        self._met: list[set[str]] = [set() for _ in labels]

    def values(self, given: tuple[str, ...]) -> list[str]:
        if len(given) != len(self.names):
            raise ValueError(f"labels {self.names} were given {len(given)} values")
        return [self._value(place, value) for place, value in enumerate(given)]

    def _value(self, place: int, value: str) -> str:
        listed, met = self._listed[place], self._met[place]
        if listed is not None:
            return value if value in listed else OTHER
        if value not in met:
            if len(met) >= METRIC_LABELS:
                return OTHER
            met.add(value)
        return value


class Count:
    """Something that only grows; `words` is what it counts."""

    def __init__(self, name: str, words: str, **labels: Collection[str] | None) -> None:
        self._bounded = _Bounded(labels)
        FAMILIES.append(Family(f"{PREFIX}{name}_total", "counter", words, labels))
        self._family = Counter(PREFIX + name, words, self._bounded.names, registry=REGISTRY)
        self._kept: dict[tuple[str, ...], Counter] = {}
        for value in _only_values(labels):
            self._family.labels(value)

    def add(self, *values: str, amount: float = 1) -> None:
        """Count one more, or `amount`, under these label values."""
        (self._kept.get(values) or self._labelled(values)).inc(amount)

    def _labelled(self, values: tuple[str, ...]) -> Counter:
        """The counter of these values; kept when they are within the bound, so that it is looked up once."""
        if not values:
            return self._family
        bounded = tuple(self._bounded.values(values))
        found = self._family.labels(*bounded)
        if bounded == values:
            self._kept[values] = found
        return found

    def now(self, *values: str) -> float:
        """The count so far, for tests and reports."""
        family = self._family.labels(*self._bounded.values(values)) if values else self._family
        return float(family._value.get())


class Time:
    """How long something takes, in seconds, by buckets."""

    def __init__(
        self, name: str, words: str, buckets: Collection[float] = QUICK, **labels: Collection[str] | None
    ) -> None:
        self._bounded = _Bounded(labels)
        FAMILIES.append(Family(PREFIX + name, "histogram", words, labels))
        family = Histogram(PREFIX + name, words, self._bounded.names, registry=REGISTRY, buckets=tuple(buckets))
        self._family = family
        self._kept: dict[tuple[str, ...], Histogram] = {}

    def took(self, seconds: float, *values: str) -> None:
        """One more that took so long."""
        (self._kept.get(values) or self._labelled(values)).observe(seconds)

    def _labelled(self, values: tuple[str, ...]) -> Histogram:
        """As of Count."""
        if not values:
            return self._family
        bounded = tuple(self._bounded.values(values))
        found = self._family.labels(*bounded)
        if bounded == values:
            self._kept[values] = found
        return found


class Level:
    """Something that rises and falls, looked at when it is asked for."""

    def __init__(self, name: str, words: str, **labels: Collection[str] | None) -> None:
        self._bounded = _Bounded(labels)
        FAMILIES.append(Family(PREFIX + name, "gauge", words, labels))
        self._family = Gauge(PREFIX + name, words, self._bounded.names, registry=REGISTRY)

    def is_at(self, number: float, *values: str) -> None:
        """What it is now under these label values."""
        family = self._family.labels(*self._bounded.values(values)) if values else self._family
        family.set(number)

    def clear(self) -> None:
        """Forget every label value: what is not said again is not there any more."""
        self._family.clear()


def _only_values(labels: Labels) -> Collection[str]:
    """The values of a single, listed label: those series are there from the start, at nothing."""
    [values] = labels.values() if len(labels) == 1 else [None]
    return values or ()


def exposition(accept: str = "") -> tuple[bytes, str]:
    """Everything as text, and its media type: OpenMetrics for whom asks for it, else Prometheus' own 0.0.4."""
    encoder: Callable[[CollectorRegistry], bytes]
    encoder, media_type = choose_encoder(accept)
    return encoder(REGISTRY), media_type
