"""Asking the gate about everything of a post that would leave, and keeping its answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context, context_of
from generation.pipeline import Pipeline, text_digest
from generation.types import Decision, Finding, Item, Stage, Verdict
from outbox.models import Attachment, Judgement, Origin, Post
from outbox.publish import judged_texts


def stage_of(attachment: Attachment) -> Stage:
    """At which stage of the policy a picture of ours is judged, by how it came to be."""
    if attachment.origin in (Origin.DECLARED_AI, Origin.DECLARED_NOT_AI):
        return "upload"
    return "drawn" if (attachment.recipe or {}).get("closed_vocabulary") is True else "picture"


async def judge(context: Context, post: Post, attachments: Sequence[Attachment]) -> Verdict:
    """The final bytes as they are stored, the prompt and everything written, in one verdict.

    The prompt is judged again with the picture because some rules look at both; not if a moderator let it pass.
    """
    items = [await item_of(context, attachment) for attachment in attachments if attachment.file is not None]
    prompt = prompt_of(post)
    if prompt is not None and items and not await allowed_by_a_moderator(context, post, {text_digest(prompt)}):
        items.insert(0, Item(stage="prompt", text=prompt))
    items += [Item(stage="text", text=written, language=post.language) for written in judged_texts(post, attachments)]
    return await context.part(Pipeline).review_all(items)


def prompt_of(post: Post) -> str | None:
    """What a picture of the post is asked for with."""
    return str(post.request["image"]["prompt"]) if post.request is not None else None


async def allowed_by_a_moderator(context: Context, post: Post, digests: set[str]) -> Judgement | None:
    """A moderator's allow over all of `digests` by the running policy; None without one."""
    query = select(Judgement).where(
        Judgement.post_id == post.id,
        Judgement.decision == Decision.ALLOW,
        col(Judgement.decided_by_id).is_not(None),
        Judgement.policy_version == context.part(Pipeline).policy_version,
    )
    async with context.database.read() as session:
        found = await session.exec(query.order_by(col(Judgement.id).desc()))
        return next((one for one in found if digests <= set(one.digests)), None)


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
        findings=[_finding(stage, finding) for stage, found in verdict.groups for finding in found],
        decided_by_id=decided_by,
        created_ms=context.clock.now_ms(),
    )
    session.add(judgement)
    await session.flush()
    return judgement


def _finding(stage: Stage, finding: Finding) -> dict[str, Any]:
    return {
        "stage": stage,
        "moderator": finding.moderator,
        "version": finding.version,
        "scores": {name: round(float(score), 4) for name, score in finding.scores.items()},
        "evidence": dict(finding.evidence),
        "failed": finding.failed,
    }


def verdict_of(judgement: Judgement) -> Verdict:
    """A judgement that was given already, as a verdict."""
    return Verdict(
        Decision(judgement.decision), judgement.policy_version, None, judgement.reason, tuple(judgement.digests)
    )


def groups_of(judgement: Judgement) -> list[tuple[Stage, list[Finding]]]:
    """What the moderators found at that time, by stage, as the policy takes it."""
    groups: dict[Stage, list[Finding]] = {}
    for told in judgement.findings:
        finding = Finding(
            told["moderator"], told["version"], told["scores"], told.get("evidence") or {}, bool(told["failed"])
        )
        groups.setdefault(told["stage"], []).append(finding)
    return list(groups.items())
