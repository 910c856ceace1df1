"""Training consent: what an author allows their post to be used for, as dated receipts; nothing said means no."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.rows import Row
from fediverse_ai.core.texts import _
from outbox.models import Post, PostState


class Training(StrEnum):
    """What a post may be used for. Nothing is exported yet: the choice is kept for the day on which something could."""

    NO = "no"
    SERVER = "server"
    """Models of this server, and no others."""
    ANYONE = "anyone"


class TrainingConsent(Row, table=True):
    """One receipt: what was chosen for a post, and when. The newest one holds; the older ones stay."""

    __tablename__ = "training_consent"

    id: int = Field(primary_key=True, sa_type=big_id())
    post_id: int = Field(foreign_key="post.id", index=True, sa_type=BigInteger, ondelete="CASCADE")
    choice: str = Training.NO
    created_ms: int = Field(sa_type=BigInteger)


async def choose(session: AsyncSession, author: Actor, post: Post, choice: str) -> None:
    """Write a receipt for another choice than the one that holds; the first is written whatever it says.

    Raises Forbidden for somebody else's post, Conflict for a deleted one, Unprocessable for an unknown word.
    """
    if post.author_id != author.id or not post.local:
        raise Forbidden("This is not your post.")
    if post.state == PostState.DELETED:
        raise Conflict("This post was deleted.")
    if choice not in {item.value for item in Training}:
        raise Unprocessable(_("“%(value)s” cannot be chosen here.") % {"value": choice}, "training consent")
    known = await receipts(session, post.id)
    if known and known[0].choice == choice:
        return
    context = context_of(session)
    made = TrainingConsent(id=context.ids.new(), post_id=post.id, choice=choice, created_ms=context.clock.now_ms())
    session.add(made)
    await session.flush()


async def receipts(session: AsyncSession, post_id: int) -> list[TrainingConsent]:
    """Every receipt of a post, the one that holds first; none means no."""
    query = select(TrainingConsent).where(TrainingConsent.post_id == post_id)
    return list(await session.exec(query.order_by(col(TrainingConsent.id).desc())))
