"""The front page and the pages of a hashtag: what this server is, who makes pictures here, and the pictures."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import queries as actors
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing
from fediverse_ai.web.cards import before_of, page_of
from fediverse_ai.web.rendering import context_of, me_of, page
from outbox import dial, tag_follows
from outbox import queries as posts


async def gallery(request: Request) -> Response:
    """GET /"""
    context = context_of(request)
    me = me_of(request)
    before = before_of(request.query_params.get("before"))
    async with context.database.read() as session:
        views = await posts.gallery(session, me.actor_id if me else None, before, limits.PAGE_POSTS + 1)
        makers = await actors.local_accounts(session)
        chosen = await dial.dial_of(session, me.actor_id if me else None)
    cards, older = page_of(views, context.storage, "/", chosen, me.actor_id if me else None)
    return page(
        request,
        "gallery.html",
        cards=cards,
        older=older,
        newer="/" if before is not None else None,
        first_page=before is None,
        makers=[{"username": maker.username, "name": maker.name or maker.username} for maker in makers],
    )


async def tag(request: Request) -> Response:
    """GET /tags/{name}: where the hashtags of our posts lead."""
    context = context_of(request)
    me = me_of(request)
    name = hashtag_of(request)
    before = before_of(request.query_params.get("before"))
    async with context.database.read() as session:
        views = await posts.tagged(session, me.actor_id if me else None, name, before, limits.PAGE_POSTS + 1)
        followed = me is not None and bool(await tag_follows.followed_of(session, me.actor_id, [name.lower()]))
        chosen = await dial.dial_of(session, me.actor_id if me else None)
    path = f"/tags/{name.lower()}"
    cards, older = page_of(views, context.storage, path, chosen, me.actor_id if me else None)
    newer = path if before is not None else None
    return page(
        request,
        "tag.html",
        cards=cards,
        older=older,
        newer=newer,
        name=name,
        followed=followed,
        first_page=before is None,
    )


def hashtag_of(request: Request) -> str:
    """The hashtag of an address, as it is written there. Raises Missing for what can be none."""
    name = str(request.path_params["name"])
    if not hashtags.HASHTAG.fullmatch(f"#{name}") or len(name) > 100:
        raise Missing("There is no such hashtag.")
    return name
