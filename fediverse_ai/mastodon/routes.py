"""The API's part of the route table, resource by resource; each file ends with its own doors."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.mastodon import actions, instance, media, reading, timelines, writing

ROUTES: list[Route] = [
    *timelines.ROUTES,
    *reading.ROUTES,
    *writing.ROUTES,
    *actions.ROUTES,
    *media.ROUTES,
    *instance.ROUTES,
]
