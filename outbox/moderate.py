"""A moderator's word on a held post: approving is itself a verdict, bound to the same bytes."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.models import Account
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden
from generation.pipeline import Pipeline
from generation.types import Decision
from outbox import documents, notify
from outbox.models import Judgement, Post, PostState
from outbox.publish import digests_of, release
from outbox.states import move

MODERATORS = frozenset({"moderator", "admin", "owner"})


async def _judge(session: AsyncSession, post: Post, account: Account, decision: Decision, reason: str) -> Judgement:
    """The moderator's verdict as a row. Raises Forbidden for others, Conflict for a post that is not held."""
    if account.role not in MODERATORS or account.disabled_ms is not None:
        raise Forbidden("Only moderators decide about held posts.")
    if post.state != PostState.HELD:
        raise Conflict("This post is not waiting for a moderator.")
    context = context_of(session)
    attachments = await documents.attachments_of(session, post.id)
    judgement = Judgement(
        id=context.ids.new(),
        post_id=post.id,
        decision=decision,
        rule=post.rule,
        reason=reason,
        policy_version=context.part(Pipeline).policy_version,
        digests=sorted(digests_of(post, attachments)),
        decided_by_id=account.id,
        created_ms=context.clock.now_ms(),
    )
    session.add(judgement)
    await session.flush()
    return judgement


async def approve(session: AsyncSession, post: Post, account: Account, reason: str = "") -> None:
    """Let a held post out, exactly as it was judged now."""
    judgement = await _judge(session, post, account, Decision.ALLOW, reason)
    post.rule = post.reason = None
    await release(session, post, judgement)


async def refuse(session: AsyncSession, post: Post, account: Account, reason: str) -> None:
    """Refuse a held post; its author reads `reason`."""
    await _judge(session, post, account, Decision.REFUSE, reason)
    move(post, PostState.REFUSED)
    post.reason = reason
    session.add(post)
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, PostState.REFUSED, f"refused:{post.id}", post_id=post.id)
