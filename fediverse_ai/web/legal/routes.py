"""Pages for people without an account here, in the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.legal import notices, opt_out, statements, transparency
from outbox.notices import KINDS

ROUTES: list[Route] = [
    Door("/report", notices.index, needs="anyone", methods=["GET"]),
    *(Door(f"/report/{kind}", notices.show, needs="anyone", methods=["GET"]) for kind in KINDS),
    *(Door(f"/report/{kind}", notices.send, needs="anyone", methods=["POST"]) for kind in KINDS),
    Door("/report/notices/{secret}", notices.receipt, needs="anyone", methods=["GET"]),
    Door("/statements", statements.mine, needs="session", methods=["GET"]),
    Door("/statements/{secret}", statements.show, needs="anyone", methods=["GET"]),
    Door("/statements/{secret}", statements.send, needs="anyone", methods=["POST"]),
    Door("/transparency", transparency.show, needs="anyone", methods=["GET"]),
    Door("/transparency.json", transparency.data, needs="anyone", methods=["GET"]),
    Door("/opt-out", opt_out.show, needs="anyone", methods=["GET"]),
    Door("/opt-out", opt_out.send, needs="anyone", methods=["POST"]),
]
