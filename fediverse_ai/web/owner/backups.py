"""Backups: when the newest was made and whether it is good, when the next one comes, and making one now."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from starlette.requests import Request
from starlette.responses import Response

from actors import audit, restorations
from actors.audit import Subject
from fediverse_ai.backup import places
from fediverse_ai.backup.scheduled import Backups
from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import _
from fediverse_ai.disk import words
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of

PATH = "/owner/backups"
ROWS = 30


async def show(request: Request) -> Response:
    """GET /owner/backups"""
    context = context_of(request)
    config = context.config
    found = await asyncio.to_thread(places.backups_in, config.backup_dir)
    state = await asyncio.to_thread(places.state_of, config)
    running = context.part(Backups).is_running or await asyncio.to_thread(places.is_busy, config.backup_dir)
    async with context.database.read() as session:
        restored = await restorations.latest(session)
    known = bool(found) and found[0].path.name == state.file
    return desk.show(
        request, "backups.html", newest=found[0] if found else None, rows=found[:ROWS], number=len(found),
        state=state, known=known, running=running, next_ms=_next(context), chosen=config.backup, size=words,
        folder=config.backup_dir, restored=restored,
    )  # fmt: skip


def _next(context: Context) -> int:
    """When the clockwork makes the next one, epoch ms; 0 when it makes none."""
    if not context.config.backup.enabled:
        return 0
    now = context.clock.now()
    today = now.replace(hour=context.config.backup.hour, minute=0, second=0, microsecond=0)
    return int((today if today > now else today + timedelta(days=1)).timestamp() * 1000)


async def make(request: Request) -> Response:
    """POST /owner/backups: make one now; it goes on while the page answers."""
    await desk.form(request)
    context = context_of(request)
    try:
        context.part(Backups).start()
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    async with context.database.write() as session:
        await audit.note(session, await desk.admin(session, request), "backup.create", Subject("server", 0, "backup"))
    return desk.back(request, PATH, _("A backup is being made. It takes a few seconds, or minutes with many pictures."))
