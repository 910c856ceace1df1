"""The page of one post on its way: how it comes along, the strip of its pictures, and the last step before the gate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Conflict, FediverseError, Forbidden, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import post_id_of
from fediverse_ai.web.composer import appeal, leaving, making, own
from fediverse_ai.web.composer import step as steps
from fediverse_ai.web.composer.step import Picture, Step
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.post import job_words
from fediverse_ai.web.rendering import context_of, page
from generation.pipeline import Pipeline
from outbox import again, budget, consent, finish, upscale
from outbox import leaving as ahead
from outbox.again import How
from outbox.belongings import Disclosure
from outbox.budget import Budget
from outbox.labels import AI_ORIGINS
from outbox.making import UNNAMED
from outbox.models import Attachment, PostState
from outbox.queries import PostView


async def show(request: Request) -> Response:
    """GET /make/{post_id}: for its author alone, in whatever state the post is."""
    me = require(request, "session")
    context = context_of(request)
    return await _page(request, context, me, await own.view(context, me, post_id_of(request)))


async def post(request: Request) -> Response:
    """POST /make/{post_id}/post: everything of the last step; with `look` only what would leave is shown anew."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    view = await own.view(context, me, post_id_of(request))
    if view.post.state not in finish.READY:
        return RedirectResponse(f"/make/{view.post.id}", 303)
    offered = pictures(view)
    step = steps.read(fields, offered, context.config, context.clock.now_ms(), await _budget(context, me))
    if fields.get("look"):
        return await _page(request, context, me, view, step)
    if step.wrong:
        return await _page(request, context, me, view, step, status=422)
    try:
        async with context.database.write() as session:
            author, found = await own.post(session, me, view.post.id)
            made = await finish.finish(session, author, found, step.finish(offered))
            if step.remember:
                account = await own.account(session, me)
                account.disclosure, account.remix_policy = step.disclosure, step.remix_policy
                session.add(account)
            post_id = made.id
    except (Unprocessable, Forbidden, TooMany) as error:
        return await _page(request, context, me, view, step, status=422, problem=_(error.public))
    except Conflict:
        return RedirectResponse(f"/make/{view.post.id}", 303)
    return RedirectResponse(f"/make/{post_id}", 303)


async def once_more(request: Request) -> Response:
    """POST /make/{post_id}/again: {again: "vary-0" | "change-0" | "upscale-0"}, change-0; a new post of its own."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    view = await _noted(context, me, fields, post_id_of(request))
    how, _dash, key = fields.get("again", "").partition("-")
    number = next((at for at, one in enumerate(pictures(view)) if one.key == key), -1)
    if how not in {item.value for item in How}:
        raise Unprocessable("There is no such way to go on.")
    limiter = context.part(limits.RateLimiter)
    limiter.check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    try:
        words = fields.get(f"change-{key}", "")
        planned = await again.plan(context, view.author, view.post.id, number, How(how), words)
        limiter.check(f"generations:{me.account_id}", limits.GENERATIONS_PER_ACCOUNT, cost=planned.draft.count)
        async with context.database.write() as session:
            made = await again.order(session, await own.person(session, me), planned)
            post_id = made.id
    except (Unprocessable, Forbidden, Conflict, TooMany) as error:
        return await _page(request, context, me, view, status=422, problem=_(error.public))
    return RedirectResponse(f"/make/{post_id}", 303)


async def discard(request: Request) -> Response:
    """POST /make/{post_id}/discard: {discard: key}; one picture of the strip is forgotten, with the last the post."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    view = await _noted(context, me, fields, post_id_of(request))
    number = next((at for at, one in enumerate(pictures(view)) if one.key == fields.get("discard")), -1)
    async with context.database.write() as session:
        author, found = await own.post(session, me, view.post.id)
        left = await finish.discard(session, author, found, number)
    return RedirectResponse(f"/make/{view.post.id}" if left else "/drafts", 303)


async def _noted(context: Context, me: Principal, fields: Mapping[str, str], post_id: int) -> PostView:
    """The post, with the words of the form that came along: whoever makes another picture has not lost them."""
    view = await own.view(context, me, post_id)
    if "text" not in fields:
        return view
    offered = pictures(view)
    step = steps.read(fields, offered, context.config, context.clock.now_ms(), None)
    async with context.database.write() as session:
        author, found = await own.post(session, me, post_id)
        await finish.note(session, author, found, step.words(offered))
    return await own.view(context, me, post_id)


def pictures(view: PostView) -> list[Picture]:
    """What can be chosen, in the order in which `finish` counts."""
    return [
        Picture(str(number), item.alt_draft, item.origin in AI_ORIGINS)
        for number, item in enumerate(finish.offered(view.post, view.attachments))
    ]


