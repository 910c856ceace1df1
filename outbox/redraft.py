"""Delete and write anew: the pictures of a deleted post go back to its author, with what is known of their making."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from fediverse_ai.core.context import Context
from fediverse_ai.core.errors import Missing
from fediverse_ai.core.log import get
from generation import provenance
from generation.provenance import Provenance
from outbox import uploads
from outbox.belongings import Upload
from outbox.models import Attachment, Origin, Post

log = get(__name__)


async def copies(context: Context, post: Post) -> list[Upload]:
    """The pictures of a post as uploads, for its author who deletes it to write it anew; not yet rows.

    Under the ids that they had, with files of their own, since those of the post answer 410 from then on. No
    transaction may be open.
    """
    async with context.database.read() as session:
        query = select(Attachment).where(Attachment.post_id == post.id, col(Attachment.file).is_not(None))
        pictures = list(await session.exec(query.order_by(col(Attachment.position))))
    found = []
    for one in pictures:
        mark = base64.urlsafe_b64encode(context.clock.token(12)).decode("ascii")
        said = Provenance(digital_source_type=one.digital_source_type or "", rights=f"not published ({mark})")
        try:
            data = provenance.remark(await context.storage.read(one.file or ""), said)
            small = provenance.remark(await context.storage.read(one.thumbnail or one.file or ""), said)
        except (Missing, ValueError) as error:
            # Whoever deletes a post gets it deleted, whatever became of its files.
            log.info("picture_not_given_back", attachment=one.id, detail=str(error))
            continue
        found.append(
            Upload(
                id=one.id,
                actor_id=post.author_id,
                former_id=post.id,
                file_name=await context.storage.put(data, ".jpg"),
                small_name=await context.storage.put(small, ".jpg"),
                media_type=one.media_type,
                width=one.width,
                height=one.height,
                size=len(data) + len(small),
                blurhash=one.blurhash,
                description=one.alt,
                focus_x=one.focus_x,
                focus_y=one.focus_y,
                claims_ai=one.origin != Origin.DECLARED_NOT_AI,
                recipe=one.recipe if one.origin == Origin.MADE_HERE else None,
                digital_source_type=one.digital_source_type,
                created_ms=context.clock.now_ms(),
            )
        )
    return found


async def give_back(session: AsyncSession, post: Post, found: Sequence[Upload]) -> None:
    """Let the author of a deleted post use its pictures again, for as long as any upload waits: `found` by `copies`,
    and what they had brought for a post that never went out."""
    await uploads.release(session, post.id)
    for upload in found:
        await session.merge(upload)
    await session.flush()
