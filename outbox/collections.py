"""GET of an author's pinned posts, used hashtags, and consents to quotes."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from actors import queries as actor_queries
from actors.documents import tombstone
from actors.models import Actor
from actors.readers import require_reader, signer_of
from fediverse_ai.activitypub import document, vocabulary
from fediverse_ai.core.access import Door
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.responses import activity_json
from outbox import documents, pin
from outbox.models import Post, PostState, QuoteStamp
from outbox.visibility import may_see


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


async def stamp(request: Request) -> Response:
    """A consent to a quote (FEP-044f), for whoever may see the quoted post; 410 once it was taken back."""
    context: Context = request.app.state.context
    missing = Missing("There is no such consent.")
    value = request.path_params["id"]
    if not (value.isascii() and value.isdigit() and len(value) < 20 and int(value) < 2**63):
        raise missing
    async with context.database.read() as session:
        given = await session.get(QuoteStamp, int(value))
        post = await session.get(Post, given.post_id) if given is not None else None
        author = await actor_queries.by_id(session, post.author_id) if post is not None else None
        if given is None or post is None or author is None:
            raise missing
        everybody = await may_see(session, None, post)
    if given.revoked_ms is not None or post.state != PostState.PUBLISHED:
        when = given.revoked_ms or post.deleted_ms or 0
        gone = tombstone(documents.stamp_uri(context.config, given), "QuoteAuthorization", when)
        return activity_json(document.dump(gone), request=request, status=410)
    if everybody:
        private = await require_reader(request, author) is not None
    else:
        private, reader = True, await signer_of(request)
        async with context.database.read() as session:
            if reader is None or not await may_see(session, reader, post):
                raise missing
    body = documents.stamp(context.config, given, post, author)
    return activity_json(document.dump(body), request=request, private=private)


ROUTES = [
    Door("/users/{name}/collections/featured", featured, methods=["GET"], needs="anyone"),
    Door("/users/{name}/collections/tags", tags, methods=["GET"], needs="anyone"),
    Door("/stamps/{id}", stamp, methods=["GET"], needs="anyone"),
]
