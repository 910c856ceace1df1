"""Announcements: written, published for a time and taken down by those in charge; put away by who has read them."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import announcements
from fediverse_ai.core import limits
from fediverse_ai.core.access import require
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web import forms
from fediverse_ai.web.feeds.deeds import safe_back
from fediverse_ai.web.moderation.desk import number
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of

PATH = "/owner/announcements"
STATES = {
    "draft": marked("not published"), "waiting": marked("waits for its time"), "shown": marked("shown now"),
    "over": marked("over"), "withdrawn": marked("taken down"),
}  # fmt: skip


async def show(request: Request) -> Response:
    """GET /owner/announcements"""
    return await _page(request)


async def _page(request: Request, fields: dict[str, str] | None = None, wrong: str = "", status: int = 200) -> Response:
    context = context_of(request)
    async with context.database.read() as session:
        rows = await announcements.listed(session)
    now = context.clock.now_ms()
    found = [(row, state := announcements.state(row, now), _(STATES[state])) for row in rows]
    typed = {name: (fields or {}).get(name, "") for name in ("text", "starts", "ends")}
    return desk.show(
        request, "announcements.html", status, found=found, fields=typed, wrong=wrong, longest=limits.ANNOUNCEMENT_CHARS
    )


async def write(request: Request) -> Response:
    """POST /owner/announcements: {text, starts, ends, publish}; times in UTC as YYYY-MM-DDTHH:MM."""
    fields = await desk.form(request)
    publish = bool(fields.get("publish"))
    try:
        starts, ends = moment(fields.get("starts", "")), moment(fields.get("ends", ""))
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            await announcements.write(
                session, by, fields.get("text", ""), starts_ms=starts, ends_ms=ends, publish=publish
            )
    except Unprocessable as error:
        return await _page(request, fields, _(error.public), error.status)
    return desk.back(request, PATH, _("It is published.") if publish else _("It is kept, and shown to nobody yet."))


def moment(text: str) -> int | None:
    """Epoch milliseconds of a time in UTC as a date field sends it; None for nothing. Raises Unprocessable."""
    if not text.strip():
        return None
    try:
        return int(datetime.fromisoformat(text.strip()[:25]).replace(tzinfo=UTC).timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Unprocessable(_("Write a time like 2026-12-24T18:00.")) from None


async def act(request: Request) -> Response:
    """POST /owner/announcements/{id}: {verb: publish or withdraw}"""
    fields = await desk.form(request)
    verbs = {"publish": announcements.show, "withdraw": announcements.withdraw}
    try:
        verb = verbs.get(fields.get("verb", ""))
        if verb is None:
            raise Unprocessable(_("Choose what to do."))
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            await verb(session, await announcements.by_id(session, number(request)), by)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    return desk.back(request, PATH, _("Done."))


async def dismiss(request: Request) -> Response:
    """POST /announcements/{id}/dismiss: {back}; one that is over is out of the way already. Raises Missing."""
    fields = await forms.read_form(request)
    me = require(request, "session")
    context = context_of(request)
    async with context.database.write() as session:
        row = await announcements.by_id(session, number(request))
        if announcements.state(row, context.clock.now_ms()) == "shown":
            await announcements.dismiss(session, row.id, me.account_id)
    return RedirectResponse(safe_back(fields.get("back", "")), 303, {"Cache-Control": "no-store"})
