"""Asking the gate about everything of a post that would leave, and keeping its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context, context_of
from generation.pipeline import Pipeline
from generation.types import Item, Stage, Verdict
from outbox.models import Attachment, Judgement, Origin, Post
from outbox.publish import judged_texts


def stage_of(attachment: Attachment) -> Stage:
    """At which stage of the policy a picture of ours is judged, by how it came to be."""
    if attachment.origin in (Origin.DECLARED_AI, Origin.DECLARED_NOT_AI):
        return "upload"
    return "drawn" if (attachment.recipe or {}).get("closed_vocabulary") is True else "picture"


async def judge(context: Context, post: Post, attachments: Sequence[Attachment]) -> Verdict:
    """The final bytes as they are stored and everything written, in one verdict."""
    items = [await item_of(context, attachment) for attachment in attachments if attachment.file is not None]
    items += [Item(stage="text", text=written, language=post.language) for written in judged_texts(post, attachments)]
    return await context.part(Pipeline).review_all(items)


async def item_of(context: Context, attachment: Attachment) -> Item:
    """One picture for the gate, read from where it would be served."""
    data = await context.storage.read(attachment.file or "")
    return Item(stage=stage_of(attachment), picture=data, picture_sha256=attachment.sha256)


async def record(session: AsyncSession, post: Post, verdict: Verdict, decided_by: int | None = None) -> Judgement:
    """The verdict as a row: bound to the policy version and to the digests that were judged."""
    context = context_of(session)
    judgement = Judgement(
        id=context.ids.new(),
        post_id=post.id,
        decision=verdict.decision,
        rule=verdict.rule,
        reason=verdict.reason,
        policy_version=verdict.policy_version,
        digests=list(verdict.digests),
        findings=[_finding(finding) for finding in verdict.findings],
        decided_by_id=decided_by,
        created_ms=context.clock.now_ms(),
    )
    session.add(judgement)
    await session.flush()
    return judgement


def _finding(finding: Any) -> dict[str, Any]:
    return {
        "moderator": finding.moderator,
        "version": finding.version,
        "scores": {name: round(float(score), 4) for name, score in finding.scores.items()},
        "failed": finding.failed,
    }
