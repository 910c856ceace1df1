"""Lately: something of the database that every request asks for, as of a moment ago."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context
from fediverse_ai.core.database import after_commit, when_durable
from fediverse_ai.core.errors import Unavailable

T = TypeVar("T")


class Lately(Generic[T]):
    """A value that `read` finds, `seconds` old at most; however many ask when it is too old, one of them looks.

    `known` is the last one, and `first` before there is any.
    """

    def __init__(
        self, context: Context, seconds: float, read: Callable[[AsyncSession], Awaitable[T]], first: T
    ) -> None:
        self.known = first
        self._context, self._seconds, self._read = context, seconds, read
        self._looked: float | None = None
        self._times_forgotten = self._looks = self._kept = self._failures = 0
        self._looking = asyncio.Lock()

    async def now(self, session: AsyncSession | None = None) -> T:
        """The value; read by `session` where there is one already."""
        if not self._is_old():
            return self.known
        if session is not None:
            return await self._look(session)
        failures = self._failures
        async with self._looking:
            if self._failures != failures:
                # Or they would wait one after another, each for a look of their own that fails too.
                raise Unavailable("The server is busy; please try again.", "the look that this one waited for failed")
            if not self._is_old():
                return self.known
            try:
                async with self._context.database.read() as own:
                    return await self._look(own)
            except Exception:
                self._failures += 1
                raise

    def changes(self, session: AsyncSession) -> None:
        """What this session changes is looked at anew: by itself from now on, by everybody from its commit on."""
        self.forget()
        after_commit(session, self.forget)

    def forget(self) -> None:
        """The next one who asks looks; whoever is just looking may be looking at what was there before."""
        self._looked = None
        self._times_forgotten += 1

    def _is_old(self) -> bool:
        return self._looked is None or self._context.clock.monotonic() - self._looked > self._seconds

    async def _look(self, session: AsyncSession) -> T:
        """What a session finds now. It is kept unless a later look was quicker; of one that writes, once it is so."""
        self._looks += 1
        look, began, forgotten = self._looks, self._context.clock.monotonic(), self._times_forgotten
        found = await self._read(session)

        def keep() -> None:
            if look > self._kept:
                self.known, self._kept = found, look
                if forgotten == self._times_forgotten:
                    self._looked = began

        when_durable(session, keep)
        return found
