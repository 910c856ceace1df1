"""Room on the disk: what lies there, how long it lasts, what housekeeping dropped, and making room in two steps."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import audit
from actors.audit import Subject
from fediverse_ai import disk, housekeeping, orphans
from fediverse_ai.core import limits
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, marked, ngettext
from fediverse_ai.disk import Disk, Usage, words
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web.owner import desk, plots
from fediverse_ai.web.owner.plots import Plot
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.words import date

PATH = "/owner/disk"
MOST_DAYS = 365
DROPPED = {
    "received": marked("activities that arrived and were handled"),
    "addressed": marked("notes of whom they were for"),
    "tombstones": marked("marks of what was deleted elsewhere"),
    "deliveries": marked("deliveries that ended"),
    "activities": marked("activities of ours whose object is gone"),
    "keys": marked("replaced keys"),
    "tries": marked("tries to sign in"),
    "posts": marked("copies of others' posts"),
    "jobs": marked("finished jobs"),
    "copies": marked("copies of others' pictures"),
    "files": marked("files that no post names"),
}


def kinds(usage: Usage) -> list[tuple[str, int]]:
    """What lies on the disk, in the reader's words, with bytes."""
    return [
        (_("Pictures"), usage.pictures), (_("Copies of others' pictures"), usage.copies),
        (_("Database"), usage.database), (_("Backups"), usage.backups),
        (_("Archives that people asked for"), usage.archives), (_("Other files"), usage.other),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What making room would remove."""

    days: int
    copies: int
    copy_bytes: int
    files: int
    file_bytes: int


async def show(request: Request) -> Response:
    """GET /owner/disk"""
    context = context_of(request)
    seen = await disk.forecast(context)
    async with context.database.read() as session:
        people = await disk.by_person(session)
        grown = await _grown(session, context)
        last, dropped = await _dropped(session)
    return desk.show(
        request, "disk.html", usage=seen.usage, kinds=kinds(seen.usage), seen=seen, people=people, grown=grown,
        last=last, dropped=dropped, size=words, width=plots.WIDTH, bar=plots.BAR,
        reserve=context.config.media.reserve_bytes, days=context.config.media.remote_days,
        room=context.config.media.remote_bytes, most_days=MOST_DAYS,
    )  # fmt: skip


async def _grown(session: AsyncSession, context: Context) -> Plot:
    """Bytes of pictures that came, by day; and what the disk held then, where somebody looked."""
    new, held = await disk.new_by_day(session), dict(await disk.samples(session))
    today = context.clock.now_ms() // disk.DAY_MS
    days = list(range(today - limits.DISK_FORECAST_DAYS + 1, today + 1))
    came = [new.get(day, 0) for day in days]
    rows = [
        [date(day * disk.DAY_MS), words(size), words(held[day]["free"]) if day in held else "–"]
        for day, size in zip(days, came, strict=True)
    ]
    return plots.line(
        "growth", _("New pictures, by day"), _("%(size)s in two weeks") % {"size": words(sum(came))},
        (_("Day"), _("New pictures"), _("Free then")), rows[::-1], came,
    )  # fmt: skip


async def _dropped(session: AsyncSession) -> tuple[tuple[int, list[tuple[str, int]]] | None, list[tuple[str, int]]]:
    """The last run of housekeeping, as (when, what it dropped), and what the last days' runs dropped together."""
    runs = await housekeeping.runs(session)
    total: Counter[str] = Counter()
    for run in runs:
        total.update(run.value["dropped"])
    last = (runs[-1].made_ms, _named(runs[-1].value["dropped"])) if runs else None
    return last, _named(total)


def _named(dropped: dict[str, int]) -> list[tuple[str, int]]:
    return [(_(DROPPED[name]), number) for name, number in dropped.items() if name in DROPPED]


def _days(fields: dict[str, str]) -> int:
    """The age in days beyond which copies go. Raises Unprocessable."""
    given = fields.get("days", "").strip()
    if not (given.isascii() and given.isdigit() and int(given[:9]) <= MOST_DAYS):
        raise Unprocessable(_("Give an age in whole days, from 0 to %(most)s.") % {"most": MOST_DAYS})
    return int(given)


async def preview(request: Request) -> Response:
    """POST /owner/disk/preview: {days}: what would go; nothing goes yet."""
    context, fields = context_of(request), await desk.form(request)
    try:
        days = _days(fields)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    swept = await context.part(RemoteMedia).prune(dry_run=True, days=days)
    found, _last = await orphans.stray(context, most=limits.ORPHAN_FILES)
    plan = Plan(days, swept.copies, swept.bytes, len(found.files) + swept.orphans, found.bytes)
    return desk.show(request, "disk_prune.html", plan=plan, size=words)


async def prune(request: Request) -> Response:
    """POST /owner/disk: {days}: remove copies older than that, and files that no row names."""
    context, fields = context_of(request), await desk.form(request)
    try:
        days = _days(fields)
        async with context.database.write() as session:
            by = await desk.admin(session, request)
            await audit.note(session, by, "media.prune", Subject("server", 0), after={"days": days})
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    swept = await context.part(RemoteMedia).prune(days=days)
    found, _last = await orphans.sweep(context, most=limits.ORPHAN_FILES)
    await context.part(Disk).usage(fresh=True)
    gone = swept.copies + swept.orphans + len(found.files)
    said = ngettext("%(num)d thing was removed; %(size)s are free again.",
                    "%(num)d things were removed; %(size)s are free again.", gone)  # fmt: skip
    freed = words(swept.bytes + found.bytes)
    return desk.back(request, PATH, said % {"num": gone, "size": freed} if gone else _("There was nothing to remove."))
