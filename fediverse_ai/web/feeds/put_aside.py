"""GET /notifications/aside: whose notifications wait until the reader lets them in."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from actors import blocks, policy, queries
from fediverse_ai.core.access import require
from fediverse_ai.core.texts import ngettext
from fediverse_ai.web.feeds.acts import reader_of
from fediverse_ai.web.feeds.feed import cursor
from fediverse_ai.web.feeds.shown import person
from fediverse_ai.web.rendering import context_of, page
from outbox import aside
from outbox.cursors import Cursor

PATH = "/notifications/aside"


async def show(request: Request) -> Response:
    """The page: who, and how much of theirs waits; whoever did something last first."""
    me = require(request, "session")
    context, at = context_of(request), cursor(request)
    async with context.database.read() as session:
        reader = await reader_of(session, me)
        rows = await aside.of_reader(session, reader.id, Cursor(at.limit, at.max_id))
        actors = await queries.by_ids(session, (row.from_id for row in rows))
        barred = await blocks.barred_with(session, reader.id)
    lines = [
        (
            person(context, actors[row.from_id]),
            ngettext("%(num)d notification", "%(num)d notifications", row.count) % {"num": row.count},
        )
        for row in rows
        if policy.living(actors[row.from_id]) and row.from_id not in barred
    ]
    older = f"{PATH}?before={rows[-1].newest_id}" if len(rows) == at.limit else None
    return page(request, "feeds/aside.html", lines=lines, older=older, back=PATH)
