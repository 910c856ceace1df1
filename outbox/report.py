"""Reports: what our moderators should look at, and the Flag that asks another server's to do so."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, local, policy, queries
from actors.models import Account, Actor
from fediverse_ai.core import limits, urls
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Missing, TooMany, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.log import get
from outbox import activities, notify
from outbox.models import Post, Report
from outbox.send import send

log = get(__name__)


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
    limiter = context.part(RateLimiter)
    limiter.check(f"report:{reporter.id}", limits.REPORTS_PER_ACCOUNT)
    uris = [post.uri for post in posts][: limits.REPORT_OBJECTS]
    words = comment.strip()[: limits.REPORT_CHARS]
    uri = activities.new_uri(context)
    made = await file(session, uri, context.config.host, reporter, target, Complaint(posts=uris, comment=words))
    if forward and not target.local:
        try:
            await _flag(session, made, target, uri, uris, words)
        except TooMany as error:
            # Our moderators have it all the same, and can forward it later.
            log.info("report_not_forwarded", target=target.uri, detail=error.detail)
    return made


async def _flag(session: AsyncSession, made: Report, target: Actor, uri: str, posts: list[str], words: str) -> None:
    """Tell the target's server. Raises TooMany, before anything is sent, when it heard of us too often (FED-19)."""
    context = context_of(session)
    context.part(RateLimiter).check(f"flag-to:{urls.origin(target.inbox_url)}", limits.FLAGS_TO_HOST)
    instance = await local.instance_actor(session)
    body = activities.flag(uri, instance, target, posts, words)
    await send(session, instance, body, [target.inbox_url], object_uri=target.uri)
    made.forwarded = True
    session.add(made)
    await session.flush()


async def forward(session: AsyncSession, report: Report, by: Account | None = None, reason: str = "") -> None:
    """A moderator passes a report of one of ours on to the target's server, as if its reporter had chosen to.

    Raises Unprocessable for a target here and a report that is not ours, Conflict when it was forwarded before.
    """
    context = context_of(session)
    target = await queries.by_id(session, report.target_id)
    if target is None or target.local or not policy.living(target) or report.host != context.config.host:
        raise Unprocessable("Only a report by one of ours about somebody of another server can be forwarded.")
    if report.forwarded:
        raise Conflict("This report was forwarded before.")
    await _flag(session, report, target, activities.new_uri(context), report.posts, report.comment)
    await audit.note(session, by, "report.forward", _subject(report, target), reason, after={"to": target.host})


def _subject(report: Report, target: Actor | None) -> audit.Subject:
    return audit.Subject("report", report.id, target.handle if target is not None else "", report.target_id)


async def by_id(session: AsyncSession, report_id: int, *, lock: bool = False) -> Report:
    """A report by its number, `lock` to change it. Raises Missing."""
    found = await session.get(Report, report_id, with_for_update=lock or None)
    if found is None:
        raise Missing("There is no such report.")
    return found


async def reports(session: AsyncSession, *, closed: bool = False, limit: int = 50) -> list[tuple[Report, Actor]]:
    """Reports with whom they are about: those that wait, oldest first, or those that are closed, newest first."""
    query = select(Report, Actor).join(Actor, col(Actor.id) == col(Report.target_id))
    query = query.where(Report.state == ("closed" if closed else "open"))
    order = col(Report.closed_ms).desc() if closed else col(Report.id)
    return list(await session.exec(query.order_by(order).limit(limit)))


async def close(session: AsyncSession, report: Report, by: Account | None, reason: str = "") -> None:
    """A moderator is done with it (None: at the command line); a later Flag of the same server opens a new one.

    Raises Conflict when it is closed already.
    """
    if report.state == "closed":
        raise Conflict("This report is closed already.")
    report.state, report.closed_by_id = "closed", by.id if by is not None else None
    report.closed_ms = context_of(session).clock.now_ms()
    session.add(report)
    await session.flush()
    subject = _subject(report, await queries.by_id(session, report.target_id))
    await audit.note(
        session, by, "report.resolve", subject, reason, before={"state": "open"}, after={"state": "closed"}
    )


async def reopen(
    session: AsyncSession, report: Report, by: Account, reason: str = "", undoes: audit.AuditEntry | None = None
) -> None:
    """It was closed too early. Raises Conflict when it is open, or another one of the same server is."""
    same = select(Report.id).where(
        Report.target_id == report.target_id, Report.host == report.host, Report.state == "open"
    )
    if (await session.exec(same)).first() is not None:
        raise Conflict("This report is open, or a newer one of the same server about the same person is.")
    report.state, report.closed_by_id, report.closed_ms = "open", None, None
    session.add(report)
    await session.flush()
    subject = _subject(report, await queries.by_id(session, report.target_id))
    action = "undo" if undoes is not None else "report.reopen"
    states = {"before": {"state": "closed"}, "after": {"state": "open"}}
    await audit.note(session, by, action, subject, reason, undoes=undoes, **states)


async def open_reports(session: AsyncSession, limit: int = 50) -> list[Report]:
    """What waits for a moderator, oldest first."""
    query = select(Report).where(Report.state == "open").order_by(col(Report.id)).limit(limit)
    return list(await session.exec(query))
