"""Time and chance, handed in from outside so that tests can hold both still."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """The only source of time and randomness in product code."""

    def now(self) -> datetime:
        """The current time, aware, UTC."""
        ...

    def now_ms(self) -> int:
        """The current time in milliseconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds."""
        ...

    def uniform(self, low: float, high: float) -> float:
        """A number between the two; good for jitter, never for secrets."""
        ...

    def token(self, nbytes: int) -> bytes:
        """Unpredictable bytes for secrets."""
        ...


class SystemClock:
    """The machine's own time and randomness."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def now_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)

    def uniform(self, low: float, high: float) -> float:
        return random.uniform(low, high)  # noqa: S311 - jitter, not a secret

    def token(self, nbytes: int) -> bytes:
        return secrets.token_bytes(nbytes)


class FrozenClock:
    """A clock for tests: time stands still until `advance` or `sleep` moves it, chance comes from a seed."""

    def __init__(self, at: datetime | None = None, seed: int = 0) -> None:
        self.at = at or datetime(2026, 1, 1, tzinfo=UTC)
        self._elapsed = 0.0
        self._random = random.Random(seed)  # noqa: S311 - repeatable on purpose

    def advance(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)
        self._elapsed += max(0.0, seconds)

    def now(self) -> datetime:
        return self.at

    def now_ms(self) -> int:
        return int(self.at.timestamp() * 1000)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def uniform(self, low: float, high: float) -> float:
        return self._random.uniform(low, high)

    def token(self, nbytes: int) -> bytes:
        return self._random.randbytes(nbytes)
