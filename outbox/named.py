"""What a client's activity names, found in our tables, and what was sent about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Actor
from fediverse_ai.activitypub import document
from fediverse_ai.core.errors import Gone, Missing
from outbox.models import Activity, Post, PostState
from outbox.queries import by_uri
from outbox.visibility import may_see

Json = dict[str, Any]
NO_POST = "There is no such post."
NO_ACTOR = "There is no such person."
NOTHING = "There is nothing like this to take back."


@dataclass(frozen=True, slots=True)
class Done:
    """The activity as it stands, whole, with its id. Not `new` when the same had been asked before."""

    activity: Json
    new: bool = True


async def post_of(session: AsyncSession, actor: Actor, uri: str | None) -> Post:
    """A post by its id, as far as this person may know of it: what they may not see is missing (VIS-03)."""
    post = await by_uri(session, uri) if uri else None
    if post is None:
        raise Missing(NO_POST)
    if post.author_id == actor.id and post.state == PostState.DELETED:
        raise Gone("This post was deleted.")
    if not await may_see(session, actor, post):
        raise Missing(NO_POST)
    return post


async def actor_of(session: AsyncSession, uri: str | None) -> Actor:
    found = await queries.by_uri(session, uri) if uri else None
    if found is None:
        raise Missing(NO_ACTOR)
    return found


async def latest(session: AsyncSession, actor: Actor, kind: str, object_uri: str | None) -> Json | None:
    """The newest activity of this kind that the actor sent about an object."""
    query = select(Activity.body).where(Activity.actor_id == actor.id, Activity.type == kind)
    query = query.where(Activity.object_uri == object_uri).order_by(col(Activity.id).desc()).limit(1)
    body = (await session.exec(query)).first()
    return document.parse(body) if body is not None else None


async def done(session: AsyncSession, actor: Actor, kind: str, object_uri: str | None) -> Done:
    """What a verb has just sent."""
    sent = await latest(session, actor, kind, object_uri)
    if sent is None:
        raise LookupError(f"no {kind} of {object_uri} was recorded")
    return Done(sent)


async def by_id(session: AsyncSession, model: Any, uri: str | None) -> Any:
    return (await session.exec(select(model).where(model.uri == uri))).first() if uri else None
