"""Small pieces of language for the pages: titles, times, sizes."""

from __future__ import annotations

from datetime import UTC, datetime

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
TITLE_CHARS = 120


def iso(ms: int) -> str:
    """Epoch milliseconds as the machine-readable value of a <time> element, UTC."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def date(ms: int) -> str:
    """Epoch milliseconds as a day for people, such as "4 March 2026"."""
    day = datetime.fromtimestamp(ms / 1000, UTC)
    return f"{day.day} {day.strftime('%B %Y')}"


def moment(ms: int) -> str:
    """Epoch milliseconds as day and minute, UTC."""
    return f"{date(ms)}, {datetime.fromtimestamp(ms / 1000, UTC).strftime('%H:%M')} UTC"


def ago(ms: int, now_ms: int) -> str:
    """How long ago, in words; a date when it is more than a week."""
    passed = now_ms - ms
    if passed < MINUTE_MS:
        return "just now"
    if passed < HOUR_MS:
        return _count(passed // MINUTE_MS, "minute")
    if passed < DAY_MS:
        return _count(passed // HOUR_MS, "hour")
    if passed < 7 * DAY_MS:
        return "yesterday" if passed < 2 * DAY_MS else _count(passed // DAY_MS, "day")
    return date(ms)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'} ago"


def plural(number: int, noun: str) -> str:
    """ "1 picture", "12 pictures": numbers with a thin space between thousands."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}".replace(",", "\u202f")


def duration(seconds: int) -> str:
    """Seconds as people say them: "40 seconds", "3 minutes", "2 hours"; never less than a second."""
    if seconds < 90:
        return plural(max(1, seconds), "second")
    minutes = round(seconds / 60)
    return plural(minutes, "minute") if minutes < 90 else plural(round(minutes / 60), "hour")


def shorten(text: str, limit: int = TITLE_CHARS) -> str:
    """One line of at most `limit` characters, cut at a word."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    head = line[: limit - 1]
    return (head.rsplit(" ", 1)[0] if " " in head[limit // 2 :] else head).rstrip(" ,;:.–—-") + "…"


def first_line(text: str) -> tuple[str, str]:
    """A text as (title, rest): the first line when it is short enough for a title, and what follows it."""
    line, _, rest = text.strip().partition("\n")
    if len(line) > TITLE_CHARS:
        return shorten(line), text.strip()
    return line.strip(), rest.strip()


# What the User-Agent header says, in the order in which one contains the other's name.
_BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (
    ("Android", "Android"), ("iPhone", "an iPhone"), ("iPad", "an iPad"), ("Windows", "Windows"),
    ("Mac OS", "a Mac"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


def browser(user_agent: str) -> str:
    """A browser as a person knows it again: "Firefox on Linux". Versions are not kept."""
    name = next((word for mark, word in _BROWSERS if mark in user_agent), "A browser")
    system = next((word for mark, word in _SYSTEMS if mark in user_agent), "")
    return f"{name} on {system}" if system else name


def safe_link(url: str) -> str:
    """A link of another server that may stand in an href: http or https, else an empty fragment."""
    return url if url.startswith(("https://", "http://", "/@")) else "#"
