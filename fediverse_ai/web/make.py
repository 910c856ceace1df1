"""The composer, and the page that shows how its picture comes along."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field, replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from actors import queries as actors
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, Unprocessable
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, NOT_THERE, post_id_of, prompt_of
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.post import job_words
from fediverse_ai.web.profile import unfinished_of
from fediverse_ai.web.rendering import context_of, headers, page
from outbox import compose
from outbox import queries as posts
from outbox.models import PostState, Visibility
from outbox.queries import PostView

VISIBILITIES = (
    (
        Visibility.QUIET,
        "Quiet",
        "Your followers and visitors of your page. Not in other servers’ public timelines.",
    ),
    (Visibility.PUBLIC, "Public", "Also in public timelines, where people meet it who did not ask for AI pictures."),
    (Visibility.FOLLOWERS, "Followers", "Nobody but the people who follow you."),
)
# The renderings of the embedded generator; backends that know other words ignore them.
STYLES = (("papercut", "Paper-cut"), ("linocut", "Linocut print"))


@dataclass(frozen=True, slots=True)
class Form:
    """The composer's fields as typed."""

    prompt: str = ""
    text: str = ""
    alt_text: str = ""
    style: str = ""
    seed: str = ""
    visibility: str = Visibility.QUIET.value
    summary: str = ""
    sensitive: bool = False
    client_key: str = ""
    wrong: dict[str, str] = field(default_factory=dict)


async def make(request: Request) -> Response:
    """GET /make, with ?recipe=ID to begin from another post's recipe."""
    me = require(request, "session")
    context = context_of(request)
    form = Form(client_key=_new_key(context))
    recipe = request.query_params.get("recipe", "")
    if recipe.isascii() and recipe.isdigit() and len(recipe) < 20:
        async with context.database.read() as session:
            reader = await actors.by_id(session, me.actor_id)
            view = await posts.view(session, reader, min(int(recipe), LARGEST_ID))
        if view is not None:
            form = _from_post(form, view, me)
    return await _composer(request, context, me, form)


async def send(request: Request) -> Response:
    """POST /make: one Draft, then the page that watches it. The same form sent twice gives the same post."""
    me = require(request, "session")
    context = context_of(request)
    form = _read(await forms.read_form(request))
    if form.wrong:
        return await _composer(request, context, me, form, status=422)
    limiter = context.part(limits.RateLimiter)
    limiter.check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    limiter.check(f"generations:{me.account_id}", limits.GENERATIONS_PER_ACCOUNT)
    draft = compose.Draft(
        text=form.text,
        prompt=form.prompt,
        seed=int(form.seed) if form.seed else None,
        style=form.style or None,
        alt_text=form.alt_text,
        summary=form.summary or None,
        sensitive=form.sensitive,
        visibility=form.visibility,
        client_key=f"web:{form.client_key}" if form.client_key else None,
    )
    try:
        async with context.database.write() as session:
            author = await actors.by_id(session, me.actor_id)
            if author is None:
                raise Missing(NOT_THERE)
            post = await compose.compose(session, author, draft)
            post_id = post.id
    except Unprocessable as error:
        return await _composer(request, context, me, replace(form, wrong={"prompt": error.public}), status=422)
    return RedirectResponse(f"/make/{post_id}", 303)


async def job(request: Request) -> Response:
    """GET /make/{post_id}: for its author alone, in whatever state the post is."""
    me = require(request, "session")
    context = context_of(request)
    view = await _own(context, me, post_id_of(request))
    shown = next((item for item in view.attachments if item.file), None)
    return page(
        request,
        "job.html",
        busy=True,
        job=job_words(view),
        frame=frame(context.storage, view.post, shown) if shown else None,
    )


async def progress(request: Request) -> Response:
    """GET /make/{post_id}/progress: {state, words, fraction, url} for the script of the page above."""
    me = require(request, "session")
    context = context_of(request)
    words = job_words(await _own(context, me, post_id_of(request)))
    told = {name: words[name] for name in ("state", "words", "fraction", "url")}
    return JSONResponse(told, headers=headers(context.config, kept=False))


