"""A quote on a page: the quoted post when its author agreed, else a sentence that says how it stands."""

from __future__ import annotations

from typing import Any

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core.context import Context
from fediverse_ai.core.texts import _, marked
from fediverse_ai.remote_media import RemoteMedia
from fediverse_ai.web import emoji, words
from fediverse_ai.web.pictures import frame, remote_frames
from outbox import queries as posts
from outbox.models import Post, QuoteState

STANDS = {
    QuoteState.PENDING: marked("Quotes a post whose author has not answered yet."),
    QuoteState.REJECTED: marked("Quotes a post whose author did not agree."),
    QuoteState.REVOKED: marked("Quoted a post whose author does not agree any more."),
}
NOT_HERE = marked("Quotes a post that is not here, or not for you to see.")


async def quoted(session: AsyncSession, context: Context, reader: Actor | None, post: Post) -> dict[str, Any] | None:
    """What a template needs of the post that this one quotes; None for a post that quotes none."""
    if post.quote_uri is None or post.quote_state is None:
        return None
    state = QuoteState(post.quote_state)
    if state != QuoteState.ACCEPTED:
        return {"words": _(STANDS[state]), "handle": None, "url": None}
    found = await posts.by_uri(session, post.quote_uri)
    view = await posts.view(session, reader, found.id) if found is not None else None
    if view is None:
        return {"words": _(NOT_HERE), "handle": None, "url": words.safe_link(post.quote_uri)}
    return words_of(context, view, reader)


def words_of(context: Context, view: posts.PostView, reader: Actor | None) -> dict[str, Any]:
    """Author, words and pictures of a quoted post; others' pictures and emoji for signed-in readers only."""
    author, own = view.author, view.author.local
    media = context.part(RemoteMedia) if reader is not None and not own else None
    if own:
        frames = [frame(context.storage, view.post, item) for item in view.attachments if item.file]
    else:
        frames = remote_frames(context.storage, media, view) if media is not None else []
    return {
        "author": author.name or author.username,
        "author_emojis": emoji.pictures(author.emojis, media),
        "handle": author.handle,
        "remote": not own,
        "url": f"/@{author.username}/{view.post.id}" if own else words.safe_link(view.post.url or view.post.uri),
        "warning": view.post.summary,
        "content": view.post.content,
        "emojis": emoji.pictures(view.post.emojis, media),
        "frames": frames,
        "pictures": len(view.attachments),
    }
