"""What a person sees of a picture in the making: place, steps, time, a preview; and how they stop it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from actors import queries as actors
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, Missing
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, post_id_of
from fediverse_ai.web.post import job_words
from fediverse_ai.web.rendering import context_of, headers
from fediverse_ai.web.words import duration, plural
from outbox import cancel, turns
from outbox import queries as posts
from outbox.models import Post
from outbox.queries import PostView

NOTHING: dict[str, Any] = {"place": None, "step": None, "left": None, "preview": False}
"""What is known of a picture that is not in the making."""


async def outlook(context: Context, post: Post) -> dict[str, Any]:
    """`place`, `step` and `left` in words, None for what is not known; `preview`: is there one?"""
    async with context.database.read() as session:
        seen = await turns.outlook(session, post)
    said = post.progress or {}
    step, steps, there = said.get("step"), said.get("steps"), said.get("place")
    ahead = seen.ahead if seen.ahead else there
    return {
        "place": f"{plural(int(ahead), 'picture')} before yours" if ahead else None,
        "step": f"Step {step} of {steps}" if step and steps else None,
        "left": f"About {duration(seen.seconds_left)} left" if seen.seconds_left else None,
        "preview": seen.has_preview,
    }


async def progress(request: Request) -> Response:
    """GET /make/{post_id}/progress: {state, words, fraction, url} and the outlook, for the script of the page."""
    me = require(request, "session")
    context = context_of(request)
    view = await _own(context, me, post_id_of(request))
    words = job_words(view)
    told = {name: words[name] for name in ("state", "words", "fraction", "url")} | await outlook(context, view.post)
    return JSONResponse(told, headers=headers(context.config, kept=False))


async def preview(request: Request) -> Response:
    """GET /make/{post_id}/preview: the newest half-made picture, for its author alone and never kept (GEN-15)."""
    me = require(request, "session")
    context = context_of(request)
    view = await _own(context, me, post_id_of(request))
    async with context.database.read() as session:
        data = await turns.preview(session, view.post.id)
    if data is None:
        raise Missing("There is no preview (any more).")
    return Response(data, media_type="image/jpeg", headers=headers(context.config, kept=False))


async def stop(request: Request) -> Response:
    """POST /make/{post_id}/stop: the person does not want it any more; one that is made already stays made."""
    me = require(request, "session")
    context = context_of(request)
    await forms.read_form(request)
    post_id = post_id_of(request)
    try:
        async with context.database.write() as session:
            author = await actors.by_id(session, me.actor_id)
            if author is None:
                raise Missing(NOT_THERE)
            await cancel.cancel(session, author, post_id)
    except Conflict:
        # The page tells what became of it instead.
        pass
    return RedirectResponse(f"/make/{post_id}", 303)


async def _own(context: Context, me: Principal, post_id: int) -> PostView:
    async with context.database.read() as session:
        reader = await actors.by_id(session, me.actor_id)
        view = await posts.view(session, reader, post_id)
    if view is None or view.post.author_id != me.actor_id:
        raise Missing(NOT_THERE)
    return view
