"""The audit log as a page and as a file: who did what to whom, why, when, and how it was before and after."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import audit
from fediverse_ai.core import limits
from fediverse_ai.core.texts import _
from fediverse_ai.web import words
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.rendering import context_of, headers
from outbox import reversal

MOST = 50
COLUMNS = ("id", "when", "who", "what", "kind", "subject_id", "subject", "why", "before", "after", "undoes")
# What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _asked(request: Request) -> dict[str, Any]:
    asked = request.query_params
    before = asked.get("before", "")
    return {
        "by_name": asked.get("who", "").strip()[: limits.NAME_CHARS],
        "action": asked.get("what", "").strip()[: limits.NAME_CHARS],
        "before_id": int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
    }


async def show(request: Request) -> Response:
    """GET /moderation/log?who=&what=&before=&done="""
    asked = _asked(request)
    async with context_of(request).database.read() as session:
        found = await audit.entries(session, **asked, limit=MOST + 1)
        shown = found[:MOST]
        undone = [entry.id for entry in shown if await audit.undoing(session, entry.id) is not None]
    rows = [(entry, reversal.can_undo(entry) and entry.id not in undone, entry.id in undone) for entry in shown]
    older = shown[-1].id if len(found) > MOST else None
    kinds = [(name, _(what)) for name, what in desk.ACTIONS.items()]
    return desk.show(request, "log.html", rows=rows, older=older, asked=asked, kinds=kinds)


async def table(request: Request) -> Response:
    """GET /moderation/log.csv: the same, the newest AUDIT_ROWS of it."""
    asked = _asked(request) | {"before_id": None}
    context = context_of(request)
    async with context.database.read() as session:
        found = await audit.entries(session, **asked, limit=limits.AUDIT_ROWS)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in found:
        values = (
            one.id, words.iso(one.created_ms), one.by_name, one.action, one.kind, one.subject_id, one.subject,
            one.reason, json.dumps(one.before), json.dumps(one.after), one.undoes_id or "",
        )  # fmt: skip
        writer.writerow([_plain(str(value)) for value in values])
    kept = headers(context.config, kept=False) | {"Content-Disposition": 'attachment; filename="audit-log.csv"'}
    return Response(out.getvalue(), headers=kept, media_type="text/csv; charset=utf-8")


def _plain(value: str) -> str:
    """A cell that no spreadsheet runs."""
    return f"'{value}" if value.startswith(_FORMULA) else value
