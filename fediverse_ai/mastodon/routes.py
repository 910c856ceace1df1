"""The API's part of the route table, resource by resource; each file ends with its own doors."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.mastodon import (
    accounts,
    actions,
    boundaries,
    conversations,
    discovery,
    filters,
    grouped,
    instance,
    lists,
    markers,
    media,
    notifications,
    old_filters,
    polls,
    preferences,
    profile,
    quoting,
    reading,
    relations,
    reports,
    scheduled,
    search,
    streaming,
    tags,
    timelines,
    writing,
)

# Matched from the top: what has words where another has an id comes before it.
ROUTES: list[Route] = [
    *timelines.ROUTES,
    *streaming.ROUTES,
    *lists.ROUTES,
    *reading.ROUTES,
    *writing.ROUTES,
    *actions.ROUTES,
    *quoting.ROUTES,
    *notifications.ROUTES,
    *grouped.ROUTES,
    *search.ROUTES,
    *discovery.ROUTES,
    *conversations.ROUTES,
    *scheduled.ROUTES,
    *reports.ROUTES,
    *polls.ROUTES,
    *relations.ROUTES,
    *boundaries.ROUTES,
    *filters.ROUTES,
    *old_filters.ROUTES,
    *markers.ROUTES,
    *tags.ROUTES,
    *profile.ROUTES,
    *accounts.ROUTES,
    *media.ROUTES,
    *preferences.ROUTES,
    *instance.ROUTES,
]
