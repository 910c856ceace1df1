"""Lists of people: made, named, filled and read; and direct talks."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import policy, queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Malformed, Missing, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, title_of
from fediverse_ai.web.feeds import deeds, feed
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.feeds.shown import Person, person
from fediverse_ai.web.rendering import context_of, page, said
from outbox import home, lists, talk
from outbox import queries as posts
from outbox.cursors import Cursor, fetch
from outbox.shelves import Conversation, ListMember, ReadingList, Replies


async def index(request: Request) -> Response:
    """GET /lists"""
    return await _index(request)


async def _index(request: Request, wrong: str = "") -> Response:
    me = require(request, "session")
    async with context_of(request).database.read() as session:
        rows = await lists.of_reader(session, me.actor_id)
    return page(
        request,
        "feeds/lists.html",
        422 if wrong else 200,
        rows=rows,
        wrong=wrong,
        most=limits.NAME_CHARS,
        room=len(rows) < limits.LISTS,
    )


async def make(request: Request) -> Response:
    """POST /lists: title."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    try:
        async with context_of(request).database.write() as session:
            row = await lists.make(session, me.actor_id)
            _change(row, fields.get("title", ""), Replies.LIST, exclusive=False)
            session.add(row)
    except Unprocessable as error:
        return await _index(request, _(error.public))
    return RedirectResponse(f"/lists/{row.id}/edit", 303)


def _change(row: ReadingList, title: str, replies: str, *, exclusive: bool) -> None:
    if not 1 <= len(title.strip()) <= limits.NAME_CHARS:
        raise Unprocessable(_("Give the list a name."))
    lists.change(row, title=title, replies=replies, exclusive=exclusive)


def _id(request: Request) -> int:
    found: int = request.path_params["list_id"]
    return found if found <= LARGEST_ID else 0


async def show(request: Request) -> Response:
    """GET /lists/{list_id}: its timeline."""
    me = require(request, "session")
    at = feed.cursor(request)
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        row = await lists.own(session, reader.id, _id(request))
        circle = lists.circle(row, reader)
        found = await home.page(session, reader, lists.sources(row), at, own=False, circle=circle)
        last = found.ids[-1] if found.ids and found.more else None
        return await feed.answer(
            session,
            request,
            reader,
            found.entries,
            last,
            place="home",
            heading=row.title,
            nothing=_("Nothing here yet."),
            template="feeds/list.html",
            list_id=row.id,
        )


async def edit(request: Request) -> Response:
    """GET /lists/{list_id}/edit: name, replies, who is on it, and whom one could put on it."""
    return await _edit(request)


async def _edit(request: Request, wrong: str = "") -> Response:
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        row = await lists.own(session, reader.id, _id(request))
        there = list(
            await session.exec(
                select(ListMember.member_id).where(ListMember.list_id == row.id).order_by(col(ListMember.id))
            )
        )
        follows = select(Follow.followed_id).where(
            Follow.follower_id == reader.id,
            col(Follow.state).in_((FollowState.ACCEPTED, FollowState.PENDING)),
            col(Follow.followed_id).not_in(there),
        )
        rest = list(await session.exec(follows.order_by(col(Follow.id).desc()).limit(limits.LIST_MEMBERS)))
        known = await queries.by_ids(session, [*there, *rest])
    people = {key: person(context, one) for key, one in known.items() if policy.living(one)}
    return page(
        request,
        "feeds/list_edit.html",
        422 if wrong else 200,
        row=row,
        wrong=wrong,
        most=limits.NAME_CHARS,
        members=[people[key] for key in there if key in people],
        others=[people[key] for key in rest if key in people],
        policies=[
            (Replies.LIST.value, _("To others on this list")),
            (Replies.FOLLOWED.value, _("To anybody whom you follow")),
            (Replies.NONE.value, _("None")),
        ],
    )


async def change(request: Request) -> Response:
    """POST /lists/{list_id}/edit: verb change (title, replies, exclusive), add or remove (member), delete."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    verb, member = fields.get("verb", ""), fields.get("member", "")
    members = [int(member)] if member.isdecimal() and len(member) < 19 else []
    try:
        async with context_of(request).database.write() as session:
            reader = await reader_of(session, me)
            row = await lists.own(session, reader.id, _id(request))
            if verb not in ("change", "add", "remove", "delete") or (verb in ("add", "remove") and not members):
                raise Malformed("This form does not say what to do.")
            if verb == "change":
                replies = fields.get("replies", Replies.LIST)
                _change(row, fields.get("title", ""), replies, exclusive=fields.get("exclusive") == "1")
                session.add(row)
            elif verb == "add":
                await lists.add(session, reader, row, members)
            elif verb == "remove":
                await lists.take_off(session, row, members)
            else:
                await session.delete(row)
    except Unprocessable as error:
        return await _edit(request, _(error.public))
    if verb == "delete":
        return said(request, RedirectResponse("/lists", 303), _("The list is gone. Nobody was told."))
    return RedirectResponse(f"/lists/{row.id}/edit", 303)


async def talks(request: Request) -> Response:
    """GET /conversations: threads of direct posts, the newest first."""
    me = require(request, "session")
    context = context_of(request)
    at = feed.cursor(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        query = select(Conversation).where(Conversation.actor_id == reader.id)
        rows: list[Conversation] = await fetch(
            session, query, col(Conversation.last_post_id), Cursor(at.limit, at.max_id)
        )
        readable = await talk.readable(session, reader, [row.last_post_id for row in rows])
        views = {one.post.id: one for one in await posts.views(session, list(readable.values()), reader.id)}
        lines = [await _line(session, request, reader, row, views[row.last_post_id]) for row in rows
                 if row.last_post_id in views]  # fmt: skip
    older = f"/conversations?before={rows[-1].last_post_id}" if len(rows) == at.limit else None
    return page(request, "feeds/conversations.html", lines=lines, older=older)


async def _line(
    session: AsyncSession, request: Request, reader: Actor, row: Conversation, view: posts.PostView
) -> dict[str, Any]:
    uris = [view.author.uri, *(one["uri"] for one in view.post.mentions if "uri" in one)]
    known = await queries.by_uris(session, uris)
    people: list[Person] = [
        person(context_of(request), known[uri])
        for uri in dict.fromkeys(uris)
        if uri in known and known[uri].id != reader.id and policy.living(known[uri])
    ]
    return {
        "id": row.id,
        "unread": row.unread,
        "people": people,
        "href": deeds.address_of(view.post, view.author),
        "excerpt": view.post.summary or title_of(view.post, view.attachments),
        "ms": view.post.published_ms or view.post.created_ms,
    }


async def talk_read(request: Request) -> Response:
    """POST /conversations/{row_id}: verb read, or forget (off the list; the posts stay)."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    row_id: int = request.path_params["row_id"]
    async with context_of(request).database.write() as session:
        row = await session.get(Conversation, row_id) if row_id <= LARGEST_ID else None
        if row is None or row.actor_id != me.actor_id:
            raise Missing("There is no such conversation.")
        if fields.get("verb") == "forget":
            await session.delete(row)
        else:
            row.unread = False
            session.add(row)
    return RedirectResponse("/conversations", 303)
