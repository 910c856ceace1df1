"""The composer's first step: a prompt, a model, a shape; then the page that shows how its pictures come along."""

from __future__ import annotations

from dataclasses import replace

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Missing, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.mastodon import preferences
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, post_id_of
from fediverse_ai.web.composer import form as fields_of
from fediverse_ai.web.composer import own
from fediverse_ai.web.composer.form import Form
from fediverse_ai.web.lineage import parent_words
from fediverse_ai.web.rendering import context_of, page
from generation.pipeline import Pipeline
from outbox import compose, lineage, publish, schedule
from outbox import queries as posts
from outbox.models import Post, PostState
from outbox.visibility import may_see

REPLACED = (PostState.DRAFT, PostState.PICK, PostState.HELD, PostState.REFUSED, PostState.FAILED)
"""One's own posts that give way to what is made in their place."""


async def make(request: Request) -> Response:
    """GET /make, with ?recipe=ID to begin from a post's recipe, &vary=1 with another seed, ?reply=ID or ?quote=ID,
    or with the words of the post in ?text=."""
    me = require(request, "session")
    context = context_of(request)
    words = request.query_params.get("text", "").strip()[: limits.POST_TEXT_CHARS]
    form = Form(client_key=fields_of.new_key(context), text=words)
    asked = request.query_params
    async with context.database.read() as session:
        if recipe := _number(asked.get("recipe") or asked.get("remix") or ""):
            form = await _from_post(session, me, form, recipe, "vary" in asked)
            if form.generator not in context.part(Pipeline).generators:
                form = replace(form, generator="")
        for name in ("reply", "quote"):
            if (number := _number(asked.get(name, ""))) and await _seen(session, me, number):
                form = replace(form, reply_to=str(number)) if name == "reply" else replace(form, quote=str(number))
    return await _composer(request, context, me, form)


def _number(typed: str) -> int:
    """An id from an address; 0 for what is none."""
    return min(int(typed), LARGEST_ID) if typed.isascii() and typed.isdigit() and len(typed) < 20 else 0


async def _seen(session: AsyncSession, me: Principal, post_id: int) -> bool:
    post = await session.get(Post, post_id)
    return (
        post is not None
        and post.state == PostState.PUBLISHED
        and await may_see(session, await own.person(session, me), post)
    )


async def _from_post(session: AsyncSession, me: Principal, form: Form, post_id: int, new_seed: bool) -> Form:
    """Begin from a post of one's own, or from another's who allows it; from any other not at all."""
    reader = await own.person(session, me)
    view = await posts.view(session, reader, post_id)
    if view is None:
        return form
    mine = view.post.author_id == me.actor_id
    if not mine and not await lineage.may_remix(session, reader, view.post):
        return form
    return fields_of.from_post(form, view, mine=mine, new_seed=new_seed)


async def send(request: Request) -> Response:
    """POST /make: one Draft, then the page that watches it. The same form sent twice gives the same post.

    With `show` nothing is made: the form comes back with the settings of the model that was chosen.
    """
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    form = fields_of.read(fields, context.part(Pipeline).generators)
    if fields.get("show"):
        return await _composer(request, context, me, replace(form, wrong={}))
    if form.wrong:
        return await _composer(request, context, me, form, status=422)
    limiter = context.part(limits.RateLimiter)
    limiter.check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    limiter.check(f"generations:{me.account_id}", limits.GENERATIONS_PER_ACCOUNT, cost=int(form.count))
    try:
        async with context.database.write() as session:
            author = await own.person(session, me)
            before = await _before(session, me, form)
            posting = preferences.of(await own.account(session, me))
            post_id = (await compose.compose(session, author, form.draft(posting, before))).id
            if before is not None and before.id != post_id:
                await publish.remove(session, before)
    except (Unprocessable, Forbidden, Missing, TooMany) as error:
        return await _composer(request, context, me, replace(form, wrong={"prompt": _(error.public)}), status=422)
    return RedirectResponse(f"/make/{post_id}", 303)


async def _before(session: AsyncSession, me: Principal, form: Form) -> Post | None:
    """The post of one's own whose place the new one takes; None when it is gone, out, or on its way."""
    if not form.instead:
        return None
    found = await session.get(Post, int(form.instead))
    return found if found is not None and found.author_id == me.actor_id and found.state in REPLACED else None


async def send_draft(request: Request) -> Response:
    """POST /make/{post_id}/send: a draft goes on its way."""
    me = require(request, "session")
    context = context_of(request)
    await forms.read_form(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        author, post = await own.post(session, me, post_id)
        await schedule.send_draft(session, author, post)
    return RedirectResponse(f"/make/{post_id}", 303)


async def _composer(request: Request, context: Context, me: Principal, form: Form, status: int = 200) -> Response:
    pipeline = context.part(Pipeline)
    async with context.database.read() as session:
        reader = await own.person(session, me)
        unfinished = len(await posts.drafts(session, me.actor_id))
        named = {"parent": form.remix_of, "replied": form.reply_to, "quoted": form.quote}
        views = {name: await posts.view(session, reader, int(one)) if one else None for name, one in named.items()}
    cards = await pipeline.cards()
    ordered = tuple(dict.fromkeys((pipeline.default, *pipeline.generators)))
    values = fields_of.choices(form, cards, ordered)
    values |= {name: parent_words(view) if view is not None else None for name, view in views.items()}
    return page(request, "composer/make.html", status, busy=True, unfinished=unfinished, **values)
