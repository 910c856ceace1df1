"""A maker's page: who they are and what they made."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Gone, Missing
from fediverse_ai.core.html import text_of
from fediverse_ai.web import words
from fediverse_ai.web.cards import before_of, page_of, title_of
from fediverse_ai.web.rendering import context_of, me_of, page
from outbox import queries as posts
from outbox.models import PostState

STATE_WORDS = {
    PostState.DRAFT: "draft",
    PostState.WAITING: "being made",
    PostState.PICK: "choose among its pictures",
    PostState.SCHEDULED: "waits for its time",
    PostState.HELD: "waits for a moderator",
    PostState.REFUSED: "refused",
    PostState.FAILED: "could not be made",
}
DESCRIPTION_CHARS = 200


async def maker(session: AsyncSession, name: str) -> Actor:
    """The local actor of a page's address. Raises Missing, and Gone for one who left."""
    actor = await actors.local_by_name(session, name)
    if actor is None or actor.suspended_ms is not None:
        raise Missing("Nobody here has this name.")
    if actor.deleted_ms is not None:
        raise Gone("This account was deleted.")
    return actor


async def profile(request: Request) -> Response:
    """GET /@{name}"""
    context = context_of(request)
    me = me_of(request)
    name, _, host = str(request.path_params["name"]).partition("@")
    if host and host.lower() != context.config.host:
        raise Missing("This page shows people of this server only.")
    before = before_of(request.query_params.get("before"))
    async with context.database.read() as session:
        person = await maker(session, name)
        if request.path_params["name"] != person.username:
            return RedirectResponse(f"/@{person.username}", 301)
        mine = me is not None and me.actor_id == person.id
        views = await posts.profile(session, me.actor_id if me else None, person.id, before, limits.PAGE_POSTS + 1)
        counts = await actors.counts(session, person.id)
        unfinished = await unfinished_of(session, person.id) if mine and before is None else []
    path = f"/@{person.username}"
    cards, older = page_of(views, context.storage, path)
    return page(
        request,
        "profile.html",
        person=person_words(person) | {"followers": counts.followers, "following": counts.following},
        mine=mine,
        unfinished=unfinished,
        cards=cards,
        older=older,
        newer=path if before is not None else None,
        first_page=before is None,
    )


def person_words(person: Actor) -> dict[str, Any]:
    """What templates may know of an actor."""
    name = person.name or person.username
    return {
        "name": name,
        "username": person.username,
        "handle": person.handle,
        "uri": person.uri,
        "page_url": person.page_url,
        "initial": name[:1].upper(),
        "bio": person.summary,
        "indexable": person.indexable,
        "since": person.published_ms,
        "description": words.shorten(text_of(person.summary), DESCRIPTION_CHARS) or f"Pictures by {name}",
    }


async def unfinished_of(session: AsyncSession, actor_id: int) -> list[dict[str, Any]]:
    """The author's posts that are not out, as lines of a list."""
    return [
        {
            "id": view.post.id,
            "title": title_of(view.post, view.attachments),
            "state_words": STATE_WORDS[PostState(view.post.state)],
        }
        for view in await posts.drafts(session, actor_id)
    ]
