"""After a restore: what needs other servers is settled with them, some of it in each minute, until it is done.

Follows that the list beside the backup tells of, by people whom the backup does not know, are looked up at their
homes. Follows by ours that were not granted yet are asked for once more; all of them, where there was no list.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import exists
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import policy, queries, remote, restorations
from actors.models import Actor, Follow, FollowState
from actors.restorations import Restoration
from fediverse_ai.backup import replay
from fediverse_ai.backup.afterwards import Entry
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import FediverseError
from fediverse_ai.core.http import Budget
from fediverse_ai.core.log import get
from fediverse_ai.core.nodes import SEQUENCE_BITS
from outbox import follow
from outbox.models import Activity

log = get(__name__)

EVERY_SECONDS = 60.0


async def reconcile(context: Context) -> None:
    """Clockwork: one step of it, while a restore is not settled with others."""
    async with context.database.read() as session:
        restored = await restorations.latest(session)
    if restored is None or restored.reconciled_ms is not None:
        return
    todo, later = restored.follows[: limits.RECONCILED_FOLLOWS], restored.follows[limits.RECONCILED_FOLLOWS :]
    again = [entry for entry in todo if not await _bring(context, entry)]
    async with context.database.write() as session:
        row = await session.get_one(Restoration, restored.id)
        row.follows = later + again
        asked = await _ask(session, row)
        if not row.follows and not asked:
            row.reconciled_ms = context.clock.now_ms()
            log.info("restore_reconciled", backup=row.backup)
        session.add(row)


async def _bring(context: Context, entry: dict[str, Any]) -> bool:
    """Do an entry whose actor has to be asked for; True when nothing is left to do about it."""
    tries = int(entry.pop("tries", 0)) + 1
    said = Entry(**entry)
    try:
        for _ in range(2):
            try:
                async with context.database.write() as session:
                    await replay.apply(session, said)
                return True
            except replay.Unknown as unknown:
                await remote.ensure(context, unknown.uri, Budget(clock=context.clock))
    except FediverseError as error:
        log.info("restore_cannot_ask", entry=said.kind, who=said.who, whom=said.whom, detail=error.detail)
    entry["tries"] = tries
    return tries >= limits.RECONCILED_TRIES


async def _ask(session: AsyncSession, row: Restoration) -> int:
    """Ask again for some follows by ours; how many."""
    who, whom = aliased(Actor), aliased(Actor)
    query: Any = (
        select(Follow.id).join(who, col(who.id) == Follow.follower_id).join(whom, col(whom.id) == Follow.followed_id)
    )
    query = query.where(who.local, ~whom.local, col(Follow.id) > row.asked_id)
    # What our people ask for since needs no second asking.
    since = col(Activity.id) >= row.floor_ms << SEQUENCE_BITS
    query = query.where(~exists(select(Activity.id).where(col(Activity.uri) == Follow.uri, since)))
    if row.complete:
        query = query.where(col(Follow.state) == FollowState.PENDING)
    ids = list(await session.exec(query.order_by(col(Follow.id)).limit(limits.RECONCILED_FOLLOWS)))
    for follow_id in ids:
        asked = await session.get_one(Follow, follow_id)
        actor, target = await queries.by_id(session, asked.follower_id), await queries.by_id(session, asked.followed_id)
        if actor is not None and target is not None and policy.living(actor) and policy.living(target):
            await follow.ask_again(session, asked, actor, target)
        row.asked_id = follow_id
    return len(ids)
