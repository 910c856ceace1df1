"""Statements of reasons: what was done about somebody and why, open to who has the link; and one objection to it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.sign_in import address_block
from outbox import measures
from outbox.records import Measure


async def mine(request: Request) -> Response:
    """GET /statements: everything that moderators did about whoever is signed in."""
    me = require(request, "session")
    async with context_of(request).database.read() as session:
        found = await measures.of_actor(session, me.actor_id)
    return page(request, "legal/statements.html", kept=False, found=[(one, _what(one)) for one in found])


async def show(request: Request) -> Response:
    """GET /statements/{secret}"""
    async with context_of(request).database.read() as session:
        made = await measures.by_secret(session, request.path_params["secret"])
    if made is None:
        raise Missing(_("There is no such statement."))
    answer = page(
        request, "legal/statement.html", kept=False, made=made, what=_what(made), csrf=forms.token(request),
        final=made.kind in measures.FINAL, most=limits.APPEAL_CHARS,
    )  # fmt: skip
    answer.headers["Referrer-Policy"] = "strict-origin"
    return forms.remember_visitor(request, answer)


async def send(request: Request) -> Response:
    """POST /statements/{secret}: {text}, one objection."""
    fields = await forms.read_form(request)
    context = context_of(request)
    path = f"/statements/{request.path_params['secret']}"
    context.part(limits.RateLimiter).check(f"objections:{address_block(request)}", limits.NOTICES_PER_ADDRESS)
    try:
        async with context.database.write() as session:
            made = await measures.by_secret(session, request.path_params["secret"])
            if made is None:
                raise Missing(_("There is no such statement."))
            await measures.object_to(session, made, fields.get("text", ""))
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    return desk.back(request, path, _("A moderator reads it. The answer will stand here."))


def _what(made: Measure) -> str:
    return desk.action_words(f"{'post' if made.post_id else 'account'}.{made.kind}")
