"""What a person sees of a picture in the making: place, steps, time, a preview; and how they stop it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from fediverse_ai.core.access import require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, Missing
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.web import forms
from fediverse_ai.web.cards import post_id_of
from fediverse_ai.web.composer import own
from fediverse_ai.web.post import job_words
from fediverse_ai.web.rendering import context_of, headers
from fediverse_ai.web.words import duration
from outbox import cancel, turns
from outbox.models import Post


async def outlook(context: Context, post: Post) -> dict[str, Any]:
    """`gate`, `place`, `step` and `left` in words, None for what is not known; `preview`: is there one?"""
    async with context.database.read() as session:
        seen = await turns.outlook(session, post)
    said = post.progress or {}
    step, steps, there = said.get("step"), said.get("steps"), said.get("place")
    ahead = seen.ahead if seen.ahead else there
    number = int(ahead or 0)
    place = ngettext("%(num)d picture before yours", "%(num)d pictures before yours", number) % {"num": number}
    return {
        "gate": _gate_words(str(said.get("gate") or "")),
        "place": place if number else None,
        "step": _("Step %(step)d of %(steps)d") % {"step": step, "steps": steps} if step and steps else None,
        "left": _("About %(time)s left") % {"time": duration(seen.seconds_left)} if seen.seconds_left else None,
        "preview": seen.has_preview,
    }


def _gate_words(looks_at: str) -> str | None:
    """What the gate is looking at, for the person who waits for it."""
    return {
        "prompt": _("The gate reads your prompt."),
        "picture": _("The gate looks at the picture and the words."),
        "pictures": _("The gate looks at each picture."),
    }.get(looks_at)


async def progress(request: Request) -> Response:
    """GET /make/{post_id}/progress: {state, words, fraction, url} and the outlook, for the script of the page."""
    me = require(request, "session")
    context = context_of(request)
    view = await own.view(context, me, post_id_of(request))
    words = job_words(view)
    told = {name: words[name] for name in ("state", "words", "fraction", "url")} | await outlook(context, view.post)
    return JSONResponse(told, headers=headers(context.config, kept=False))


async def preview(request: Request) -> Response:
    """GET /make/{post_id}/preview: the newest half-made picture, for its author alone and never kept (GEN-15)."""
    me = require(request, "session")
    context = context_of(request)
    view = await own.view(context, me, post_id_of(request))
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
            await cancel.cancel(session, await own.person(session, me), post_id)
    except Conflict:
        # The page tells what became of it instead.
        pass
    return RedirectResponse(f"/make/{post_id}", 303)
