"""GET of an author's pinned posts and used hashtags."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import queries as actor_queries
from actors.models import Actor
from actors.readers import require_reader
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.responses import activity_json
from outbox import pin


async def _owner(request: Request) -> tuple[Actor, bool]:
    """(the actor whose id is in the path, whether the answer is for one reader only)."""
    context: Context = request.app.state.context
    name = request.path_params["name"]
    async with context.database.read() as session:
        owner = await actor_queries.local_by_name(session, name)
    if owner is None or owner.username != name or owner.deleted_ms is not None:
        raise Missing("There is no such actor.")
    return owner, await require_reader(request, owner) is not None


async def featured(request: Request) -> Response:
    """The pinned posts as ids, complete in one piece: there are five at most."""
    owner, private = await _owner(request)
    context: Context = request.app.state.context
    async with context.database.read() as session:
        uris = [post.uri for post in await pin.pinned(session, owner.id)]
    body: dict[str, Any] = {
        "@context": vocabulary.AS_CONTEXT,
        "id": pin.featured_uri(owner),
        "type": "OrderedCollection",
        "totalItems": len(uris),
        "orderedItems": uris,
    }
    return activity_json(document.dump(body), request=request, private=private)


async def tags(request: Request) -> Response:
    """The hashtags an author uses most, as Mastodon's profiles show them."""
    owner, private = await _owner(request)
    context: Context = request.app.state.context
    async with context.database.read() as session:
        used = await pin.tags_used(session, owner.id)
    base = context.config.public_url
    body: dict[str, Any] = {
        "@context": vocabulary.context_for("Hashtag"),
        "id": f"{owner.uri}/collections/tags",
        "type": "Collection",
        "totalItems": len(used),
        "items": [{"type": "Hashtag", "name": f"#{name}", "href": f"{base}/tags/{name}"} for name, _ in used],
    }
    return activity_json(document.dump(body), request=request, private=private)


ROUTES = [
    Door("/users/{name}/collections/featured", featured, methods=["GET"], needs="anyone"),
    Door("/users/{name}/collections/tags", tags, methods=["GET"], needs="anyone"),
]
