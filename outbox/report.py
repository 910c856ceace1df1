"""Reports: what our moderators should look at, and the Flag that asks another server's to do so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import local, queries
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Unprocessable
from outbox import activities, notify
from outbox.models import Post, Report
from outbox.send import send


@dataclass(frozen=True, slots=True)
class Complaint:
    """What one report says: ids of posts that we have, other ids that it names, and its words as plain text."""

    posts: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    comment: str = ""


async def file(
    session: AsyncSession, uri: str, host: str, reporter: Actor, target: Actor, complaint: Complaint
) -> Report:
    """Keep a report for the moderators. A server has one open report about one person: more is added to it (FED-03)."""
    query = select(Report).where(Report.target_id == target.id, Report.host == host, Report.state == "open")
    report = (await session.exec(query.with_for_update())).first()
    context = context_of(session)
    if report is None:
        report = Report(
            id=context.ids.new(),
            uri=uri,
            host=host,
            reporter_id=reporter.id,
            target_id=target.id,
            times=0,
            created_ms=context.clock.now_ms(),
        )
    report.uri = uri
    report.times += 1
    report.posts = _joined(report.posts, complaint.posts)
    report.others = _joined(report.others, complaint.others)
    if complaint.comment and complaint.comment not in report.comment:
        report.comment = f"{report.comment}\n\n{complaint.comment}".strip()[: limits.REPORT_CHARS]
    session.add(report)
    await session.flush()
    for moderator in await queries.staff(session):
        await notify.tell(session, moderator, "report", f"report:{report.id}", from_id=target.id)
    return report


def _joined(known: Sequence[str], more: Sequence[str]) -> list[str]:
    return list(dict.fromkeys([*known, *more]))[: limits.REPORT_OBJECTS]


async def report(
    session: AsyncSession,
    reporter: Actor,
    target: Actor,
    posts: Sequence[Post] = (),
    comment: str = "",
    *,
    forward: bool = False,
) -> Report:
    """One of ours reports somebody; with `forward` the target's server hears of it, without the reporter's name.

    The Flag comes from the server's own actor, holds posts of the target only, and goes to the target's inbox and
    nowhere else (FED-04). Raises Unprocessable.
    """
    if reporter.id == target.id or target.kind == "Application":
        raise Unprocessable("This account cannot be reported.")
    if any(post.author_id != target.id for post in posts):
        raise Unprocessable("These posts are not of the reported account.")
    context = context_of(session)
    uris = [post.uri for post in posts][: limits.REPORT_OBJECTS]
    words = comment.strip()[: limits.REPORT_CHARS]
    uri = activities.new_uri(context)
    made = await file(session, uri, context.config.host, reporter, target, Complaint(posts=uris, comment=words))
    if forward and not target.local:
        instance = await local.instance_actor(session)
        body = activities.flag(uri, instance, target, uris, words)
        await send(session, instance, body, [target.inbox_url], object_uri=target.uri)
        made.forwarded = True
        session.add(made)
    return made


async def close(session: AsyncSession, report: Report, account_id: int) -> None:
    """A moderator is done with it; a later Flag of the same server opens a new one."""
    report.state, report.closed_by_id = "closed", account_id
    report.closed_ms = context_of(session).clock.now_ms()
    session.add(report)
    await session.flush()


async def open_reports(session: AsyncSession, limit: int = 50) -> list[Report]:
    """What waits for a moderator, oldest first."""
    query = select(Report).where(Report.state == "open").order_by(col(Report.id)).limit(limit)
    return list(await session.exec(query))