async def _own(context: Context, me: Principal, post_id: int) -> PostView:
    async with context.database.read() as session:
        reader = await actors.by_id(session, me.actor_id)
        view = await posts.view(session, reader, post_id)
    if view is None or view.post.author_id != me.actor_id:
        raise Missing(NOT_THERE)
    return view


async def _composer(request: Request, context: Context, me: Principal, form: Form, status: int = 200) -> Response:
    async with context.database.read() as session:
        unfinished = await unfinished_of(session, me.actor_id)
    optional = (form.text, form.alt_text, form.style, form.seed, form.summary, form.sensitive)
    values: dict[str, Any] = {
        "form": form,
        "wrong": form.wrong,
        "opened": any(optional) or form.visibility != Visibility.QUIET or bool(set(form.wrong) - {"prompt"}),
        "styles": STYLES,
        "visibilities": [(value.value, name, hint) for value, name, hint in VISIBILITIES],
        "limits": {
            "prompt": limits.PROMPT_CHARS,
            "text": limits.POST_TEXT_CHARS,
            "alt_text": limits.ALT_TEXT_CHARS,
            "summary": limits.NAME_CHARS,
        },
        "unfinished": unfinished,
    }
    return page(request, "make.html", status, busy=True, **values)


def _from_post(form: Form, view: PostView, me: Principal) -> Form:
    """Another's recipe gives prompt, style and seed; one's own post that did not go out gives its words as well."""
    recipe = next((item.recipe for item in view.attachments if item.recipe), None)
    image = (view.post.request or {}).get("image") or {}
    source = recipe or image
    parameters = source.get("parameters") or {}
    form = replace(
        form,
        prompt=prompt_of(view.post, view.attachments),
        seed=str(source["seed"]) if recipe and source.get("seed") is not None else "",
        style=str(parameters.get("style") or source.get("style") or ""),
    )
    if view.post.author_id != me.actor_id or view.post.state == PostState.PUBLISHED:
        return form
    return replace(
        form,
        text=view.post.text,
        alt_text=str((view.post.request or {}).get("alt_text") or ""),
        summary=view.post.summary or "",
        sensitive=view.post.sensitive,
        visibility=str(view.post.visibility),
    )


def _read(fields: dict[str, str]) -> Form:
    """The form as sent, with a sentence for each field that cannot be used."""
    form = Form(
        prompt=fields.get("prompt", "").strip(),
        text=fields.get("text", "").strip(),
        alt_text=fields.get("alt_text", "").strip(),
        style=fields.get("style", ""),
        seed=fields.get("seed", "").strip(),
        visibility=fields.get("visibility", Visibility.QUIET.value),
        summary=fields.get("summary", "").strip(),
        sensitive=fields.get("sensitive") == "1",
        client_key=fields.get("client_key", "")[: limits.CLIENT_KEY_CHARS],
    )
    wrong: dict[str, str] = {}
    if not form.prompt:
        wrong["prompt"] = "The prompt is empty: say what the picture should show."
    bounds = (
        ("prompt", "The prompt", form.prompt, limits.PROMPT_CHARS),
        ("text", "The text", form.text, limits.POST_TEXT_CHARS),
        ("alt_text", "The alt text", form.alt_text, limits.ALT_TEXT_CHARS),
        ("summary", "The content warning", form.summary, limits.NAME_CHARS),
    )
    for name, noun, value, most in bounds:
        if len(value) > most:
            wrong[name] = f"{noun} is too long: {len(value)} characters, and {most} are allowed."
    if form.seed and not (form.seed.isascii() and form.seed.isdigit() and len(form.seed) <= limits.SEED_DIGITS):
        wrong["seed"] = f"A seed is a whole number of at most {limits.SEED_DIGITS} digits."
    if form.style not in {"", *(value for value, _ in STYLES)}:
        form = replace(form, style="")
    if form.visibility not in {value.value for value, _, _ in VISIBILITIES}:
        wrong["visibility"] = "Choose who sees it."
    return replace(form, wrong=wrong)


def _new_key(context: Context) -> str:
    return base64.urlsafe_b64encode(context.clock.token(18)).decode("ascii")
