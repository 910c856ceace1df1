"""GET and POST /people/{actor_id}/report: what our moderators, and if one wants those of the other server, look at."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import RequestError, Unprocessable
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import forms
from fediverse_ai.web.cards import title_of
from fediverse_ai.web.feeds.acts import person, reader_of
from fediverse_ai.web.feeds.deeds import address_of_person
from fediverse_ai.web.feeds.shown import person as person_words
from fediverse_ai.web.rendering import context_of, page, said
from outbox import queries as posts
from outbox import report, talk
from outbox.models import Post
from outbox.visibility import seen_by

LATEST = 10
# What is wrong, in the words of the API's categories and of this server's two rules.
REASONS = (
    ("unlabelled", marked("AI pictures without a label")),
    ("violation", marked("It breaks another rule of this server")),
    ("spam", marked("Spam")),
    ("legal", marked("It may be against the law")),
    ("other", marked("Something else")),
)


async def show(request: Request) -> Response:
    """The form; `post` names one that is ticked already."""
    asked = request.query_params.get("post", "")
    return await _form(request, {f"post-{asked}": "1"} if asked.isdecimal() else {})


async def _form(request: Request, typed: Mapping[str, str], wrong: str = "") -> Response:
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        target = await person(session, request)
        ticked = _ticked(typed)
        latest = select(Post.id).where(Post.author_id == target.id, seen_by(reader.id)).order_by(col(Post.id).desc())
        ids = list(dict.fromkeys([*ticked, *await session.exec(latest.limit(LATEST))]))
        found = await _of_target(session, reader, target, ids)
        views = await posts.views(session, list(found.values()), reader.id)
    lines = [
        {
            "id": one.post.id,
            "title": one.post.summary or title_of(one.post, one.attachments),
            "ms": one.post.published_ms,
        }
        for one in views
    ]
    return page(
        request,
        "feeds/report.html",
        422 if wrong else 200,
        busy=True,
        who=person_words(context, target),
        lines=lines,
        ticked=ticked,
        reasons=[(value, _(words)) for value, words in REASONS],
        reason=typed.get("reason", "other"),
        comment=typed.get("comment", ""),
        remote=not target.local,
        host=target.host,
        wrong=wrong,
        most=limits.REPORT_CHARS,
    )


def _ticked(fields: Mapping[str, str]) -> list[int]:
    names = [name[5:] for name in fields if name.startswith("post-")]
    return [int(name) for name in names if name.isascii() and name.isdigit() and len(name) < 19]


async def _of_target(session: AsyncSession, reader: Actor, target: Actor, ids: list[int]) -> dict[int, Post]:
    """Those of these posts that are the target's and that the reader may see, in the order of `ids`."""
    found = await talk.readable(session, reader, ids)
    return {key: found[key] for key in ids if key in found and found[key].author_id == target.id}


async def send(request: Request) -> Response:
    """File it: a reason, words, posts, and whether the other server hears of it too."""
    me = require(request, "session")
    fields = await forms.read_form(request)
    reason, comment = fields.get("reason", ""), fields.get("comment", "").strip()
    try:
        if reason not in {value for value, _words in REASONS}:
            raise Unprocessable(_("Choose what is wrong."))
        if len(comment) > limits.REPORT_CHARS:
            raise Unprocessable(_("This is too long."))
        async with context_of(request).database.write() as session:
            reader = await reader_of(session, me)
            target = await person(session, request)
            chosen = await _of_target(session, reader, target, _ticked(fields))
            words = f"[{reason}] {comment}".strip() if reason != "other" else comment
            forward = fields.get("forward") == "1"
            await report.report(session, reader, target, list(chosen.values()), words, forward=forward)
    except RequestError as error:
        if error.status not in (409, 422, 429):
            raise
        return await _form(request, fields, _(error.public))
    answer = RedirectResponse(address_of_person(target), 303)
    return said(request, answer, _("Thank you. A moderator looks at it. You can also mute or block this person."))
