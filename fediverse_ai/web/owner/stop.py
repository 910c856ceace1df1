"""The stop switch in two steps, what is stopped now, and the models that can be stopped one by one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func
from sqlmodel import col, select
from starlette.requests import Request
from starlette.responses import Response

from actors import stops
from actors.stops import ACCOUNT, MODEL, Scope, Stop
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.owner import desk
from fediverse_ai.web.places import stopped_name
from fediverse_ai.web.rendering import context_of
from generation.pipeline import Pipeline
from outbox import stopping, turns
from outbox.models import Post, PostState
from outbox.turns import Turn

PATH = "/owner/stop"
MODELS = "/owner/models"
EFFECTS = {
    Scope.GENERATION: marked("No picture is made. Orders keep their place in the line."),
    Scope.OUTBOX: marked("Nothing is published, and nothing that was published leaves."),
    Scope.FEDERATION: marked("Nothing is sent to, taken from or fetched from other servers."),
}


async def show(request: Request) -> Response:
    """GET /owner/stop: what stands still, and the first step of stopping something."""
    context = context_of(request)
    async with context.database.read() as session:
        standing = await stops.standing(session)
    scopes = [(scope.value, stopped_name(scope), _(words)) for scope, words in EFFECTS.items()]
    scopes += [(MODEL + name, stopped_name(MODEL + name), "") for name in context.part(Pipeline).generators]
    return desk.show(request, "stop.html", standing=_named(standing), scopes=scopes)


def _named(standing: list[Stop]) -> list[tuple[Stop, str]]:
    return [(stop, stopped_name(stop.scope)) for stop in standing]


def _scope(fields: dict[str, str]) -> str:
    """What is chosen: one of the scopes, or an account by its name. Raises Unprocessable."""
    named = fields.get("account", "").strip().lstrip("@").lower()
    scope = fields.get("scope", "")
    return stops.scope_of(ACCOUNT + named if scope == "account" else scope)


async def confirm(request: Request) -> Response:
    """POST /owner/stop/confirm: {scope, account, reason}: the second step; nothing is stopped yet."""
    fields = await desk.form(request)
    try:
        scope, reason = _scope(fields), desk.reason_of(fields)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    effect = _(EFFECTS[Scope(scope)]) if scope in set(Scope) else ""
    return desk.show(request, "stop_confirm.html", scope=scope, name=stopped_name(scope), reason=reason, effect=effect)


async def put(request: Request) -> Response:
    """POST /owner/stop: {scope, reason, from}"""
    fields = await desk.form(request)
    path = _path(fields)
    try:
        reason = desk.reason_of(fields)
        async with context_of(request).database.write() as session:
            await stops.put(session, _scope(fields), reason, await desk.admin(session, request))
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    return desk.back(request, path, _("It is stopped. Every page says so, with your reason."))


async def start(request: Request) -> Response:
    """POST /owner/start: {scope, reason, from}: what waited goes on, the oldest first."""
    fields = await desk.form(request)
    path = _path(fields)
    try:
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            await stopping.start(session, _scope(fields), fields.get("reason", "").strip(), by)
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    return desk.back(request, path, _("It goes on. What waited is taken up in order."))


def _path(fields: dict[str, str]) -> str:
    return MODELS if fields.get("from") == "models" else PATH


async def models(request: Request) -> Response:
    """GET /owner/models: every generator, whether it answers, its line, its pace, and a switch."""
    context = context_of(request)
    pipeline = context.part(Pipeline)
    cards = await pipeline.cards()
    waiting = select(Turn.generator, func.count(), func.count(col(Turn.began_ms)))
    # A turn stays beside its post when the post is finished.
    waiting = waiting.join(Post, col(Post.id) == col(Turn.post_id)).where(Post.state == PostState.WAITING)
    found: list[dict[str, Any]] = []
    async with context.database.read() as session:
        lines = {
            name: (number - begun, begun)
            for name, number, begun in await session.exec(waiting.group_by(col(Turn.generator)))
        }
        standing = {stop.scope: stop for stop in await stops.standing(session)}
        for name in pipeline.generators:
            lately = await turns.experience(session, name)
            facts = {"waiting": lines.get(name, (0, 0))[0], "begun": lines.get(name, (0, 0))[1], "lately": lately}
            stop = standing.get(MODEL + name)
            found.append({"name": name, "scope": MODEL + name, "card": cards.get(name), "stop": stop, **facts})
    return desk.show(request, "models.html", models=found, default=pipeline.default)
