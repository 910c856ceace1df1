"""Legal notices as moderators see them: by their clocks, what they name, identical copies, decision and receipts."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors.audit import Subject
from actors.models import Account
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of
from outbox import docket, measures, notices
from outbox.models import Post

MOST = 50


async def show(request: Request) -> Response:
    """GET /moderation/legal"""
    context = context_of(request)
    now = context.clock.now_ms()
    async with context.database.read() as session:
        waiting = [(one, *desk.left(one.due_ms, now)) for one in await notices.waiting(session)]
        decided = await notices.decided(session, MOST)
        arranged = await docket.of_all(session, [one.id for one, _words, _mark in waiting])
        names = await desk.names(session, [one.assigned_id for one in arranged.values()])
    return desk.show(request, "notices.html", waiting=waiting, decided=decided, arranged=arranged, names=names)


async def one(request: Request) -> Response:
    """GET /moderation/legal/{id}"""
    context = context_of(request)
    async with context.database.read() as session:
        notice = await notices.by_id(session, desk.number(request))
        posts = [post for post_id in notice.post_ids if (post := await session.get(Post, post_id)) is not None]
        alike = await notices.copies(session, posts) if notice.state == "open" else []
        notes = await docket.notes(session, notice.id)
        arranged = await docket.of(session, notice.id)
        receipts = await notices.receipts(session, notice)
        names = await desk.names(session, [arranged.assigned_id, notice.decided_by_id, *(one.by_id for one in notes)])
    return desk.show(
        request, "notice.html", notice=notice, posts=posts, copies=alike, notes=notes, arranged=arranged,
        receipts=receipts, names=names, left=desk.left(notice.due_ms, context.clock.now_ms()),
    )  # fmt: skip


async def act(request: Request) -> Response:
    """POST /moderation/legal/{id}: {verb: uphold, reject, take, give-back or note; ground, reason}."""
    fields = await desk.form(request)
    context, verb, path = context_of(request), fields.get("verb", ""), f"/moderation/legal/{desk.number(request)}"
    try:
        reason = desk.reason_of(fields) if verb not in ("take", "give-back") else ""
        hashes: list[tuple[str, str]] = []
        async with context.database.read() as session:
            notice = await notices.by_id(session, desk.number(request))
        if verb == "uphold" and notice.kind == notices.INTIMATE and notice.state == "open":
            hashes = await notices.fingerprints(context, notice)
        async with context.database.write() as session:
            by = await desk.moderator(session, request)
            notice = await notices.by_id(session, desk.number(request), lock=True)
            if verb in ("uphold", "reject"):
                told = measures.Reasons(desk.reason_of(fields, "ground"), reason)
                await notices.decide(session, notice, by, told, uphold=verb == "uphold", hashes=hashes)
            elif verb in ("take", "give-back"):
                to: Account | None = by if verb == "take" else None
                await docket.assign(session, notice, to, by)
            elif verb == "note":
                await docket.write(session, Subject("notice", notice.id, notice.kind), by, reason)
            else:
                raise Unprocessable(_("Choose what to do."))
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    return desk.back(request, path, _("Done."))
