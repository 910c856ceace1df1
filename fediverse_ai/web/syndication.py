"""Feeds for feed readers, as Atom and as RSS: of a maker, of a collection, of a hashtag, and of the whole gallery."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core import limits
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.responses import etag_of
from fediverse_ai.core.texts import _
from fediverse_ai.web import atom, covers, rss
from fediverse_ai.web.channel import Channel
from fediverse_ai.web.gallery import hashtag_of
from fediverse_ai.web.profile import maker
from fediverse_ai.web.rendering import context_of
from outbox import albums, collected
from outbox import queries as posts
from outbox.queries import PostView
from outbox.visibility import OPEN

_KINDS: dict[str, tuple[str, Callable[[Channel], bytes]]] = {
    "atom": ("application/atom+xml", atom.document),
    "rss": ("application/rss+xml", rss.document),
}


async def of_maker(request: Request) -> Response:
    """GET /@{name}/feed.atom and feed.rss: open posts of one maker, the newest first."""
    context = context_of(request)
    async with context.database.read() as session:
        person = await maker(session, request.path_params["name"])
        found = await posts.profile(session, None, person.id, None, limits.PAGE_POSTS)
    page_url = f"{context.config.public_url}/@{person.username}"
    name = person.name or person.username
    channel = Channel(context, person.uri, name, page_url, _open(found), person.published_ms)
    return _answer(request, channel)


async def of_collection(request: Request) -> Response:
    """GET /@{name}/collections/{id}/feed.atom and feed.rss: the first posts of a public collection, in its order."""
    context = context_of(request)
    async with context.database.read() as session:
        person = await maker(session, request.path_params["name"])
        row = await albums.of(session, person, request.path_params["id"], None)
        if row is None:
            raise Missing(_("There is no such collection."))
        found = await albums.page(session, row, None, None, limits.PAGE_POSTS)
        views = await posts.views(session, [post for _place, post in found], None)
    page_url = f"{context.config.public_url}{covers.address_of(person, row)}"
    title = f"{row.name} · {person.name or person.username}"
    return _answer(request, Channel(context, collected.uri_of(person, row), title, page_url, views, row.created_ms))


async def of_tag(request: Request) -> Response:
    """GET /tags/{name}/feed.atom and feed.rss: open posts of this server with a hashtag."""
    context = context_of(request)
    name = hashtag_of(request)
    async with context.database.read() as session:
        found = await posts.tagged(session, None, name, None, limits.PAGE_POSTS)
    page_url = f"{context.config.public_url}/tags/{name.lower()}"
    return _answer(
        request, Channel(context, page_url, f"#{name} · {context.config.server.name}", page_url, _open(found))
    )


async def of_gallery(request: Request) -> Response:
    """GET /feed.atom and /feed.rss: what hangs in the gallery."""
    context = context_of(request)
    async with context.database.read() as session:
        found = await posts.gallery(session, None, None, limits.PAGE_POSTS)
    page_url = f"{context.config.public_url}/"
    return _answer(request, Channel(context, page_url, context.config.server.name, page_url, _open(found)))


def _open(views: list[PostView]) -> list[PostView]:
    return [view for view in views if view.post.visibility in OPEN]


def _answer(request: Request, channel: Channel) -> Response:
    media_type, document = _KINDS[request.url.path.rpartition(".")[2]]
    body = document(channel)
    # What the pages ask of those who gather material for training is asked here too.
    headers = {
        "Cache-Control": "public, max-age=300",
        "ETag": etag_of(body),
        "X-Content-Type-Options": "nosniff",
        "X-Robots-Tag": "noai, noimageai",
        "Content-Usage": "train-ai=n",
        "TDM-Reservation": "1",
    }
    return Response(body, headers=headers, media_type=f"{media_type}; charset=utf-8")
