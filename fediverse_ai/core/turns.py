"""Taking turns at the one write lock of an SQLite file, in order of arrival, among tasks and threads of a process."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable


class Turns:
    """A fair lock that tasks await and threads block on.

    SQLite's own waiting is a sleep and a new try, so under load whoever comes back first gets the lock again, and
    the job engine's threads would starve beside a busy inbox.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[Callable[[], None]] = deque()

    def _enter(self, wake: Callable[[], None]) -> bool:
        with self._guard:
            if self._taken:
                self._waiting.append(wake)
                return False
            self._taken = True
            return True

    def _give_up(self, wake: Callable[[], None]) -> bool:
        """Stop waiting; False when the turn was handed over just now."""
        with self._guard:
            if wake in self._waiting:
                self._waiting.remove(wake)
                return True
            return False

    def leave(self) -> None:
        """End the turn, which goes straight to whoever has waited longest."""
        with self._guard:
            wake = self._waiting.popleft() if self._waiting else None
            if wake is None:
                self._taken = False
        if wake is not None:
            wake()

    async def take(self) -> None:
        """Wait for a turn, as a task."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()

        def arrive() -> None:
            if future.done():
                self.leave()  # it was cancelled while the turn was on its way
            else:
                future.set_result(None)

        def wake() -> None:
            try:
                loop.call_soon_threadsafe(arrive)
            except RuntimeError:  # the loop has ended
                self.leave()

        if self._enter(wake):
            return
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled():
                self.leave()
            else:
                future.cancel()
                self._give_up(wake)
            raise

    def take_blocking(self, seconds: float) -> bool:
        """Wait for a turn, as a thread, so many seconds at most; whether it came."""
        event = threading.Event()
        if self._enter(event.set) or event.wait(seconds):
            return True
        return not self._give_up(event.set)
