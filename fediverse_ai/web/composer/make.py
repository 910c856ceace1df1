"""The composer, and the page that shows how its picture comes along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Forbidden, Missing, Unprocessable
from fediverse_ai.web import appeal, forms, make_form, making
from fediverse_ai.web.cards import LARGEST_ID, NOT_THERE, post_id_of
from fediverse_ai.web.lineage import parent_words
from fediverse_ai.web.make_form import Form
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.post import job_words
from fediverse_ai.web.profile import unfinished_of
from fediverse_ai.web.rendering import context_of, page
from generation.pipeline import Pipeline
from outbox import candidates, compose, lineage, pick, schedule
from outbox import queries as posts
from outbox.models import Post, PostState
from outbox.queries import PostView


async def make(request: Request) -> Response:
    """GET /make, with ?recipe=ID to begin from a post's recipe, and &vary=1 with another seed."""
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        account = await _account(session, me)
        form = Form(client_key=make_form.new_key(context))
        form = replace(form, disclosure=account.disclosure, remix_policy=account.remix_policy)
        recipe = request.query_params.get("recipe", "")
        if recipe.isascii() and recipe.isdigit() and len(recipe) < 20:
            form = await _from_post(session, me, form, min(int(recipe), LARGEST_ID), "vary" in request.query_params)
    return await _composer(request, context, me, form)


async def _from_post(session: AsyncSession, me: Principal, form: Form, post_id: int, new_seed: bool) -> Form:
    """Begin from a post of one's own, or from another's who allows it; from any other not at all."""
    reader = await actors.by_id(session, me.actor_id)
    view = await posts.view(session, reader, post_id)
    if view is None or reader is None:
        return form
    mine = view.post.author_id == me.actor_id
    if not mine and not await lineage.may_remix(session, reader, view.post):
        return form
    return make_form.from_post(form, view, mine=mine, new_seed=new_seed)


async def _account(session: AsyncSession, me: Principal) -> Account:
    account = await session.get(Account, me.account_id)
    if account is None:
        raise Missing(NOT_THERE)
    return account


async def send(request: Request) -> Response:
    """POST /make: one Draft, then the page that watches it. The same form sent twice gives the same post."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    form = make_form.read(fields, context.part(Pipeline).generators, context.clock.now_ms())
    if form.wrong:
        return await _composer(request, context, me, form, status=422)
    limiter = context.part(limits.RateLimiter)
    limiter.check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    limiter.check(f"generations:{me.account_id}", limits.GENERATIONS_PER_ACCOUNT, cost=int(form.count))
    try:
        async with context.database.write() as session:
            author = await _me(session, me)
            post = await compose.compose(session, author, form.draft())
            post_id = post.id
            if form.remember:
                account = await _account(session, me)
                account.disclosure, account.remix_policy = form.disclosure, form.remix_policy
                session.add(account)
    except (Unprocessable, Forbidden) as error:
        return await _composer(request, context, me, replace(form, wrong={"prompt": error.public}), status=422)
    return RedirectResponse(f"/make/{post_id}", 303)


async def _me(session: AsyncSession, me: Principal) -> Actor:
    author = await actors.by_id(session, me.actor_id)
    if author is None:
        raise Missing(NOT_THERE)
    return author


async def job(request: Request) -> Response:
    """GET /make/{post_id}: for its author alone, in whatever state the post is."""
    me = require(request, "session")
    context = context_of(request)
    view = await _own(context, me, post_id_of(request))
    said = await appeal.outlook(context, view)
    return _job(request, context, view, outlook=await making.outlook(context, view.post), appeal_words=said)


def _job(
    request: Request,
    context: Context,
    view: PostView,
    wrong: str | None = None,
    outlook: dict[str, Any] | None = None,
    appeal_words: dict[str, Any] | None = None,
) -> Response:
    shown = [item for item in view.attachments if item.file]
    offered = candidates.made_here(shown) if view.post.state == PostState.PICK else []
    return page(
        request,
        "job.html",
        200 if wrong is None else 422,
        busy=True,
        job=job_words(view),
        wrong=wrong,
        outlook=outlook or making.NOTHING,
        appeal=appeal_words or appeal.NOTHING,
        offered=[frame(context.storage, view.post, item) for item in offered],
        frame=frame(context.storage, view.post, shown[0]) if shown and not offered else None,
    )


async def choose(request: Request) -> Response:
    """POST /make/{post_id}/pick: go on with the pictures that were ticked."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    post_id = post_id_of(request)
    chosen = [number for number in range(limits.POST_IMAGES) if fields.get(f"picture-{number}") == "1"]
    try:
        async with context.database.write() as session:
            author, post = await _mine(session, me, post_id)
            await pick.pick(session, author, post, chosen)
    except Unprocessable as error:
        return _job(request, context, await _own(context, me, post_id), error.public)
    return RedirectResponse(f"/make/{post_id}", 303)


async def send_draft(request: Request) -> Response:
    """POST /make/{post_id}/send: a draft goes on its way."""
    me = require(request, "session")
    context = context_of(request)
    await forms.read_form(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        author, post = await _mine(session, me, post_id)
        await schedule.send_draft(session, author, post)
    return RedirectResponse(f"/make/{post_id}", 303)


async def _mine(session: AsyncSession, me: Principal, post_id: int) -> tuple[Actor, Post]:
    author = await _me(session, me)
    post = (await session.exec(select(Post).where(Post.id == post_id, Post.author_id == author.id))).first()
    if post is None or post.state == PostState.DELETED:
        raise Missing(NOT_THERE)
    return author, post


async def _own(context: Context, me: Principal, post_id: int) -> PostView:
    async with context.database.read() as session:
        reader = await actors.by_id(session, me.actor_id)
        view = await posts.view(session, reader, post_id)
    if view is None or view.post.author_id != me.actor_id:
        raise Missing(NOT_THERE)
    return view


async def _composer(request: Request, context: Context, me: Principal, form: Form, status: int = 200) -> Response:
    pipeline = context.part(Pipeline)
    async with context.database.read() as session:
        unfinished = await unfinished_of(session, me.actor_id)
        reader = await actors.by_id(session, me.actor_id)
        parent = await posts.view(session, reader, int(form.remix_of)) if form.remix_of else None
    generators = pipeline.generators
    can_begin = len(generators) > 1 or (await pipeline.card(pipeline.default)).capabilities.source
    values = make_form.choices(form, generators, can_begin=can_begin)
    source = parent_words(parent) if parent is not None else None
    return page(request, "make.html", status, busy=True, unfinished=unfinished, parent=source, **values)
