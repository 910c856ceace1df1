"""The clockwork that looks after room: rows that only tell what happened, files without a row, a disk that fills."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import and_, delete, exists, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import local, rules
from actors.models import Actor, Follow, Key, SignInTries
from fediverse_ai import disk, orphans
from fediverse_ai.core import limits, observations, room
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import NoRoom
from fediverse_ai.core.jobs import Clockwork
from fediverse_ai.core.log import get
from fediverse_ai.core.nodes import SEQUENCE_BITS
from fediverse_ai.core.observations import Observation
from fediverse_ai.remote_media import RemoteMedia
from inbox import quotes, retire
from inbox.models import Received, Tombstone
from outbox.addressed import Addressed
from outbox.models import Activity, Delivery, Post, PostState, Reaction

log = get(__name__)

HOUR = 3600.0
HOUR_MS = 3_600_000
DAY_MS = 86_400_000
RUN, PLACE = "housekeeping.", "orphans"
"""Names of observations: what an hour's run dropped, and behind which file the next look begins."""
SETTLED = ("delivered", "given_up", "withheld")
OPEN = ("pending", "lane")


async def _drop(context: Context, model: Any, key: Any, condition: Any, rows: int | None = None) -> int:
    """Delete at most TIDIED_ROWS rows, or `rows`, the oldest first, in a transaction of their own."""
    some = select(key).where(condition).order_by(key).limit(rows or limits.TIDIED_ROWS)
    async with context.database.write() as session:
        result = await session.exec(delete(model).where(key.in_(some)))
    if result.rowcount:
        log.info("tidied", table=model.__tablename__, rows=result.rowcount)
    return int(result.rowcount)


def _days_ago(context: Context, days: int) -> int:
    return context.clock.now_ms() - days * DAY_MS


async def forget_received(context: Context) -> int:
    """Handled activities after RECEIVED_DAYS. What they did stays by its natural keys, a replay fails by its date."""
    before = _days_ago(context, limits.RECEIVED_DAYS)
    handled = and_(col(Received.state) != "stored", col(Received.received_ms) < before)
    return await _drop(context, Received, col(Received.id), handled)


async def forget_addressed(context: Context) -> int:
    """For whom an activity was, once it is forgotten itself: received ones at this age, ours with their object."""
    before = _days_ago(context, limits.RECEIVED_DAYS) << SEQUENCE_BITS
    kept = exists(select(Activity.id).where(col(Activity.uri) == Addressed.activity_uri))
    return await _drop(context, Addressed, col(Addressed.id), and_(col(Addressed.id) < before, ~kept))


async def forget_tombstones(context: Context) -> int:
    """Those with an end that is past; a stone of something that was here stands for ever."""
    return await _drop(context, Tombstone, col(Tombstone.uri), col(Tombstone.until_ms) < context.clock.now_ms())


async def forget_deliveries(context: Context) -> int:
    """Deliveries that ended DELIVERY_DAYS ago, one way or the other.

    Where a post that is not public went stays known as long as the post: its readers' servers may report it.
    """
    before = _days_ago(context, limits.DELIVERY_DAYS)
    private = exists(
        select(Activity.id).where(
            Activity.id == Delivery.activity_id, Activity.type == "Create", col(Activity.public).is_(False)
        )
    )
    ended = and_(col(Delivery.state).in_(SETTLED), col(Delivery.done_ms) < before)
    over = and_(ended, or_(col(Delivery.state) != "delivered", ~private))
    return await _drop(context, Delivery, col(Delivery.id), over)


async def forget_activities(context: Context) -> int:
    """Our old activities whose object is gone: posts deleted, reactions and follows undone, answers given.

    While the object lives its activity is served under its id, and embedded by the Undo that ends it.
    """
    before = _days_ago(context, limits.ACTIVITY_DAYS)
    post = exists(select(Post.id).where(col(Post.uri) == Activity.object_uri, Post.state == PostState.PUBLISHED))
    reaction = exists(select(Reaction.id).where(col(Reaction.uri) == Activity.uri))
    follow = exists(select(Follow.id).where(col(Follow.uri) == Activity.uri))
    waits = exists(select(Delivery.id).where(col(Delivery.activity_id) == Activity.id, col(Delivery.state).in_(OPEN)))
    kind = col(Activity.type)
    over = or_(
        and_(kind.in_(("Create", "Update")), ~post),
        and_(kind.in_(("Like", "Announce")), ~reaction),
        and_(kind == "Follow", ~follow),
        kind.in_(("Accept", "Reject", "Undo", "Delete")),
    )
    condition = and_(col(Activity.created_ms) < before, over, ~waits)
    return await _drop(context, Activity, col(Activity.id), condition)


async def forget_tries(context: Context) -> int:
    """Tries to sign in that are a day old."""
    before = context.clock.now_ms() - int(limits.SIGN_IN_FORGIVEN_SECONDS * 1000)
    old = and_(col(SignInTries.since_ms) < before, col(SignInTries.until_ms) < before)
    return await _drop(context, SignInTries, col(SignInTries.key), old)


