"""The history of the policy: every version that ran is kept whole, can be compared and put back."""

from __future__ import annotations

import difflib

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Misconfigured, Missing
from generation.pipeline import Pipeline
from generation.policy import Policy, parse_policy
from outbox.rulings import PolicyVersion


async def remember(session: AsyncSession, policy: Policy, note: str = "") -> None:
    """Keep the running policy, unless it is the newest that is kept already."""
    newest = await latest(session)
    if newest is not None and newest.digest == policy.digest:
        return
    context = context_of(session)
    session.add(
        PolicyVersion(
            id=context.ids.new(),
            digest=policy.digest,
            version=policy.version,
            text=policy.text,
            note=note or ("the first" if newest is None else "the file changed"),
            created_ms=context.clock.now_ms(),
        )
    )
    await session.flush()


async def latest(session: AsyncSession) -> PolicyVersion | None:
    """The policy that runs or ran last."""
    return (await session.exec(select(PolicyVersion).order_by(col(PolicyVersion.id).desc()).limit(1))).first()


async def versions(session: AsyncSession) -> list[PolicyVersion]:
    """Every policy that ran, the newest first."""
    return list(await session.exec(select(PolicyVersion).order_by(col(PolicyVersion.id).desc())))


async def last_good(session: AsyncSession) -> Policy | None:
    """The policy that ran last, read anew; None before the first, or when a newer program no longer reads it."""
    kept = await latest(session)
    if kept is None:
        return None
    try:
        return parse_policy(kept.text.encode(), "The policy that ran last")
    except Misconfigured:
        return None


async def version_named(session: AsyncSession, name: str) -> PolicyVersion:
    """The newest version with this name, id, or beginning of its digest. Raises Missing."""
    for kept in await versions(session):
        if name in (kept.version, str(kept.id)) or (len(name) >= 4 and kept.digest.startswith(name)):
            return kept
    raise Missing(f"No policy {name} ran here; `moderation policy history` lists them.")


def difference(before: str, after: str, names: tuple[str, str]) -> str:
    """What changed between two policies, as a unified diff; empty when nothing did."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), *names, lineterm="")
    return "\n".join(lines)


async def watch(context: Context) -> None:
    """Clockwork: notice a changed file also while nothing is judged, and keep it."""
    policy = context.part(Pipeline).policy
    async with context.database.read() as session:
        newest = await latest(session)
    if newest is None or newest.digest != policy.digest:
        async with context.database.write() as session:
            await remember(session, policy)
