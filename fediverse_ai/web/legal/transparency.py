"""The server's own figures for everybody, as a page and as JSON: what the gate and people decided, and how it errs."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from actors import rules, stops
from actors.stops import StopSwitch
from fediverse_ai.core.context import Context
from fediverse_ai.web.rendering import context_of, headers, page
from generation.pipeline import Pipeline
from outbox import figures
from outbox.figures import Figures

# Written from the same run of the bench as the README's table; a test compares the two.
MEASURED = Path(__file__).with_name("measured.json")


async def show(request: Request) -> Response:
    """GET /transparency"""
    context = context_of(request)
    facts = await _facts(context)
    categories = context.part(Pipeline).policy.categories
    titles = {name: category.title for name, category in categories.items()}
    return page(request, "legal/transparency.html", facts=facts, titles=titles, named=_rules(facts["months"]))


async def data(request: Request) -> Response:
    """GET /transparency.json"""
    context = context_of(request)
    return JSONResponse(await _facts(context), headers=headers(context.config, kept=True))


async def _facts(context: Context) -> dict[str, Any]:
    pipeline = context.part(Pipeline)
    cards = await pipeline.cards()
    async with context.database.read() as session:
        held = await rules.rules(session)
    by_severity = {name: sum(rule.severity == name for rule in held) for name in ("limit", "suspend")}
    return {
        "months": figures.plain(await context.part(Figures).months()),
        "gate": measured(),
        "policy": pipeline.policy_version,
        "checks": [{"name": one.name, "version": one.version} for one in pipeline.moderators],
        "models": [{"name": name, "title": card.title, "version": card.version} for name, card in cards.items()],
        "domain_rules": by_severity,
        "stopped": [stops.public(stop) for stop in await context.part(StopSwitch).now()],
    }


@lru_cache(maxsize=1)
def measured() -> dict[str, Any]:
    """How the gate errs on the published set: {rules: [...], sets: [...]}, shares between 0 and 1."""
    found: dict[str, Any] = json.loads(MEASURED.read_text("utf-8"))
    return found


def _rules(months: list[dict[str, Any]]) -> list[str]:
    return sorted({rule for month in months for rule in month["rules"]})
