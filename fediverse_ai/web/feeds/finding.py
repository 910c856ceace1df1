"""GET /search: people, hashtags and posts; an address or a handle of another server is asked for there."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import blocks, policy, queries
from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.feeds.shown import person, shown
from fediverse_ai.web.rendering import context_of, page, said
from inbox import lookup
from outbox import queries as posts
from outbox import search, tag_follows, talk
from outbox.home import Entry

KINDS = ("people", "tags", "posts")
A_FEW = 5
"""Of each kind where all are asked for."""


def is_address(words: str) -> bool:
    """Does it name something elsewhere: a URL, or a handle with a host?"""
    return words.startswith(("https://", "http://")) or ("@" in words.lstrip("@") and " " not in words)


async def show(request: Request) -> Response:
    """q, kind (one of KINDS, else all), offset."""
    me = require(request, "session")
    context = context_of(request)
    words = request.query_params.get("q", "").strip()[: limits.SEARCH_CHARS]
    kind = request.query_params.get("kind", "")
    kind = kind if kind in KINDS else ""
    asked = request.query_params.get("offset", "")
    offset = min(int(asked), limits.SEARCH_OFFSET) if kind and asked.isdecimal() and len(asked) < 6 else 0
    limit = limits.PAGE_POSTS if kind else A_FEW
    found: lookup.Looked = ([], [])
    if words and is_address(words) and not kind:
        found = await lookup.resolve(context, me.account_id, words)
        goal = await _only(request, found)
        if goal is not None:
            return RedirectResponse(goal, 303)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        ids, names, rows = [], [], []
        if words and kind in ("", "people"):
            ids = await search.people(session, reader, words, limit + 1, offset)
        if words and kind in ("", "tags"):
            names = await search.tags(session, words, limit + 1, offset)
        if words and kind in ("", "posts"):
            rows = await search.posts(session, reader, words, limit + 1, offset)
        barred = await blocks.barred_with(session, reader.id)
        known = await queries.by_ids(session, ids)
        people = [person(context, known[key]) for key in ids[:limit] if key in known and key not in barred]
        followed = await tag_follows.followed_of(session, reader.id, names[:limit])
        items = await shown(session, request, reader, [Entry(post) for post in rows[:limit]], "public")
    more = {"people": len(ids) > limit, "tags": len(names) > limit, "posts": len(rows) > limit}
    return page(
        request,
        "feeds/search.html",
        words=words,
        kind=kind,
        people=people,
        tags=[(name, name in followed) for name in names[:limit]],
        items=items,
        more={name: _address(words, name, offset + limit if kind else 0) for name, is_so in more.items() if is_so},
        nothing=bool(words) and not (people or names or items),
        back=deeds.here(request),
    )


def _address(words: str, kind: str, offset: int) -> str:
    return f"/search?{urlencode({'q': words, 'kind': kind, 'offset': offset})}"


async def _only(request: Request, found: lookup.Looked) -> str | None:
    """The page of the one person or post that an address names, if this reader may see it."""
    me = require(request, "session")
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        for post_id in (await talk.readable(session, reader, found[1])) if found[1] else ():
            view = await posts.view(session, reader, post_id)
            if view is not None:
                return deeds.address_of(view.post, view.author)
        for actor_id in found[0]:
            actor = await queries.by_id(session, actor_id)
            if actor is not None and policy.living(actor) and actor.kind != "Application":
                return deeds.address_of_person(actor)
    return None


async def follow_tag(request: Request) -> Response:
    """POST /tags/{name}/follow: verb follow or unfollow, back."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    name = hashtags.name_of(str(request.path_params["name"]))
    if name is None:
        raise Missing("There is no such hashtag.")
    follow = fields.get("verb") != "unfollow"
    async with context_of(request).database.write() as session:
        await (tag_follows.follow if follow else tag_follows.unfollow)(session, me.actor_id, name)
    words = _("Posts with #%(name)s come home now.") if follow else _("You do not follow #%(name)s any more.")
    answer = RedirectResponse(deeds.safe_back(fields.get("back", ""), f"/tags/{name}"), 303)
    return said(request, answer, words % {"name": name})
