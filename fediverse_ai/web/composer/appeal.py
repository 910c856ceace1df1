"""What an author can do about their own post on its making page: appeal a decision, take over a drafted description."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, post_id_of
from fediverse_ai.web.rendering import context_of
from generation.pipeline import Pipeline
from outbox import appeals, describe
from outbox.models import Post, PostState
from outbox.queries import PostView


async def outlook(context: Context, view: PostView) -> dict[str, Any]:
    """The rule in words, the appeal and its answer, and descriptions that wait to be confirmed."""
    post = view.post
    category = context.part(Pipeline).policy.categories.get(post.rule or "")
    async with context.database.read() as session:
        made = await appeals.newest_of_post(session, post.id)
        can = await appeals.can_appeal(session, post)
    drafts = [item for item in view.attachments if item.alt_draft] if post.state == PostState.PUBLISHED else []
    return {
        "rule": category.title if category is not None else "",
        "can": can,
        "state": made.state if made is not None else "",
        "answer": made.answer if made is not None else "",
        "most": limits.APPEAL_CHARS,
        "alt_most": limits.ALT_TEXT_CHARS,
        "drafts": [{"id": str(item.id), "text": item.alt_draft} for item in drafts],
    }


async def send(request: Request) -> Response:
    """POST /make/{post_id}/appeal: {text}."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    context.part(limits.RateLimiter).check(f"appeals:{me.account_id}", limits.APPEALS_PER_ACCOUNT)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        author, post = await actors.by_id(session, me.actor_id), await session.get(Post, post_id)
        await appeals.appeal(session, *_own(author, post), fields.get("text", ""))
    return RedirectResponse(f"/make/{post_id}", 303)


async def confirm(request: Request) -> Response:
    """POST /make/{post_id}/describe: {alt-ID: text}; what the author confirms goes out as an edit."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    post_id = post_id_of(request)
    texts = {name.removeprefix("alt-"): value for name, value in fields.items() if name.startswith("alt-")}
    async with context.database.write() as session:
        author, post = await actors.by_id(session, me.actor_id), await session.get(Post, post_id)
        await describe.confirm(session, *_own(author, post), texts)
    return RedirectResponse(f"/make/{post_id}", 303)


def _own(author: Actor | None, post: Post | None) -> tuple[Actor, Post]:
    if author is None or post is None or post.author_id != author.id:
        raise Missing(NOT_THERE)
    return author, post
