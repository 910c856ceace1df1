"""What other servers asked us to send them, and the public part of our rules about them."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import rules
from actors.models import DomainRule, Severity
from fediverse_ai.core.texts import _, marked
from fediverse_ai.web.rendering import context_of, page
from outbox import preferences
from outbox.preferences import SAID, Wish

DOES = {
    Severity.NONE: "",
    Severity.LIMIT: marked("its posts stay off our public pages"),
    Severity.SUSPEND: marked("no exchange at all"),
}


async def federation(request: Request) -> Response:
    """GET /federation; never the reasons, which are for the people in charge (PRV-14)."""
    context = context_of(request)
    async with context.database.read() as session:
        stated = await preferences.wishes(session)
        held = await rules.rules(session)
    return page(
        request,
        "federation.html",
        wishes=[(state.host, _(SAID[Wish(state.wish)])) for state in stated],
        rules=[_rule_words(rule) for rule in held],
        allowed=sorted(context.config.federation.allow_list),
    )


def _rule_words(rule: DomainRule) -> dict[str, Any]:
    does = [_(words) if (words := DOES[Severity(rule.severity)]) else ""]
    if rule.severity != Severity.SUSPEND:
        does += [_("its pictures are not shown here")] * rule.reject_media + [
            _("its reports are not taken")
        ] * rule.reject_reports
    return {
        "host": rules.shown(rule),
        "does": "; ".join(word for word in does if word),
        "comment": rule.public_comment,
    }
