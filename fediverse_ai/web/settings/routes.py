"""The settings' part of the route table."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.settings import (
    data,
    filters,
    inviting,
    leaving,
    look,
    person,
    privacy,
    reached,
    security,
    tags,
    telling,
)

ROUTES: list[Route] = [
    Door("/settings", person.show, needs="session", methods=["GET"]),
    Door("/settings", person.save, needs="session", methods=["POST"]),
    Door("/settings/appearance", look.show, needs="session", methods=["GET"]),
    Door("/settings/appearance", look.save, needs="session", methods=["POST"]),
    Door("/settings/privacy", privacy.show, needs="session", methods=["GET"]),
    Door("/settings/privacy", privacy.save, needs="session", methods=["POST"]),
    Door("/settings/filters", filters.show, needs="session", methods=["GET"]),
    Door("/settings/filters", filters.add, needs="session", methods=["POST"]),
    Door("/settings/filters/dial", filters.turn, needs="session", methods=["POST"]),
    Door("/settings/filters/{filter_id:int}/remove", filters.remove, needs="session", methods=["POST"]),
    Door("/settings/filters/hosts/{host_id:int}/remove", filters.hear, needs="session", methods=["POST"]),
    Door("/settings/tags", tags.show, needs="session", methods=["GET"]),
    Door("/settings/tags", tags.save, needs="session", methods=["POST"]),
    Door("/settings/notifications", telling.show, needs="session", methods=["GET"]),
    Door("/settings/notifications", telling.save, needs="session", methods=["POST"]),
    Door("/settings/security", security.show, needs="session", methods=["GET"]),
    Door("/settings/security/password", security.change_password, needs="session", methods=["POST"]),
    Door("/settings/security/squares.svg", security.squares, needs="session", methods=["GET"]),
    Door("/settings/security/two-factor", security.begin, needs="session", methods=["POST"]),
    Door("/settings/security/two-factor/confirm", security.confirm, needs="session", methods=["POST"]),
    Door("/settings/security/two-factor/recovery", security.new_paper, needs="session", methods=["POST"]),
    Door("/settings/security/two-factor/end", security.end, needs="session", methods=["POST"]),
    Door("/settings/security/mail", reached.change, needs="session", methods=["POST"]),
    Door("/settings/quotas", inviting.quota, needs="session", methods=["GET"]),
    Door("/settings/invites", inviting.show, needs="session", methods=["GET"]),
    Door("/settings/invites", inviting.make, needs="session", methods=["POST"]),
    Door("/settings/invites/{invite_id:int}/revoke", inviting.revoke, needs="session", methods=["POST"]),
    Door("/settings/data", data.show, needs="session", methods=["GET"]),
    Door("/settings/data/{name}.csv", data.download, needs="session", methods=["GET"]),
    Door("/settings/data/import", data.carry_in, needs="session", methods=["POST"]),
    Door("/settings/data/imports/{import_id:int}", data.report, needs="session", methods=["GET"]),
    Door("/settings/data/archive", data.order, needs="session", methods=["POST"]),
    Door("/settings/data/archive/{archive_id:int}", data.fetch, needs="session", methods=["GET"]),
    Door("/settings/account", leaving.show, needs="session", methods=["GET"]),
    Door("/settings/account/aliases", leaving.add_alias, needs="session", methods=["POST"]),
    Door("/settings/account/aliases/remove", leaving.drop_alias, needs="session", methods=["POST"]),
    Door("/settings/account/move", leaving.move, needs="session", methods=["POST"]),
    Door("/settings/account/stay", leaving.stay, needs="session", methods=["POST"]),
    Door("/settings/account/delete", leaving.end, needs="session", methods=["POST"]),
    Door("/settings/account/keep", leaving.take_back, needs="session", methods=["POST"]),
]
