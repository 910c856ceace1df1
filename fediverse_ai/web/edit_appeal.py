"""GET and POST /posts/{post_id}/edit/appeal: why an edit of one's own is not out, and its author's objection."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, post_id_of
from fediverse_ai.web.rendering import context_of, page
from generation.pipeline import Pipeline
from outbox import appeals
from outbox.models import Post


async def show(request: Request) -> Response:
    """The rule, what the author wrote, and the form; 404 where no edit of theirs is held or refused."""
    return await _page(request)


async def send(request: Request) -> Response:
    """{text}: a moderator reads it."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    context.part(limits.RateLimiter).check(f"appeals:{me.account_id}", limits.APPEALS_PER_ACCOUNT)
    post_id = post_id_of(request)
    try:
        async with context.database.write() as session:
            author, post = await queries.by_id(session, me.actor_id), await session.get(Post, post_id)
            if author is None or post is None or post.author_id != author.id:
                raise Missing(NOT_THERE)
            stopped = await appeals.stopped_edit(session, post_id)
            if stopped is None:
                raise Missing(NOT_THERE)
            await appeals.appeal(session, author, post, fields.get("text", ""), stopped)
    except Unprocessable as error:
        return await _page(request, fields.get("text", ""), _(error.public))
    return RedirectResponse(f"/posts/{post_id}/edit/appeal", 303)


async def _page(request: Request, typed: str = "", wrong: str = "") -> Response:
    me = require(request, "session")
    context = context_of(request)
    post_id = post_id_of(request)
    async with context.database.read() as session:
        post = await session.get(Post, post_id)
        stopped = await appeals.stopped_edit(session, post_id)
        if post is None or post.author_id != me.actor_id or stopped is None:
            raise Missing(NOT_THERE)
        made = await appeals.of_edit(session, stopped)
        can = await appeals.can_appeal_edit(session, stopped)
    category = context.part(Pipeline).policy.categories.get(stopped.rule or "")
    return page(
        request,
        "edit_appeal.html",
        422 if wrong else 200,
        busy=True,
        post_id=post_id,
        edit=stopped,
        rule=category.title if category is not None else stopped.rule or "",
        appeal=made,
        can=can,
        typed=typed,
        wrong=wrong,
        most=limits.APPEAL_CHARS,
    )
