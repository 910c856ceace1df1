"""GET and POST /settings/tags: the hashtags that one follows."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.activitypub import hashtags
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Wrong
from outbox import tag_follows

_PATH = "/settings/tags"


async def show(request: Request) -> Response:
    """The list, in the order of the alphabet."""
    return await _page(request, {}, {})


async def save(request: Request) -> Response:
    """{verb: follow, names} or {verb: unfollow, name}."""
    fields = await forms.read_form(request)
    if fields.get("verb") == "unfollow":
        left = hashtags.name_of(fields.get("name", "")) or ""
        async with context_of(request).database.write() as session:
            _account, actor = await frame.mine(session, request)
            await tag_follows.unfollow(session, actor.id, left)
        return frame.back(request, _PATH, _("You do not follow #%(name)s any more.") % {"name": left})
    words = fields.get("names", "").replace(",", " ").split()
    names = [hashtags.name_of(word.removeprefix("#")) for word in words]
    if not words or None in names:
        return await _page(request, fields, {"names": _("Write hashtags, with or without #.")})
    try:
        async with context_of(request).database.write() as session:
            _account, actor = await frame.mine(session, request)
            for name in dict.fromkeys(names):
                await tag_follows.follow(session, actor.id, name or "")
    except Unprocessable as error:
        return await _page(request, fields, {"names": _(error.public)})
    return frame.back(request, _PATH)


async def _page(request: Request, typed: dict[str, str], wrong: dict[str, str]) -> Response:
    async with context_of(request).database.read() as session:
        _account, actor = await frame.mine(session, request)
        names = await tag_follows.all_of(session, actor.id)
    return frame.show(
        request,
        "tags.html",
        422 if wrong else 200,
        wrong=Wrong(wrong),
        names=names,
        typed=typed,
        most=limits.SEARCH_CHARS,
    )
