"""Posts that wait for their time, and drafts that wait for their author."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import stops
from actors.models import Actor
from fediverse_ai.core import jobs, limits
from fediverse_ai.core.context import Context, context_of
from fediverse_ai.core.errors import Conflict, Forbidden, Unprocessable
from fediverse_ai.core.failpoints import fp
from outbox import documents, line, quotas, restraints
from outbox.models import Attachment, Judgement, Post, PostState
from outbox.prepare import judge_waiting
from outbox.publish import GateClosed, check_gate, publish, remove
from outbox.states import move


async def send_draft(session: AsyncSession, author: Actor, post: Post) -> None:
    """A draft goes on its way, as if it had been composed now. Raises Forbidden, Conflict for what is no draft."""
    _own(author, post)
    if post.state != PostState.DRAFT:
        raise Conflict("This is not a draft.")
    await quotas.require_post(session, author.id, pictures=post.request is not None)
    move(post, PostState.WAITING)
    await _start(session, post, "sent")


async def _start(session: AsyncSession, post: Post, why: str) -> None:
    """The job that prepares a post which waits (again)."""
    now = context_of(session).clock.now_ms()
    post.created_ms = now
    session.add(post)
    await session.flush()
    once = f"prepare:{post.id}:{why}:{now}"
    if await documents.attachments_of(session, post.id):
        await jobs.enqueue(session, judge_waiting, [post.id], once=once, soon=True)
    else:
        await line.line_up(session, post, once)


async def cancel(session: AsyncSession, author: Actor, post: Post) -> None:
    """Take a scheduled post back before its time: it is deleted, nobody heard of it. Raises Forbidden, Conflict."""
    _own(author, post)
    if post.state != PostState.SCHEDULED and not (
        post.not_before_ms and post.state in (PostState.WAITING, PostState.HELD)
    ):
        raise Conflict("This post is not scheduled (any more).")
    await remove(session, post)


async def reschedule(session: AsyncSession, author: Actor, post: Post, at_ms: int) -> None:
    """Another time for a scheduled post; its address stays. Raises Forbidden, Conflict, Unprocessable (too far)."""
    _own(author, post)
    if post.state != PostState.SCHEDULED:
        raise Conflict("This post is not scheduled (any more).")
    now = context_of(session).clock.now_ms()
    if not now < at_ms <= now + limits.SCHEDULE_SECONDS * 1000:
        raise Unprocessable("Choose a time between now and a year from now.")
    post.not_before_ms = at_ms
    session.add(post)


def _own(author: Actor, post: Post) -> None:
    if post.author_id != author.id:
        raise Forbidden("This is not your post.")


async def publish_due(context: Context) -> None:
    """Clockwork: whatever's time has come goes out, or to the gate again when the policy changed meanwhile."""
    now = context.clock.now_ms()
    query = select(Post.id).where(Post.state == PostState.SCHEDULED, col(Post.not_before_ms) <= now)
    query = query.where(~restraints.frozen(Post.author_id))
    async with context.database.read() as session:
        # Those who stand still do not keep the others from going.
        query = query.where(~await _stopped(session)).order_by(col(Post.not_before_ms), col(Post.id))
        due = list(await session.exec(query.limit(limits.SWEEP_ROWS)))
    for post_id in due:
        async with context.database.write() as session:
            await _publish_one(session, post_id)


async def _stopped(session: AsyncSession) -> ColumnElement[bool]:
    """Is this post kept back by what is stopped?"""
    scopes = [stop.scope for stop in await stops.standing(session)]
    if stops.Scope.OUTBOX in scopes:
        return true()
    names = [scope.removeprefix(stops.ACCOUNT) for scope in scopes if scope.startswith(stops.ACCOUNT)]
    models = [scope.removeprefix(stops.MODEL) for scope in scopes if scope.startswith(stops.MODEL)]
    authors = select(Actor.id).where(col(Actor.local), col(Actor.username).in_(names))
    made = select(Attachment.post_id).where(col(Attachment.recipe)["generator"].as_string().in_(models))
    return or_(col(Post.author_id).in_(authors), col(Post.id).in_(made))


async def _publish_one(session: AsyncSession, post_id: int) -> None:
    post = await session.get(Post, post_id, with_for_update=True)
    if post is None or post.state != PostState.SCHEDULED:
        return
    newest = select(Judgement).where(Judgement.post_id == post_id).order_by(col(Judgement.id).desc()).limit(1)
    judgement = (await session.exec(newest)).first()
    attachments = await documents.attachments_of(session, post_id)
    try:
        if judgement is None:
            raise GateClosed("never judged")
        check_gate(context_of(session), post, attachments, judgement)
    except GateClosed:
        # The verdict was of another policy: the same bytes are judged by the present one.
        move(post, PostState.WAITING)
        await _start(session, post, "due")
        return
    await publish(session, post, judgement)
    fp("schedule.before_commit")
