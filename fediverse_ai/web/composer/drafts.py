"""/drafts: one's own posts that are not out, in whatever state, and what can be done with each."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Conflict, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import post_id_of, title_of
from fediverse_ai.web.composer import own
from fediverse_ai.web.composer import step as steps
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.words import moment
from outbox import publish, schedule
from outbox import queries as posts
from outbox.models import PostState
from outbox.queries import PostView


def _state_words(view: PostView) -> str:
    return {
        PostState.DRAFT: _("A draft: nothing was made yet"),
        PostState.WAITING: _("Being made, or at the gate"),
        PostState.PICK: _("Made, not posted"),
        PostState.SCHEDULED: _("Waits for its time"),
        PostState.HELD: _("Waits for a moderator"),
        PostState.REFUSED: _("Refused"),
        PostState.FAILED: _("Could not be made"),
    }[PostState(view.post.state)]


async def show(request: Request) -> Response:
    """GET /drafts"""
    return await _page(request)


async def _page(request: Request, problem: str = "", status: int = 200) -> Response:
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        mine = await posts.drafts(session, me.actor_id)
    return page(
        request,
        "composer/drafts.html",
        status,
        problem=problem,
        drafts=[_words(context.storage, view) for view in mine],
    )


def _words(storage: Any, view: PostView) -> dict[str, Any]:
    post = view.post
    shown = [item for item in view.attachments if item.file]
    scheduled = post.state == PostState.SCHEDULED
    return {
        "id": post.id,
        "title": title_of(post, view.attachments),
        "state": post.state,
        "state_words": _state_words(view),
        "reason": post.reason if post.state in (PostState.HELD, PostState.REFUSED, PostState.FAILED) else "",
        "when": moment(post.not_before_ms) if scheduled and post.not_before_ms else "",
        "at": steps.local(post.not_before_ms) if scheduled else "",
        "frame": frame(storage, post, shown[0]) if shown else None,
        "more": max(0, len(shown) - 1),
        "anew": post.state in (PostState.DRAFT, PostState.HELD, PostState.REFUSED, PostState.FAILED),
        "deletable": post.state != PostState.WAITING,
    }


async def move(request: Request) -> Response:
    """POST /drafts/{post_id}/time: at, zone; another time for a scheduled post."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    post_id = post_id_of(request)
    async with context.database.read() as session:
        await own.post(session, me, post_id)
    try:
        at = steps.moment_ms(fields.get("at", "").strip(), fields.get("zone", "").strip() or steps.UTC_NAME)
        if at is None:
            raise ValueError("at")
        async with context.database.write() as session:
            author, post = await own.post(session, me, post_id)
            await schedule.reschedule(session, author, post, at)
    except (ValueError, OverflowError):
        return await _page(request, _("Write the time as 2027-01-31T18:00, and the time zone as Europe/Berlin."), 422)
    except (Unprocessable, Conflict) as error:
        return await _page(request, _(error.public), 422)
    return RedirectResponse("/drafts", 303)


async def delete(request: Request) -> Response:
    """POST /drafts/{post_id}/delete: thrown away; nobody ever saw it."""
    me = require(request, "session")
    context = context_of(request)
    await forms.read_form(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        _author, post = await own.post(session, me, post_id)
        if post.state == PostState.PUBLISHED:
            raise Conflict("This post is out: delete it on its own page.")
        await publish.remove(session, post)
    return RedirectResponse("/drafts", 303)
