"""Files written anew when a post says more or less of their making, or lies elsewhere, than when they were made."""

from __future__ import annotations

from collections.abc import Sequence

from actors.models import Actor
from fediverse_ai.core.context import Context
from outbox import making, sealing
from outbox.belongings import Upload
from outbox.models import Attachment, Origin, Post

MARK = "mark"
"""In a waiting post's `progress`: its files are written before they are judged."""


def wanted(post: Post) -> bool:
    return bool((post.progress or {}).get(MARK))


async def remark(context: Context, post: Post, author: Actor, attachments: Sequence[Attachment]) -> None:
    """What the files say of themselves, by the post as it is now; no pixel is touched. After a crash once more, to the
    same end. The rows given are changed too."""
    parents = await sealing.parents(context, post)
    whose = making.rights(post, author)
    for attachment in attachments:
        if attachment.origin == Origin.MADE_HERE:
            await making.remark(context, attachment, post.disclosure, whose, parents=parents)
            continue
        async with context.database.read() as session:
            upload = await session.get(Upload, attachment.id)
        archive = upload.manifest if upload is not None else None
        await making.remark(context, attachment, post.disclosure, whose, archive=archive)
    async with context.database.write() as session:
        for attachment in attachments:
            row = await session.get(Attachment, attachment.id)
            if row is not None:
                row.file, row.thumbnail = attachment.file, attachment.thumbnail
                row.sha256, row.size = attachment.sha256, attachment.size
                session.add(row)
