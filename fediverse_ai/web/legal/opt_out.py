"""For people who dislike AI images: how to see none of ours, and one word by which nothing is sent to them again."""

from __future__ import annotations

import base64
import hmac

from starlette.requests import Request
from starlette.responses import Response

from actors import optouts, queries
from actors.remote import RemoteActors, resolve
from fediverse_ai.activitypub import webfinger
from fediverse_ai.core import html, limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, FediverseError, RequestError, Unprocessable
from fediverse_ai.core.http import Budget
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of, page
from fediverse_ai.web.sign_in import address_block
from generation.pipeline import Pipeline
from outbox.leaving_alone import leave_alone


async def show(request: Request) -> Response:
    """GET /opt-out"""
    return _page(request)


async def send(request: Request) -> Response:
    """POST /opt-out: {handle} gives a code to put into one's profile; {handle, code, at, mark} looks for it there.

    Raises TooMany beyond OPT_OUTS_PER_ADDRESS.
    """
    fields = await forms.read_form(request)
    context = context_of(request)
    context.part(limits.RateLimiter).check(f"opt-outs:{address_block(request)}", limits.OPT_OUTS_PER_ADDRESS)
    handle = fields.get("handle", "").strip()[: limits.URL_LENGTH]
    try:
        parsed = webfinger.parse_handle(handle)
        if parsed.host in context.config.own_hosts:
            raise Unprocessable(_("This is for people of other servers. Here, close your account in the settings."))
        name = f"{parsed.username}@{parsed.host}"
        if not fields.get("code"):
            return _page(request, handle=name, code=_new_code(request, context, name))
        _check(request, context, name, fields)
        await _verified(context, name, fields["code"])
    except RequestError as error:
        code = (fields.get("code", ""), fields.get("at", ""), fields.get("mark", "")) if fields.get("code") else None
        return _page(request, 422, handle=handle, wrong=_(error.public), code=code)
    except FediverseError:
        return _page(request, 422, handle=handle, wrong=_("Your server did not answer. Try again in a moment."))
    return _page(request, handle=name, done=True)


def _new_code(request: Request, context: Context, handle: str) -> tuple[str, str, str]:
    """(code, when it was made, our mark on both): kept by the reader's page, not by us."""
    secret = base64.b32encode(context.clock.token(10)).decode("ascii").lower()
    code, at = f"leave-me-alone-{secret}", str(context.clock.now_ms())
    forms.token(request)
    return code, at, _mark(request, handle, code, at)


def _mark(request: Request, handle: str, code: str, at: str) -> str:
    return forms.seal(request, f"opt-out {handle} {code} {at}")


def _check(request: Request, context: Context, handle: str, fields: dict[str, str]) -> None:
    """Raises Conflict for a code that is not of this page, or too old."""
    at = fields.get("at", "")
    right = hmac.compare_digest(
        _mark(request, handle, fields["code"], at), fields.get("mark", "").encode().decode("ascii", "ignore")
    )
    fresh = at.isdigit() and context.clock.now_ms() - int(at) <= limits.OPT_OUT_SECONDS * 1000
    if not right or not fresh:
        raise Conflict(_("This code is too old. Begin again."))


async def _verified(context: Context, handle: str, code: str) -> None:
    """Read the profile anew where it lives, look for the code, keep the opt-out. Raises Unprocessable without it."""
    budget = Budget(clock=context.clock)
    actor_id = await resolve(context, handle, budget)
    async with context.database.read() as session:
        actor = await queries.by_id(session, actor_id)
    if actor is None or actor.local:
        raise Unprocessable(_("There is nobody by that name."))
    await context.part(RemoteActors).fetch(actor.uri, budget)
    async with context.database.write() as session:
        fresh = await queries.by_id(session, actor_id)
        if fresh is None:
            raise Unprocessable(_("There is nobody by that name."))
        texts = [html.text_of(fresh.summary), fresh.name]
        texts += [html.text_of(str(field.get(part, ""))) for field in fresh.fields for part in ("name", "value")]
        if not any(code in text for text in texts):
            raise Unprocessable(_("The code is not in your profile yet. Save your profile, then check again."))
        if await optouts.of_actor(session, fresh.id) is None:
            await leave_alone(session, fresh)


def _page(
    request: Request,
    status: int = 200,
    *,
    handle: str = "",
    code: tuple[str, str, str] | None = None,
    wrong: str = "",
    done: bool = False,
) -> Response:
    context = context_of(request)
    refused = [one.title for one in context.part(Pipeline).policy.categories.values()]
    answer = page(
        request, "legal/opt_out.html", status, kept=False, csrf=forms.token(request), handle=handle, code=code,
        wrong=wrong, done=done, hashtags=context.config.labels.hashtags, refused=refused,
    )  # fmt: skip
    return forms.remember_visitor(request, answer)
