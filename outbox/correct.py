"""What a moderator sets right on a post that is out: label, cover, reach. No word of its author changes."""

from __future__ import annotations

from typing import Any

from sqlmodel import col, delete
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from actors.served import ServedDocuments
from fediverse_ai.core import events
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Unprocessable
from generation.provenance import TRAINED
from outbox import activities, audience, documents, lineage, publish
from outbox.models import Attachment, Origin, Post, PostState, PostTag, Visibility
from outbox.send import send


async def correct(session: AsyncSession, post: Post, what: str) -> dict[str, Any]:
    """Do one of these three to a post of ours that is out, and send the Update; what it was like before, for `restore`.

    Raises Conflict for a post that is not out or already so.
    """
    if not post.local or post.state != PostState.PUBLISHED:
        raise Conflict("This post is not out, or not of this server.")
    attachments = await documents.attachments_of(session, post.id)
    before: dict[str, Any]
    match what:
        case "mark-sensitive" if not post.sensitive:
            before, post.sensitive = {"sensitive": False}, True
        case "unlist" if post.visibility == Visibility.PUBLIC:
            before, post.visibility = {"visibility": str(post.visibility)}, Visibility.QUIET
        case "label" if wrong := [item for item in attachments if item.origin == Origin.DECLARED_NOT_AI]:
            before = {"origins": {str(item.id): str(item.origin) for item in wrong}}
            for item in wrong:
                _relabel(item, Origin.DECLARED_AI)
        case _:
            raise Conflict("This post is so already, or there is nothing of the kind to set right.")
    await _send_again(session, post, attachments)
    return before


async def restore(session: AsyncSession, post: Post, before: dict[str, Any]) -> None:
    """Put back what `correct` changed. Raises Conflict for a post that is no longer out, Unprocessable for nothing."""
    if post.state != PostState.PUBLISHED:
        raise Conflict("This post is not out any more.")
    if not before:
        raise Unprocessable("There is nothing to put back.")
    attachments = await documents.attachments_of(session, post.id)
    post.sensitive = before.get("sensitive", post.sensitive)
    post.visibility = before.get("visibility", post.visibility)
    for item in attachments:
        if str(item.id) in before.get("origins", {}):
            _relabel(item, Origin(before["origins"][str(item.id)]))
    await _send_again(session, post, attachments)


def _relabel(attachment: Attachment, origin: Origin) -> None:
    attachment.origin = origin
    attachment.digital_source_type = TRAINED if origin == Origin.DECLARED_AI else None


async def _send_again(session: AsyncSession, post: Post, attachments: list[Attachment]) -> None:
    """Render and announce a post anew: the same words and pictures, which the gate let out, with other marks."""
    context = context_of(session)
    author = await queries.by_id(session, post.author_id)
    if author is None:
        raise Conflict("The author of this post is gone.")
    post.updated_ms = max(context.clock.now_ms(), (post.updated_ms or post.published_ms or 0) + 1000)
    session.add_all(attachments)
    publish.write_content(context, post, author, attachments, await lineage.credit(session, post))
    await session.exec(delete(PostTag).where(col(PostTag.post_id) == post.id))
    session.add(post)
    await session.flush()
    await publish.index_tags(session, post)
    note = await documents.render(session, post, author)
    body = activities.update(context, post, author, note, activities.update_uri(context, context.ids.new()))
    await send(session, author, body, await audience.reach(session, author, post), object_uri=post.uri)
    context.part(ServedDocuments).changes(session)
    events.publish_after(session, [events.POSTS], "status.update", post.id)
