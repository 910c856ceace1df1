"""Which posts moderators may read beyond what they may read anyway: only what came before them (VIS-13)."""

from __future__ import annotations

from sqlalchemy import String, cast, or_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from generation.types import Decision
from outbox.models import Judgement, Post, PostState, Report
from outbox.records import LegalNotice, Measure
from outbox.rulings import Appeal
from outbox.visibility import OPEN


def is_open(post: Post) -> bool:
    """Out, and for everybody."""
    return post.state == PostState.PUBLISHED and post.visibility in OPEN


async def came_before(session: AsyncSession, post: Post) -> bool:
    """Did the gate hold it for a moderator, did somebody report it, object to what became of it or name it in a notice,
    or was something decided about it? Nobody browses what people wrote to each other, and nobody's drafts."""
    held = or_(col(Judgement.decision) == Decision.HOLD.value, col(Judgement.decided_by_id).is_not(None))
    number = str(post.id)
    queries = (
        select(Judgement.id).where(Judgement.post_id == post.id, held),
        select(Measure.id).where(Measure.post_id == post.id),
        select(Appeal.id).where(Appeal.post_id == post.id),
        # As text on both databases; numbers of posts have one length, so that none is within another.
        select(LegalNotice.id).where(cast(col(LegalNotice.post_ids), String).contains(number, autoescape=True)),
    )
    for query in queries:
        if (await session.exec(query.limit(1))).first() is not None:
            return True
    reported = await session.exec(select(Report.posts).where(Report.target_id == post.author_id))
    return any(post.uri in uris for uris in reported)
