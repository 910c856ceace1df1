"""One post's life for the owner: when what happened to it and where it went; nothing of what it says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from fediverse_ai.core.errors import Missing
from fediverse_ai.core.limits import URL_LENGTH
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of
from fediverse_ai.web.words import date, duration, moment
from outbox.story import Story, story

DELIVERIES = 500

KINDS = {
    "ordered": marked("Ordered"),
    "line": marked("Made"),
    "picture": marked("Picture"),
    "verdict": marked("Verdict"),
    "appeal": marked("Objection"),
    "measure": marked("Measure"),
    "published": marked("Published"),
    "edit": marked("Edited"),
    "activity": marked("Sent"),
    "deleted": marked("Deleted"),
}
FACTS = {
    "by": marked("by"),
    "prompt_characters": marked("characters of the prompt"),
    "text_characters": marked("characters of the text"),
    "not_before_ms": marked("not before"),
    "generator": marked("model"),
    "version": marked("version"),
    "pictures": marked("pictures"),
    "waited_seconds": marked("waited"),
    "origin": marked("origin"),
    "seed": marked("seed"),
    "width": marked("width"),
    "height": marked("height"),
    "seconds": marked("took"),
    "watt_hours": marked("watt-hours"),
    "bytes": marked("bytes"),
    "sha256": marked("digest"),
    "decision": marked("decision"),
    "rule": marked("rule"),
    "policy": marked("policy"),
    "checks": marked("checks"),
    "failed_checks": marked("checks that failed"),
    "state": marked("state"),
    "answered_ms": marked("answered"),
    "measure": marked("measure"),
    "ground": marked("ground"),
    "undone_ms": marked("undone"),
    "type": marked("activity"),
    "activity": marked("id"),
}


async def show(request: Request) -> Response:
    """GET /owner/trace?post="""
    named, found, missing = request.query_params.get("post", "").strip()[:URL_LENGTH], None, False
    if named:
        async with context_of(request).database.read() as session:
            try:
                found = await story(session, named, DELIVERIES)
            except Missing:
                missing = True
    return desk.show(
        request, "trace.html", named=named, found=found, missing=missing, steps=_steps(found) if found else [],
        longest=URL_LENGTH,
    )  # fmt: skip


def _steps(found: Story) -> list[tuple[str, str, list[tuple[str, str]]]]:
    return [
        (
            _when(step.at_ms),
            _(KINDS[step.kind]),
            [(_(FACTS[name]), _value(name, value)) for name, value in step.facts.items()],
        )
        for step in found.steps
    ]


def _when(at_ms: int) -> str:
    """To the second: what happened first matters here."""
    return f"{date(at_ms)}, {datetime.fromtimestamp(at_ms / 1000, UTC):%H:%M:%S} UTC"


def _value(name: str, value: Any) -> str:
    if name.endswith("_ms"):
        return moment(int(value))
    if name in ("seconds", "waited_seconds"):
        return duration(round(float(value))) if float(value) >= 1 else f"{float(value):.2f} s"
    return f"{value[:16]}…" if name == "sha256" else str(value)
