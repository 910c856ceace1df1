"""Measures that hold now, for the verbs that heed them: who may not post, what is covered, what the gallery omits."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Forbidden
from fediverse_ai.core.texts import _
from outbox.models import Post
from outbox.records import Measure


async def in_force(session: AsyncSession, actor_id: int, kind: str, post_id: int | None = None) -> Measure | None:
    """The measure of this kind that holds for a person, or for one of their posts."""
    query = select(Measure).where(Measure.actor_id == actor_id, Measure.kind == kind, col(Measure.undone_ms).is_(None))
    if post_id is not None:
        query = query.where(Measure.post_id == post_id)
    return (await session.exec(query)).first()


async def require_posting(session: AsyncSession, author: Actor) -> None:
    """Raises Forbidden for somebody who may not post for now, with where they read why."""
    made = await in_force(session, author.id, "freeze")
    if made is not None:
        url = statement_url(context_of(session).config.public_url, made)
        raise Forbidden(
            _("This account may not post for now. Why, and what you can do: %(url)s") % {"url": url},
            f"freeze {made.id}",
        )


async def suspension_of(session: AsyncSession, username: str) -> Measure | None:
    """The measure by which somebody of ours is suspended."""
    named = select(Actor).where(Actor.username_lower == username, col(Actor.local).is_(True))
    actor = (await session.exec(named)).first()
    return await in_force(session, actor.id, "suspend") if actor is not None else None


def frozen(actor_column: Any) -> Any:
    """A condition: this author may not post for now."""
    return exists(
        select(Measure.id).where(
            Measure.actor_id == actor_column, Measure.kind == "freeze", col(Measure.undone_ms).is_(None)
        )
    )


def off_gallery() -> Any:
    """A condition on Post: a moderator took it off the gallery."""
    return exists(
        select(Measure.id).where(
            Measure.post_id == Post.id, Measure.kind == "off-gallery", col(Measure.undone_ms).is_(None)
        )
    )


def statement_url(public_url: str, made: Measure) -> str:
    """Where the person reads the reasons and may object."""
    return f"{public_url}/statements/{made.secret}"
