"""The feeds: home, this server, everywhere, lists, bookmarks and likes; a page at a time, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.texts import _
from fediverse_ai.web.cards import before_of
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.feeds.shown import shown
from fediverse_ai.web.rendering import context_of, page
from outbox import home, restraints
from outbox.belongings import Bookmark
from outbox.cursors import Cursor, fetch
from outbox.dial import unwelcome
from outbox.home import Entry
from outbox.models import Post, PostState, Reaction, ReactionKind, Visibility
from outbox.visibility import OPEN, seen_by


def cursor(request: Request) -> Cursor:
    """Which page is asked for. Raises Malformed for a `before` that is no number."""
    return Cursor(limits.PAGE_POSTS, max_id=before_of(request.query_params.get("before")))


async def answer(
    session: AsyncSession,
    request: Request,
    reader: Actor,
    entries: Sequence[Entry],
    last: int | None,
    *,
    place: str,
    heading: str,
    lead: str = "",
    nothing: str = "",
    template: str = "feeds/feed.html",
    **values: Any,
) -> Response:
    """A feed's page. `last` is where the next page goes on; None when there is none."""
    items = await shown(session, request, reader, entries, place)
    return page(
        request,
        template,
        items=items,
        older=f"{request.url.path}?before={last}" if last is not None else None,
        first_page=request.query_params.get("before") is None,
        heading=heading,
        lead=lead,
        nothing=nothing or _("Nothing here yet."),
        **{"events": None, **values},
    )


async def own_home(request: Request) -> Response:
    """GET /home: whom one follows, the hashtags one follows, and oneself."""
    me = require(request, "session")
    at = cursor(request)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        found = await home.page(session, reader, home.followed_by(reader.id), at)
        last = found.ids[-1] if found.ids and found.more else None
        newest = found.ids[0] if found.ids else 0
        return await answer(
            session,
            request,
            reader,
            found.entries,
            last,
            place="home",
            heading=_("Home"),
            nothing=_("Nothing here yet. Follow people and hashtags, and what they post comes here."),
            events=f"/home/events?since={newest}" if at.max_id is None else None,
        )


async def local(request: Request) -> Response:
    """GET /local: everything open of this server, as the gallery shows it."""
    open_here = (col(Post.local).is_(True), col(Post.visibility).in_(OPEN), ~restraints.off_gallery())
    return await _public(request, open_here, _("This server"), _("What people here make and write."))


async def federated(request: Request) -> Response:
    """GET /federated: everything public that this server knows."""
    everywhere = (Post.visibility == Visibility.PUBLIC,)
    return await _public(request, everywhere, _("Everywhere"), _("Public posts that have come to this server."))


async def _public(request: Request, which: Any, heading: str, lead: str) -> Response:
    me = require(request, "session")
    at = cursor(request)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        now = context_of(request).clock.now_ms()
        query = select(Post).where(*which, Post.state == PostState.PUBLISHED, col(Post.in_reply_to_uri).is_(None))
        query = query.where(seen_by(reader.id), ~unwelcome(reader.id, now))
        rows: list[Post] = await fetch(session, query, col(Post.id), at)
        last = rows[-1].id if len(rows) == at.limit else None
        entries = [Entry(post) for post in rows]
        return await answer(session, request, reader, entries, last, place="public", heading=heading, lead=lead)


async def bookmarks(request: Request) -> Response:
    """GET /bookmarks, the newest bookmark first."""
    return await _kept(request, Bookmark, (), _("Bookmarks"), _("Kept for yourself. Nobody else is told."))


async def favourites(request: Request) -> Response:
    """GET /favourites, the newest like first."""
    return await _kept(request, Reaction, (col(Reaction.kind) == ReactionKind.LIKE,), _("Likes"), "")


async def _kept(request: Request, model: Any, which: Any, heading: str, lead: str) -> Response:
    me = require(request, "session")
    at = cursor(request)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        query = (
            select(model.id, Post)
            .join(Post, col(Post.id) == model.post_id)
            .where(model.actor_id == reader.id, *which, seen_by(reader.id))
        )
        rows: list[Any] = await fetch(session, query, model.id, at)
        last = rows[-1][0] if len(rows) == at.limit else None
        entries = [Entry(post) for _key, post in rows]
        # What one kept is shown whatever the filters say; the dial covers it all the same.
        return await answer(session, request, reader, entries, last, place="", heading=heading, lead=lead)
