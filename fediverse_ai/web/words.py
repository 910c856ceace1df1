"""Small pieces of language for the pages: titles, times, sizes."""

from __future__ import annotations

from datetime import UTC, datetime

from babel.dates import format_date

from fediverse_ai.core import texts
from fediverse_ai.core.texts import _, marked, ngettext

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
TITLE_CHARS = 120


def iso(ms: int) -> str:
    """Epoch milliseconds as the machine-readable value of a <time> element, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date(ms: int) -> str:
    """Epoch milliseconds as a day for people in their language, such as "4 March 2026"."""
    day = datetime.fromtimestamp(ms / 1000, UTC).date()
    locale = texts.current().replace("-", "_")
    return format_date(day, "d MMMM y" if locale == texts.SOURCE else "long", locale=locale)


def moment(ms: int) -> str:
    """Epoch milliseconds as day and minute, UTC."""
    time = datetime.fromtimestamp(ms / 1000, UTC).strftime("%H:%M")
    return _("%(day)s, %(time)s UTC") % {"day": date(ms), "time": time}


def ago(ms: int, now_ms: int) -> str:
    """How long ago, in words; a date when it is more than a week."""
    passed = now_ms - ms
    if passed < MINUTE_MS:
        return _("just now")
    if passed < HOUR_MS:
        number = passed // MINUTE_MS
        return ngettext("%(num)d minute ago", "%(num)d minutes ago", number) % {"num": number}
    if passed < DAY_MS:
        number = passed // HOUR_MS
        return ngettext("%(num)d hour ago", "%(num)d hours ago", number) % {"num": number}
    if passed < 2 * DAY_MS:
        return _("yesterday")
    if passed < 7 * DAY_MS:
        number = passed // DAY_MS
        return ngettext("%(num)d day ago", "%(num)d days ago", number) % {"num": number}
    return date(ms)


def figure(number: int) -> str:
    """A number for people: a thin space between thousands."""
    return f"{number:,}".replace(",", "\u202f")


def duration(seconds: int) -> str:
    """Seconds as people say them: "40 seconds", "3 minutes", "2 hours"; never less than a second."""
    if seconds < 90:
        number = max(1, seconds)
        return ngettext("%(num)d second", "%(num)d seconds", number) % {"num": number}
    minutes = round(seconds / 60)
    if minutes < 90:
        return ngettext("%(num)d minute", "%(num)d minutes", minutes) % {"num": minutes}
    hours = round(minutes / 60)
    return ngettext("%(num)d hour", "%(num)d hours", hours) % {"num": hours}


def shorten(text: str, limit: int = TITLE_CHARS) -> str:
    """One line of at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head).rstrip(" ,;:.–—-") + "…"


def first_line(text: str) -> tuple[str, str]:
    """A text as (title, rest): the first line when it is short enough for a title, and what follows it."""
    line, _break, rest = text.strip().partition("\n")
    if len(line) > TITLE_CHARS:
        return shorten(line), text.strip()
    return line.strip(), rest.strip()


# What the User-Agent header says, in the order in which one contains the other's name.
_BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
# Each with the sentence that names a browser on it.
_SYSTEMS = (
    ("Android", marked("%(browser)s on Android")),
    ("iPhone", marked("%(browser)s on an iPhone")),
    ("iPad", marked("%(browser)s on an iPad")),
    ("Windows", marked("%(browser)s on Windows")),
    ("Mac OS", marked("%(browser)s on a Mac")),
    ("CrOS", marked("%(browser)s on ChromeOS")),
    ("Linux", marked("%(browser)s on Linux")),
)


def browser(user_agent: str) -> str:
    """A browser as a person knows it again: "Firefox on Linux". Versions are not kept."""
    name = next((word for mark, word in _BROWSERS if mark in user_agent), _("A browser"))
    sentence = next((_(words) for mark, words in _SYSTEMS if mark in user_agent), "%(browser)s")
    return sentence % {"browser": name}


def safe_link(url: str) -> str:
    """A link of another server that may stand in an href: http or https, else an empty fragment."""
    return url if url.startswith(("https://", "http://", "/@")) else "#"
