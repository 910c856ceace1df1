"""GET and POST /settings/filters: the dial for AI pictures, and words, hashtags and servers that are not to be met."""

from __future__ import annotations

from sqlmodel import col, delete, select
from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import RequestError
from fediverse_ai.core.texts import _
from fediverse_ai.web import forms
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.settings import frame
from fediverse_ai.web.settings.frame import Option, Wrong
from outbox import dial, filters
from outbox.shelves import FilterAction, SilencedHost

_PATH = "/settings/filters"
_DAY_SECONDS = 86_400
_DURATIONS = {"0": 0, "1": _DAY_SECONDS, "7": 7 * _DAY_SECONDS, "30": 30 * _DAY_SECONDS}


def _dials() -> list[Option]:
    return [
        Option(dial.Dial.SHOW, _("Show"), _("Like every other picture. A label stays where the post has one.")),
        Option(dial.Dial.LABEL, _("Label"), _("With a label beside each picture in every list.")),
        Option(dial.Dial.DIM, _("Dim"), _("Behind a cover that says so, until you lift it.")),
        Option(dial.Dial.HIDE, _("Hide"), _("Not in any list. On its own page it is covered.")),
    ]


def _actions() -> list[Option]:
    return [
        Option(FilterAction.HIDE, _("Hide the post")),
        Option(FilterAction.WARN, _("Cover the post and say why")),
        Option(FilterAction.BLUR, _("Cover only its pictures")),
    ]


def _places() -> list[Option]:
    return [
        Option("home", _("Home and lists")),
        Option("notifications", _("Activity")),
        Option("public", _("Explore, tags and search")),
        Option("thread", _("Conversations")),
        Option("account", _("People's pages")),
    ]


def _durations() -> list[Option]:
    return [
        Option("0", _("For good")),
        Option("1", _("For a day")),
        Option("7", _("For a week")),
        Option("30", _("For a month")),
    ]


async def show(request: Request) -> Response:
    """The page."""
    return await _page(request, {})


async def _page(request: Request, typed: dict[str, str], wrong: Wrong | None = None, status: int = 200) -> Response:
    async with context_of(request).database.read() as session:
        me = frame.me(request)
        chosen = await dial.dial_of(session, me.actor_id)
        rows = await filters.of_reader(session, me.actor_id)
        parts = await filters.parts_of(session, rows)
        silenced = select(SilencedHost).where(SilencedHost.actor_id == me.actor_id).order_by(col(SilencedHost.host))
        hosts = list(await session.exec(silenced))
    names = {option.value: option.name for option in (*_actions(), *_places())}
    return frame.show(
        request,
        "filters.html",
        status,
        wrong=wrong,
        typed=typed,
        dial=chosen,
        dials=_dials(),
        actions=_actions(),
        places_of=_places(),
        durations=_durations(),
        hosts=hosts,
        rows=[
            {
                "id": row.id,
                "title": row.title,
                "words": [word.keyword for word in parts[row.id][0]],
                "posts": len(parts[row.id][1]),
                "action": names.get(row.action, row.action),
                "places": [names[place] for place in row.contexts if place in names],
                "expires_ms": row.expires_ms,
            }
            for row in rows
        ],
    )


async def turn(request: Request) -> Response:
    """POST /settings/filters/dial"""
    fields = await forms.read_form(request)
    try:
        async with context_of(request).database.write() as session:
            await dial.set_dial(session, frame.me(request).actor_id, fields.get("dial", ""))
    except RequestError as error:
        return await _page(request, {}, Wrong({"dial": _(error.public)}), error.status)
    return frame.back(request, _PATH)


async def add(request: Request) -> Response:
    """POST /settings/filters: one filter of words or #hashtags, a line each."""
    fields = await forms.read_form(request)
    places = [option.value for option in _places() if fields.get(f"in_{option.value}")]
    try:
        async with context_of(request).database.write() as session:
            await filters.mute_words(
                session,
                frame.me(request).actor_id,
                fields.get("words", "").replace(",", "\n").split("\n"),
                title=fields.get("title", ""),
                action=fields.get("action", FilterAction.HIDE),
                places=places,
                whole=not fields.get("parts"),
                seconds=_DURATIONS.get(fields.get("duration", "0"), 0),
            )
    except RequestError as error:
        return await _page(request, fields, Wrong({"words": _(error.public)}), error.status)
    return frame.back(request, _PATH, _("From now on you will not meet this."))


async def remove(request: Request) -> Response:
    """POST /settings/filters/{filter_id}/remove: nothing happens for somebody else's."""
    await forms.read_form(request)
    async with context_of(request).database.write() as session:
        await filters.drop(session, frame.me(request).actor_id, frame.number(request, "filter_id"))
    return frame.back(request, _PATH, _("The filter is gone."))


async def hear(request: Request) -> Response:
    """POST /settings/filters/hosts/{host_id}/remove: a silenced server is heard again."""
    await forms.read_form(request)
    mine = (
        col(SilencedHost.id) == frame.number(request, "host_id"),
        col(SilencedHost.actor_id) == frame.me(request).actor_id,
    )
    async with context_of(request).database.write() as session:
        await session.exec(delete(SilencedHost).where(*mine))
    return frame.back(request, _PATH, _("You will hear from this server again."))
