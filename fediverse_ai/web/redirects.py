"""Ids opened in a browser lead to their pages."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.web.cards import post_id_of
from outbox.models import Post
from outbox.visibility import may_see

# The same address answers programs with a document, so a cache must keep the two apart.
VARY = {"Vary": "Accept"}


async def actor(request: Request) -> Response:
    """/users/NAME -> /@NAME."""
    context: Context = request.app.state.context
    async with context.database.read() as session:
        found = await queries.local_by_name(session, request.path_params["name"])
    if found is None:
        raise Missing("There is nobody by that name here.")
    return RedirectResponse(f"/@{found.username}", 303, VARY)


async def note(request: Request) -> Response:
    """/notes/ID -> /@NAME/ID, for what everybody may see; the page itself looks again at who asks."""
    context: Context = request.app.state.context
    async with context.database.read() as session:
        post = await session.get(Post, post_id_of(request))
        if post is None or not post.local or not await may_see(session, None, post):
            raise Missing("There is no such post.")
        author = await queries.by_id(session, post.author_id)
    return RedirectResponse(f"/@{author.username}/{post.id}" if author else "/", 303, VARY)
