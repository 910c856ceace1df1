"""The ActivityPub API's part of the route table. What everybody may read of an actor lies in the rooms' own routes."""

from __future__ import annotations

from starlette.routing import Route

from fediverse_ai.core.access import Door
from fediverse_ai.social import events, outbox, proxy, reading, uploads

ROUTES: list[Route] = [
    Door("/users/{name}/outbox", outbox.post, methods=["POST"], needs="write"),
    Door("/users/{name}/inbox", reading.inbox, methods=["GET"], needs="read"),
    Door("/users/{name}/liked", reading.liked, methods=["GET"], needs="read"),
    Door("/users/{name}/pendingFollowers", reading.pending_followers, methods=["GET"], needs="read"),
    Door("/users/{name}/pendingFollowing", reading.pending_following, methods=["GET"], needs="read"),
    Door("/users/{name}/blocked", reading.blocked, methods=["GET"], needs="read"),
    Door("/users/{name}/collections", reading.collections, methods=["GET"], needs="anyone"),
    Door("/users/{name}/collections/{id:int}", reading.gathered_by_owner, methods=["GET"], needs="anyone"),
    Door("/users/{name}/uploads", uploads.upload, methods=["POST"], needs="write:media"),
    Door("/users/{name}/uploads/{id}", reading.upload, methods=["GET"], needs="read"),
    Door("/users/{name}/proxy", proxy.fetch, methods=["POST"], needs="read"),
    Door("/users/{name}/events", events.stream, methods=["GET"], needs="read"),
]
