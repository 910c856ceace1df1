"""Is our own clock wrong? Suspected when several servers at once sign in what we take for another time (SIG-30)."""

from __future__ import annotations

from statistics import median

from cachetools import TTLCache

from fediverse_ai.core import limits
from fediverse_ai.core.clock import Clock
from fediverse_ai.core.log import get

log = get(__name__)


class ClockWatch:
    """One line in the log when so many different servers were refused for their time within an hour, once an hour.

    What they claim is not verified, so nothing follows from it but that somebody should look.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead: TTLCache[str, float] = TTLCache(
            limits.SKEWED_SERVERS, limits.CLOCK_SUSPECT_SECONDS, timer=clock.monotonic
        )
        self._told_at: float | None = None

    def refused(self, origin: str, ahead_seconds: float) -> None:
        """A signature of this server was refused for its time."""
        self._ahead[origin] = ahead_seconds
        now, found = self._clock.monotonic(), list(self._ahead.values())
        fresh = self._told_at is None or now - self._told_at >= limits.CLOCK_SUSPECT_SECONDS
        if len(found) >= limits.CLOCK_SUSPECT_SERVERS and fresh:
            self._told_at = now
            log.warning("clock_suspect", servers=len(found), median_seconds=round(median(found)))
