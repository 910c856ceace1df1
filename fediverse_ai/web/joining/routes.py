"""The pages of coming in, in the route table: for everybody, because this is how one stops being a stranger."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.joining import forgotten, sign_up

ROUTES: list[Route] = [
    Door("/sign-up", sign_up.show, needs="anyone", methods=["GET"]),
    Door("/sign-up", sign_up.send, needs="anyone", methods=["POST"]),
    Door("/invite/{secret}", sign_up.show_invite, needs="anyone", methods=["GET"]),
    Door("/sign-up/state/{secret}", sign_up.state, needs="anyone", methods=["GET"]),
    Door("/sign-up/confirm/{secret}", sign_up.show_confirmation, needs="anyone", methods=["GET"]),
    Door("/sign-up/confirm/{secret}", sign_up.confirm, needs="anyone", methods=["POST"]),
    Door("/sign-in/forgotten", forgotten.show, needs="anyone", methods=["GET"]),
    Door("/sign-in/forgotten", forgotten.ask, needs="anyone", methods=["POST"]),
    Door("/sign-in/reset/{secret}", forgotten.show_reset, needs="anyone", methods=["GET"]),
    Door("/sign-in/reset/{secret}", forgotten.reset, needs="anyone", methods=["POST"]),
]
