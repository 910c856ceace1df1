"""Other servers one by one: how deliveries stand, another try, and what each of them wants to be sent."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from actors import audit, rules
from actors.audit import Subject
from fediverse_ai.core.errors import Unprocessable
from fediverse_ai.core.texts import _, ngettext
from fediverse_ai.core.urls import canonical_host
from fediverse_ai.web.owner import desk
from fediverse_ai.web.rendering import context_of
from outbox import hosts, preferences
from outbox.hosts import HostSummary
from outbox.models import HostState
from outbox.preferences import SAID, Wish

PATH = "/owner/federation"
MOST = 200
NEWEST = 20


async def show(request: Request) -> Response:
    """GET /owner/federation?q=&host="""
    if "host" in request.query_params:
        return await _one(request, request.query_params["host"])
    words = request.query_params.get("q", "").strip().lower()
    async with context_of(request).database.read() as session:
        found = [one for one in await hosts.summaries(session) if words in one.host]
        ruled = {rule.host: rule for rule in await rules.rules(session)}
    return desk.show(
        request, "federation.html", found=found[:MOST], more=len(found) > MOST, words=words, ruled=ruled,
        now=context_of(request).clock.now_ms(),
    )  # fmt: skip


async def _one(request: Request, named: str) -> Response:
    try:
        host = canonical_host(named.strip()).partition(":")[0]
    except desk.SAYABLE as error:
        return desk.back(request, PATH, _(error.public), bad=True)
    async with context_of(request).database.read() as session:
        [known] = await hosts.summaries(session, named.strip()) or [HostSummary(named.strip())]
        state = known.state or await session.get(HostState, host)
        rule = await rules.rule_for(session, host)
        failed = await hosts.deliveries(session, host=known.host, state="given_up", limit=NEWEST)
        wish = await preferences.wish_of(session, host)
    return desk.show(
        request, "host.html", known=known, state=state, rule=rule, failed=failed, wish=wish,
        now=context_of(request).clock.now_ms(), wishes=[(one.value, _(SAID[one])) for one in Wish],
    )  # fmt: skip


async def act(request: Request) -> Response:
    """POST /owner/federation: {host, verb: retry or wish, given_up, wish}."""
    fields = await desk.form(request)
    host = fields.get("host", "").strip()
    path = f"{PATH}?{urlencode({'host': host})}"
    try:
        async with context_of(request).database.write() as session:
            by = await desk.admin(session, request)
            if fields.get("verb") == "retry":
                waiting = await hosts.retry(session, host, given_up=bool(fields.get("given_up")))
                await audit.note(session, by, "host.retry", Subject("host", 0, host), after={"waiting": waiting})
                words = ngettext("%(num)d delivery is tried now.", "%(num)d deliveries are tried now.", waiting)
                return desk.back(request, path, words % {"num": waiting} if waiting else _("Nothing waits."))
            if fields.get("verb") != "wish" or fields.get("wish") not in set(Wish):
                raise Unprocessable(_("Choose one of the answers."))
            before = await preferences.wish_of(session, host)
            state = await preferences.state_wish(session, host, Wish(fields["wish"]))
            subject = Subject("host", 0, state.host)
            await audit.note(session, by, "host.wish", subject, before={"wish": before}, after={"wish": state.wish})
    except desk.SAYABLE as error:
        return desk.back(request, path, _(error.public), bad=True)
    return desk.back(request, path, _("Saved."))
