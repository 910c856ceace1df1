"""POST /posts/{post_id}/vote: a member's answer to somebody's poll, by a plain form."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Conflict, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import post_id_of
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.acts import reader_of, seen_post
from fediverse_ai.web.rendering import context_of, said
from outbox import votes


async def vote(request: Request) -> Response:
    """{choice: a number} or {choice-N: N, ...}, back."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    context.part(RateLimiter).check(f"acts:{me.account_id}", limits.ACTS_PER_ACCOUNT)
    named = [value for name, value in fields.items() if name.partition("-")[0] == "choice"]
    chosen = [int(word) if word.isascii() and word.isdigit() and len(word) < 4 else -1 for word in named]
    post_id = post_id_of(request)
    answer = RedirectResponse(f"{deeds.safe_back(fields.get('back', '')).partition('#')[0]}#post-{post_id}", 303)
    try:
        async with context.database.write() as session:
            reader = await reader_of(session, me)
            await votes.vote(session, reader, await seen_post(session, reader, post_id), chosen)
    except (Conflict, Unprocessable) as error:
        return said(request, answer, _(error.public), bad=True)
    return said(request, answer, _("Your vote is on its way."))
