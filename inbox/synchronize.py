"""FEP-8fcf, receiving side: when a server's view of its followers here differs from ours, both are mended."""

from __future__ import annotations

from cachetools import TTLCache
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import follows, queries, restorations
from actors.authentication import Sender
from actors.models import Actor, Follow, FollowState
from actors.remote import RemoteActors
from fediverse_ai.activitypub import document, synchronization
from fediverse_ai.core import jobs, limits, urls
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Elsewhere, Malformed
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from outbox import activities, follow

log = get(__name__)


class Comparisons:
    """Which senders were compared lately: their header comes with every delivery, once an hour is enough."""

    def __init__(self, context: Context) -> None:
        self.done: TTLCache[str, bool] = TTLCache(
            limits.KNOWN_KEYS, limits.SYNCHRONIZE_SECONDS, timer=context.clock.monotonic
        )


async def compare(context: Context, header: str, sender: Sender) -> None:
    """Compare the digest of a verified delivery with our rows; a difference becomes a job. Never raises."""
    comparisons = context.part(Comparisons)
    if sender.actor_uri in comparisons.done:
        return
    comparisons.done[sender.actor_uri] = True
    try:
        theirs = synchronization.parse_header(header, sender.actor_uri)
    except Malformed as error:
        log.info("synchronization_ignored", actor=sender.actor_uri, detail=error.detail)
        return
    async with context.database.read() as session:
        ours = [uri for uri, _ in await _local_followers(session, sender.actor_id)]
    if synchronization.digest(ours) == theirs.digest:
        return
    async with context.database.write() as session:
        await jobs.enqueue(session, synchronize, [sender.actor_id, theirs.url, theirs.digest])


async def _local_followers(session: AsyncSession, actor_id: int) -> list[tuple[str, int]]:
    query = (
        select(Actor.uri, Actor.id)
        .join(Follow, col(Follow.follower_id) == col(Actor.id))
        .where(Follow.followed_id == actor_id, Follow.state == FollowState.ACCEPTED, col(Actor.local).is_(True))
    )
    return list(await session.exec(query))


@jobs.job(queue="in")
async def synchronize(context: Context, ids: list[int | str]) -> None:
    """Fetch whom the server believes to follow from here; rows it does not list go, what we do not know is undone.

    Only by a list that has the announced digest: one that is hidden, paged or cut off does not say who is missing.
    """
    actor_id, url, digest = int(ids[0]), str(ids[1]), str(ids[2])
    budget = Budget(fetches=2, seconds=limits.FETCH_ACTIVITY_SECONDS, clock=context.clock)
    try:
        found = (await context.part(RemoteActors).fetcher.document(url, budget=budget)).document
    except Elsewhere as error:
        log.info("synchronization_failed", url=url, detail=error.detail)
        return
    items = document.as_list(found.get("orderedItems"), limits.JSON_ARRAY_ITEMS)
    items += document.as_list(found.get("items"), limits.JSON_ARRAY_ITEMS)
    home = context.config.public_url
    listed = {uri for item in items if (uri := document.id_of(item)) and urls.same_origin(uri, home)}
    if synchronization.digest(listed) != digest:
        log.info("synchronization_failed", url=url, detail="the list is not the one that was announced")
        return
    async with context.database.write() as session:
        await _mend(session, actor_id, listed)


async def _mend(session: AsyncSession, actor_id: int, listed: set[str]) -> None:
    target = await queries.by_id(session, actor_id)
    if target is None or target.local:
        return
    ours = dict(await _local_followers(session, actor_id))
    for uri in set(ours) - listed:
        await follows.remove(session, ours[uri], actor_id)
        log.info("follow_removed_by_synchronization", follower=uri, followed=target.uri)
    unknown = await queries.by_uris(session, listed - set(ours))
    for follower in unknown.values():
        pending = await queries.follow_of(session, follower.id, actor_id)
        if pending is None and await restorations.is_behind(session):
            # Asked for after the backup that this server was restored from: they know better.
            await follows.add(session, follower, target, activities.new_uri(context_of(session)), FollowState.ACCEPTED)
        elif pending is None:
            await follow.disown(session, follower, target)
        else:
            # Its Accept was lost on the way.
            await follows.settle(session, pending, FollowState.ACCEPTED)
