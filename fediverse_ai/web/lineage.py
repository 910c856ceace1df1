"""Family of a picture on its page: what it was made from, what was made from it, and who may go on from it."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from actors import queries as actors
from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web import forms
from fediverse_ai.web.cards import NOT_THERE, Card, card, post_id_of, title_of
from fediverse_ai.web.pictures import remote_frames
from fediverse_ai.web.profile import maker
from fediverse_ai.web.rendering import context_of, me_of
from fediverse_ai.web.words import safe_link
from outbox import edit, lineage
from outbox import queries as posts
from outbox.models import Post, PostState
from outbox.queries import PostView

STRIP = 12


async def strip(session: AsyncSession, context: Context, reader: Actor | None, post: Post) -> dict[str, Any]:
    """The small pictures beside a post: `parents` and `children`, each a list of cards, as far as this reader may see.

    A parent that is gone, closed, or not here is still named by its address, so that the line does not break.
    """
    parents: list[Card | str] = []
    for line in await lineage.parents_of(session, post.id):
        view = await posts.view(session, reader, line.parent_id) if line.parent_id is not None else None
        parents.append(_card(context, view, reader) if view is not None else line.parent_uri)
    children = await posts.views(session, await lineage.children_of(session, reader, post, STRIP), None)
    return {"parents": parents, "children": [_card(context, view, reader) for view in children]}


def _card(context: Context, view: PostView, reader: Actor | None) -> Card:
    """As on a contact sheet; others' pictures from our own copies, for signed-in people only (D11)."""
    made = card(context.storage, view)
    if view.author.local:
        return made
    frames = remote_frames(context.storage, context.part(RemoteMedia), view) if reader is not None else []
    return Card(
        href=safe_link(view.post.url or view.post.uri),
        title=made.title,
        maker=f"@{view.author.handle}",
        frame=frames[0] if frames else None,
        words=made.words,
        warning=made.warning,
        more=0,
    )


def parent_words(view: PostView) -> dict[str, str]:
    """The post that a new one is made from, as the composer names it."""
    post, author = view.post, view.author
    href = f"/@{author.username}/{post.id}" if author.local else safe_link(post.url or post.uri)
    return {"href": href, "title": title_of(post, view.attachments), "maker": author.name or author.username}


async def change(request: Request) -> Response:
    """POST /@{name}/{post_id}/making: how much of the recipe is said, and who may go on from it, from now on."""
    context = context_of(request)
    fields = await forms.read_form(request)
    me = me_of(request)
    post_id = post_id_of(request)
    async with context.database.write() as session:
        owner = await maker(session, request.path_params["name"])
        post = await session.get(Post, post_id)
        author = await actors.by_id(session, me.actor_id) if me is not None else None
        ours = post is not None and author is not None and post.author_id == author.id == owner.id
        if not ours or post is None or author is None or post.state != PostState.PUBLISHED:
            raise Missing(NOT_THERE)
        await lineage.permit(session, author, post, fields.get("remix_policy", post.remix_policy))
        level = fields.get("disclosure", post.disclosure)
        if level != post.disclosure:
            await edit.edit(session, author, post, edit.Change(disclosure=level))
    return RedirectResponse(f"/@{owner.username}/{post_id}", 303)
