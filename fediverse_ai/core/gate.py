"""A gate before heavy work: so many inside, so many waiting for so long, and who comes on top is told to come back."""

from __future__ import annotations

import asyncio
import os
from types import TracebackType

from fediverse_ai.core.errors import Unavailable

_BUSY = "This server is busy; please come back in a moment."


def processors() -> int:
    """How many of them this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Gate:
    """`async with gate:` waits for a place. Raises Unavailable (503, Retry-After) when too many wait, or too long."""

    def __init__(self, name: str, inside: int, waiting: int, seconds: float) -> None:
        self._name = name
        self._places = asyncio.Semaphore(inside)
        self._most = waiting
        self._waiting = 0
        self._seconds = seconds

    async def __aenter__(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        if self._waiting >= self._most:
            raise Unavailable(_BUSY, f"{self._name}: {self._waiting} are waiting", retry_after=30)
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(_BUSY, f"{self._name}: no place within {self._seconds} s", retry_after=30) from None
        finally:
            self._waiting -= 1

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._places.release()
