"""Collections of a maker: their pages for everybody, and the forms by which their maker fills and orders them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Conflict, Forbidden, Missing, TooMany, Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import LARGEST_ID, NOT_THERE, before_of, for_reader, post_id_of
from fediverse_ai.web.covers import address_of
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.profile import maker, person_words
from fediverse_ai.web.rendering import context_of, me_of, page, said
from generation.types import Decision, Verdict
from outbox import albums, collected, dial, gathered
from outbox import queries as posts
from outbox.models import Post, PostState
from outbox.shelves import OwnCollection

SAYABLE = (Conflict, Forbidden, Missing, TooMany, Unprocessable)


async def _found(
    session: AsyncSession, request: Request, reader_id: int | None, *, own: bool = False
) -> tuple[Actor, OwnCollection]:
    """(maker, collection) of an address. Raises Missing where the reader may not know of it, or it is not their own."""
    owner = await maker(session, request.path_params["name"])
    row = await albums.of(session, owner, request.path_params["id"], reader_id)
    if row is None or (own and owner.id != reader_id):
        raise Missing(_("There is no such collection."))
    return owner, row


async def show(request: Request) -> Response:
    """GET /@{name}/collections/{id}?before="""
    return await _page(request)


async def _page(request: Request, typed: Mapping[str, str] | None = None, wrong: str = "") -> Response:
    context = context_of(request)
    me = me_of(request)
    reader_id = me.actor_id if me else None
    before = before_of(request.query_params.get("before"))
    async with context.database.read() as session:
        owner, row = await _found(session, request, reader_id)
        found = await albums.page(session, row, reader_id, before, limits.PAGE_POSTS + 1)
        views = await posts.views(session, [post for _place, post in found[: limits.PAGE_POSTS]], reader_id)
        number = await albums.count(session, row, reader_id)
        everybodys = await albums.count(session, row, None)
        chosen = await dial.dial_of(session, reader_id)
    path = address_of(owner, row)
    if request.path_params["name"] != owner.username:
        return RedirectResponse(path, 301)
    older = f"{path}?before={found[limits.PAGE_POSTS - 1][0]}" if len(found) > limits.PAGE_POSTS else None
    cards = [for_reader(context.storage, view, chosen, reader_id) for view in views]
    return page(
        request,
        "collection.html",
        422 if wrong else 200,
        kept=collected.is_public(row),
        maker=person_words(owner),
        row=row,
        path=path,
        public=collected.is_public(row),
        mine=reader_id == owner.id,
        cards=cards,
        arranged=[(view.post.id, one) for view, one in zip(views, cards, strict=True)],
        number=number,
        others=number - everybodys,
        older=older,
        newer=path if before is not None else None,
        before=before,
        arranging="arrange" in request.query_params,
        typed=typed or {"name": row.name, "about": row.about, "public": "1" if collected.is_public(row) else ""},
        wrong=wrong,
        most={"name": limits.NAME_CHARS, "about": limits.COLLECTION_CHARS, "reason": limits.REASON_CHARS},
    )


async def make(request: Request) -> Response:
    """POST /@{name}/collections: {name, about, public}; open to everybody only once its words were judged."""
    context = context_of(request)
    me = require(request, "session")
    fields = await forms.read_form(request)
    try:
        name, about, verdict = await _words(request, fields)
        async with context.database.write() as session:
            owner = await _own(session, request, me.actor_id)
            row = await gathered.make(session, owner, name, about)
            await _open(session, row, verdict)
            path = address_of(owner, row)
    except SAYABLE as error:
        return said(request, RedirectResponse(f"/@{me.username}/collections", 303), _(error.public), bad=True)
    return _told(request, path, verdict, _("The collection is there."))


async def change(request: Request) -> Response:
    """POST /@{name}/collections/{id}: {verb}: save, delete, up-N, down-N or out-N, where N is a post's number."""
    context = context_of(request)
    me = require(request, "session")
    fields = await forms.read_form(request)
    verb, _dash, number = fields.get("verb", "").partition("-")
    async with context.database.read() as session:
        owner, row = await _found(session, request, me.actor_id, own=True)
    if verb == "save":
        return await _save(request, fields)
    async with context.database.write() as session:
        owner, row = await _found(session, request, me.actor_id, own=True)
        path = address_of(owner, row)
        if verb == "delete":
            await gathered.deleted(session, owner, row)
            return said(request, RedirectResponse(f"/@{owner.username}/collections", 303), _("Deleted."))
        post = await _post(session, owner, int(number) if number.isascii() and number.isdigit() else 0)
        if verb in ("up", "down"):
            await albums.move(session, row, post, up=verb == "up")
        elif verb == "out":
            await gathered.removed(session, owner, row, post.uri)
        else:
            raise Unprocessable(_("Choose what to do."))
    before = before_of(fields.get("before") or None)
    further = f"&before={before}" if before is not None else ""
    return RedirectResponse(f"{path}?arrange=1{further}#arrange", 303)


