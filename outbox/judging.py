"""Asking the gate about everything of a post that would leave, and keeping its answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context, context_of
from generation.pipeline import Pipeline, text_digest
from generation.policy import Policy
from generation.types import Decision, Finding, Item, Stage, Verdict
from outbox.models import Attachment, Judgement, Origin, Post
from outbox.publish import judged_texts
from outbox.rulings import Appeal


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
    """A moderator's allow over all of `digests` by the running policy; None without one, or when it was taken back."""
    query = select(Judgement).where(
        Judgement.post_id == post.id,
        col(Judgement.decided_by_id).is_not(None),
        Judgement.policy_version == context.part(Pipeline).policy_version,
    )
    async with context.database.read() as session:
        found = await session.exec(query.order_by(col(Judgement.id).desc()))
        for one in found:
            if one.decision == Decision.HOLD and digests & set(one.digests):
                return None
            if one.decision == Decision.ALLOW and digests <= set(one.digests):
                return one
        return None


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


async def replay(session: AsyncSession, policy: Policy, count: int) -> dict[str, Any]:
    """What a policy would have decided about the last `count` decisions of the gate, by the scores of that time.

    {judged, unscored, changes: {"allow -> hold": n}, changed: [{post, was, would, rule}]}
    """
    newest = select(Judgement).order_by(col(Judgement.id).desc()).limit(count)
    judged, unscored = 0, 0
    changed: list[dict[str, Any]] = []
    changes: Counter[str] = Counter()
    for judgement in await session.exec(newest):
        groups = groups_of(judgement)
        if judgement.decided_by_id is not None or not groups:
            unscored += 1
            continue
        judged += 1
        would = policy.judge(groups)
        if would.decision != judgement.decision:
            changes[f"{judgement.decision} -> {would.decision}"] += 1
            row = {"post": judgement.post_id, "was": judgement.decision, "would": would.decision.value}
            changed.append(row | {"rule": would.rule or judgement.rule})
    return {"judged": judged, "unscored": unscored, "changes": dict(changes), "changed": changed}


async def stats(session: AsyncSession, since_ms: int) -> dict[str, Any]:
    """Counts of decisions since a time: {decisions, rules, approved, rejected, appeals}."""
    said = select(Judgement.decision, func.count()).where(
        Judgement.created_ms >= since_ms, col(Judgement.decided_by_id).is_(None)
    )
    people = select(Judgement.decision, func.count()).where(
        Judgement.created_ms >= since_ms, col(Judgement.decided_by_id).is_not(None)
    )
    rules = select(Judgement.rule, func.count()).where(
        Judgement.created_ms >= since_ms, col(Judgement.decided_by_id).is_(None), col(Judgement.rule).is_not(None)
    )
    appeals = select(Appeal.state, func.count()).where(Appeal.created_ms >= since_ms).group_by(Appeal.state)
    decided = dict(list(await session.exec(people.group_by(Judgement.decision))))
    machine = dict(list(await session.exec(said.group_by(Judgement.decision))))
    by_rule = list(await session.exec(rules.group_by(Judgement.rule)))
    return {
        "decisions": {"allow": 0, "hold": 0, "refuse": 0} | machine,
        "rules": {str(rule): number for rule, number in sorted(by_rule, key=lambda one: -one[1])},
        "approved": decided.get("allow", 0),
        "rejected": decided.get("refuse", 0),
        "appeals": {"open": 0, "upheld": 0, "rejected": 0} | dict(list(await session.exec(appeals))),
    }
