"""pick(session, author, post, chosen): of what was made some goes on to the gate, described; the rest is forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import col, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from outbox import candidates, describe, documents
from outbox.belongings import Upload
from outbox.models import Attachment, Post, PostState
from outbox.prepare import judge_waiting
from outbox.publish import remove
from outbox.states import move


async def pick(
    session: AsyncSession, author: Actor, post: Post, chosen: Sequence[int], alts: Mapping[int, str] | None = None
) -> None:
    """Go on with the candidates at these positions (0 is the first), in this order; each is judged with the words.

    `alts`: descriptions by position as their author wrote or confirmed them; a drafted one that is not confirmed here
    stays a draft. Raises Forbidden for somebody else's post, Conflict when there is nothing to pick, Unprocessable for
    positions that are not there, doubled, or none, and for a description that is too long.
    """
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")
    if post.state != PostState.PICK:
        raise Conflict("There is nothing to pick from.")
    attachments = await documents.attachments_of(session, post.id)
    offered = candidates.made_here(attachments)
    if not chosen or len(set(chosen)) != len(chosen) or not set(chosen) <= set(range(len(offered))):
        raise Unprocessable("Pick one picture or more.")
    for position, words in (alts or {}).items():
        if position in chosen:
            describe.take_over(offered[position], words)
    kept = [offered[position] for position in chosen]
    brought = [attachment for attachment in attachments if attachment not in offered]
    left = [attachment for attachment in offered if attachment not in kept]
    await candidates.keep(session, post.id, kept + brought)
    move(post, PostState.WAITING)
    post.created_ms = context_of(session).clock.now_ms()
    session.add(post)
    await session.flush()
    await jobs.enqueue(session, judge_waiting, [post.id], once=f"prepare:{post.id}:picked", soon=True)
    names = [name for attachment in left for name in (attachment.file, attachment.thumbnail) if name is not None]
    if names:
        await jobs.enqueue(session, forget_files, names, once=f"forget:{post.id}:picked")


@jobs.job(queue="out")
async def forget_files(context: Context, ids: list[int | str]) -> None:
    """Delete files of ours that no row names any more."""
    for name in map(str, ids):
        async with context.database.read() as session:
            attached = select(Attachment.id).where(or_(col(Attachment.file) == name, col(Attachment.thumbnail) == name))
            brought = select(Upload.id).where(or_(col(Upload.file_name) == name, col(Upload.small_name) == name))
            used = [(await session.exec(query.limit(1))).first() for query in (attached, brought)]
        if used == [None, None]:
            await context.storage.delete(name)


async def forget_unpicked(context: Context) -> None:
    """Clockwork: who does not pick within CANDIDATE_SECONDS does not want any of them."""
    before = context.clock.now_ms() - int(limits.CANDIDATE_SECONDS * 1000)
    query = select(Post).where(Post.state == PostState.PICK, col(Post.created_ms) < before).limit(limits.SWEEP_ROWS)
    async with context.database.write() as session:
        for post in list(await session.exec(query)):
            attachments = await documents.attachments_of(session, post.id)
            names = [name for item in attachments for name in (item.file, item.thumbnail) if name is not None]
            await candidates.keep(session, post.id, [])
            await remove(session, post)
            if names:
                await jobs.enqueue(session, forget_files, names, once=f"forget:{post.id}:unpicked")
