"""Training consent on a post's own page: what its author chose and when, and another choice from now on."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, post_id_of
from fediverse_ai.web.composer import choices, own
from fediverse_ai.web.rendering import context_of
from outbox import consent
from outbox.consent import Training
from outbox.models import Post


async def outlook(session: AsyncSession, post: Post) -> dict[str, Any]:
    """{choice, choices, receipts: [(words, ms)]}, the receipt that holds first, for its author's eyes."""
    names = {value: name for value, name, _hint in choices.spoken(choices.TRAININGS)}
    known = await consent.receipts(session, post.id)
    return {
        "choice": known[0].choice if known else Training.NO.value,
        "choices": choices.spoken(choices.TRAININGS),
        "receipts": [(names.get(one.choice, one.choice), one.created_ms) for one in known],
    }


async def change(request: Request) -> Response:
    """POST /@{name}/{post_id}/training: training; written as a receipt with its date."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        author, post = await own.post(session, me, post_id)
        if author.username != request.path_params["name"]:
            raise Missing(NOT_THERE)
        await consent.choose(session, author, post, fields.get("training", ""))
    return RedirectResponse(f"/@{author.username}/{post_id}", 303)
