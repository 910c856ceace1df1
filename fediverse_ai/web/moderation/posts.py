"""One post as moderators see it: every decision about it, and what is set right on this post alone."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import audit, queries
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.rendering import context_of
from generation.pipeline import Pipeline
from outbox import documents, judging, measures, moderate, reversal, staff_view
from outbox.models import Post, PostState
from outbox.records import Measure
from outbox.visibility import may_see

POSTS: dict[str, tuple[str, str]] = {
    "mark-sensitive": (marked("Mark sensitive"), marked("It is covered, here and elsewhere.")),
    "label": (marked("Label as made by AI"), marked("An uploaded picture said to be none gets the label.")),
    "unlist": (marked("Unlist"), marked("It leaves public timelines and stays with followers.")),
    "off-gallery": (marked("Remove from the gallery"), marked("Here only; nobody else hears of it.")),
    "take-down": (marked("Delete"), marked("Deleted everywhere. Final.")),
}


async def show(request: Request) -> Response:
    """GET /moderation/posts/{id}; who reads here what is not theirs to read otherwise stands in the log."""
    context = context_of(request)
    async with context.database.read() as session:
        row = await session.get(Post, desk.number(request))
        by_office = await _by_office(session, request, row)
        values = await _seen(session, request, row) if row is not None else {}
    if by_office and row is not None:
        await desk.looked(request, moderate.subject_of(row), "read")
    return desk.show(
        request, "post.html", verbs={kind: (_(name), _(hint)) for kind, (name, hint) in POSTS.items()}, **values
    )


async def _by_office(session: AsyncSession, request: Request, row: Post | None) -> bool:
    """Is it read as a moderator alone? Raises Missing for what did not come before the moderators (VIS-13)."""
    me = require(request, "moderator")
    if row is not None and staff_view.is_open(row):
        return False
    reader = await queries.by_id(session, me.actor_id)
    if row is not None and reader is not None and await may_see(session, reader, row):
        return False
    if row is None or not await staff_view.came_before(session, row):
        raise Missing(_("There is no such post, or nobody asked the moderators to look at it."))
    return True


async def _seen(session: AsyncSession, request: Request, row: Post) -> dict[str, Any]:
    """A post with its decisions, measures and entries."""
    context = context_of(request)
    pictures = await documents.attachments_of(session, row.id)
    decided = await moderate.decisions(session, row.id)
    policy = context.part(Pipeline).policy
    made = select(Measure).where(Measure.post_id == row.id).order_by(col(Measure.id).desc())
    return {
        "row": row,
        "author": await queries.by_id(session, row.author_id),
        "title": title_of(row, pictures),
        "frames": [
            frame(context.storage, row, item) for item in pictures if item.file and row.state != PostState.DELETED
        ],
        "prompt": judging.prompt_of(row) or "",
        "decisions": [(one, policy.nearest(judging.groups_of(one))) for one in decided],
        "measures": list(await session.exec(made)),
        "entries": await audit.of_subjects(session, [row.id]),
        "names": await desk.names(session, [one.decided_by_id for one in decided]),
        "done": await desk.undoable(session, request, request.query_params.get("done", "")),
    }


async def act(request: Request) -> Response:
    """POST /moderation/posts/{id}: {verb, ground, reason}."""
    fields = await desk.form(request)
    verb, path = fields.get("verb", ""), f"/moderation/posts/{desk.number(request)}"
    try:
        reason = desk.reason_of(fields)
        async with context_of(request).database.write() as session:
            by = await desk.moderator(session, request)
            row = await session.get(Post, desk.number(request), with_for_update=True)
            await _by_office(session, request, row)
            if row is None or verb not in POSTS:
                raise Unprocessable(_("Choose what to do."))
            told = measures.Reasons(fields.get("ground", "").strip(), reason)
            await measures.about_post(session, by, row, verb, told)
            [entry] = await desk.newest_entries(session, [row.id])
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    done = f"?done={entry.id}" if reversal.can_undo(entry) else ""
    return desk.back(request, path + done, _("Done."))
