"""A moderator's word on a post or an edit: itself a verdict over the same bytes, reversible where the post is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from actors import audit, queries
from actors.models import Account
from fediverse_ai.core import jobs, roles
from fediverse_ai.core.context import context_of
from fediverse_ai.core.errors import Conflict, Forbidden
from fediverse_ai.core.failpoints import fp
from fediverse_ai.core.roles import Right
from generation.pipeline import Pipeline, text_digest
from generation.types import Decision
from outbox import candidates, documents, edit, judging, notify
from outbox.models import Judgement, Post, PostState, Revision
from outbox.prepare import prepare
from outbox.publish import digests_of, release, remove
from outbox.states import move

MODERATORS = roles.holding(Right.MODERATE)
UNDECIDED = (PostState.HELD, PostState.REFUSED)
REVERSE = {
    (Decision.ALLOW, PostState.PUBLISHED): "reject (takes it down: a deletion is final in the fediverse)",
    (Decision.ALLOW, PostState.SCHEDULED): "reject",
    (Decision.REFUSE, PostState.REFUSED): "approve",
    (Decision.HOLD, PostState.HELD): "approve or reject",
    (Decision.HOLD, PostState.REFUSED): "approve",
}


def reverse(judgement: Judgement, post: Post) -> str:
    """What would turn a decision round, as a command's name; empty when nothing does any more."""
    return REVERSE.get((Decision(judgement.decision), PostState(post.state)), "")


async def approve(session: AsyncSession, post: Post, account: Account, reason: str = "") -> None:
    """Let a held or refused post out, exactly as it is now.

    When only its prompt was judged so far, the picture is made now and judged for itself. Raises Forbidden, Conflict.
    """
    before = standing(post)
    await let_out(session, post, account, reason)
    await audit.note(
        session, account, "post.approve", subject_of(post), reason, before=before, after={"state": post.state}
    )


async def let_out(session: AsyncSession, post: Post, account: Account, reason: str = "") -> None:
    """The same as a part of something else, which writes its own entry into the audit log."""
    _check(post, account)
    if post.state not in UNDECIDED:
        raise Conflict("This post is not waiting for a moderator.")
    attachments = await documents.attachments_of(session, post.id)
    prompt = judging.prompt_of(post)
    if prompt is not None and not candidates.made_here(attachments):
        judgement = await _say(session, post, account, Decision.ALLOW, reason, {text_digest(prompt)})
        move(post, PostState.WAITING)
        post.rule = post.reason = None
        post.created_ms = context_of(session).clock.now_ms()
        session.add(post)
        await session.flush()
        await jobs.enqueue(session, prepare, [post.id], once=f"prepare:{post.id}:{judgement.id}", soon=True)
    else:
        judgement = await _say(session, post, account, Decision.ALLOW, reason, digests_of(post, attachments))
        post.rule = post.reason = None
        await release(session, post, judgement)
    fp("moderate.before_commit")


async def refuse(session: AsyncSession, post: Post, account: Account, reason: str) -> None:
    """Refuse a held or scheduled post, or take a published one down; its author reads `reason`."""
    before = standing(post)
    await turn_down(session, post, account, reason)
    await audit.note(
        session, account, "post.reject", subject_of(post), reason, before=before, after={"state": post.state}
    )


async def turn_down(session: AsyncSession, post: Post, account: Account, reason: str) -> None:
    """The same as a part of something else, which writes its own entry into the audit log."""
    _check(post, account)
    if post.state not in (PostState.HELD, PostState.SCHEDULED, PostState.PUBLISHED):
        raise Conflict("This post is not waiting for a moderator, and it is not out.")
    attachments = await documents.attachments_of(session, post.id)
    judgement = await _say(session, post, account, Decision.REFUSE, reason, digests_of(post, attachments))
    author = await queries.by_id(session, post.author_id)
    if post.state == PostState.PUBLISHED:
        await remove(session, post)
    else:
        move(post, PostState.REFUSED)
    post.reason, post.rule = reason, judgement.rule
    session.add(post)
    await session.flush()
    if author is not None:
        await notify.tell(session, author, PostState.REFUSED, f"refused:{judgement.id}", post_id=post.id)
    fp("moderate.before_commit")


async def approve_edit(session: AsyncSession, revision: Revision, account: Account, reason: str = "") -> None:
    """Let a held or refused edit out: the job that judges edits finds this verdict. Raises Forbidden, Conflict."""
    before = standing(revision)
    post = await let_edit_out(session, revision, account, reason)
    after = {"state": revision.state}
    await audit.note(session, account, "edit.approve", subject_of(post, revision), reason, before=before, after=after)


async def let_edit_out(session: AsyncSession, revision: Revision, account: Account, reason: str = "") -> Post:
    """The same as a part of something else; the post that is edited."""
    post = await _of(session, revision, account)
    attachments = await documents.attachments_of(session, post.id)
    judgement = await _say(
        session, post, account, Decision.ALLOW, reason, digests_of(*edit.proposed(revision, post, attachments))
    )
    revision.state = PostState.WAITING
    revision.rule = revision.reason = None
    session.add(revision)
    await session.flush()
    await jobs.enqueue(session, edit.revise, [revision.id], once=f"revise:{revision.id}:{judgement.id}", soon=True)
    return post


