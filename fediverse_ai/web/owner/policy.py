"""The policy of the gate: edited, checked, compared, tried on past decisions, put into force and rolled back."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import audit
from actors.audit import Subject
from fediverse_ai.core.errors import Conflict
from fediverse_ai.core.texts import _
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of
from generation import policy_file
from generation.pipeline import Pipeline
from generation.policy import parse_policy
from outbox import judging, policies

PATH = "/owner/policy"
TRIED = 200
SHOWN = 20
KEPT = 50


async def show(request: Request) -> Response:
    """GET /owner/policy?version=: the running policy in an editor, or an earlier one to look at; and the history."""
    context = context_of(request)
    running = context.part(Pipeline).policy
    named = request.query_params.get("version", "")
    async with context.database.read() as session:
        history = await policies.versions(session)
        text = (await policies.version_named(session, named)).text if named else running.text
    return _page(request, text=text, history=history[:KEPT], named=named)


def _page(request: Request, status: int = 200, **values: Any) -> Response:
    pipeline = context_of(request).part(Pipeline)
    known: dict[str, Any] = {"wrong": None, "tried": None, "difference": "", "missing": [], "named": "", "history": []}
    running = {"running": pipeline.policy, "problem": pipeline.policy_problem, "shown": SHOWN}
    return desk.show(request, "policy.html", status, **known | running | values)


async def look(request: Request) -> Response:
    """POST /owner/policy/try: {text}: is it one, what differs, and what it would have decided; nothing is changed."""
    context, fields = context_of(request), await desk.form(request)
    text, pipeline = fields.get("text", ""), context.part(Pipeline)
    try:
        made = await asyncio.to_thread(parse_policy, text.encode(), _("The policy"))
    except desk.SAYABLE as error:
        return _page(request, 422, text=text, wrong=_(error.public))
    async with context.database.read() as session:
        tried = await judging.replay(session, made, TRIED)
    difference = policies.difference(pipeline.policy.text, text, (pipeline.policy.version, made.version))
    missing = made.missing([moderator.name for moderator in pipeline.moderators])
    return _page(request, text=text, tried=tried, difference=difference, missing=missing)


async def put(request: Request) -> Response:
    """POST /owner/policy: {text or version, base: digest of the policy that it was compared with, reason}."""
    context, fields = context_of(request), await desk.form(request)
    running = context.part(Pipeline).policy
    try:
        reason = desk.reason_of(fields)
        text, action = fields.get("text", ""), "policy.change"
        if fields.get("version"):
            async with context.database.read() as session:
                text = (await policies.version_named(session, fields["version"])).text
            action = "policy.rollback"
        elif fields.get("base") != running.digest:
            raise Conflict(_("The policy was changed meanwhile. Try yours again against the new one."))
        made = await asyncio.to_thread(parse_policy, text.encode(), _("The policy"))
        async with context.database.write() as session:
            by = await desk.admin(session, request)
            await policies.remember(session, made, note=reason)
            subject, versions = Subject("policy", 0, made.version), ({"version": running.version}, made.version)
            await audit.note(session, by, action, subject, reason, before=versions[0], after={"version": versions[1]})
            await asyncio.to_thread(policy_file.write, policy_file.path_of(context.config), text)
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    return desk.back(request, PATH, _("Policy %(version)s is in force within seconds.") % {"version": made.version})
