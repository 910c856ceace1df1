"""Answers and quotes: a plain form on a page of its own, or folded under a post; pictures need their description."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.models import Account, Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import Principal, require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing, RequestError, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _, marked
from fediverse_ai.mastodon.parameters import Parameters
from fediverse_ai.mastodon.preferences import of as posting_of
from fediverse_ai.mastodon.status_entities import FROM_API
from fediverse_ai.web import forms
from fediverse_ai.web.cards import post_id_of
from fediverse_ai.web.feeds.acts import reader_of, seen_post
from fediverse_ai.web.feeds.deeds import address_of
from fediverse_ai.web.feeds.shown import Shown, shown
from fediverse_ai.web.rendering import context_of, page, said
from outbox import compose, quote, uploads
from outbox import queries as posts
from outbox.belongings import Upload
from outbox.home import Entry
from outbox.models import Origin, Post, Visibility

PICTURES = 4
# From the widest to the narrowest.
VISIBILITIES = (
    (Visibility.PUBLIC, marked("Public: also in the public feeds of other servers")),
    (Visibility.QUIET, marked("Quiet: for followers and whoever comes here")),
    (Visibility.FOLLOWERS, marked("For followers")),
    (Visibility.DIRECT, marked("For the people named only")),
)
_WIDTH = [value for value, _words in VISIBILITIES]


@dataclass(frozen=True, slots=True)
class Form:
    """The fields as typed; `kept` are pictures that were uploaded already, with their descriptions."""

    text: str = ""
    summary: str = ""
    visibility: str = Visibility.QUIET
    origin: str = Origin.DECLARED_AI
    client_key: str = ""
    kept: Sequence[tuple[int, str]] = ()
    wrong: dict[str, str] = field(default_factory=dict)


def narrower(one: str, other: str) -> str:
    """The one of two visibilities that fewer people see."""
    return max(one, other, key=lambda value: _WIDTH.index(Visibility(value)))


async def begin(session: AsyncSession, context: Context, reader: Actor, parent: Post) -> Form:
    """An answer as it begins: whom it names, and for no more people than what it answers."""
    account = (await session.exec(select(Account).where(Account.actor_id == reader.id))).first()
    usual = FROM_API[posting_of(account).visibility]
    author = await session.get(Actor, parent.author_id)
    named = [author.handle] if author is not None and author.id != reader.id else []
    named += [one["handle"] for one in parent.mentions if one.get("uri") != reader.uri and "handle" in one]
    people = list(dict.fromkeys(named))[: limits.POST_MENTIONS]
    return Form(
        text="".join(f"@{handle} " for handle in people),
        summary=parent.summary or "",
        visibility=narrower(usual, parent.visibility),
        client_key=new_key(context),
    )


def new_key(context: Context) -> str:
    """By which a form that is sent twice is one post."""
    return base64.urlsafe_b64encode(context.clock.token(16)).rstrip(b"=").decode("ascii")


async def show_reply(request: Request) -> Response:
    """GET /posts/{post_id}/reply, with words that were brought along in ?text="""
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        parent = await seen_post(session, reader, post_id_of(request))
        form = await begin(session, context, reader, parent)
    brought = request.query_params.get("text", "").strip()
    form = replace(form, text=f"{form.text}{brought}"[: limits.POST_TEXT_CHARS])
    return await _page(request, me, parent.id, form, quoting=False)


async def show_quote(request: Request) -> Response:
    """GET /posts/{post_id}/quote, where its author lets others quote it."""
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        quoted = await seen_post(session, reader, post_id_of(request))
        if not await quote.can_be_quoted(session, reader, quoted):
            raise Unprocessable("Only public posts can be quoted.")
        account = (await session.exec(select(Account).where(Account.actor_id == reader.id))).first()
    form = Form(visibility=FROM_API[posting_of(account).visibility], client_key=new_key(context))
    return await _page(request, me, quoted.id, form, quoting=True)


async def send_reply(request: Request) -> Response:
    """POST /posts/{post_id}/reply"""
    return await _send(request, quoting=False)


async def send_quote(request: Request) -> Response:
    """POST /posts/{post_id}/quote"""
    return await _send(request, quoting=True)


async def _send(request: Request, *, quoting: bool) -> Response:
    me = require(request, "session")
    context = context_of(request)
    sent = await forms.read_with_files(request, PICTURES * context.config.media.max_upload_bytes)
    other_id = post_id_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        other = await seen_post(session, reader, other_id)
        if quoting and not await quote.can_be_quoted(session, reader, other):
            raise Unprocessable("Only public posts can be quoted.")
    context.part(RateLimiter).check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    form = await _read(request, me, sent)
    if form.wrong:
        return await _page(request, me, other_id, form, quoting=quoting)
    try:
        async with context.database.write() as session:
            author = await reader_of(session, me)
            for upload_id, alt in form.kept:
                await uploads.describe(session, author, upload_id, description=alt)
            made = await compose.compose(session, author, _draft(form, other_id, quoting=quoting))
            parent = await posts.view(session, author, other_id)
    except Unprocessable as error:
        return await _page(request, me, other_id, replace(form, wrong={"text": _(error.public)}), quoting=quoting)
    goal = f"/make/{made.id}" if quoting or parent is None else address_of(parent.post, parent.author)
    answer = RedirectResponse(goal, 303)
    return said(request, answer, _("Sent. It appears as soon as it has passed the check.")) if not quoting else answer


def _draft(form: Form, other_id: int, *, quoting: bool) -> compose.Draft:
    return compose.Draft(
        text=form.text,
        summary=form.summary or None,
        visibility=form.visibility,
        media_ids=tuple(key for key, _alt in form.kept),
        origin_of_uploads=form.origin,
        in_reply_to_id=None if quoting else other_id,
        quote_id=other_id if quoting else None,
        client_key=f"talk:{form.client_key}" if form.client_key else None,
    )


async def _read(request: Request, me: Principal, sent: Parameters) -> Form:
    """The fields, with what is wrong in them; pictures that came along are kept, so that none is sent twice."""
    context = context_of(request)
    wrong: dict[str, str] = {}
    kept = [(key, (sent.text(f"alt-{key}") or "").strip()) for key in sent.ids("kept")][:PICTURES]
    files = [(number, file) for number in range(1, PICTURES + 1) if (file := sent.file(f"picture{number}")) is not None]
    if len(kept) + len(files) > PICTURES:
        wrong["picture1"] = _("At most %(most)d pictures go with an answer.") % {"most": PICTURES}
        files = []
    context.part(RateLimiter).check(f"uploads:{me.actor_id}", limits.API_UPLOADS, cost=len(files)) if files else None
    try:
        for number, file in files:
            picture = await uploads.admit(context, file.data)
            async with context.database.write() as session:
                made = await uploads.keep(session, await reader_of(session, me), picture)
            kept.append((made.id, (sent.text(f"alt{number}") or "").strip()))
    except RequestError as error:
        wrong["picture1"] = _(error.public)
    for key, alt in kept:
        if not alt:
            wrong[f"alt-{key}"] = _("Say what this picture shows, for those who cannot see it.")
    text = (sent.text("text") or "").strip()
    if not text and not kept:
        wrong["text"] = _("Write something first.")
    if len(text) > limits.POST_TEXT_CHARS:
        wrong["text"] = _("This is too long: %(most)d characters are allowed.") % {"most": limits.POST_TEXT_CHARS}
    visibility = sent.text("visibility") or ""
    origin = sent.text("origin") or Origin.DECLARED_AI
    return Form(
        text=text,
        summary=(sent.text("summary") or "").strip(),
        visibility=visibility if visibility in _WIDTH else Visibility.QUIET,
        origin=origin if origin in (Origin.DECLARED_AI, Origin.DECLARED_NOT_AI) else Origin.DECLARED_AI,
        client_key=(sent.text("client_key") or "")[: limits.CLIENT_KEY_CHARS],
        kept=tuple(kept),
        wrong=wrong,
    )


async def _page(request: Request, me: Principal, other_id: int, form: Form, *, quoting: bool) -> Response:
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        other = await seen_post(session, reader, other_id)
        items: list[Shown] = await shown(session, request, reader, [Entry(other)], "thread", focus=other_id)
        rows = await session.exec(
            select(Upload).where(col(Upload.id).in_([key for key, _alt in form.kept]), Upload.actor_id == reader.id)
        )
        files = {row.id: context.storage.url(row.small_name or row.file_name or "") for row in rows}
    return page(
        request,
        "feeds/write.html",
        422 if form.wrong else 200,
        busy=True,
        other=items[0] if items else None,
        other_id=other_id,
        quoting=quoting,
        form=form,
        files=files,
        slots=range(1, PICTURES + 1 - len(files)),
        visibilities=[(value.value, _(words)) for value, words in VISIBILITIES],
        limits={"text": limits.POST_TEXT_CHARS, "alt_text": limits.ALT_TEXT_CHARS, "summary": limits.NAME_CHARS},
    )


async def mine(session: AsyncSession, reader: Actor, post_id: int) -> Post:
    """A published post that the reader wrote. Raises Missing for anybody else's."""
    found = await seen_post(session, reader, post_id)
    if found.author_id != reader.id:
        raise Missing("There is no such post of yours.")
    return found
