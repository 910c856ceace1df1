"""A maker's page: who they are and what they made."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Gone, Missing
from fediverse_ai.core.html import text_of
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import covers, heads, words
from fediverse_ai.web.cards import before_of, card, page_of, title_of
from fediverse_ai.web.feeds import people
from fediverse_ai.web.places import Place
from fediverse_ai.web.rendering import context_of, me_of, page
from outbox import dial, links, pin
from outbox import queries as posts
from outbox.models import PostState

STATE_WORDS = {
    PostState.DRAFT: marked("draft"),
    PostState.WAITING: marked("being made"),
    PostState.PICK: marked("choose among its pictures"),
    PostState.SCHEDULED: marked("waits for its time"),
    PostState.HELD: marked("waits for a moderator"),
    PostState.REFUSED: marked("refused"),
    PostState.FAILED: marked("could not be made"),
}
DESCRIPTION_CHARS = 200
# What follows the name in the address -> the tab's name.
TABS = {
    "": marked("Posts"),
    "/collections": marked("Collections"),
    "/remixes": marked("Remixes"),
    "/about": marked("About"),
}


async def maker(session: AsyncSession, name: str) -> Actor:
    """The local actor of a page's address. Raises Missing, and Gone for one who left."""
    actor = await actors.local_by_name(session, name)
    if actor is None or actor.suspended_ms is not None:
        raise Missing(_("Nobody here has this name."))
    if actor.deleted_ms is not None:
        raise Gone(_("This account was deleted."))
    return actor


async def profile(request: Request) -> Response:
    """GET /@{name}: pinned posts, then all of them."""
    return await _page(request, "")


async def collections(request: Request) -> Response:
    """GET /@{name}/collections: what they gathered and put in order."""
    return await _page(request, "/collections")


async def remixes(request: Request) -> Response:
    """GET /@{name}/remixes: what they made from others' pictures and from their own."""
    return await _page(request, "/remixes")


async def about(request: Request) -> Response:
    """GET /@{name}/about: their words, fields and numbers."""
    return await _page(request, "/about")


async def _page(request: Request, tab: str) -> Response:
    context = context_of(request)
    me = me_of(request)
    name, _at, host = str(request.path_params["name"]).partition("@")
    if host and host.lower() not in context.config.own_hosts:
        raise Missing(_("This page shows people of this server only."))
    before = before_of(request.query_params.get("before"))
    reader_id = me.actor_id if me else None
    async with context.database.read() as session:
        person = await maker(session, name)
        if request.path_params["name"] != person.username:
            return RedirectResponse(f"/@{person.username}{tab}", 301)
        mine = reader_id == person.id
        find = {"": posts.profile, "/remixes": posts.remixes}.get(tab)
        views = await find(session, reader_id, person.id, before, limits.PAGE_POSTS + 1) if find else []
        counts = await actors.counts(session, person.id)
        first = tab == "" and before is None
        pinned = await _pinned(session, context, person) if first else []
        reader = await actors.by_id(session, reader_id) if reader_id is not None and not mine else None
        stands = await people.standing(session, request, reader, person) if reader is not None else None
        unfinished = await unfinished_of(session, person.id) if mine and first else []
        chosen = await dial.dial_of(session, reader_id)
        shelf = await covers.covers_of(session, request, person, reader_id) if tab == "/collections" else []
    path = f"/@{person.username}{tab}"
    cards, older = page_of(views, context.storage, path, chosen, reader_id)
    known = person_words(person)
    return page(
        request,
        "profile.html",
        person=known | {"followers": counts.followers, "following": counts.following},
        person_ld=_person_ld(known),
        tabs=[Place(f"/@{person.username}{one}", _(words), one == tab) for one, words in TABS.items()],
        tab=tab,
        mine=mine,
        stands=stands,
        pinned=pinned,
        unfinished=unfinished,
        covers=shelf,
        most={"name": limits.NAME_CHARS, "about": limits.COLLECTION_CHARS},
        cards=cards,
        older=older,
        newer=path if before is not None else None,
        first_page=before is None,
    )


async def _pinned(session: AsyncSession, context: Context, person: Actor) -> list[Any]:
    views = await posts.views(session, await pin.pinned(session, person.id), None)
    return [card(context.storage, view) for view in views]


def person_words(person: Actor) -> dict[str, Any]:
    """What templates may know of an actor."""
    name = person.name or person.username
    bio = words.shorten(text_of(person.summary), DESCRIPTION_CHARS)
    return {
        "name": name,
        "username": person.username,
        "handle": person.handle,
        "uri": person.uri,
        "page_url": person.page_url,
        "initial": name[:1].upper(),
        "avatar": person.icon_url,
        "header": person.image_url,
        "bio": person.summary,
        "fields": _fields(person),
        "links": links.addresses_of(person),
        "indexable": person.indexable,
        "since": person.published_ms,
        "description": bio or _("Pictures by %(name)s") % {"name": name},
    }


def _fields(person: Actor) -> list[dict[str, Any]]:
    """The rows of a profile: `value` is HTML; `verified_ms` says since when a page there is known to link back."""
    found = []
    for one in person.fields[: limits.PROFILE_FIELDS]:
        name, value = one.get("name"), one.get("value")
        if isinstance(name, str) and isinstance(value, str) and (name.strip() or value.strip()):
            since = next((ms for url, ms in person.verified.items() if url and url in value), None)
            found.append({"name": text_of(name), "value": value, "verified_ms": since})
    return found


def _person_ld(known: dict[str, Any]) -> Any:
    who = heads.Maker(known["name"], known["handle"], known["page_url"])
    return heads.person(who, bio=text_of(known["bio"]), image=known["avatar"])


async def unfinished_of(session: AsyncSession, actor_id: int) -> list[dict[str, Any]]:
    """The author's posts that are not out, as lines of a list."""
    return [
        {
            "id": view.post.id,
            "title": title_of(view.post, view.attachments),
            "state_words": _(STATE_WORDS[PostState(view.post.state)]),
        }
        for view in await posts.drafts(session, actor_id)
    ]
