"""Others' actors refreshed on use and week by week, and what happens to those who are gone."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, exists, or_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries, refresh
from actors.models import Actor, Follow, Key
from actors.refresh import Found
from actors.remote import ChangedKeys
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.log import get
from inbox.handlers.delete import bury_actor
from outbox.belongings import Bookmark, Lineage
from outbox.models import Notification, Post, PostState, Reaction
from outbox.publish import bury

log = get(__name__)

DAY_MS = 86_400_000
# Another name for the people who react, because the author may be an Actor of the query around.
_Reactor: Any = aliased(Actor)


async def used(session: AsyncSession, actor: Actor) -> None:
    """Somebody's activity is being handled: have a look at them if it is a day ago, in a job after this transaction."""
    now = context_of(session).clock.now_ms()
    if refresh.is_stale(actor, now):
        await jobs.enqueue(session, look, [actor.id], once=f"look:{actor.id}:{now // refresh.HOUR_MS}")


@jobs.job(queue="look", attempts=1)
async def look(context: Context, ids: list[int | str]) -> None:
    """Refresh actors; those whose home says that they are gone are buried."""
    for actor_id in ids:
        await _look(context, int(actor_id))


async def _look(context: Context, actor_id: int) -> Found:
    found = await refresh.renew(context, actor_id)
    if found is Found.GONE:
        async with context.database.write() as session:
            actor = await queries.by_id(session, actor_id)
            if actor is not None and not actor.local and actor.deleted_ms is None:
                await bury_actor(session, actor)
                log.info("actor_gone", actor=actor.uri)
    return found


async def look_around(context: Context) -> None:
    """Clockwork: refresh a bounded number of those we deal with; a host that does not answer is asked once a run."""
    silent: set[str] = set()
    skipped: list[int] = []
    for actor_id, host in await refresh.due(context, limits.ACTOR_REFRESHES):
        if host in silent:
            skipped.append(actor_id)
        elif await _look(context, actor_id) is Found.UNREACHABLE:
            silent.add(host)
    if skipped:
        await refresh.mark_missing(context, skipped)


async def retire_missing(context: Context) -> None:
    """Clockwork: take leave of a bounded number of those whom their home has not served for thirty days.

    Follows in both directions end, keys go (whoever comes back is looked at anew, FED-17), and posts that nobody here
    touched are buried. The actor's row stays: the id is theirs when they return.
    """
    before = context.clock.now_ms() - limits.ACTOR_RETIRE_DAYS * DAY_MS
    async with context.database.write() as session:
        for actor in list(await session.exec(_lost(before))):
            log.info("actor_retired", actor=actor.uri, missing_since_ms=actor.missing_since_ms)
            await session.exec(delete(Follow).where(_follows_of(actor.id)))
            for uri in list(await session.exec(select(Key.uri).where(Key.actor_id == actor.id))):
                context.part(ChangedKeys).tell(uri)
            await session.exec(delete(Key).where(col(Key.actor_id) == actor.id))
            for post in list(await session.exec(_untouched(actor.id).limit(limits.RETIRED_POSTS))):
                await bury(session, post)


def _lost(before: int) -> Any:
    something = or_(exists(select(Follow.id).where(_follows_of(Actor.id))), exists(_untouched(Actor.id)))
    return (
        select(Actor)
        .where(col(Actor.local).is_(False), col(Actor.deleted_ms).is_(None), col(Actor.missing_since_ms) < before)
        .where(something)
        .order_by(col(Actor.missing_since_ms))
        .limit(limits.RETIRED_ACTORS)
    )


def _follows_of(actor_id: Any) -> Any:
    return or_(col(Follow.follower_id) == actor_id, col(Follow.followed_id) == actor_id)


def _untouched(author_id: Any) -> Any:
    """Copies of an author's posts that nobody here had anything to do with."""
    return select(Post).where(col(Post.author_id) == author_id, *untouched())


def untouched() -> tuple[Any, ...]:
    """Conditions for copies of others' posts that nobody here answered, quoted, liked, boosted, bookmarked, remixed or
    was told of, and that answer nobody of ours."""
    ours, parent = aliased(Post), aliased(Post)
    answered = select(ours.id).where(
        or_(col(ours.in_reply_to_id) == Post.id, col(ours.quote_uri) == Post.uri), col(ours.local).is_(True)
    )
    answers = select(parent.id).where(col(parent.id) == Post.in_reply_to_id, col(parent.local).is_(True))
    reacted = (
        select(Reaction.id)
        .join(_Reactor, col(Reaction.actor_id) == col(_Reactor.id))
        .where(Reaction.post_id == Post.id, col(_Reactor.local).is_(True))
    )
    kept = select(Bookmark.id).where(Bookmark.post_id == Post.id)
    remixed = select(Lineage.id).where(or_(col(Lineage.parent_id) == Post.id, col(Lineage.post_id) == Post.id))
    told = select(Notification.id).where(Notification.post_id == Post.id)
    touched = (answered, answers, reacted, kept, remixed, told)
    return (col(Post.local).is_(False), Post.state == PostState.PUBLISHED, *(~exists(one) for one in touched))
