"""Others' pictures and avatars from our own host: /proxy/KIND/ID, by id, never by address."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import FileResponse, Response

from actors import queries
from fediverse_ai.core.access import principal_of
from fediverse_ai.core.errors import Missing
from fediverse_ai.remote_media import KINDS, NOT_HERE, RemoteMedia, Source
from fediverse_ai.web.cards import LARGEST_ID
from fediverse_ai.web.rendering import context_of
from outbox.routes import MEDIA_HEADERS
from outbox.visibility import OPEN, may_see

# Short, so that what is deleted or blocked is soon gone from browsers too.
CACHE = "private, max-age=3600"


async def proxy(request: Request) -> Response:
    """GET /proxy/{kind}/{owner_id}

    Who comes with the key of the address, or is signed in and may see the post, gets the picture, fetched if need be.
    Strangers get what everybody may see and is here already: they cause no request to another server (D11).
    """
    context = context_of(request)
    media = context.part(RemoteMedia)
    kind, owner_id = request.path_params["kind"], int(request.path_params["owner_id"])
    if kind not in KINDS or owner_id > LARGEST_ID:
        raise Missing(NOT_HERE)
    async with context.database.read() as session:
        source = await media.source(session, kind, owner_id)
    trusted = media.permits(kind, owner_id, request.query_params.get("key", "")) or await _may_see(request, source)
    if not trusted and source.post is not None and source.post.visibility not in OPEN:
        raise Missing(NOT_HERE)
    found = await media.get(kind, owner_id, source, fetch=trusted)
    path = media.path(found, small=request.query_params.get("small") == "1")
    return FileResponse(path, media_type="image/jpeg", headers=MEDIA_HEADERS | {"Cache-Control": CACHE})


async def _may_see(request: Request, source: Source) -> bool:
    principal = principal_of(request)
    if principal is None:
        return False
    if source.post is None:
        return True
    async with context_of(request).database.read() as session:
        reader = await queries.by_id(session, principal.actor_id)
        return reader is not None and await may_see(session, reader, source.post)
