"""Whom of our people an activity names, ours or received: what a personal inbox lists beside those followed."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.database import big_id
from fediverse_ai.core.rows import Row
from outbox.models import Post


class Addressed(Row, table=True):
    """One activity that is for one of our people by name. The activity is found by its id, wherever it is kept."""

    __tablename__ = "addressed"
    __table_args__ = (UniqueConstraint("actor_id", "activity_uri"), Index("ix_addressed_uri", "activity_uri"))

    id: int = Field(primary_key=True, sa_type=big_id())
    actor_id: int = Field(foreign_key="actor.id", sa_type=BigInteger, ondelete="CASCADE")
    activity_uri: str


async def note(session: AsyncSession, activity_uri: str, uris: Iterable[str], *, but: int | None = None) -> None:
    """Remember whom of ours these ids mean: our people themselves, or the authors of our posts; never `but`."""
    context = context_of(session)
    ours = {uri for uri in uris if urls.same_origin(uri, context.config.public_url)}
    if not ours:
        return
    people = set(await session.exec(select(Actor.id).where(col(Actor.uri).in_(ours), col(Actor.local).is_(True))))
    people |= set(await session.exec(select(Post.author_id).where(col(Post.uri).in_(ours), col(Post.local).is_(True))))
    known = set(await session.exec(select(Addressed.actor_id).where(Addressed.activity_uri == activity_uri)))
    for actor_id in sorted(people - known - {but}):
        session.add(Addressed(id=context.ids.new(), actor_id=actor_id, activity_uri=activity_uri))
    await session.flush()
