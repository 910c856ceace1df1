"""The running policy: the file's, read anew when the file changed; a file that is wrong leaves the one before."""

from __future__ import annotations

import os
import tempfile
from importlib import resources
from pathlib import Path

import structlog

from fediverse_ai.core.clock import Clock
from fediverse_ai.core.config import Config
from fediverse_ai.core.errors import Misconfigured
from fediverse_ai.core.limits import POLICY_SETTLE_SECONDS
from generation.policy import Policy, load_policy

FILE = "policy.toml"
"""Its name in the data folder."""

log = structlog.get_logger(__name__)


class PolicyFile:
    """Watches one file by its time, size and inode: a look costs microseconds, so every verdict takes one.

    A change counts once it has rested for a second, so that no half-written file is read. `problem` says why the file
    as it is now is not the one that runs. Without `path`, or before the file is there, the shipped policy runs.
    """

    def __init__(
        self, path: Path | None, clock: Clock, last_good: Policy | None = None, *, must_exist: bool = False
    ) -> None:
        """Raises Misconfigured for a wrong file, unless `last_good` (the last one that ran) can stand in."""
        self.path = path
        self.problem: str | None = None
        self._clock = clock
        self._state = self._look()
        self._changed: tuple[tuple[int, ...] | None, float] | None = None
        try:
            self._policy = load_policy(path if self._state is not None or must_exist else None)
        except Misconfigured as error:
            if last_good is None:
                raise
            self._policy = last_good
            self._complain(error.public)

    def current(self) -> Policy:
        """The running policy. Blocks for a `stat`, and for a read when the file changed."""
        state = self._look()
        if state == self._state:
            self._changed = None
            return self._policy
        now = self._clock.monotonic()
        if self._changed is None or self._changed[0] != state:
            self._changed = (state, now)
        if now - self._changed[1] >= POLICY_SETTLE_SECONDS:
            self._state, self._changed = state, None
            self._take()
        return self._policy

    def _take(self) -> None:
        if self._state is None:
            self._complain(f"The policy file {self.path} is gone.")
            return
        try:
            policy = load_policy(self.path)
        except Misconfigured as error:
            self._complain(error.public)
            return
        self.problem = None
        if policy.digest != self._policy.digest:
            log.warning("policy changed", before=self._policy.version, now=policy.version, file=str(self.path))
            self._policy = policy

    def _complain(self, why: str) -> None:
        self.problem = f"{why} Policy {self._policy.version} goes on."
        log.error("the policy file is not used; the policy before it goes on", why=why, running=self._policy.version)

    def _look(self) -> tuple[int, ...] | None:
        if self.path is None:
            return None
        try:
            found = self.path.stat()
        except OSError:
            return None
        return (found.st_mtime_ns, found.st_size, found.st_ino)


def path_of(config: Config) -> Path:
    """The policy file of a server: the one that is configured, else the data folder's."""
    return Path(config.moderation.policy_file) if config.moderation.policy_file else config.data_dir / FILE


def shipped() -> str:
    """The commented default, as text."""
    return resources.files("generation").joinpath("default_policy.toml").read_text("utf-8")


def write(path: Path, text: str) -> None:
    """Put a policy file in place in one step, readable for its owner alone; the caller has checked it."""
    descriptor, draft = tempfile.mkstemp(prefix=".policy-", dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)
