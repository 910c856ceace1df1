"""The pages of the owner in the route table: for admins and owners, with a cookie."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.owner import (
    admission,
    announcements,
    backups,
    disk,
    federation,
    health,
    overview,
    people,
    policy,
    rules,
    stop,
    trace,
)

_PAGES = (
    ("/owner", overview.show),
    ("/owner/federation", federation.show),
    ("/owner/rules", rules.show),
    ("/owner/rules.csv", rules.export),
    ("/owner/policy", policy.show),
    ("/owner/people", people.show),
    ("/owner/people/{name}", people.one),
    ("/owner/invites", admission.show),
    ("/owner/requests", admission.show_requests),
    ("/owner/announcements", announcements.show),
    ("/owner/models", stop.models),
    ("/owner/disk", disk.show),
    ("/owner/backups", backups.show),
    ("/owner/health", health.show),
    ("/owner/trace", trace.show),
    ("/owner/stop", stop.show),
)
_WORDS = (
    ("/owner/federation", federation.act),
    ("/owner/health", health.look),
    ("/owner/rules", rules.put),
    ("/owner/rules/preview", rules.preview),
    ("/owner/rules/undo", rules.undo),
    ("/owner/rules/list", rules.look),
    ("/owner/rules/import", rules.take),
    ("/owner/policy", policy.put),
    ("/owner/policy/try", policy.look),
    ("/owner/disk", disk.prune),
    ("/owner/backups", backups.make),
    ("/owner/disk/preview", disk.preview),
    ("/owner/people/{name}", people.act),
    ("/owner/signups", admission.change),
    ("/owner/invites", admission.invite),
    ("/owner/invites/{id:int}/revoke", admission.revoke),
    ("/owner/requests/{id:int}", admission.decide),
    ("/owner/announcements", announcements.write),
    ("/owner/announcements/{id:int}", announcements.act),
    ("/owner/stop", stop.put),
    ("/owner/stop/confirm", stop.confirm),
    ("/owner/start", stop.start),
)

ROUTES: list[Route] = [
    *(Door(path, page, needs="admin", methods=["GET"]) for path, page in _PAGES),
    *(Door(path, act, needs="admin", methods=["POST"]) for path, act in _WORDS),
]
