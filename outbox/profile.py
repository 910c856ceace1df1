"""Edit a profile, replace its keys, and tell the followers."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import keys, local, policy, queries
from actors.models import Actor, Follow, FollowState
from actors.served import ServedDocuments
from fediverse_ai.activitypub import document
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from outbox import activities, follow, links
from outbox.models import Activity
from outbox.send import send


async def edit(session: AsyncSession, actor: Actor, changes: dict[str, Any]) -> None:
    """Change a local actor (see `actors.local.edit`) and send an Update with the whole actor to its followers.

    At once; of several changes in PROFILE_PAUSE_SECONDS the later ones together, at its end.
    """
    await local.edit(session, actor, changes)
    if "fields" in changes:
        await links.look_again(session, actor)
    context = context_of(session)
    told = select(Activity).where(Activity.object_uri == actor.uri, Activity.type == "Update")
    last = (await session.exec(told.order_by(col(Activity.id).desc()).limit(1))).first()
    rest = limits.PROFILE_PAUSE_SECONDS - (context.clock.now_ms() - last.created_ms) / 1000 if last is not None else 0.0
    if last is None or rest <= 0:
        await _tell(session, actor, await queries.follower_inboxes(session, actor.id))
        return
    context.part(ServedDocuments).changes(session)
    await jobs.enqueue(session, tell_later, [actor.id], delay=rest, once=f"profile:{actor.id}:{last.id}")


@jobs.job(queue="out")
async def tell_later(context: Context, ids: list[int | str]) -> None:
    """Send the actor as it is now: what was changed since its last Update."""
    async with context.database.write() as session:
        actor = await queries.by_id(session, int(ids[0]))
        if actor is not None and actor.local and policy.living(actor):
            await _tell(session, actor, await queries.follower_inboxes(session, actor.id))


async def renew(session: AsyncSession, actor: Actor) -> None:
    """Render a local actor whose row was changed, and tell its followers without any pause."""
    await local.render(session, actor)
    await _tell(session, actor, await queries.follower_inboxes(session, actor.id))


async def let_everybody_in(session: AsyncSession, actor: Actor) -> None:
    """Nobody has to wait any more: pending followers are let in, but for those of limited servers, who always wait."""
    waiting = select(Follow).where(Follow.followed_id == actor.id, Follow.state == FollowState.PENDING)
    rows = list(await session.exec(waiting))
    people = await queries.by_ids(session, [row.follower_id for row in rows])
    for row in rows:
        follower = people.get(row.follower_id)
        if follower is not None and follower.severity is None:
            await follow.approve(session, row, follower, actor)


async def rotate_keys(session: AsyncSession, actor: Actor, *, leaked: bool = False) -> None:
    """Give a local actor new keys: published at once, and told in an Update that the old key signs (ActivityPub peers
    remember keys). Everything else is signed by the new one; the old one is forgotten after ROTATION_SECONDS.

    Until then who reads `assertionMethod` still takes what the old keys signed, unless they are `leaked`. Nobody
    follows the server's own actor, which signs our requests everywhere: everybody who follows one of ours hears.
    """
    old = await keys.rotate(session, actor, leaked=leaked)
    await local.render(session, actor)
    instance = actor.kind == "Application"
    inboxes = queries.our_followers_inboxes(session) if instance else queries.follower_inboxes(session, actor.id)
    await _tell(session, actor, await inboxes, key_uri=old.uri)


async def _tell(session: AsyncSession, actor: Actor, inboxes: set[str], key_uri: str | None = None) -> None:
    context = context_of(session)
    assert actor.document is not None
    body = activities.update_actor(context, actor, document.parse(actor.document))
    await send(session, actor, body, inboxes, object_uri=actor.uri, key_uri=key_uri)
    context.part(ServedDocuments).changes(session)
