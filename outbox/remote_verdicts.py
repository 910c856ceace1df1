"""Pictures of other servers before the gate: what it refuses is not shown from here, what it holds is covered."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Sequence

from cachetools import LRUCache
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.log import get
from generation.pipeline import Pipeline
from generation.types import Decision, Item, Verdict
from outbox.judging import record
from outbox.models import Judgement, Post

log = get(__name__)

STOPPED = (Decision.HOLD, Decision.REFUSE)


class RemoteVerdicts:
    """Asks the gate about copies, one after another: pictures of our own people come first, and none is asked twice.

    A verdict is of these bytes and of this policy; either one changed, the picture is judged again (MED-16).
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self._known: LRUCache[tuple[str, str], Verdict] = LRUCache(limits.REMOTE_VERDICTS)
        self._places = asyncio.Semaphore(limits.REMOTE_JUDGED_AT_ONCE)

    async def of(self, data: bytes, post_id: int | None) -> Verdict:
        """The verdict on a copy at the stage `remote`; of a post's picture it is recorded, and the post is covered.

        Takes seconds: never in a transaction, and never where an inbox waits.
        """
        digest = hashlib.sha256(data).hexdigest()
        pipeline = self._context.part(Pipeline)
        async with self._places:
            verdict = self._known.get((digest, pipeline.policy_version))
            if verdict is None:
                verdict = await pipeline.review(Item(stage="remote", picture=data, picture_sha256=digest))
                self._known[digest, verdict.policy_version] = verdict
        if verdict.decision in STOPPED:
            log.info("remote_picture_stopped", post=post_id, decision=verdict.decision.value, rule=verdict.rule)
            if post_id is not None:
                await self._cover(post_id, verdict)
        return verdict

    async def _cover(self, post_id: int, verdict: Verdict) -> None:
        async with self._context.database.write() as session:
            post = await session.get(Post, post_id, with_for_update=True)
            if post is None or post.local:
                return
            post.sensitive = True
            session.add(post)
            if not await _recorded(session, post_id, verdict.digests):
                await record(session, post, verdict)


async def stays_covered(session: AsyncSession, post_id: int) -> bool:
    """Whether the gate stopped a picture of another server's post: what its author says later does not uncover it.

    A moderator's word does.
    """
    query = select(Judgement).where(Judgement.post_id == post_id).order_by(col(Judgement.id).desc()).limit(1)
    newest = (await session.exec(query)).first()
    return newest is not None and newest.decision in STOPPED


async def _recorded(session: AsyncSession, post_id: int, digests: Sequence[str]) -> bool:
    found = await session.exec(select(Judgement).where(Judgement.post_id == post_id))
    return any(set(digests) <= set(one.digests) for one in found)
