"""Backups by the server itself: one a day, and one whenever the owner asks for it; a failure is told to the owners."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import TypeVar, cast

from sqlmodel import col, select

from actors import audit
from actors.audit import Subject
from actors.models import Account, Actor
from fediverse_ai import mail
from fediverse_ai.backup import places
from fediverse_ai.backup.create import Made, Wish, create
from fediverse_ai.backup.prune import prune
from fediverse_ai.backup.verify import verify
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, FediverseError, Unavailable, Unprocessable
from fediverse_ai.core.log import get
from fediverse_ai.core.roles import Right, holding
from outbox import notify

log = get(__name__)

EVERY_SECONDS = 60.0
RETRY_MS = 3_600_000
"""After a failure the next try waits an hour."""
DAY_MS = 86_400_000
STOP_SECONDS = 2.0
T = TypeVar("T")


class Backups:
    """A part of the context: the backup that this process makes now, if it does."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._stopping = False

    @property
    def is_running(self) -> bool:
        return self._task is not None and not self._task.done()

    def start(self) -> None:
        """Make one now, beside everything else. Raises Conflict while one is made, by whatever process."""
        if self.is_running or places.is_busy(self._context.config.backup_dir):
            raise Conflict("A backup is being made already.")
        self._task = asyncio.create_task(self._run(), name="backup")

    async def finished(self) -> None:
        """Wait for the one that runs, if one does; who gives up waiting does not end it."""
        if self._task is not None:
            await asyncio.shield(self._task)

    async def stop(self) -> None:
        """Have it end. What it is at is left lying, and removed by the next one."""
        self._stopping = True
        if self._task is not None:
            await asyncio.wait([self._task], timeout=STOP_SECONDS)
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        config, clock = self._context.config, self._context.clock
        try:
            wish = Wish.of(config)
            made = await _beside(lambda: create(config, clock, wish, lambda: self._stopping))
            log.info("backup_made", file=made.path.name, bytes=made.bytes, seconds=round(made.seconds, 1))
            await _beside(lambda: self._look(made))
            chosen = config.backup
            await _beside(lambda: prune(config.backup_dir, chosen.keep_daily, chosen.keep_weekly))
        except (FediverseError, OSError) as error:
            words = error.public if isinstance(error, FediverseError) else str(error)
            log.error("backup_failed", reason=words)
            if not self._stopping:
                try:
                    await self._tell(words)
                except Unavailable as unwritten:  # the disk is full of more than backups
                    log.warning("backup_failure_not_told", detail=unwritten.detail)

    def _look(self, made: Made) -> None:
        """Verify at once what was made: all of the file, and that every picture is there.

        A dump is listed and not loaded: that takes the room of a second database, and is the owner's to ask for.
        """
        config = self._context.config
        report = verify(config, made.path, config.backup.passphrase(), read_pictures=False, load=False)
        places.note_state(config, verified_ms=self._context.clock.now_ms(), problems=report.problems)
        if report.problems:
            raise Unprocessable(f"The backup was made, but is not good: {report.problems[0]}.")

    async def _tell(self, words: str) -> None:
        """One notification a day for each owner and admin, and a line in the audit log."""
        context = self._context
        # What could not even begin is written down nowhere else.
        with suppress(OSError):
            places.note_state(context.config, failed_ms=context.clock.now_ms(), failure=words)
        day = context.clock.now_ms() // DAY_MS
        async with context.database.write() as session:
            query = select(Actor).join(Account, col(Account.actor_id) == col(Actor.id))
            wanted = query.where(col(Account.role).in_(holding(Right.RUN)), col(Account.disabled_ms).is_(None))
            for actor in list(await session.exec(wanted)):
                await notify.tell(session, actor, "backup", f"backup:{day}")
            await mail.tell_owners(session, "notice", {"sentence": words})
            await audit.note(session, None, "backup.failed", Subject("server", 0, "backup"), words)


async def _beside(work: Callable[[], T]) -> T:
    """Run something that takes minutes in a thread that does not keep the process from ending."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[T] = loop.create_future()

    def done(result: T | None, error: BaseException | None) -> None:
        if not future.done():
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(cast(T, result))

    def run() -> None:
        try:
            outcome: tuple[T | None, BaseException | None] = (work(), None)
        except BaseException as error:  # it belongs to whoever waits
            outcome = (None, error)
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(done, *outcome)

    threading.Thread(target=run, name="backup", daemon=True).start()
    return await future


async def due(context: Context) -> None:
    """Clockwork: make today's backup from the configured hour on, if there is none since then."""
    config, backups = context.config, context.part(Backups)
    if not config.backup.enabled or backups.is_running:
        return
    now = context.clock.now()
    now_ms = context.clock.now_ms()
    today = now.replace(hour=config.backup.hour, minute=0, second=0, microsecond=0)
    hour_ms = int((today if today <= now else today - timedelta(days=1)).timestamp() * 1000)
    state = await asyncio.to_thread(places.state_of, config)
    if not state.since_ms:
        # A server that was just set up has nothing to lose yet, and its owner other things to do.
        await asyncio.to_thread(places.note_state, config, since_ms=now_ms)
        return
    tried_lately = state.failed_ms and now_ms - state.failed_ms < RETRY_MS
    if max(state.since_ms, state.made_ms) >= hour_ms or tried_lately:
        return
    try:
        backups.start()
    except Conflict:
        return
    await backups.finished()