async def refuse_edit(session: AsyncSession, revision: Revision, account: Account, reason: str) -> None:
    """Refuse a held edit; what is out stays as it is. Raises Forbidden, Conflict."""
    before = standing(revision)
    post = await turn_edit_down(session, revision, account, reason)
    after = {"state": revision.state}
    await audit.note(session, account, "edit.reject", subject_of(post, revision), reason, before=before, after=after)


async def turn_edit_down(session: AsyncSession, revision: Revision, account: Account, reason: str) -> Post:
    """The same as a part of something else; the post that was to be edited."""
    post = await _of(session, revision, account)
    if revision.state != PostState.HELD:
        raise Conflict("This edit is not waiting for a moderator.")
    attachments = await documents.attachments_of(session, post.id)
    wanted = digests_of(*edit.proposed(revision, post, attachments))
    judgement = await _say(session, post, account, Decision.REFUSE, reason, wanted)
    revision.state, revision.reason = PostState.REFUSED, reason
    session.add(revision)
    author = await queries.by_id(session, post.author_id)
    if author is not None:
        await notify.tell(session, author, PostState.REFUSED, f"edit-refused:{judgement.id}", post_id=post.id)
    return post


async def take_back(session: AsyncSession, item: Post | Revision, before: Mapping[str, Any]) -> None:
    """Let a post or an edit wait for a moderator again, as it did before somebody decided.

    The word that let it out counts no more: a newer one says that it waits. Raises Conflict where it went on.
    """
    if isinstance(item, Post):
        if item.state not in (PostState.REFUSED, PostState.SCHEDULED, PostState.WAITING):
            raise Conflict("Something else happened to this post since.")
        move(item, PostState.HELD)
    elif item.state not in (PostState.REFUSED, PostState.WAITING):
        raise Conflict("Something else happened to this edit since.")
    item.state = PostState.HELD
    item.rule, item.reason = before.get("rule"), before.get("reason")
    session.add(item)
    await session.flush()


async def withdraw_word(session: AsyncSession, post: Post, account: Account, reason: str) -> None:
    """No earlier allow of a moderator lets these bytes out any more."""
    attachments = await documents.attachments_of(session, post.id)
    digests = digests_of(post, attachments)
    prompt = judging.prompt_of(post)
    if prompt is not None:
        digests |= {text_digest(prompt)}
    await _say(session, post, account, Decision.HOLD, reason, digests)


async def withdraw_edit_word(
    session: AsyncSession, post: Post, revision: Revision, account: Account, reason: str
) -> None:
    """No earlier allow of a moderator lets this edit out any more."""
    attachments = await documents.attachments_of(session, post.id)
    await _say(session, post, account, Decision.HOLD, reason, digests_of(*edit.proposed(revision, post, attachments)))


def standing(item: Post | Revision) -> dict[str, Any]:
    """What the audit log keeps of an item before somebody decides about it."""
    return {"state": item.state, "rule": item.rule, "reason": item.reason}


def subject_of(post: Post, revision: Revision | None = None) -> audit.Subject:
    """A post, or an edit of it, as the audit log names it."""
    if revision is not None:
        return audit.Subject("edit", revision.id, post.uri, post.author_id)
    return audit.Subject("post", post.id, post.uri, post.author_id)


async def waiting(session: AsyncSession, limit: int) -> tuple[list[Post], list[Revision]]:
    """Posts and edits that are held, the oldest first."""
    posts = select(Post).where(Post.state == PostState.HELD).order_by(col(Post.id)).limit(limit)
    edits = select(Revision).where(Revision.state == PostState.HELD).order_by(col(Revision.id)).limit(limit)
    return list(await session.exec(posts)), list(await session.exec(edits))


async def decisions(session: AsyncSession, post_id: int) -> list[Judgement]:
    """Everything that was decided about a post, the oldest first."""
    query = select(Judgement).where(Judgement.post_id == post_id).order_by(col(Judgement.id))
    return list(await session.exec(query))


async def _of(session: AsyncSession, revision: Revision, account: Account) -> Post:
    post = await session.get(Post, revision.post_id, with_for_update=True)
    if post is None or revision.state not in UNDECIDED or post.state != PostState.PUBLISHED:
        raise Conflict("This edit is not waiting for a moderator.")
    _check(post, account)
    return post


def _check(post: Post, account: Account) -> None:
    if account.role not in MODERATORS or account.disabled_ms is not None:
        raise Forbidden("Only moderators decide about held posts.")
    if not post.local:
        raise Conflict("This is not a post of this server.")


async def _say(
    session: AsyncSession, post: Post, account: Account, decision: Decision, reason: str, digests: set[str]
) -> Judgement:
    """The moderator's verdict as a row."""
    context = context_of(session)
    judgement = Judgement(
        id=context.ids.new(),
        post_id=post.id,
        decision=decision,
        rule=post.rule,
        reason=reason,
        policy_version=context.part(Pipeline).policy_version,
        digests=sorted(digests),
        decided_by_id=account.id,
        created_ms=context.clock.now_ms(),
    )
    session.add(judgement)
    await session.flush()
    return judgement
