"""Descriptions that a program drafted: shown to the author alone until they are confirmed, as they are or changed."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import limits
from fediverse_ai.core.errors import Forbidden, Unprocessable
from fediverse_ai.core.texts import _
from outbox import documents, edit
from outbox.models import Attachment, Post


async def confirm(session: AsyncSession, author: Actor, post: Post, texts: Mapping[str, str]) -> None:
    """Take over descriptions by attachment id, as the author left them; what differs from what is out is judged first.

    Raises Forbidden for somebody else's post, Conflict for one that is not out, Unprocessable for a long text.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    changed: dict[int, str] = {}
    for attachment in await documents.attachments_of(session, post.id):
        text = texts.get(str(attachment.id), "").strip()
        if not text:
            continue
        attachment.alt_draft = ""
        session.add(attachment)
        if text != attachment.alt:
            changed[attachment.id] = text
    if changed:
        await edit.edit(session, author, post, edit.Change(alts=changed))


def take_over(attachment: Attachment, words: str) -> None:
    """What an author wrote or confirmed for a picture that is not judged yet; nothing written changes nothing.

    Raises Unprocessable for a long text.
    """
    written = words.strip()
    if len(written) > limits.ALT_TEXT_CHARS:
        raise Unprocessable(_("A description may have at most %(most)d characters.") % {"most": limits.ALT_TEXT_CHARS})
    if written:
        attachment.alt, attachment.alt_draft = written, ""