async def _save(request: Request, fields: Mapping[str, str]) -> Response:
    """New words for it, and whether everybody sees it."""
    me = require(request, "session")
    try:
        name, about, verdict = await _words(request, fields)
        async with context_of(request).database.write() as session:
            owner, row = await _found(session, request, me.actor_id, own=True)
            row.name, row.about = name, about
            await _open(session, row, verdict)
    except SAYABLE as error:
        return await _page(request, fields, _(error.public))
    return _told(request, address_of(owner, row), verdict, _("Saved."))


async def _words(request: Request, fields: Mapping[str, str]) -> tuple[str, str, Verdict | None]:
    """(name, words beneath it, what the gate says of them where everybody is to see them)."""
    me = require(request, "session")
    name, about = " ".join(fields.get("name", "").split()), fields.get("about", "").strip()
    albums.check_words(name, about)
    if not fields.get("public"):
        return name, about, None
    context = context_of(request)
    context.part(limits.RateLimiter).check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    return name, about, await albums.judge(context, name, about)


async def _open(session: AsyncSession, row: OwnCollection, verdict: Verdict | None) -> None:
    if verdict is not None and verdict.decision is Decision.ALLOW:
        await albums.open_to_all(session, row, verdict)
    else:
        await albums.close(session, row)


def _told(request: Request, path: str, verdict: Verdict | None, sentence: str) -> Response:
    answer = RedirectResponse(path, 303)
    if verdict is None or verdict.decision is Decision.ALLOW:
        return said(request, answer, sentence)
    held = _("The check on this server was not sure about these words. The collection is kept for you alone.")
    refused = _("The check on this server refused these words. The collection is kept for you alone.")
    return said(request, answer, refused if verdict.decision is Decision.REFUSE else held, bad=True)


async def _own(session: AsyncSession, request: Request, actor_id: int) -> Actor:
    owner = await maker(session, request.path_params["name"])
    if owner.id != actor_id:
        raise Missing(_("There is no such collection."))
    return owner


async def _post(session: AsyncSession, owner: Actor, number: int) -> Post:
    """A post of the owner's that is out. Raises Missing."""
    post = await session.get(Post, number) if number <= LARGEST_ID else None
    if post is None or post.author_id != owner.id or post.state != PostState.PUBLISHED:
        raise Missing(_(NOT_THERE))
    return post


async def collect(request: Request) -> Response:
    """POST /@{name}/{post_id}/collect: {into: a number, or "" for a new one with this `title`}."""
    context = context_of(request)
    me = require(request, "session")
    fields = await forms.read_form(request)
    into, title = fields.get("into", ""), " ".join(fields.get("title", "").split())
    async with context.database.write() as session:
        owner = await _own(session, request, me.actor_id)
        post = await _post(session, owner, post_id_of(request))
        answer = RedirectResponse(f"/@{owner.username}/{post.id}", 303)
        try:
            if into.isascii() and into.isdigit():
                row = await albums.of(session, owner, int(into), owner.id)
            else:
                albums.check_words(title, "")
                row = await gathered.make(session, owner, title)
            if row is None:
                raise Missing(_("There is no such collection."))
            await gathered.added(session, owner, row, post.uri)
        except Unprocessable as error:
            return said(request, answer, _(error.public), bad=True)
        name = row.name
    return said(request, answer, _("It is in “%(name)s” now.") % {"name": name})


async def close(request: Request) -> Response:
    """POST /@{name}/collections/{id}/close: {reason}: a moderator takes it from everybody."""
    fields = await desk.form(request)
    async with context_of(request).database.write() as session:
        owner, row = await _found(session, request, None)
        by = await desk.moderator(session, request)
        try:
            await albums.close_for_good(session, owner, row, by, desk.reason_of(fields))
        except Unprocessable as error:
            return desk.back(request, address_of(owner, row), _(error.public), bad=True)
    return desk.back(request, f"/@{owner.username}/collections", _("Only its maker sees it now."))