def _described(item: Attachment) -> str:
    """What stands in the field at first: a drafted description, else what its author wrote; never what stood in."""
    stands_in = item.alt in (UNNAMED, (item.recipe or {}).get("prompt"))
    return item.alt_draft or ("" if stands_in else item.alt)


async def _budget(context: Context, me: Principal) -> Budget | None:
    async with context.database.read() as session:
        return await budget.of_today(session, await own.person(session, me))


async def _first_step(context: Context, me: Principal, view: PostView) -> Step:
    async with context.database.read() as session:
        receipts = await consent.receipts(session, view.post.id)
        usual = (await own.account(session, me)).training
    shown = finish.offered(view.post, view.attachments)
    alts = {str(number): _described(item) for number, item in enumerate(shown)}
    return steps.of_post(view.post, alts, receipts[0].choice if receipts else usual)


async def _page(
    request: Request,
    context: Context,
    me: Principal,
    view: PostView,
    step: Step | None = None,
    *,
    status: int = 200,
    problem: str = "",
) -> Response:
    post = view.post
    ready = post.state in finish.READY and any(item.file for item in view.attachments)
    shown = [item for item in view.attachments if item.file]
    values: dict[str, Any] = {"strip": [], "step": None, "leaving": None, "wrong": {}}
    if ready:
        step = step or await _first_step(context, me, view)
        values = await _step_values(context, me, view, step)
    return page(
        request,
        "composer/job.html",
        status,
        busy=True,
        job=job_words(view),
        problem=problem,
        outlook=await making.outlook(context, post),
        appeal=await appeal.outlook(context, view),
        frame=frame(context.storage, post, shown[0]) if shown and not ready else None,
        can_rewrite=post.state in (PostState.HELD, PostState.REFUSED, PostState.FAILED, PostState.DRAFT),
        **values,
    )


async def _step_values(context: Context, me: Principal, view: PostView, step: Step) -> dict[str, Any]:
    offered = finish.offered(view.post, view.attachments)
    told = await _leaving(context, view, step)
    return {
        **steps.words(step, await _budget(context, me)),
        "strip": await _strip(context, view, offered, step),
        "leaving": leaving.words(told, step.visibility) if told is not None else None,
        "choosing": view.post.state == PostState.PICK,
    }


async def _leaving(context: Context, view: PostView, step: Step) -> ahead.Leaving | None:
    """A look ahead at what would leave; of nothing chosen yet as if the first were, of a wrong choice not at all."""
    if step.disclosure not in {item.value for item in Disclosure} or "visibility" in step.wrong:
        return None
    if any(len(words) > limits.ALT_TEXT_CHARS for words in step.alts.values()):
        return None
    offered = pictures(view)
    chosen = step.chosen or frozenset({offered[0].key})
    wish = Step(**{name: getattr(step, name) for name in step.__dataclass_fields__} | {"chosen": chosen, "at": ""})
    post, attachments = finish.proposed(view.post, view.attachments, wish.finish(offered))
    async with context.database.read() as session:
        return await ahead.look(session, view.author, post, attachments)


async def _strip(context: Context, view: PostView, offered: Sequence[Attachment], step: Step) -> list[dict[str, Any]]:
    """The pictures with what can be done with each."""
    name = str((view.post.request or {}).get("generator") or context.part(Pipeline).default)
    try:
        card = await context.part(Pipeline).card(name)
    except FediverseError:
        card = None
    choosing = view.post.state == PostState.PICK
    return [
        {
            "key": str(number),
            "number": number + 1,
            "frame": frame(context.storage, view.post, item),
            "alt": step.alts.get(str(number), ""),
            "drafted": item.alt_draft,
            "chosen": str(number) in step.chosen,
            "confirmed": str(number) in step.confirmed,
            "bare": str(number) in step.bare or f"alt-{number}" in step.wrong,
            "vary": choosing,
            "change": choosing and card is not None,
            "graph": card is not None and card.capabilities.graph,
            "upscale": choosing and card is not None and _grows(card, item),
            "prompt": str((item.recipe or {}).get("prompt") or ""),
            "seed": (item.recipe or {}).get("seed"),
        }
        for number, item in enumerate(offered)
    ]


def _grows(card: Any, item: Attachment) -> bool:
    largest = max(item.width or 0, item.height or 0) * limits.UPSCALE_LEAST
    return upscale.can_upscale(card, item, item.recipe or {}) and largest <= limits.PICTURE_SIDE_MAX_PIXELS
