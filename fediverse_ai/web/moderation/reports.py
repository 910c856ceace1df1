"""Reports by people here and Flags of other servers: read, assigned, noted, forwarded, resolved, opened again."""

from __future__ import annotations

from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from actors.audit import Subject
from actors.models import Account
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of
from outbox import docket, reversal
from outbox import report as reports
from outbox.models import Post


async def show(request: Request) -> Response:
    """GET /moderation/reports?closed=1"""
    closed = bool(request.query_params.get("closed"))
    async with context_of(request).database.read() as session:
        found = await reports.reports(session, closed=closed)
        arranged = await docket.of_all(session, [report.id for report, _target in found])
        names = await desk.names(session, [one.assigned_id for one in arranged.values()])
    return desk.show(request, "reports.html", reports=found, closed=closed, arranged=arranged, names=names)


async def one(request: Request) -> Response:
    """GET /moderation/reports/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        report = await reports.by_id(session, desk.number(request))
        target = await queries.by_id(session, report.target_id)
        reporter = await queries.by_id(session, report.reporter_id) if report.reporter_id else None
        posts = list(await session.exec(select(Post).where(col(Post.uri).in_(report.posts))))
        arranged = await docket.of(session, report.id)
        notes = await docket.notes(session, report.id)
        names = await desk.names(session, [arranged.assigned_id, report.closed_by_id, *(note.by_id for note in notes)])
        done = await desk.undoable(session, request, request.query_params.get("done", ""))
    return desk.show(
        request, "report.html", report=report, target=target, reporter=reporter, posts=posts, arranged=arranged,
        notes=notes, names=names, done=done, ours=report.host == context.config.host,
    )  # fmt: skip


async def act(request: Request) -> Response:
    """POST /moderation/reports/{id}: {verb: resolve, reopen, forward, take, give-back or note; reason}."""
    fields = await desk.form(request)
    verb, path = fields.get("verb", ""), f"/moderation/reports/{desk.number(request)}"
    try:
        reason = desk.reason_of(fields) if verb not in ("take", "give-back") else ""
        async with context_of(request).database.write() as session:
            by = await desk.moderator(session, request)
            report = await reports.by_id(session, desk.number(request), lock=True)
            match verb:
                case "resolve":
                    await reports.close(session, report, by, reason)
                case "reopen":
                    await reports.reopen(session, report, by, reason)
                case "forward":
                    await reports.forward(session, report, by, reason)
                case "take" | "give-back":
                    to: Account | None = by if verb == "take" else None
                    await docket.assign(session, report, to, by)
                case "note":
                    await docket.write(session, Subject("report", report.id, "", report.target_id), by, reason)
                case _:
                    raise Unprocessable(_("Choose what to do."))
            [entry] = await desk.newest_entries(session, [report.id])
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    done = f"?done={entry.id}" if reversal.can_undo(entry) else ""
    return desk.back(request, path + done, _("Done."))
