"""The overview: four questions answered in words, then small plots with the figures beneath."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from actors.stops import StopSwitch
from fediverse_ai.core import limits
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.disk import Forecast, Usage, forecast
from fediverse_ai.disk import words as _bytes
from fediverse_ai.web.owner import counts, desk, plots
from fediverse_ai.web.owner.counts import DAY_MS, HOUR_MS, Counts
from fediverse_ai.web.owner.disk import kinds
from fediverse_ai.web.owner.plots import Plot
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.words import ago, date, duration
from generation.pipeline import Pipeline

QUIET_MS = DAY_MS
MEMORY = Path("/proc")


@dataclass(frozen=True, slots=True)
class Answer:
    """One of the four questions; `bad` when somebody should look, and `href` is where."""

    question: str
    words: list[str]
    bad: bool
    href: str


async def show(request: Request) -> Response:
    """GET /owner"""
    context = context_of(request)
    async with context.database.read() as session:
        found = await counts.count(session)
    seen = await forecast(context)
    now = context.clock.now_ms()
    answers = [
        _healthy(found, context.part(Pipeline).policy_problem, len(await context.part(StopSwitch).now())),
        _reachable(found, now),
        _full(seen),
        _waiting(found, now),
    ]
    drawn = [*_hours(found), _rules(found), _hosts(found), _making(found), _disk(found, seen.usage), _memory()]
    return desk.show(request, "overview.html", answers=answers, plots=drawn, width=plots.WIDTH, bar=plots.BAR)


def _healthy(found: Counts, problem: str | None, stopped: int) -> Answer:
    words = [problem] if problem else []
    if stopped:
        words.append(ngettext("%(num)d thing is stopped.", "%(num)d things are stopped.", stopped) % {"num": stopped})
    if found.failed:
        words.append(ngettext("%(num)d arrival could not be handled today.",
                              "%(num)d arrivals could not be handled today.", found.failed)
                     % {"num": found.failed})  # fmt: skip
    return Answer(
        _("Is it healthy?"),
        words or [_("Yes. Nothing failed in a day, and nothing is stopped.")],
        bool(words),
        "/owner/stop",
    )


def _reachable(found: Counts, now: int) -> Answer:
    if found.last_arrival is None and found.last_success is None:
        return Answer(_("Is it reachable?"), [_("No other server has spoken with this one yet.")], False,
                      "/owner/federation")  # fmt: skip
    words = []
    if found.last_arrival is not None:
        words.append(_("Another server last spoke to it %(when)s.") % {"when": ago(found.last_arrival, now)})
    if found.last_success is not None:
        words.append(_("It last delivered something %(when)s.") % {"when": ago(found.last_success, now)})
    if found.troubled:
        words.append(ngettext("%(num)d server does not take what is sent.",
                              "%(num)d servers do not take what is sent.", found.troubled)
                     % {"num": found.troubled})  # fmt: skip
    newest = max(found.last_arrival or 0, found.last_success or 0)
    return Answer(_("Is it reachable?"), words, now - newest > QUIET_MS, "/owner/federation")


def _full(seen: Forecast) -> Answer:
    left, disk = seen.days, seen.usage
    words = [_("%(free)s of %(total)s are free.") % {"free": _bytes(disk.free), "total": _bytes(disk.total)}]
    if left is not None and left < 3650:
        words.append(ngettext("At the pace of the last two weeks that lasts %(num)d day.",
                              "At the pace of the last two weeks that lasts %(num)d days.", left)
                     % {"num": left})  # fmt: skip
    elif left is not None:
        words.append(_("At the pace of the last two weeks that lasts for many years."))
    short = disk.free < limits.DISK_SHORT_BYTES or (left is not None and left < limits.DISK_SHORT_DAYS)
    return Answer(_("Is it full?"), words, short, "/owner/disk")


def _waiting(found: Counts, now: int) -> Answer:
    queue = found.queue
    said = (
        (queue["held"], ngettext("%(num)d post is held.", "%(num)d posts are held.", queue["held"])),
        (queue["appeals"], ngettext("%(num)d appeal is open.", "%(num)d appeals are open.", queue["appeals"])),
        (queue["reports"], ngettext("%(num)d report is open.", "%(num)d reports are open.", queue["reports"])),
        (queue["notices"], ngettext("%(num)d legal notice is open.", "%(num)d legal notices are open.",
                                    queue["notices"])),
        (queue["requests"], ngettext("%(num)d person asks to join.", "%(num)d people ask to join.", queue["requests"])),
    )  # fmt: skip
    words = [sentence % {"num": number} for number, sentence in said if number]
    people = bool(words)
    if found.oldest_turn is not None:
        line = ngettext("%(num)d picture waits to be made, the oldest since %(when)s.",
                        "%(num)d pictures wait to be made, the oldest since %(when)s.", queue["turns"])  # fmt: skip
        words.append(line % {"num": queue["turns"], "when": ago(found.oldest_turn, now)})
    return Answer(_("Is someone waiting?"), words or [_("Nobody.")], people, "/moderation")


def _hour(hour: int) -> str:
    return datetime.fromtimestamp(hour * HOUR_MS / 1000, UTC).strftime("%H:00")


def _hours(found: Counts) -> list[Plot]:
    names = [_hour(hour) for hour in found.hours]
    last = _("%(number)s in this hour, %(total)s in a day")
    posts, arrived = found.posts, found.arrived
    return [
        plots.line("posts", _("Posts begun here, by hour"), last % {"number": posts[-1], "total": sum(posts)},
                   (_("Hour (UTC)"), _("Posts")), _table(names, posts), posts),
        plots.line("waits", _("Time from order to publication"),
                   _("%(time)s at most") % {"time": duration(round(max(found.waits)))},
                   (_("Hour (UTC)"), _("Seconds on average")), _table(names, [round(wait) for wait in found.waits]),
                   found.waits),
        plots.line("inbox", _("Arrivals from other servers, by hour"),
                   last % {"number": arrived[-1], "total": sum(arrived)},
                   (_("Hour (UTC)"), _("Arrivals")), _table(names, arrived), arrived),
    ]  # fmt: skip


def _table(names: list[str], *columns: list[int]) -> list[list[str]]:
    """Rows, the newest first."""
    return [list(map(str, row)) for row in zip(names, *columns, strict=True)][::-1]


def _rules(found: Counts) -> Plot:
    total = sum(held + refused for _rule, held, refused in found.rules)
    return plots.bars(
        "rules", _("Held and refused, by rule, in two weeks"),
        ngettext("%(num)d decision", "%(num)d decisions", total) % {"num": total},
        (_("Rule"), _("Held"), _("Refused")), [[rule, str(held), str(no)] for rule, held, no in found.rules],
        [(rule, held + refused, refused) for rule, held, refused in found.rules],
    )  # fmt: skip


def _hosts(found: Counts) -> Plot:
    bad = sum(row[2] for row in found.hosts)
    return plots.bars(
        "hosts", _("Deliveries by server, in a day"), ngettext("%(num)d failed", "%(num)d failed", bad) % {"num": bad},
        (_("Server"), _("Delivered"), _("Failed")), [[host, str(good), str(no)] for host, good, no in found.hosts],
        [(host, good + no, no) for host, good, no in found.hosts],
    )  # fmt: skip


def _making(found: Counts) -> Plot:
    names = [date(day * DAY_MS) for day in found.days]
    seconds = [round(number) for number in found.seconds]
    energy = [round(number) for number in found.watt_hours]
    return plots.line(
        "making", _("Seconds of making pictures, by day"),
        _("%(seconds)s s today, %(energy)s Wh") % {"seconds": seconds[-1], "energy": energy[-1]},
        (_("Day"), _("Seconds"), _("Watt-hours")), _table(names, seconds, energy), found.seconds,
    )  # fmt: skip


def _sizes(key: str, title: str, last: str, found: list[tuple[str, int]]) -> Plot:
    rows = [[name, _bytes(size)] for name, size in found]
    return plots.bars(key, title, last, (_("What"), _("Size")), rows, [(name, size, 0) for name, size in found])


def _disk(found: Counts, disk: Usage) -> Plot:
    used = [(name, size) for name, size in kinds(disk) if size]
    used.append((_("New pictures in two weeks"), found.new_bytes))
    last = _("%(free)s free") % {"free": _bytes(disk.free)}
    return _sizes("disk", _("Disk"), _("%(free)s; at least, there are many files") % {"free": last}
                  if disk.more else last, used)  # fmt: skip


def _memory() -> Plot:
    """Of this process and of the machine, where the system tells (Linux)."""
    own, machine = _fields(MEMORY / str(os.getpid()) / "status"), _fields(MEMORY / "meminfo")
    named = (
        (_("This process"), own.get("VmRSS")), (_("Its most so far"), own.get("VmHWM")),
        (_("Free for programs"), machine.get("MemAvailable")), (_("The machine"), machine.get("MemTotal")),
    )  # fmt: skip
    found = [(name, size) for name, size in named if size is not None]
    last = _bytes(found[0][1]) if found else _("This system does not tell.")
    return _sizes("memory", _("Memory"), last, found)


def _fields(path: Path) -> dict[str, int]:
    """`Name: 123 kB` of each line, in bytes; empty where there is no such file."""
    try:
        lines = path.read_text().splitlines()
    except OSError:
        return {}
    parted = [line.split() for line in lines if line.endswith(" kB")]
    return {parts[0].rstrip(":"): int(parts[1]) * 1024 for parts in parted}
