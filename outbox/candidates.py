"""Several pictures from one prompt: looked at one by one by the gate, then offered to their author to pick from."""

from __future__ import annotations

from sqlmodel import col, delete, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import queries
from fediverse_ai.core.context import Context
from generation.pipeline import Pipeline
from generation.types import Decision, Verdict
from outbox import notify
from outbox.judging import item_of, record
from outbox.models import Attachment, Origin, Post, PostState
from outbox.states import move


def wanted(post: Post) -> bool:
    """Does its author choose among several pictures, or look at one before it is posted?"""
    order = post.request
    return order is not None and (int(order["image"].get("count") or 1) > 1 or order.get("look_first") is True)


async def sift(context: Context, made: list[Attachment]) -> tuple[list[Attachment], list[Verdict]]:
    """Those that are not refused by themselves, and the verdicts on those that are: nobody has to look at them.

    What is kept is judged again with everything else once it was picked.
    """
    kept, refused = [], []
    for attachment in made:
        verdict = await context.part(Pipeline).review(await item_of(context, attachment))
        if verdict.decision is Decision.REFUSE:
            refused.append(verdict)
        else:
            kept.append(attachment)
    return kept, refused


async def offer(session: AsyncSession, post_id: int, made: list[Attachment], refused: list[Verdict]) -> None:
    """Keep the candidates and ask their author."""
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None or post.state != PostState.WAITING:
        return
    await keep(session, post_id, made)
    for verdict in refused:
        await record(session, post, verdict)
    move(post, PostState.PICK)
    post.progress = None
    session.add(post)
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, "pick", f"pick:{post.id}", post_id=post.id)


async def keep(session: AsyncSession, post_id: int, made: list[Attachment]) -> None:
    """These are the post's pictures, in this order, and no others."""
    known = {row.id: row for row in await session.exec(select(Attachment).where(Attachment.post_id == post_id))}
    stale = known.keys() - {attachment.id for attachment in made}
    if stale:
        await session.exec(delete(Attachment).where(col(Attachment.id).in_(stale)))
    for position, attachment in enumerate(made):
        row = known.get(attachment.id, attachment)
        row.position = position
        session.add(row)
    await session.flush()


def made_here(attachments: list[Attachment]) -> list[Attachment]:
    """The candidates among a post's pictures; what its author brought is no candidate."""
    return [attachment for attachment in attachments if attachment.origin == Origin.MADE_HERE]
