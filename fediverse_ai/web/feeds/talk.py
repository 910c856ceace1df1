"""A post in its conversation, whole and in order: what it answers above it, what answers it below; and others' posts
on pages of this server, for members."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web.cards import NOT_THERE, post_id_of, title_of
from fediverse_ai.web.feeds import deeds, writing
from fediverse_ai.web.feeds.acts import reader_of, seen_post
from fediverse_ai.web.feeds.people import FOR_MEMBERS
from fediverse_ai.web.feeds.shown import Shown, shown
from fediverse_ai.web.rendering import context_of, me_of, page
from inbox import threads
from outbox import queries as posts
from outbox import talk
from outbox.home import Entry
from outbox.models import Post, PostState

DEEPEST = 4
"""Steps to the inline start; what is deeper stays there."""


@dataclass(frozen=True, slots=True)
class Talk:
    """The conversation around a post. `lost`: what the topmost post answers is not here or not for the reader.

    `composer` holds the values of feeds/write_form.html; `events` is where new answers are told.
    """

    above: list[Shown]
    focus: Shown | None
    below: list[Shown]
    lost: bool
    cut: bool
    composer: dict[str, Any]
    events: str


async def around(session: AsyncSession, request: Request, reader: Actor, post: Post) -> Talk:
    """What a signed-in reader sees of a post's conversation. Who may see the post itself is settled."""
    context = context_of(request)
    above = await talk.ancestors(session, reader, post)
    below = await talk.descendants(session, reader, post)
    back = deeds.here(request)
    entries = [Entry(one) for one in [*above, post, *below]]
    made = {one.id: one for one in await shown(session, request, reader, entries, "thread", focus=post.id, back=back)}
    depths: dict[int, int] = {post.id: 0}
    for one in below:
        depths[one.id] = depths.get(one.in_reply_to_id or 0, 0) + 1
    top = above[0] if above else post
    form = await writing.begin(session, context, reader, post) if post.state == PostState.PUBLISHED else None
    return Talk(
        above=[made[one.id] for one in above if one.id in made],
        focus=made.get(post.id),
        below=[
            replace(made[one.id], depth=min(depths[one.id] - 1, DEEPEST), answered=None)
            for one in below
            if one.id in made
        ],
        lost=top.in_reply_to_uri is not None,
        cut=len(below) >= limits.API_DESCENDANTS,
        composer=composer_of(post.id, form) if form is not None else {},
        events=f"/posts/{post.id}/events",
    )


def composer_of(other_id: int, form: writing.Form) -> dict[str, Any]:
    """The values of the folded form under a thread."""
    return {
        "form": form,
        "other_id": other_id,
        "quoting": False,
        "files": {},
        "slots": range(1, writing.PICTURES + 1),
        "visibilities": [(value.value, _(words)) for value, words in writing.VISIBILITIES],
        "limits": {"text": limits.POST_TEXT_CHARS, "alt_text": limits.ALT_TEXT_CHARS, "summary": limits.NAME_CHARS},
    }


async def looked_at(request: Request, post_id: int) -> None:
    """Have the answers to others' posts of this thread fetched, as somebody looks; after the page's own reading."""
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        post = await seen_post(session, reader, post_id)
        above, below = await talk.ancestors(session, reader, post), await talk.descendants(session, reader, post)
    await threads.want_replies(context, [post, *above[:1], *below])


async def remote_post(request: Request) -> Response:
    """GET /@{name}@{host}/{post_id}: a post of another server with its conversation, for members."""
    post_id = post_id_of(request)
    if str(request.path_params["host"]).lower() in context_of(request).config.own_hosts:
        return RedirectResponse(f"/@{request.path_params['name']}/{post_id}", 301)
    me = me_of(request)
    if me is None:
        raise Missing(FOR_MEMBERS)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        view = await posts.view(session, reader, post_id)
        if view is None:
            raise Missing(NOT_THERE)
        address = deeds.address_of(view.post, view.author)
        if request.url.path != address:
            return RedirectResponse(address, 303)
        found = await around(session, request, reader, view.post)
    await looked_at(request, post_id)
    title = view.post.summary or title_of(view.post, view.attachments)
    return page(request, "feeds/post.html", talk=found, title=title, author=view.author.name or view.author.username)
