"""Portable randomness: numpy's PCG64 keyed by BLAKE2b of what the picture is made from."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

from generation.generators.scene.version import STREAMS

T = TypeVar("T")


class Stream:
    """A named stream of random numbers, the same on every machine. Never Python's `hash()` or global state."""

    def __init__(self, *key: object) -> None:
        text = "\0".join(str(part) for part in (STREAMS, *key))
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        self._text = text
        self.numpy = np.random.Generator(np.random.PCG64(int.from_bytes(digest, "big")))

    def child(self, *key: object) -> Stream:
        """An independent stream; drawing from it does not shift this one."""
        return Stream(self._text, *key)

    def uniform(self, low: float = 0.0, high: float = 1.0) -> float:
        return low + (high - low) * float(self.numpy.random())

    def jitter(self, amount: float) -> float:
        """A number in -amount…amount."""
        return self.uniform(-amount, amount)

    def whole(self, low: int, high: int) -> int:
        """A whole number in low…high, both included."""
        return low + int(self.numpy.random() * (high - low + 1))

    def chance(self, probability: float) -> bool:
        return float(self.numpy.random()) < probability

    def pick(self, options: Sequence[T]) -> T:
        return options[self.whole(0, len(options) - 1)]
