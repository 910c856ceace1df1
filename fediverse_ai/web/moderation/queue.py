"""The queue: one held post or edit at a time, what is known of it, and a word about it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fediverse_ai.core.access import require
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.web import words
from fediverse_ai.web.moderation import desk
from fediverse_ai.web.pictures import frame
from fediverse_ai.web.rendering import context_of, headers
from generation.pipeline import Pipeline
from outbox import docket, known, moderate, notices
from outbox import queue as held
from outbox.queue import Item, Wanted

NEAR_SHARE = 0.8


async def show(request: Request) -> Response:
    """GET /moderation?rule=&account=&hours=&at=ID&done=ENTRIES; whoever is shown an item stands in the log."""
    context, wanted = context_of(request), _wanted(request)
    async with context.database.read() as session:
        line = await held.line(session, wanted)
        place = _place(line.ids, request.query_params.get("at", ""))
        item = await held.item(session, line.ids[place]) if line.ids else None
        done = await desk.undoable(session, request, request.query_params.get("done", ""))
        clocks = await notices.waiting(session)
        by = await desk.names(session, [one.decided_by_id for one in item.history.rulings]) if item else {}
    if item is not None:
        await desk.looked(request, moderate.subject_of(item.post, item.revision), "seen")
    return desk.show(
        request,
        "queue.html",
        item=await _facts(context, item) if item is not None else None,
        line=line,
        wanted=wanted,
        place=place,
        previous=_link(wanted, line.ids[place - 1]) if place > 0 else "",
        following=_link(wanted, line.ids[place + 1]) if place + 1 < len(line.ids) else "",
        here_link=_link(wanted, item.id) if item is not None else _link(wanted),
        done=done,
        names=by,
        clock=desk.left(clocks[0].due_ms, context.clock.now_ms()) if clocks else None,
        two_people=context.config.moderation.two_people,
    )


async def count(request: Request) -> Response:
    """GET /moderation/count: how many wait, as the piece of the page that asks again and again."""
    context = context_of(request)
    require(request, "moderator")
    async with context.database.read() as session:
        number = await held.count(session)
    words_ = ngettext("%(num)d waits", "%(num)d wait", number) % {"num": number}
    return HTMLResponse(words_, headers=headers(context.config, kept=False))


async def say(request: Request) -> Response:
    """POST /moderation/items/{id}: {verb: approve, reject or escalate; reason; copies, remember}."""
    fields = await desk.form(request)
    context, item_id = context_of(request), desk.number(request)
    wanted = Wanted(fields.get("rule", ""), fields.get("account", ""), _hours(fields.get("hours", "")))
    verb = fields.get("verb", "")
    try:
        reason = desk.reason_of(fields)
        if verb not in ("approve", "reject", "escalate"):
            raise Unprocessable(_("Choose what to do."))
        ids = [item_id]
        async with context.database.read() as session:
            item = await held.item(session, item_id)
            ids += item.copies if item is not None and fields.get("copies") else []
        hashes = await known.of_post(context, item_id) if verb == "reject" and fields.get("remember") else []
        async with context.database.write() as session:
            by = await desk.moderator(session, request)
            through = True
            for number in ids:
                if verb == "escalate":
                    await docket.escalate(session, number, by, reason)
                else:
                    through &= await docket.decide(session, number, by, reason, approve=verb == "approve")
            if through:
                await known.add(session, hashes, source=f"post {item_id}", reason=reason, account=by)
            done = [entry.id for entry in await desk.newest_entries(session, ids)]
    except desk.SAYABLE as error:
        return desk.back(request, _link(wanted, item_id), _(error.public), bad=True)
    path = _link(wanted, done=done)
    return desk.back(request, path, _sentence(verb, len(ids), through))


def _sentence(verb: str, number: int, through: bool) -> str:
    if not through:
        return _("Your word is kept. A second person has to say the same.")
    told = {
        "approve": ngettext("Let out.", "%(num)d let out.", number),
        "reject": ngettext("Refused.", "%(num)d refused.", number),
        "escalate": ngettext("Handed to the admins.", "%(num)d handed to the admins.", number),
    }
    return told[verb] % {"num": number}


def _wanted(request: Request) -> Wanted:
    asked = request.query_params
    return Wanted(asked.get("rule", ""), asked.get("account", ""), _hours(asked.get("hours", "")))


def _hours(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 5 else 0


def _place(ids: list[int], at: str) -> int:
    return ids.index(int(at)) if at.isascii() and at.isdigit() and len(at) < 20 and int(at) in ids else 0


def _link(wanted: Wanted, at: int | None = None, *, done: list[int] | None = None) -> str:
    """The queue with the same filters, at an item, or after something was done."""
    values: dict[str, Any] = {
        "rule": wanted.rule,
        "account": wanted.account,
        "hours": wanted.hours or "",
        "at": at or "",
    }
    values["done"] = "-".join(map(str, done or []))
    kept = {name: value for name, value in values.items() if value}
    return f"/moderation?{urlencode(kept)}" if kept else "/moderation"


async def _facts(context: Context, item: Item) -> dict[str, Any]:
    """An item as the template says it."""
    category = context.part(Pipeline).policy.categories.get(item.rule)
    now = context.clock.now_ms()
    return {
        "item": item,
        "frames": [frame(context.storage, item.post, picture) for picture in item.pictures],
        "alts": [picture.alt for picture in item.pictures],
        "rule": category.title if category is not None else item.rule,
        "scores": [
            {
                "rule": titled.title
                if (titled := context.part(Pipeline).policy.categories.get(near.rule))
                else near.rule,
                "name": near.rule,
                "stage": desk.stage_words(near.stage),
                "score": f"{near.score:.2f}",
                "share": min(100, round(near.share * 100)),
                "words": nearness(near.share),
            }
            for near in item.near
        ],
        "evidence": [
            (told["moderator"], name, said)
            for told in (item.judgement.findings if item.judgement is not None else [])
            for name, said in (told.get("evidence") or {}).items()
        ],
        "failed": [
            told["moderator"]
            for told in (item.judgement.findings if item.judgement is not None else [])
            if told.get("failed")
        ],
        "age": words.duration((now - item.history.since_ms) // 1000),
        "waits": words.duration((now - (item.revision or item.post).created_ms) // 1000),
    }


def nearness(share: float) -> str:
    """A score against its threshold, in words."""
    if share >= 1:
        return _("over its threshold")
    return _("close to its threshold") if share >= NEAR_SHARE else _("below its threshold")
