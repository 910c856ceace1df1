"""The pages of moderation in the route table: for moderators and those above them, with a cookie."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.web.moderation import accounts, appeals, desk, legal, log, posts, queue, reports
from fediverse_ai.web.owner import admission

_PAGES = (
    ("/moderation", queue.show),
    ("/moderation/count", queue.count),
    ("/moderation/appeals", appeals.show),
    ("/moderation/reports", reports.show),
    ("/moderation/reports/{id:int}", reports.one),
    ("/moderation/accounts", accounts.show),
    ("/moderation/accounts/{id:int}", accounts.one),
    ("/moderation/posts/{id:int}", posts.show),
    ("/moderation/legal", legal.show),
    ("/moderation/legal/{id:int}", legal.one),
    ("/moderation/requests", admission.show_requests),
    ("/moderation/log", log.show),
    ("/moderation/log.csv", log.table),
)
_WORDS = (
    ("/moderation/items/{id:int}", queue.say),
    ("/moderation/undo", desk.undo),
    ("/moderation/appeals/{id:int}", appeals.answer),
    ("/moderation/reports/{id:int}", reports.act),
    ("/moderation/accounts/{id:int}", accounts.act),
    ("/moderation/posts/{id:int}", posts.act),
    ("/moderation/requests/{id:int}", admission.decide),
    ("/moderation/legal/{id:int}", legal.act),
)

ROUTES: list[Route] = [
    *(Door(path, page, needs="moderator", methods=["GET"]) for path, page in _PAGES),
    *(Door(path, act, needs="moderator", methods=["POST"]) for path, act in _WORDS),
]
