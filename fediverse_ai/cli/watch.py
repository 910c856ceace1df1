"""Follow one post from waiting to its end, with its progress shown."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fediverse_ai.core.context import Context

POLL_SECONDS = 0.1

EXIT_CODES = {"published": 0, "scheduled": 0, "held": 3, "refused": 4, "waiting": 5}
"""Every other state, such as `failed`, is 1."""


@dataclass(frozen=True)
class Sight:
    """What one look at a post saw. `words` and `fraction` are its progress while it waits."""

    id: int
    state: str
    url: str
    uri: str
    words: str = ""
    fraction: float | None = None
    reason: str | None = None
    rule: str | None = None
    pictures: tuple[dict[str, Any], ...] = field(default=())

    def facts(self) -> dict[str, Any]:
        """For --json."""
        return {
            "id": str(self.id),
            "state": self.state,
            "url": self.url,
            "uri": self.uri,
            "rule": self.rule,
            "reason": self.reason,
            "pictures": list(self.pictures),
        }

    def sentence(self) -> str:
        """What became of it, for people."""
        match self.state:
            case "published":
                return f"Published: {self.url}"
            case "scheduled":
                return "Checked; it is posted when its time comes."
            case "held":
                return f"Held for a moderator{self._why()}"
            case "refused":
                return f"Refused{self._why()}"
            case "failed":
                return f"Failed{self._why()}"
            case _:
                return f"Waiting ({self.words or 'in the queue'}): {self.url}"

    def _why(self) -> str:
        rule = f" by the rule {self.rule}" if self.rule else ""
        return f"{rule}: {self.reason}" if self.reason else f"{rule}."


async def look(context: Context, post_id: int) -> Sight:
    """The post as its row says now. Raises Missing when it is gone."""
    from sqlmodel import col, select

    from fediverse_ai.core.errors import Missing
    from outbox.models import Attachment, Post

    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        if post is None:
            raise Missing("The post is gone.")
        query = select(Attachment).where(Attachment.post_id == post_id).order_by(col(Attachment.position))
        pictures = [
            {
                "url": context.storage.url(row.file) if row.file else row.url,
                "alt": row.alt,
                "alt_draft": row.alt_draft,
                "width": row.width,
                "height": row.height,
                "notes": list((row.recipe or {}).get("notes", [])),
            }
            for row in await session.exec(query)
        ]
    progress = post.progress or {}
    return Sight(
        id=post.id,
        state=str(post.state),
        url=post.url or post.uri,
        uri=post.uri,
        words=str(progress.get("words") or ""),
        fraction=progress.get("fraction"),
        reason=post.reason,
        rule=post.rule,
        pictures=tuple(pictures),
    )


async def until_settled(
    context: Context, post_id: int, seconds: float | None, on_change: Callable[[Sight], None]
) -> Sight:
    """Look until the post no longer waits or `seconds` have passed; `on_change` sees every new state and progress."""
    ends = None if seconds is None else context.clock.monotonic() + seconds
    last: Sight | None = None
    while True:
        now = await look(context, post_id)
        if now != last:
            on_change(now)
            last = now
        if now.state != "waiting" or (ends is not None and context.clock.monotonic() >= ends):
            return now
        await asyncio.sleep(POLL_SECONDS)


class Bar:
    """A progress bar on a terminal; where there is none, a line for each new sentence."""

    def __init__(self, *, silent: bool = False) -> None:
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        from fediverse_ai.cli import console

        self._terminal = console.terminal()
        self._silent = silent
        self._said = ""
        self._bar = Progress(
            TextColumn("   {task.description}", markup=False),
            BarColumn(bar_width=32),
            TimeElapsedColumn(),
            console=self._terminal,
            transient=False,
            disable=silent or not self._terminal.is_terminal,
        )
        self._task = self._bar.add_task("in the queue", total=None)

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.stop()

    def show(self, sight: Sight) -> None:
        """Draw what was seen."""
        done = sight.state != "waiting"
        words = sight.state if done else sight.words or "in the queue"
        if done:
            self._bar.update(self._task, description=words, total=1.0, completed=1.0)
        elif sight.fraction is None:
            self._bar.update(self._task, description=words)
        else:
            self._bar.update(self._task, description=words, total=1.0, completed=sight.fraction)
        if not self._silent and not self._terminal.is_terminal and words != self._said:
            percent = f" {sight.fraction:.0%}" if sight.fraction is not None and not done else ""
            self._terminal.print(f"   {words}{percent}")
            self._said = words
