"""GET /notifications: what happened, likes and boosts of one post and follows of some hours in one line each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import blocks, policy, queries
from actors.models import Actor, Follow, FollowState
from fediverse_ai.core.access import require
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.web import forms
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.feeds import deeds
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.feeds.feed import cursor
from fediverse_ai.web.feeds.shown import Person, Shown, person, shown
from fediverse_ai.web.rendering import context_of, page
from outbox import aside, markers, talk
from outbox import queries as posts
from outbox.cursors import Cursor, fetch
from outbox.grouping import groups_of
from outbox.home import Entry
from outbox.models import Notification

FACES = 8
ROWS = 200
"""Notifications read for one page of groups."""
TOLD_WHOLE = frozenset({"mention", "post"})
# Of one's own posts that are not out, and where one sees to it.
_SEE_TO = {"pick", "held", "refused", "failed", "waiting"}
_STAFF = {
    "report": "/moderation/reports",
    "appeal": "/moderation/appeals",
    "notice": "/moderation/legal",
    "backup": "/owner/backups",
    "sign_up": "/moderation/requests",
}


@dataclass(frozen=True, slots=True)
class Told:
    """One line: who (the newest first), what in a sentence, about which post, and whether it is new."""

    kind: str
    people: Sequence[Person]
    more: int
    sentence: str
    ms: int
    unread: bool
    href: str
    excerpt: str
    picture: str | None
    post: Shown | None
    request: bool


async def show(request: Request) -> Response:
    """The page; `only=mentions` leaves what somebody said."""
    me = require(request, "session")
    at = cursor(request)
    only = request.query_params.get("only") == "mentions"
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        query = select(Notification).where(Notification.actor_id == reader.id, ~col(Notification.aside))
        query = query.where(col(Notification.kind) == "mention") if only else query
        rows: list[Notification] = await fetch(session, query, col(Notification.id), Cursor(ROWS, at.max_id))
        groups = groups_of(rows)
        shown_groups = groups[: at.limit]
        lines = await _lines(session, request, reader, shown_groups)
        waiting = await requests_of(session, reader, 1)
        people_aside, _causes = await aside.counted(session, reader.id)
    more = len(groups) > at.limit or len(rows) == ROWS
    last = min((row.id for group in shown_groups for row in group), default=None) if more else None
    return page(
        request,
        "feeds/notifications.html",
        lines=lines,
        only=only,
        newest=rows[0].id if rows and at.max_id is None else 0,
        unread=any(line.unread for line in lines),
        requests=bool(waiting),
        aside=people_aside,
        older=f"/notifications?{'only=mentions&' if only else ''}before={last}" if last is not None else None,
    )


async def _lines(
    session: AsyncSession, request: Request, reader: Actor, groups: Sequence[Sequence[Notification]]
) -> list[Told]:
    """Groups as lines, without people who are gone or barred, and without posts that the reader may not see."""
    context = context_of(request)
    rows = [row for group in groups for row in group]
    found = await queries.by_ids(session, (row.from_id for row in rows if row.from_id is not None))
    barred = await blocks.barred_with(session, reader.id)
    actors = {key: one for key, one in found.items() if policy.living(one) and key not in barred}
    readable = await talk.readable(session, reader, [row.post_id for row in rows if row.post_id is not None])
    whole = {row.post_id for row in rows if row.kind in TOLD_WHOLE}
    entries = [Entry(post) for key, post in readable.items() if key in whole]
    back = deeds.here(request)
    made = {one.id: one for one in await shown(session, request, reader, entries, "notifications", back=back)}
    views = {one.post.id: one for one in await posts.views(session, list(readable.values()), reader.id)}
    lines = []
    for group in groups:
        newest = group[0]
        people = list(dict.fromkeys(row.from_id for row in group if row.from_id in actors))
        view = views.get(newest.post_id or 0)
        if (newest.from_id is not None and not people) or (newest.post_id is not None and view is None):
            continue
        if newest.kind in TOLD_WHOLE and newest.post_id not in made:
            continue
        named = [person(context, actors[key]) for key in people if key is not None]
        picture = next((one.thumbnail for one in view.attachments if one.thumbnail), None) if view else None
        covered = view is not None and (view.post.sensitive or bool(view.post.summary))
        lines.append(
            Told(
                kind=newest.kind,
                people=named[:FACES],
                more=max(0, len(named) - FACES),
                sentence=sentence_of(f"edit_{newest.kind}" if _is_of_edit(newest) else newest.kind, named),
                ms=newest.created_ms,
                unread=any(row.read_ms is None for row in group),
                href=_href(newest, view),
                excerpt="" if view is None else view.post.summary or title_of(view.post, view.attachments),
                picture=context.storage.url(picture) if picture and not covered else None,
                post=made.get(newest.post_id or 0) if newest.kind in TOLD_WHOLE else None,
                request=newest.kind == "follow_request",
            )
        )
    return lines


def _href(row: Notification, view: posts.PostView | None) -> str:
    if row.kind in _STAFF:
        return _STAFF[row.kind]
    if view is None:
        return ""
    if _is_of_edit(row):
        return f"/posts/{view.post.id}/edit/appeal"
    return f"/make/{view.post.id}" if row.kind in _SEE_TO else deeds.address_of(view.post, view.author)


def _is_of_edit(row: Notification) -> bool:
    """Is it about an edit, whose post is out as it was before?"""
    return row.cause.startswith("edit-")


def sentence_of(kind: str, people: Sequence[Person]) -> str:
    """What happened, in the reader's language; the newest person is named, the others are counted."""
    who = people[0].name if people else ""
    others = len(people) - 1
    if kind in ("like", "boost", "follow") and others > 0:
        said = {
            "like": ngettext(
                "%(who)s and %(num)d other like your post", "%(who)s and %(num)d others like your post", others
            ),
            "boost": ngettext(
                "%(who)s and %(num)d other boosted your post", "%(who)s and %(num)d others boosted your post", others
            ),
            "follow": ngettext(
                "%(who)s and %(num)d other follow you now", "%(who)s and %(num)d others follow you now", others
            ),
        }[kind]
        return said % {"who": who, "num": others}
    known = {
        "like": _("%(who)s likes your post"),
        "boost": _("%(who)s boosted your post"),
        "follow": _("%(who)s follows you now"),
        "follow_request": _("%(who)s asks to follow you"),
        "mention": _("%(who)s wrote to you"),
        "post": _("%(who)s posted"),
        "quote": _("%(who)s quoted your post"),
        "remix": _("%(who)s made something from your picture"),
        "moved": _("Somebody you follow moved to %(who)s"),
        "replaced": _("%(who)s came back under the same address, as somebody new; you were asked anew"),
        "report": _("A report about %(who)s waits for a moderator"),
        "appeal": _("An appeal waits for a moderator"),
        "appeal_decided": _("A moderator answered your appeal"),
        "notice": _("A legal notice waits for a moderator"),
        "backup": _("A backup of this server failed"),
        "sign_up": _("Somebody asks to join"),
        "measure": _("A moderator decided something about your account"),
        "poll": _("A poll in which you voted is over: see the results"),
        "pick": _("Your pictures are made: choose"),
        "held": _("Your post waits for a moderator"),
        "refused": _("Your post was not let out"),
        "edit_held": _("Your edit waits for a moderator"),
        "edit_refused": _("Your edit was not taken over"),
        "failed": _("Your picture could not be made"),
        "published": _("Your post is out"),
    }
    return known.get(kind, _("Something happened to your post")) % {"who": who}


async def mark_read(request: Request) -> Response:
    """POST /notifications/read: everything up to `upto` has been seen, here and in one's apps."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    upto = fields.get("upto", "")
    if upto.isdecimal() and len(upto) < 19:
        async with context_of(request).database.write() as session:
            await markers.mark(session, me.actor_id, "notifications", int(upto))
    return RedirectResponse("/notifications", 303)


async def requests_of(session: AsyncSession, reader: Actor, limit: int, before: int | None = None) -> list[Follow]:
    """Who asked to follow, the newest first."""
    query = select(Follow).where(Follow.followed_id == reader.id, Follow.state == FollowState.PENDING)
    return await fetch(session, query, col(Follow.id), Cursor(limit, before))


async def show_requests(request: Request) -> Response:
    """GET /follow-requests"""
    me = require(request, "session")
    at = cursor(request)
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        rows = await requests_of(session, reader, at.limit, at.max_id)
        found = await queries.by_ids(session, (row.follower_id for row in rows))
    people = [person(context, found[row.follower_id]) for row in rows if policy.living(found[row.follower_id])]
    older = f"/follow-requests?before={rows[-1].id}" if len(rows) == at.limit else None
    return page(request, "feeds/requests.html", people=people, older=older, back="/follow-requests")