async def forget_posts(context: Context) -> int:
    """Copies of others' posts that came REMOTE_POST_DAYS ago and that nobody here had anything to do with.

    Not buried but forgotten: who needs one again, in a thread for example, fetches it.
    """
    before = _days_ago(context, limits.REMOTE_POST_DAYS)
    old = and_(col(Post.created_ms) < before, *retire.untouched())
    return await _drop(context, Post, col(Post.id), old, limits.FORGOTTEN_POSTS)


async def forget_keys(context: Context) -> int:
    """Keys of ours that were replaced ROTATION_SECONDS ago, with their private parts; documents no longer name them."""
    before = context.clock.now_ms() - int(limits.ROTATION_SECONDS * 1000)
    over = col(Key.retired_ms) < before
    async with context.database.write() as session:
        query = select(Actor).where(col(Actor.id).in_(select(Key.actor_id).where(over)))
        actors = list(await session.exec(query.limit(limits.TIDIED_ROWS)))
        dropped = await session.exec(delete(Key).where(over, col(Key.actor_id).in_([actor.id for actor in actors])))
        for actor in actors:
            await local.render(session, actor)
    return int(dropped.rowcount)


async def forget_jobs(context: Context) -> int:
    """Jobs that are finished, by the job engine's own rules; its clockwork does the same every ten minutes."""
    return await context.jobs.purge() if context.jobs.runs else 0


async def forget_copies(context: Context) -> int:
    """Copies of others' pictures that are too old, too many, or of what is gone."""
    return (await context.part(RemoteMedia).prune()).copies


async def forget_files(context: Context) -> int:
    """Files of ours that no row names, ORPHAN_FILES looked at; the next run goes on behind them."""
    async with context.database.read() as session:
        known = await observations.get(session, PLACE)
    found, last = await orphans.sweep(context, str(known.value["after"]) if known else "", limits.ORPHAN_FILES)
    async with context.database.write() as session:
        await observations.put(session, PLACE, {"after": last})
    return len(found.files)


# In turn: deliveries before the activities that they belong to, rows before the files that they name.
STEPS = {
    "received": forget_received,
    "addressed": forget_addressed,
    "tombstones": forget_tombstones,
    "deliveries": forget_deliveries,
    "activities": forget_activities,
    "keys": forget_keys,
    "tries": forget_tries,
    "posts": forget_posts,
    "jobs": forget_jobs,
    "copies": forget_copies,
    "files": forget_files,
}


async def forget(context: Context) -> dict[str, int]:
    """Everything above, in turn; gives how many of each went, and remembers it for RUN_DAYS."""
    began, now = context.clock.monotonic(), context.clock.now_ms()
    dropped = {}
    for name, step in STEPS.items():
        try:
            number = await step(context)
        except NoRoom as error:
            # Deleting rows takes room too; deleting files further down makes some.
            log.warning("housekeeping_without_room", step=name, detail=error.detail)
            continue
        if number:
            dropped[name] = number
    await disk.sample(context)
    name, seconds = f"{RUN}{now // HOUR_MS:08}", round(context.clock.monotonic() - began, 1)
    async with context.database.write() as session:
        # A server that was started again runs it twice in an hour, and both are told together.
        known = await observations.get(session, name)
        counted = Counter(known.value["dropped"] if known is not None else {}) + Counter(dropped)
        await observations.put(session, name, {"dropped": dict(counted), "seconds": seconds})
        await observations.forget(session, RUN, now - limits.RUN_DAYS * DAY_MS)
    return dropped


async def runs(session: AsyncSession) -> list[Observation]:
    """The runs of the last RUN_DAYS, the oldest first: {dropped: {what: number}, seconds}."""
    return await observations.named(session, RUN)


async def watch_disk(context: Context) -> None:
    """Say so when room gets short, and give up copies of others' pictures until there is enough again."""
    if not room.short(context.config):
        return
    swept = await context.part(RemoteMedia).prune()
    every_ten_minutes = context.clock.now_ms() / 1000 % 600 < limits.DISK_WATCH_SECONDS
    if swept.copies or every_ten_minutes:
        free = room.free_bytes(context.config.data_dir)
        log.warning("disk_nearly_full", free=free, copies_given_up=swept.copies, bytes=swept.bytes)


async def renew_rules(context: Context) -> None:
    """What a crash in the middle of a change of rules left undone."""
    await rules.renew(context)


async def _forget(context: Context) -> None:
    await forget(context)


CLOCKWORK = [
    Clockwork("actors.renew_rules", HOUR, renew_rules),
    Clockwork("housekeeping.forget", HOUR, _forget),
    Clockwork("disk.watch", limits.DISK_WATCH_SECONDS, watch_disk),
    Clockwork("actors.look_around", HOUR, retire.look_around),
    Clockwork("quotes.recheck", HOUR, quotes.recheck),
    Clockwork("actors.retire_missing", HOUR, retire.retire_missing),
]
