"""One's own posts afterwards: changed, with every version kept to be read; or deleted for good."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Conflict, Missing, Unprocessable
from fediverse_ai.core.limits import RateLimiter
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, post_id_of, title_of
from fediverse_ai.web.feeds.acts import reader_of, seen_post
from fediverse_ai.web.feeds.deeds import address_of
from fediverse_ai.web.feeds.writing import mine
from fediverse_ai.web.rendering import context_of, page, said
from outbox import appeals, documents, edit, publish
from outbox import queries as posts
from outbox.edit import Change


async def show(request: Request) -> Response:
    """GET /posts/{post_id}/edit"""
    return await _form(request, {})


async def _form(request: Request, typed: dict[str, str], wrong: str = "") -> Response:
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        post = await mine(session, reader, post_id_of(request))
        pictures = await documents.attachments_of(session, post.id)
        stopped = await appeals.stopped_edit(session, post.id)
    shown = [
        {
            "id": one.id,
            "url": context.storage.url(one.thumbnail or one.file or ""),
            "alt": typed.get(f"alt-{one.id}", one.alt),
            "draft": one.alt_draft,
        }
        for one in pictures
    ]
    return page(
        request,
        "feeds/edit.html",
        422 if wrong else 200,
        busy=True,
        post_id=post.id,
        text=typed.get("text", post.text),
        summary=typed.get("summary", post.summary or ""),
        sensitive=typed.get("sensitive") == "1" if typed else post.sensitive,
        pictures=shown,
        wrong=wrong,
        stopped_edit=stopped,
        back=address_of(post, reader),
        limits={"text": limits.POST_TEXT_CHARS, "alt_text": limits.ALT_TEXT_CHARS, "summary": limits.NAME_CHARS},
    )


async def send(request: Request) -> Response:
    """POST /posts/{post_id}/edit: the new version goes through the same check; until then the old one stands."""
    me = require(request, "session")
    context = context_of(request)
    fields = await forms.read_form(request)
    context.part(RateLimiter).check(f"posts:{me.account_id}", limits.POSTS_PER_ACCOUNT)
    try:
        async with context.database.write() as session:
            reader = await reader_of(session, me)
            post = await mine(session, reader, post_id_of(request))
            pictures = await documents.attachments_of(session, post.id)
            alts = {one.id: fields[name].strip() for one in pictures if (name := f"alt-{one.id}") in fields}
            change = Change(
                text=fields.get("text", ""),
                summary=fields.get("summary", ""),
                sensitive=fields.get("sensitive") == "1",
                alts=alts,
            )
            await edit.edit(session, reader, post, change)
    except (Conflict, Unprocessable) as error:
        return await _form(request, fields, _(error.public))
    answer = RedirectResponse(address_of(post, reader), 303)
    return said(request, answer, _("Changed. It is shown as soon as it has passed the check."))


async def history(request: Request) -> Response:
    """GET /posts/{post_id}/history: every version that was out, the newest first, for whoever may see the post."""
    me = require(request, "session")
    context = context_of(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        post = await seen_post(session, reader, post_id_of(request))
        author = await queries.by_id(session, post.author_id)
        rows = await edit.history(session, post.id) if post.local else []
    if author is None:
        raise Missing(NOT_THERE)
    versions = [
        {
            "ms": one.published_ms or one.created_ms,
            "summary": one.summary,
            "content": one.content,
            "alts": [alt for alt in one.alts.values() if alt],
        }
        for one in reversed(rows)
    ]
    back = address_of(post, author)
    return page(request, "feeds/history.html", versions=versions, back=back, name=author.name or author.username)


async def ask_delete(request: Request) -> Response:
    """GET /posts/{post_id}/delete: are you sure?"""
    me = require(request, "session")
    async with context_of(request).database.read() as session:
        reader = await reader_of(session, me)
        post = await mine(session, reader, post_id_of(request))
        view = await posts.view(session, reader, post.id)
    title = post.summary or title_of(post, view.attachments if view is not None else [])
    return page(request, "feeds/delete.html", title=title, post_id=post.id, back=address_of(post, reader))


async def delete(request: Request) -> Response:
    """POST /posts/{post_id}/delete"""
    me = require(request, "session")
    await forms.read_form(request)
    async with context_of(request).database.write() as session:
        reader = await reader_of(session, me)
        post = await mine(session, reader, post_id_of(request))
        await publish.remove(session, post)
    return said(request, RedirectResponse(f"/@{reader.username}", 303), _("Deleted."))
