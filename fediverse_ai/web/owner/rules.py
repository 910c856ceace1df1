"""Domain rules: what holds, what a new one would cut, and lists of them in and out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import Response

from actors import audit, blocklist
from actors import rules as domain
from actors.audit import Subject
from actors.blocklist import Read, Step
from actors.models import Account, DomainRule
from actors.rules import Wanted
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.limits import BLOCKLIST_LINES
from fediverse_ai.core.texts import _, marked, ngettext
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of, headers
from outbox import hosts

PATH = "/owner/rules"
SHOWN = 500
SEVERITIES: Mapping[str, tuple[str, str]] = {
    "suspend": (marked("Suspend"), marked("No exchange at all; follows in both directions are cut.")),
    "limit": (marked("Limit"), marked("Off public pages; followers still see it.")),
    "none": (marked("Neither"), marked("Only what is ticked below.")),
}
STEPS: Mapping[str, str] = {
    "add": marked("new"),
    "stricter": marked("becomes stricter"),
    "keep": marked("stays as it is"),
    "guarded": marked("would cut many follows: left out unless named"),
}


async def show(request: Request) -> Response:
    """GET /owner/rules?host=: the rules that hold, and a form that is filled in for one of them."""
    host = request.query_params.get("host", "").strip()
    async with context_of(request).database.read() as session:
        found = await domain.rules(session)
    about = next((rule for rule in found if rule.host == host), None)
    wanted = _of(about) if about is not None else Wanted(host)
    return _page(request, found=found[:SHOWN], total=len(found), wanted=wanted)


def _page(request: Request, template: str = "rules.html", status: int = 200, **values: Any) -> Response:
    severities = {name: (_(words), _(hint)) for name, (words, hint) in SEVERITIES.items()}
    steps = {name: _(words) for name, words in STEPS.items()}
    return desk.show(request, template, status, severities=severities, steps=steps, **values)


def _of(rule: DomainRule) -> Wanted:
    return Wanted(
        rule.host, rule.severity, rule.reject_media, rule.reject_reports, rule.reason, rule.public_comment,
        rule.obfuscate,
    )  # fmt: skip


def _wanted(fields: Mapping[str, str], context: Context) -> Wanted:
    made = Wanted(
        fields.get("host", ""), fields.get("severity", ""), bool(fields.get("reject_media")),
        bool(fields.get("reject_reports")), fields.get("reason", "").strip(),
        fields.get("public_comment", "").strip(), bool(fields.get("obfuscate")),
    )  # fmt: skip
    return domain.check(made, context.config.own_hosts)


async def preview(request: Request) -> Response:
    """POST /owner/rules/preview: what the rule would cut and hide; nothing is changed."""
    context, fields = context_of(request), await desk.form(request)
    try:
        wanted = _wanted(fields, context)
        desk.reason_of(fields)
        async with context.database.read() as session:
            impact = (await domain.preview(session, {wanted.host: domain.ruling_of(wanted)}))[wanted.host]
            posts = await hosts.count_posts(session, impact.actor_ids)
            before = await domain.rule_for(session, wanted.host)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    people = len(impact.actor_ids)
    return _page(request, "rule.html", wanted=wanted, impact=impact, posts=posts, people=people, before=before)


async def put(request: Request) -> Response:
    """POST /owner/rules: {host, severity, reject_media, reject_reports, reason, public_comment, obfuscate}."""
    context, fields = context_of(request), await desk.form(request)
    try:
        wanted = _wanted(fields, context)
        desk.reason_of(fields)
        async with context.database.write() as session:
            await _record(session, wanted, await desk.admin(session, request))
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    await domain.renew(context)
    return desk.back(request, PATH, _("The rule holds."))


async def _record(session: AsyncSession, wanted: Wanted, by: Account) -> None:
    before = await domain.rule_for(session, wanted.host)
    facts = asdict(_of(before)) if before is not None else None
    await domain.record(session, wanted, by_id=by.id)
    subject = Subject("host", 0, wanted.host)
    await audit.note(session, by, "host.rule", subject, wanted.reason, before=facts, after=asdict(wanted))


async def undo(request: Request) -> Response:
    """POST /owner/rules/undo: {host, reason}; follows that the rule cut are there again."""
    context, fields = context_of(request), await desk.form(request)
    try:
        reason = desk.reason_of(fields)
        async with context.database.write() as session:
            by = await desk.admin(session, request)
            rule = await domain.lift(session, fields.get("host", ""), by_id=by.id, reason=reason)
            subject = Subject("host", 0, rule.host)
            await audit.note(session, by, "host.rule-undone", subject, reason, before=asdict(_of(rule)))
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    effect = await domain.renew(context)
    words = ngettext("Taken back; %(num)d follow is there again.", "Taken back; %(num)d follows are there again.",
                     effect.restored)  # fmt: skip
    return desk.back(request, PATH, words % {"num": effect.restored})


async def export(request: Request) -> Response:
    """GET /owner/rules.csv: as Mastodon exports and imports them."""
    context = context_of(request)
    async with context.database.read() as session:
        text = await blocklist.write(session)
    named = {"Content-Disposition": 'attachment; filename="domain-rules.csv"'}
    return Response(text, media_type="text/csv", headers=headers(context.config, kept=False) | named)


async def _plan(session: AsyncSession, context: Context, fields: Mapping[str, str]) -> tuple[Read, list[Step]]:
    read = blocklist.read(fields.get("list", ""), context.config.own_hosts)
    if not read.wanted and not read.problems:
        raise Unprocessable(_("The list is empty."))
    return read, await blocklist.plan(session, read.wanted, fields.get("named", "").split())


async def look(request: Request) -> Response:
    """POST /owner/rules/list: {list, named}: what a list would do; nothing is changed."""
    context, fields = context_of(request), await desk.form(request)
    try:
        async with context.database.read() as session:
            read, plan = await _plan(session, context, fields)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    return _page(
        request, "rule_list.html", plan=plan[:SHOWN], more=max(0, len(plan) - SHOWN), problems=read.problems[:SHOWN],
        list=fields["list"], named=fields.get("named", ""), lines=BLOCKLIST_LINES,
    )  # fmt: skip


async def take(request: Request) -> Response:
    """POST /owner/rules/import: {list, named}: rules of ours become stricter, never weaker; none is taken away."""
    context, fields = context_of(request), await desk.form(request)
    try:
        async with context.database.write() as session:
            by = await desk.admin(session, request)
            _read, plan = await _plan(session, context, fields)
            done = [step.wanted for step in plan if step.action in ("add", "stricter")]
            for wanted in done:
                await _record(session, Wanted(**asdict(wanted) | {"reason": wanted.reason or _("from a list")}), by)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    await domain.renew(context)
    words = ngettext("%(num)d rule was set.", "%(num)d rules were set.", len(done))
    return desk.back(request, PATH, words % {"num": len(done)})
