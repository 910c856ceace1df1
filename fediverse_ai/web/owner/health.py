"""What the doctor found, looked at anew when asked, with the work that waits and the processes that do it."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai import heartbeat
from fediverse_ai.core import observations, queues
from fediverse_ai.core.texts import _, marked, ngettext
from fediverse_ai.doctor import examine
from fediverse_ai.doctor.findings import Finding, worst
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of

PATH = "/owner/health"
_KEPT = "checkup"

TITLES = {
    "configuration": marked("Configuration"),
    "development": marked("Development mode"),
    "contact": marked("Contact"),
    "files": marked("Files"),
    "owner": marked("Owner of the files"),
    "clock": marked("Clock"),
    "start": marked("Start"),
    "migrations": marked("Version of the database"),
    "tables": marked("Tables"),
    "database": marked("Database"),
    "sqlite": marked("SQLite"),
    "keys": marked("Keys"),
    "address": marked("Address"),
    "policy": marked("Policy"),
    "models": marked("Models"),
    "model_files": marked("Models that judge"),
    "worker": marked("Work is done"),
    "queues": marked("Queues"),
    "disk": marked("Disk"),
    "backup": marked("Backups"),
    "restored": marked("Brought back from a backup"),
    "mail": marked("Mail"),
    "stopped": marked("Stop switch"),
    "reach": marked("Reached"),
    "tls": marked("Certificate"),
    "identity": marked("Who answers"),
    "host": marked("Host header"),
    "visitors": marked("Visitors' addresses"),
    "scheme": marked("Scheme"),
    "query": marked("Query of an address"),
    "path": marked("Path of an address"),
    "body": marked("Size of uploads"),
    "stream": marked("Live events"),
    "webfinger": marked("Found by handle"),
    "account_domain": marked("Domain of the handles"),
    "actor": marked("Found by address"),
    "cache": marked("Cache"),
    "inbox": marked("Inbox"),
    "signature": marked("Own signatures"),
    "robots": marked("Wishes about training"),
    "media": marked("Host of pictures"),
    "pictures": marked("Pictures"),
}


class Checkup:
    """A part of the context: one look at a time, whoever asks for it."""

    def __init__(self) -> None:
        self.looking = asyncio.Lock()


async def show(request: Request) -> Response:
    """GET /owner/health"""
    context = context_of(request)
    async with context.database.read() as session:
        kept = await observations.get(session, _KEPT)
    found = [Finding(**one) for one in kept.value["findings"]] if kept is not None else []
    depths = {depth.queue: depth for depth in await queues.depths(context.database)}
    waiting = [depths.get(name, queues.Depth(name)) for name in context.part(heartbeat.Heartbeat).wanted]
    return desk.show(
        request, "health.html",
        last=kept, bad=[one for one in found if one.level != "ok"], good=[one for one in found if one.level == "ok"],
        title=_title, sentence=_sentence(found), queues=waiting, processes=await heartbeat.processes(context),
        now=context.clock.now_ms(),
    )  # fmt: skip


def _title(name: str) -> str:
    return _(TITLES[name]) if name in TITLES else name


def _sentence(found: list[Finding]) -> str:
    number = sum(one.level == "problem" for one in found)
    if number:
        return ngettext("%(num)d thing does not work.", "%(num)d things do not work.", number) % {"num": number}
    if worst(found) == "advice":
        return _("Everything works. Some of it could be better.")
    return _("Everything is well.")


async def look(request: Request) -> Response:
    """POST /owner/health: look now, within a few seconds, and keep what was found."""
    await desk.form(request)
    context = context_of(request)
    async with context.part(Checkup).looking:
        found = await examine.everything(context)
        value: dict[str, Any] = {"findings": [asdict(one) for one in found]}
        async with context.database.write() as session:
            await observations.put(session, _KEPT, value)
    return desk.back(request, PATH, _("This is how it looks now."))
