"""Named places where a test may make this process die, fail or stall; without the test variable they do nothing."""

from __future__ import annotations

import os
import signal
import time
from functools import lru_cache

VARIABLE = "FEDIVERSE_AI_FAILPOINTS"

_hits: dict[str, int] = {}


class FailpointReached(RuntimeError):
    """Raised by a failpoint whose action is `raise`."""


@lru_cache(maxsize=1)
def _armed() -> dict[str, tuple[str, int]]:
    armed: dict[str, tuple[str, int]] = {}
    for entry in filter(None, os.environ.get(VARIABLE, "").split(",")):
        name, action, *nth = entry.strip().split(":")
        armed[name] = (action, int(nth[0]) if nth else 1)
    return armed


def fp(name: str) -> None:
    """Pass the point `name`.

    `FEDIVERSE_AI_FAILPOINTS="name:action[:nth],…"` arms points; the action happens at the nth pass (the first by
    default): `kill9` ends the process without any cleaning up, `raise` raises FailpointReached, `sleep` or
    `sleep=SECONDS` blocks the thread.
    """
    armed = _armed()
    if not armed or name not in armed:
        return
    action, nth = armed[name]
    _hits[name] = _hits.get(name, 0) + 1
    if _hits[name] != nth:
        return
    if action == "kill9":
        os.kill(os.getpid(), signal.SIGKILL)
    if action == "raise":
        raise FailpointReached(name)
    if action.startswith("sleep"):
        time.sleep(float(action.partition("=")[2] or 1.0))


def reset() -> None:
    """Read the variable anew and count from zero (tests only)."""
    _armed.cache_clear()
    _hits.clear()
