"""GET /explore: pictures worth a look and why they are there, hashtags with counts, and people."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.web.cards import for_reader
from fediverse_ai.web.rendering import context_of, me_of, page
from outbox import dial, explore


async def show(request: Request) -> Response:
    """The same for all but for what a member muted, blocked, silenced or dialled away (docs/explanation/explore.md)."""
    context = context_of(request)
    me = me_of(request)
    reader_id = me.actor_id if me else None
    async with context.database.read() as session:
        shown = await explore.pictures(session, reader_id)
        tags = await explore.hashtags(session, reader_id)
        makers = await explore.makers(session, reader_id)
        chosen = await dial.dial_of(session, reader_id)
    return page(
        request,
        "explore.html",
        cards=[for_reader(context.storage, one.view, chosen, reader_id, why=_why(one.people)) for one in shown],
        tags=tags,
        makers=[{"username": maker.username, "name": maker.name or maker.username} for maker in makers],
    )


def _why(people: int) -> str:
    if not people:
        return _("New here")
    return ngettext("%(num)d person liked or shared it", "%(num)d people liked or shared it", people) % {"num": people}
