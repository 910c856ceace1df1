"""The models that make pictures here: /models and /models/NAME, for people as pages and for programs as JSON."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fediverse_ai.core import roles
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.rendering import context_of, headers, page
from fediverse_ai.web.words import duration
from generation.pipeline import Pipeline
from generation.types import Capabilities, ModelCard
from outbox import turns
from outbox.turns import Experience
from outbox.upscale import RESAMPLED

UNKNOWN = marked("not known to this server")


async def models(request: Request) -> Response:
    """GET /models: every generator of this server, the default first; one whose backend cannot be asked is left out."""
    context = context_of(request)
    cards = await context.part(Pipeline).cards()
    if _wants_json(request):
        found = [await _facts(context, name, card) for name, card in cards.items()]
        return _json(context, {"models": found})
    shown = [(name, card.title, card.disclosure) for name, card in cards.items()]
    return page(request, "models.html", models=shown, default=context.part(Pipeline).default)


async def model(request: Request) -> Response:
    """GET /models/{name}: one model card."""
    context = context_of(request)
    name = request.path_params["name"]
    if name not in context.part(Pipeline).generators:
        raise Missing(_("There is no model of that name here."))
    card = await context.part(Pipeline).card(name)
    facts = await _facts(context, name, card)
    if _wants_json(request):
        return _json(context, facts)
    lately = await _experience(context, name)
    return page(
        request, "model.html", card=card, rows=_rows(card) + _bounds(facts, lately), can=_can(card.capabilities)
    )


def _wants_json(request: Request) -> bool:
    accept = request.headers.get("accept", "").lower()
    return "application/json" in accept and "text/html" not in accept


def _json(context: Context, value: dict[str, Any]) -> Response:
    return JSONResponse(value, headers=headers(context.config, kept=True))


async def _experience(context: Context, name: str) -> Experience:
    async with context.database.read() as session:
        return await turns.experience(session, name)


async def _facts(context: Context, name: str, card: ModelCard) -> dict[str, Any]:
    """The card and the bounds as programs read them; addresses and paths of backends are not told."""
    engine = context.part(Pipeline).engine(name)
    lately = await _experience(context, name)
    can = card.capabilities
    quotas = {role: context.config.quotas.of(role).pictures for role in roles.NAMES}
    daily = {role: bound for role, bound in quotas.items() if bound}
    return {
        "name": name,
        "url": f"{context.config.public_url}/models/{name}",
        "title": card.title,
        "version": card.version,
        "sha256": card.sha256 or None,
        "licence": card.licence or None,
        "homepage": card.homepage or None,
        "data_sources": card.data_sources or None,
        "disclosure": card.disclosure,
        "digital_source_type": card.digital_source_type,
        "closed_vocabulary": card.closed_vocabulary,
        "capabilities": {
            "negative_prompt": can.negative_prompt, "seed": can.seed, "steps": can.steps, "guidance": can.guidance,
            "image_to_image": can.source, "styles": list(can.styles), "models": list(can.models),
            "sizes": [f"{width}x{height}" for width, height in can.sizes], "progress": can.progress,
            "cancel": can.cancel, "upscale": can.upscale or RESAMPLED,
        },
        "at_once": engine.at_once,
        "timeout_seconds": engine.seconds,
        "max_pixels": engine.max_pixels or None,
        "daily": {role: min(bound, engine.daily.get(role, bound)) for role, bound in {**engine.daily, **daily}.items()},
        "seconds_per_picture": round(lately.seconds, 1) if lately.seconds is not None else None,
        "watt_hours_per_picture": round(lately.watt_hours, 3) if lately.watt_hours is not None else None,
    }  # fmt: skip


def _rows(card: ModelCard) -> list[tuple[str, str]]:
    return [
        (_("Version"), card.version),
        (_("Licence"), card.licence or _(UNKNOWN)),
        (_("Learned from"), _("nothing: every form is written in its program") if card.closed_vocabulary
         else card.data_sources or _(UNKNOWN)),
        (_("Digest"), card.sha256
         or (_("of the program itself: its version") if card.closed_vocabulary else _(UNKNOWN))),
        (_("Mark in files"), card.digital_source_type.rpartition("/")[2]),
    ]  # fmt: skip


def _bounds(facts: dict[str, Any], lately: Experience) -> list[tuple[str, str]]:
    rows = [(_("At once"), str(facts["at_once"])), (_("Given up after"), duration(int(facts["timeout_seconds"])))]
    if facts["max_pixels"]:
        rows.append((_("Largest picture"), _("%(number).1f megapixels") % {"number": facts["max_pixels"] / 1e6}))
    rows += [(_("A day, %(role)s") % {"role": role}, str(bound)) for role, bound in sorted(facts["daily"].items())]
    if lately.seconds is not None:
        rows.append((_("Time lately"), _("%(number).1f s a picture") % {"number": lately.seconds}))
    if lately.watt_hours is not None:
        rows.append((_("Energy lately"), _("%(number).2f Wh a picture") % {"number": lately.watt_hours}))
    return rows


def _can(can: Capabilities) -> list[tuple[str, str]]:
    """What a person may wish for, and whether it is heard."""
    wishes = (
        (_("What it must not show"), can.negative_prompt),
        (_("A seed, to make the same picture again"), can.seed),
        (_("How many steps"), can.steps),
        (_("How closely it follows the prompt"), can.guidance),
        (_("To begin from a picture"), can.source),
    )
    found = [(wish, _("yes") if heard else _("no; you are told")) for wish, heard in wishes]
    found.append((_("A picture again, larger"), can.upscale or _(RESAMPLED)))
    if can.styles:
        found.append((_("Styles"), ", ".join(can.styles)))
    if can.sizes:
        found.append((_("Sizes"), ", ".join(f"{width} × {height}" for width, height in can.sizes)))
    return found
