"""The reader's dial for pictures made by AI: show, label, dim or hide; and the one condition by which lists obey it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, exists, func, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from outbox.labels import AI_ORIGINS
from outbox.models import Attachment, Post
from outbox.preferences import carries_ai
from outbox.shelves import ReaderDial
from outbox.unwanted import unwanted_by


class Dial(StrEnum):
    """What one of our people wants to see of others' AI pictures (PieFed has the same four)."""

    SHOW = "show"
    """Like every other picture. The label stays where the post itself carries it."""
    LABEL = "label"
    """With the label beside each picture in every list."""
    DIM = "dim"
    """Behind a cover that says so, until it is lifted."""
    HIDE = "hide"
    """Not in any list. Who opens the post or its author's page finds it, covered."""


DEFAULT = Dial.LABEL


async def dial_of(session: AsyncSession, actor_id: int | None) -> Dial:
    """The choice of one of our people; the default for strangers and for who never chose."""
    row = await session.get(ReaderDial, actor_id) if actor_id is not None else None
    return Dial(row.ai) if row is not None else DEFAULT


async def set_dial(session: AsyncSession, actor_id: int, value: str) -> None:
    """Raises Unprocessable for a word that is none of the four."""
    if value not in set(Dial):
        raise Unprocessable("Choose one of: show, label, dim, hide.", f"dial {value[:20]!r}")
    row = await session.get(ReaderDial, actor_id) or ReaderDial(actor_id=actor_id, ai=value)
    row.ai, row.chosen_ms = value, context_of(session).clock.now_ms()
    session.add(row)
    await session.flush()


def covers(chosen: Dial, reader_id: int | None, author_id: int, pictures: Sequence[Attachment]) -> bool:
    """Does this choice cover these pictures where they are shown at all? One's own never; for strangers none."""
    if chosen not in (Dial.DIM, Dial.HIDE) or reader_id is None or reader_id == author_id:
        return False
    return carries_ai(pictures)


def of_ai(post_id: Any) -> Any:
    """A condition: a picture of the post with this id is AI's work, by our record or by what its server says."""
    said = func.lower(col(Attachment.digital_source_type))
    return exists(
        select(Attachment.id).where(
            Attachment.post_id == post_id,
            or_(col(Attachment.origin).in_(sorted(AI_ORIGINS)), said.like("%algorithmicmedia")),
        )
    )


def hidden_from(reader_id: int) -> Any:
    """A condition on Post: the reader's dial keeps it out of lists. One's own posts are never hidden."""
    chosen = exists(select(ReaderDial.actor_id).where(ReaderDial.actor_id == reader_id, ReaderDial.ai == Dial.HIDE))
    return and_(chosen, col(Post.author_id) != reader_id, of_ai(Post.id))


def unwelcome(reader_id: int, now_ms: int) -> Any:
    """A condition on Post: the reader muted its author or silenced their server, or the dial hides it."""
    return or_(unwanted_by(reader_id, col(Post.author_id), now_ms), hidden_from(reader_id))
