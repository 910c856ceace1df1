"""Appeals against decisions about posts, and objections to measures about people: read, and answered with words."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import queries
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of
from outbox import appeals, documents, judging, measures, moderate
from outbox.models import Post
from outbox.records import Measure
from outbox.rulings import Appeal

MOST = 50


async def show(request: Request) -> Response:
    """GET /moderation/appeals?done=ENTRIES"""
    async with context_of(request).database.read() as session:
        waiting = [await _facts(session, one) for one in await appeals.open_appeals(session, MOST)]
        objections = [
            (one, await queries.by_id(session, one.actor_id)) for one in await measures.objections(session, MOST)
        ]
        done = await desk.undoable(session, request, request.query_params.get("done", ""))
    found = [one for one in waiting if one is not None]
    return desk.show(request, "appeals.html", appeals=found, objections=objections, done=done)


async def _facts(session: AsyncSession, one: Appeal) -> dict[str, Any] | None:
    post = await session.get(Post, one.post_id)
    author = await queries.by_id(session, one.actor_id)
    if post is None or author is None:
        return None
    decided = await moderate.decisions(session, post.id)
    pictures = await documents.attachments_of(session, post.id)
    return {
        "appeal": one,
        "post": post,
        "author": author,
        "title": title_of(post, pictures),
        "prompt": judging.prompt_of(post) or "",
        "reason": post.reason or (decided[-1].reason if decided else ""),
        "by_person": bool(decided and decided[-1].decided_by_id),
    }


async def answer(request: Request) -> Response:
    """POST /moderation/appeals/{id}: {verb: uphold or reject, reason}; the author reads the reason."""
    fields = await desk.form(request)
    context = context_of(request)
    try:
        reason, verb = desk.reason_of(fields), fields.get("verb", "")
        if verb not in ("uphold", "reject"):
            raise Unprocessable(_("Choose what to do."))
        async with context.database.write() as session:
            by = await desk.moderator(session, request)
            made = await session.get(Appeal, desk.number(request), with_for_update=True)
            about = await session.get(Measure, desk.number(request), with_for_update=True)
            if made is not None:
                await appeals.decide(session, made, by, uphold=verb == "uphold", answer=reason)
            elif about is not None:
                await measures.answer(session, about, by, reason, uphold=verb == "uphold")
            else:
                raise Missing("There is no such appeal.")
            [entry] = await desk.newest_entries(session, [desk.number(request)])
    except desk.SAYABLE as error:
        return desk.back(request, "/moderation/appeals", _(error.public), bad=True)
    sentence = _("Upheld; its author is told.") if verb == "uphold" else _("Rejected; its author is told.")
    return desk.back(request, f"/moderation/appeals?done={entry.id}", sentence)
