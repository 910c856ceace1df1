"""The part of the route table that members read and talk through."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.feeds import acts

ROUTES: list[Route] = [
    Door("/posts/{post_id:int}/act", acts.act, needs="session", methods=["POST"]),
    Door("/people/{actor_id:int}/act", acts.person_act, needs="session", methods=["POST"]),
]
